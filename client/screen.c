/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen: takes the terminal over and gives it back, and says where the parts
 * of the picture are. screen_text.c, screen_bars.c and screen_input.c draw
 * them.
 *
 * Each time the whole picture is put together anew and curses finds what is
 * different: with that there is no part that can be forgotten.
 *
 * Giving the terminal back is term.c's alone, which has to be able to do it in
 * a signal handler. So endwin is never called: what it would send is asked of
 * terminfo at the start, and handed to term_screen. And curses sets the
 * terminal in its own way when it starts; term_again puts ours in its place.
 *
 * Of the locale only the characters are taken (LC_CTYPE): with LC_NUMERIC a
 * number in JSON would have a comma.
 */
#define _XOPEN_SOURCE 700
#define _XOPEN_SOURCE_EXTENDED 1
#include "screen.h"

#include <curses.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "screen_inner.h"
#include "screen_terminfo.h"
#include "term.h"

#define MOUSE_ON "\x1b[?1000h\x1b[?1006h"
#define MOUSE_OFF "\x1b[?1006l\x1b[?1000l"

enum {
    MODE_BYTES = 128,
    WHEEL_ROWS = 3, /* that one notch of the wheel moves */
    PAGE_KEPT = 2,  /* rows that are still to be seen after a page */
};

static SCREEN *screen; /* NULL: the terminal is not ours */
static bool is_fresh;  /* the next picture is drawn from nothing */

void
screen_parts(struct screen_parts *parts, const struct scene *scene, int rows,
             int columns)
{
    const struct chat_buffer *b = buffers_current(scene->buffers);
    bool members = scene->members && columns >= SCREEN_WIDE &&
                   b->kind == BUFFER_ROOM && b->joined;
    *parts = (struct screen_parts){.rows = rows,
                                   .columns = columns,
                                   .subject = SCREEN_NONE,
                                   .status = SCREEN_NONE,
                                   .input = rows - 1,
                                   .members = SCREEN_NONE};
    if (rows >= SCREEN_ROWS_SUBJECT)
        parts->subject = 0;
    if (rows >= SCREEN_ROWS_STATUS)
        parts->status = rows - 2;
    if (members)
        parts->members = columns - SCREEN_MEMBERS;
    parts->text = parts->subject + 1;
    parts->text_rows =
        (parts->status == SCREEN_NONE ? parts->input : parts->status) -
        parts->text;
    parts->text_columns = members ? parts->members - 1 : columns;
}

/* --- taking the terminal, and giving it back --- */

/* The charset of characters must be UTF-8. */
static bool
set_charset(void)
{
    static const char *const names[] = {"", "C.UTF-8", "en_US.UTF-8", "UTF-8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (setlocale(LC_CTYPE, names[i]) &&
            strcmp(nl_langinfo(CODESET), "UTF-8") == 0)
            return true;
    }
    return false;
}

static bool
hand_over_modes(bool mouse)
{
    char enter[MODE_BYTES];
    char leave[MODE_BYTES + sizeof MOUSE_OFF];
    snprintf(leave, sizeof leave, "%s", mouse ? MOUSE_OFF : "");
    terminfo_leave(leave + strlen(leave), sizeof leave - strlen(leave));
    terminfo_enter(enter, sizeof enter);
    size_t len = strlen(enter);
    snprintf(enter + len, sizeof enter - len, "%s", mouse ? MOUSE_ON : "");
    return term_screen(enter, leave);
}

static void
set_curses(const char *theme, bool color)
{
    set_term(screen);
    cbreak();
    noecho();
    nl();
    (void)theme_set(theme, color); /* the name was looked at */
    term_again();
    screen_resized();
}

bool
screen_open(const char *theme, bool color, bool mouse, const char **fault)
{
    if (!theme_is(theme)) {
        *fault = "there is no theme of this name";
        return false;
    }
    if (!terminfo_can_draw(fault))
        return false;
    if (!set_charset()) {
        *fault = "the terminal's characters are not UTF-8, by the locale; set "
                 "LANG=C.UTF-8";
        return false;
    }
    if (!term_init()) {
        *fault = strerror(errno);
        return false;
    }
    screen = newterm(NULL, stdout, stdin);
    if (!screen || !hand_over_modes(mouse)) {
        *fault = "curses cannot draw on this terminal";
        screen_close();
        return false;
    }
    set_curses(theme, color);
    fputs(mouse ? MOUSE_ON : "", stdout);
    fflush(stdout);
    return true;
}

void
screen_close(void)
{
    term_fini();
    if (screen)
        delscreen(screen);
    screen = NULL;
}

void
screen_resized(void)
{
    unsigned rows = 0;
    unsigned columns = 0;
    if (!screen)
        return;
    term_again();
    term_size(&rows, &columns);
    (void)resize_term((int)rows, (int)columns); /* no memory: the old size */
    screen_refresh();
}

/* --- drawing --- */

void
screen_refresh(void)
{
    is_fresh = true;
}

/* As much of it as there is room for. */
static void
draw_note(void)
{
    struct pen p = {.end = COLS, .role = ROLE_ERROR};
    pen_print(&p, "at least %dx%d", SCREEN_COLUMNS, SCREEN_ROWS);
    move(0, 0);
}

void
screen_draw(const struct scene *scene)
{
    struct screen_parts parts;
    if (!screen)
        return;
    erase();
    screen_parts(&parts, scene, LINES, COLS);
    if (LINES < SCREEN_ROWS || COLS < SCREEN_COLUMNS) {
        draw_note();
    } else {
        screen_text(scene, &parts);
        screen_bars(scene, &parts);
        screen_input(scene, &parts);
    }
    if (is_fresh)
        clearok(curscr, TRUE);
    is_fresh = false;
    refresh();
}

void
screen_bell(void)
{
    if (screen)
        beep();
}

/* --- scrolling --- */

/* Rows up; 0: no command of ours, or it is no matter of a distance. */
static int
scroll_rows(enum line_command command, int height)
{
    int page = height > PAGE_KEPT ? height - PAGE_KEPT : 1;
    switch (command) {
    case LINE_DO_PAGE_UP:
        return page;
    case LINE_DO_PAGE_DOWN:
        return -page;
    case LINE_DO_WHEEL_UP:
        return WHEEL_ROWS;
    case LINE_DO_WHEEL_DOWN:
        return -WHEEL_ROWS;
    default:
        return 0;
    }
}

bool
screen_scroll(const struct scene *scene, enum line_command command)
{
    struct screen_parts parts;
    struct rows_view view;
    struct chat_buffer *b = buffers_current(scene->buffers);
    if (!screen)
        return false;
    screen_parts(&parts, scene, LINES, COLS);
    if (parts.text_rows < 1)
        return false;
    rows_view(&view, b, (unsigned)parts.text_rows,
              (unsigned)parts.text_columns);
    struct rows_place place = rows_place(&view);
    if (command == LINE_DO_TOP)
        place = rows_top(&view);
    else if (command == LINE_DO_BOTTOM)
        place = rows_bottom(&view);
    else
        place = rows_move(&view, place, scroll_rows(command, parts.text_rows));
    rows_keep(&view, place, b);
    return rows_at_top(&view, place);
}
