/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_draw: the line on one row of the terminal.
 *
 * Terminals disagree about the width of newer characters. So nothing is placed
 * by counted columns: the row is written up to the cursor, the terminal is told
 * to remember the place (ESC 7), the rest follows, and it goes back (ESC 8). A
 * wrong count then only makes the window a little narrower or wider.
 */
#include "cmd_text.h"
#include "term_line.h"

/* The first cluster from which on all up to the cursor fits into `room`. */
static size_t
first_fitting(const struct line *l, unsigned room)
{
    size_t first = l->first;
    unsigned columns = line_width(l->text, first, l->cursor);
    while (first < l->cursor && columns > room) {
        size_t next = line_next(l, first);
        columns -= line_width(l->text, first, next);
        first = next;
    }
    return first;
}

/* The end of what fits into `room` columns. */
static size_t
window_end(const struct line *l, unsigned room)
{
    size_t end = l->first;
    unsigned columns = 0;
    while (end < l->len) {
        size_t next = line_next(l, end);
        columns += line_width(l->text, end, next);
        if (columns > room)
            break;
        end = next;
    }
    return end;
}

void
line_window(struct line *l, unsigned columns, struct line_window *window)
{
    unsigned room = columns > 1 ? columns - 1 : 1;
    if (line_width(l->text, 0, l->len) <= room)
        l->first = 0;
    if (l->first > l->cursor)
        l->first = l->cursor;
    l->first = first_fitting(l, room);
    size_t end = window_end(l, room);
    *window = (struct line_window){
        .start = l->first,
        .end = end > l->cursor ? end : l->cursor,
        .column = line_width(l->text, l->first, l->cursor),
    };
}

/* A tab would jump, a line feed end the row: each has one column here. */
static void
write_part(const struct line *l, FILE *out, size_t from, size_t to)
{
    for (size_t at = from; at < to; at = from) {
        while (at < to && l->text[at] != '\t' && l->text[at] != '\n')
            at++;
        text_clean(out, slice_of(l->text + from, at - from));
        if (at < to)
            fputs(l->text[at] == '\t' ? " " : LINE_FEED_SIGN, out);
        from = at < to ? at + 1 : to;
    }
}

unsigned
line_draw(struct line *l, FILE *out, const char *prompt, unsigned columns)
{
    unsigned taken = line_width(prompt, 0, strlen(prompt));
    if (taken > columns / 2) {
        prompt = "> "; /* a narrow terminal: what is typed comes first */
        taken = 2;
    }
    struct line_window window;
    line_window(l, columns > taken ? columns - taken : 1, &window);
    fprintf(out, "\r\x1b[K%s", prompt);
    write_part(l, out, window.start, l->cursor);
    fputs("\x1b"
          "7",
          out);
    write_part(l, out, l->cursor, window.end);
    fputs("\x1b"
          "8",
          out);
    return taken + window.column;
}
