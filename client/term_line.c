/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_line: moving, deleting, killing, history; see term_line.h.
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
    return calloc(1, sizeof(struct line));
}

void
line_free(struct line *l)
{
    if (!l)
        return;
    for (size_t i = 0; i < l->past_len; i++)
        free(l->past[i]);
    free(l->draft);
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
        if (point == '\t')
            columns++;
        else if (text_is_harmful(point))
            columns += TEXT_ESCAPED;
        else
            columns += (unsigned)utf8proc_charwidth(point);
    }
    return columns;
}

void
line_insert(struct line *l, const uint8_t *bytes, size_t len)
{
    if (len > LIMIT_TEXT - l->len)
        return;
    memmove(l->text + l->cursor + len, l->text + l->cursor,
            l->len - l->cursor + 1);
    memcpy(l->text + l->cursor, bytes, len);
    l->len += len;
    l->cursor += len;
}

/* Takes out the bytes from `from` to `to`; the cursor is then at `from`. */
static void
cut(struct line *l, size_t from, size_t to)
{
    memmove(l->text + from, l->text + to, l->len - to + 1);
    l->len -= to - from;
    l->cursor = from;
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

static size_t
word_left(const struct line *l)
{
    size_t at = l->cursor;
    while (at && l->text[at - 1] == ' ')
        at--;
    while (at && l->text[at - 1] != ' ')
        at--;
    return at;
}

static size_t
word_right(const struct line *l)
{
    size_t at = l->cursor;
    while (at < l->len && l->text[at] == ' ')
        at++;
    while (at < l->len && l->text[at] != ' ')
        at++;
    return at;
}

void
line_word_left(struct line *l)
{
    l->cursor = word_left(l);
}

void
line_word_right(struct line *l)
{
    l->cursor = word_right(l);
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

static void
show(struct line *l, const char *text)
{
    l->len = l->cursor = l->first = 0;
    l->text[0] = '\0';
    if (text)
        line_insert(l, (const uint8_t *)text, strlen(text));
}

void
line_older(struct line *l)
{
    if (l->past_at == 0)
        return;
    if (l->past_at == l->past_len) {
        free(l->draft);
        l->draft = strdup(l->text);
    }
    show(l, l->past[--l->past_at]);
}

void
line_newer(struct line *l)
{
    if (l->past_at == l->past_len)
        return;
    l->past_at++;
    show(l, l->past_at == l->past_len ? l->draft : l->past[l->past_at]);
}

static void
remember(struct line *l)
{
    const char *last = l->past_len ? l->past[l->past_len - 1] : "";
    char *copy = l->len && strcmp(last, l->text) != 0 ? strdup(l->text) : NULL;
    if (!copy)
        return;
    if (l->past_len == LINE_HISTORY) {
        free(l->past[0]);
        memmove(l->past, l->past + 1, (LINE_HISTORY - 1) * sizeof *l->past);
        l->past_len--;
    }
    l->past[l->past_len++] = copy;
}

void
line_take(struct line *l, char text[static LIMIT_TEXT + 1])
{
    memcpy(text, l->text, l->len + 1);
    remember(l);
    l->past_at = l->past_len;
    show(l, NULL);
}
