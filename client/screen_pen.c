/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_pen: see screen_pen.h. Nearly all text is ASCII, and goes in runs.
 */
#define _XOPEN_SOURCE 700 /* wcwidth, and curses with wide characters */
#define _XOPEN_SOURCE_EXTENDED 1
#include "screen_pen.h"

#include <curses.h>
#include <stdarg.h>
#include <string.h>
#include <wchar.h>

#include "wrap.h"

enum {
    PRINT_BYTES = 256,
    CELL_MARKS = 4, /* that curses keeps in one cell */
    ELLIPSIS = 0x2026,
};

static const wchar_t replacement[] = L"\ufffd";

static void
set_role(const struct pen *p)
{
    attrset((int)theme_attribute(p->role));
}

/* One cell, or two for a wide character. */
static void
put_cell(struct pen *p, const wchar_t *cell, unsigned columns)
{
    cchar_t c;
    bool fits = wcwidth(cell[0]) == (int)columns;
    if (setcchar(&c, fits ? cell : replacement, A_NORMAL, 0, NULL) == OK)
        mvadd_wch(p->y, p->x, &c);
    if (!fits && columns > 1)
        mvaddch(p->y, p->x + 1, ' ');
    p->x += (int)columns;
}

static void
put_points(struct pen *p, const int32_t *points, unsigned count)
{
    for (unsigned at = 0; at < count;) {
        wchar_t cell[CELL_MARKS + 2] = {(wchar_t)points[at]};
        unsigned columns = wrap_point(points[at++]);
        for (size_t len = 1; at < count && wrap_point(points[at]) == 0; at++) {
            if (len <= CELL_MARKS && wcwidth((wchar_t)points[at]) == 0)
                cell[len++] = (wchar_t)points[at];
        }
        if (columns && p->x + (int)columns <= p->end)
            put_cell(p, cell, columns);
    }
}

/* How many bytes from here on are plain ASCII. */
static size_t
plain_run(const char *text, size_t len)
{
    size_t run = 0;
    while (run < len && text[run] >= 0x20 && text[run] < 0x7f)
        run++;
    if (run < len && (uint8_t)text[run] >= 0x80 && run > 0)
        run--; /* a mark may follow, and belongs to it */
    return run;
}

void
pen_text(struct pen *p, const char *text, size_t len)
{
    set_role(p);
    for (size_t at = 0; at < len && p->x < p->end;) {
        size_t run = plain_run(text + at, len - at);
        if (run > (size_t)(p->end - p->x))
            run = (size_t)(p->end - p->x);
        if (run) {
            mvaddnstr(p->y, p->x, text + at, (int)run);
            p->x += (int)run;
            at += run;
            continue;
        }
        struct wrap_glyph g;
        wrap_glyph(text, len, at, &g);
        put_points(p, g.points, g.count);
        at = g.end;
    }
}

void
pen_str(struct pen *p, const char *text)
{
    pen_text(p, text, strlen(text));
}

void
pen_cut(struct pen *p, const char *text, unsigned columns)
{
    size_t len = strlen(text);
    if (columns == 0)
        return;
    size_t fits = wrap_cut(text, len, columns);
    if (fits == len) {
        pen_text(p, text, len);
        return;
    }
    pen_text(p, text, wrap_cut(text, len, columns - 1));
    pen_fill(p, ELLIPSIS, p->x + 1);
}

void
pen_print(struct pen *p, const char *format, ...)
{
    char text[PRINT_BYTES];
    va_list list;
    va_start(list, format);
    int len = vsnprintf(text, sizeof text, format, list);
    va_end(list);
    if (len > 0)
        pen_str(p, text);
}

void
pen_fill(struct pen *p, int32_t point, int end)
{
    set_role(p);
    while (p->x < end && p->x < p->end)
        put_points(p, &point, 1);
}
