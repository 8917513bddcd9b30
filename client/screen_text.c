/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_text: draws the rows of the current conversation.
 */
#define _GNU_SOURCE /* localtime_r with -std=c2x */
#include <string.h>
#include <time.h>

#include "screen_inner.h"

enum {
    TIME_BYTES = 8,
    DAY_BYTES = 80,
    DASH = 0x2500, /* ─ */
    DASHES = 8,    /* columns around a day: two dashes and a blank, and more */
};

static enum theme_role
id_role(const struct entry *e)
{
    if (e->own)
        return ROLE_OWN;
    return e->mention ? ROLE_MENTION : theme_id(e->from ? e->from : "?");
}

static enum theme_role
text_role(const struct entry *e)
{
    if (e->kind == ENTRY_ERROR)
        return ROLE_ERROR;
    if (e->gone || e->kind == ENTRY_COMING || e->tick == TICK_WAITING)
        return ROLE_DIM;
    return ROLE_TEXT;
}

static void
draw_time(struct pen *p, const struct entry *e)
{
    struct tm tm = {0};
    char text[TIME_BYTES] = "--:--";
    time_t seconds = (time_t)(e->time / 1000);
    if (localtime_r(&seconds, &tm))
        strftime(text, sizeof text, "%H:%M", &tm);
    p->role = ROLE_DIM;
    pen_str(p, text);
    p->x++;
}

static void
draw_head(struct pen *p, const struct entry *e, int columns)
{
    struct rows_head head;
    rows_head(e, (unsigned)columns, &head);
    if (columns >= ROWS_INLINE)
        p->x += SCREEN_IDS - (int)head.columns;
    p->role = e->kind == ENTRY_ERROR ? ROLE_ERROR : ROLE_DIM;
    pen_str(p, head.before);
    if (head.id) {
        p->role = id_role(e);
        pen_text(p, head.id, head.id_len);
        if (head.cut)
            pen_str(p, "…");
        p->role = ROLE_DIM;
    }
    pen_str(p, head.behind);
}

/* In rooms it is silent that a message was kept: it comes back from the room.
 */
static const char *
tick_text(const struct entry *e, enum buffer_kind kind)
{
    if (!e->own || e->tick == TICK_NONE || e->gone)
        return NULL;
    if (e->tick == TICK_WAITING)
        return "…";
    if (kind != BUFFER_PERSON)
        return NULL;
    return e->tick == TICK_RECEIVED ? "✓✓" : "✓";
}

/* A line with words in its middle. */
static void
draw_line(struct pen *p, const char *words)
{
    int side = (p->end - (int)strlen(words) - 2) / 2;
    p->role = ROLE_MARKER;
    pen_fill(p, DASH, side);
    pen_print(p, " %s ", words);
    pen_fill(p, DASH, p->end);
}

/* "Friday, 27 November 2026"; in less words where there is no room. Not by
 * strftime: the program speaks English, whatever the locale. */
static void
draw_day(struct pen *p, const struct entry *e)
{
    static const char *const days[] = {"Sunday",    "Monday",   "Tuesday",
                                       "Wednesday", "Thursday", "Friday",
                                       "Saturday"};
    static const char *const months[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December"};
    struct tm tm = {0};
    char text[DAY_BYTES];
    time_t seconds = (time_t)(e->time / 1000);
    if (!localtime_r(&seconds, &tm))
        return;
    int len = snprintf(text, sizeof text, "%s, %d %s %d", days[tm.tm_wday],
                       tm.tm_mday, months[tm.tm_mon], tm.tm_year + 1900);
    if (len + DASHES > p->end)
        snprintf(text, sizeof text, "%.3s %d %.3s", days[tm.tm_wday],
                 tm.tm_mday, months[tm.tm_mon]);
    draw_line(p, text);
}

struct drawing {
    const struct screen_parts *parts;
    enum buffer_kind kind;
};

static void
draw_row(void *context, unsigned y, const struct rows_row *row)
{
    const struct drawing *d = context;
    const struct screen_parts *parts = d->parts;
    struct pen p = {.y = parts->text + (int)y, .end = parts->text_columns};
    if (row->kind == ROWS_DAY) {
        draw_day(&p, row->entry);
        return;
    }
    if (row->kind == ROWS_MARKER) {
        draw_line(&p, "new");
        return;
    }
    if (row->first) {
        draw_time(&p, row->entry);
        draw_head(&p, row->entry, parts->text_columns);
    }
    p.x = (int)row->indent;
    p.role = row->kind == ROWS_MORE ? ROLE_DIM : text_role(row->entry);
    if (row->kind == ROWS_MORE)
        pen_print(&p, "… %u more rows: /more", row->more);
    else
        pen_text(&p, row->text + row->start, row->end - row->start);
    const char *tick = row->last ? tick_text(row->entry, d->kind) : NULL;
    p.x++;
    p.role = ROLE_DIM;
    if (tick)
        pen_str(&p, tick);
}

void
screen_text(const struct scene *scene, const struct screen_parts *parts)
{
    struct rows_view view;
    struct chat_buffer *b = buffers_current(scene->buffers);
    struct drawing d = {parts, b->kind};
    rows_view(&view, b, (unsigned)parts->text_rows,
              (unsigned)parts->text_columns);
    struct rows_place place = rows_place(&view);
    if (b->bottom && rows_follows(&view, place))
        b->bottom = 0;
    rows_each(&view, place, draw_row, &d);
}
