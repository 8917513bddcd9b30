/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_input: the row in which is typed, or a question in its place.
 *
 * A line that is longer than the row is seen through a window that follows the
 * cursor. A line feed in it is written as one character (wrap.h), since a text
 * of several lines is still one line to be edited.
 */
#define _XOPEN_SOURCE 700
#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <string.h>

#include "screen_inner.h"
#include "wrap.h"

/* Moves the window so that the cursor is inside `room` columns. The cursor
 * takes one, behind the text. */
static void
follow_cursor(struct line *l, unsigned room)
{
    if (l->first > l->cursor || wrap_width(l->text, l->len) <= room)
        l->first = 0;
    unsigned before = wrap_width(l->text + l->first, l->cursor - l->first);
    while (before > room && l->first < l->cursor)
        before -= wrap_cluster(l->text, l->len, l->first, &l->first);
}

static void
draw_prompt(struct pen *p, const struct chat_buffer *b, int columns)
{
    const char *mark = b->kind == BUFFER_PERSON ? "@" : "";
    size_t len = strlen(b->name);
    int wide = (int)wrap_width(b->name, len) + (int)strlen(mark) + 3;
    if (b->kind == BUFFER_PROGRAM || wide > columns / 2)
        pen_str(p, "> "); /* a narrow terminal: what is typed comes first */
    else
        pen_print(p, "[%s%s] ", mark, b->name);
}

void
screen_input(const struct scene *scene, const struct screen_parts *parts)
{
    struct line *l = scene->line;
    struct pen p = {
        .y = parts->input, .end = parts->columns, .role = ROLE_TEXT};
    if (scene->question) {
        p.role = ROLE_MENTION;
        pen_cut(&p, scene->question, (unsigned)parts->columns - 1);
        move(p.y, p.x);
        return;
    }
    draw_prompt(&p, buffers_current(scene->buffers), parts->columns);
    unsigned room = (unsigned)(p.end - p.x) - 1;
    follow_cursor(l, room);
    pen_text(&p, l->text + l->first, l->cursor - l->first);
    int cursor = p.x;
    pen_text(&p, l->text + l->cursor, l->len - l->cursor);
    move(p.y, cursor);
}
