/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_line: moving, deleting, killing; see term_line.h.
 *
 * A line is short (16 KiB at most) and edited by a hand, so boundaries are
 * found by walking from its start: always right, and never too slow.
 */
#include "term_line.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "cmd_text.h"

struct line *
line_new(void)
{
    struct line *l = calloc(1, sizeof *l);
    if (l)
        l->past = &l->own;
    return l;
}

void
line_free(struct line *l)
{
    if (!l)
        return;
    past_free(&l->own);
    for (size_t i = 0; i < l->undo_len; i++)
        free(l->undo[i].text);
    free(l->draft);
    free(l->pasted);
    free(l);
}

static utf8proc_int32_t
point_at(const char *text, size_t at, size_t len, size_t *next)
{
    utf8proc_int32_t point = -1;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)text + at,
                                          (utf8proc_ssize_t)(len - at), &point);
    *next = at + (n > 0 ? (size_t)n : 1);
    return point;
}

size_t
line_next(const struct line *l, size_t at)
{
    utf8proc_int32_t state = 0;
    size_t next = at;
    if (at >= l->len)
        return l->len;
    utf8proc_int32_t before = point_at(l->text, at, l->len, &next);
    while (next < l->len) {
        size_t behind = next;
        utf8proc_int32_t point = point_at(l->text, next, l->len, &behind);
        if (utf8proc_grapheme_break_stateful(before, point, &state))
            break;
        before = point;
        next = behind;
    }
    return next;
}

static size_t
line_previous(const struct line *l, size_t at)
{
    size_t start = 0;
    for (size_t next = line_next(l, 0); next < at; next = line_next(l, next))
        start = next;
    return start;
}

unsigned
line_width(const char *text, size_t from, size_t to)
{
    unsigned columns = 0;
    while (from < to) {
        utf8proc_int32_t point = point_at(text, from, to, &from);
        if (point == '\t' || point == '\n')
            columns++;
        else if (text_is_harmful(point))
            columns += TEXT_ESCAPED;
        else
            columns += (unsigned)utf8proc_charwidth(point);
    }
    return columns;
}

/* Between two bytes of ASCII is always a boundary. */
size_t
line_boundary(const struct line *l, size_t from)
{
    size_t at = 0;
    if (from == 0 || from >= l->len)
        return from < l->len ? from : l->len;
    if (((uint8_t)l->text[from] | (uint8_t)l->text[from - 1]) < 0x80 &&
        l->text[from - 1] != '\r')
        return from;
    while (at < from)
        at = line_next(l, at);
    return at;
}

/* What was put in or taken out may have joined its neighbours. */
static void
settle(struct line *l)
{
    l->cursor = line_boundary(l, l->cursor);
    l->first = line_boundary(l, l->first);
}

bool
line_replace(struct line *l, size_t from, size_t to, struct slice text)
{
    if (text.len > LIMIT_TEXT - (l->len - (to - from)))
        return false;
    memmove(l->text + from + text.len, l->text + to, l->len - to + 1);
    if (text.len)
        memcpy(l->text + from, text.data, text.len);
    l->len = l->len - (to - from) + text.len;
    l->cursor = from + text.len;
    if (l->first > from)
        l->first = 0; /* the window is found anew */
    settle(l);
    return true;
}

void
line_insert(struct line *l, const uint8_t *bytes, size_t len)
{
    (void)line_replace(l, l->cursor, l->cursor, slice_of(bytes, len));
}

/* Takes out the bytes from `from` to `to`; the cursor is then at `from`. */
static void
cut(struct line *l, size_t from, size_t to)
{
    (void)line_replace(l, from, to, slice_of("", 0));
}

/* The same, for line_yank to bring back. */
static void
kill(struct line *l, size_t from, size_t to)
{
    if (from == to)
        return;
    memcpy(l->killed, l->text + from, to - from);
    l->killed[to - from] = '\0';
    cut(l, from, to);
}

void
line_left(struct line *l)
{
    l->cursor = line_previous(l, l->cursor);
}

void
line_right(struct line *l)
{
    l->cursor = line_next(l, l->cursor);
}

static bool
is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n';
}

static size_t
word_left(const struct line *l)
{
    size_t at = l->cursor;
    while (at && is_blank(l->text[at - 1]))
        at--;
    while (at && !is_blank(l->text[at - 1]))
        at--;
    return at;
}

static size_t
word_right(const struct line *l)
{
    size_t at = l->cursor;
    while (at < l->len && is_blank(l->text[at]))
        at++;
    while (at < l->len && !is_blank(l->text[at]))
        at++;
    return at;
}

void
line_word_left(struct line *l)
{
    l->cursor = word_left(l);
    settle(l);
}

void
line_word_right(struct line *l)
{
    l->cursor = word_right(l);
    settle(l);
}

void
line_home(struct line *l)
{
    l->cursor = 0;
}

void
line_end(struct line *l)
{
    l->cursor = l->len;
}

void
line_backspace(struct line *l)
{
    if (l->cursor)
        cut(l, line_previous(l, l->cursor), l->cursor);
}

void
line_delete(struct line *l)
{
    cut(l, l->cursor, line_next(l, l->cursor));
}

void
line_kill_word(struct line *l)
{
    kill(l, word_left(l), l->cursor);
}

void
line_kill_next(struct line *l)
{
    kill(l, l->cursor, word_right(l));
}

void
line_kill_left(struct line *l)
{
    kill(l, 0, l->cursor);
}

void
line_kill_right(struct line *l)
{
    kill(l, l->cursor, l->len);
}

void
line_yank(struct line *l)
{
    line_insert(l, (const uint8_t *)l->killed, strlen(l->killed));
}

/* The characters before and at the cursor change places; at the end of the line
 * the last two. */
void
line_transpose(struct line *l)
{
    size_t right = l->cursor < l->len ? l->cursor : line_previous(l, l->len);
    size_t end = line_next(l, right);
    size_t left = line_previous(l, right);
    char both[sizeof l->text];
    if (left == right)
        return;
    memcpy(both, l->text + right, end - right);
    memcpy(both + (end - right), l->text + left, right - left);
    (void)line_replace(l, left, end, slice_of(both, end - left));
}
