/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffers: opening, closing and choosing conversations; see buffers.h.
 *
 * There are some hundreds at most and a person chooses among them, so they are
 * found by walking.
 */
#include "buffers.h"

#include <stdlib.h>
#include <string.h>

bool
buffers_init(struct buffers *bs, const char *id)
{
    *bs = (struct buffers){0};
    size_t len = strlen(id);
    if (len > LIMIT_NAME)
        return false;
    memcpy(bs->id, id, len + 1);
    bs->rows[0] = buffer_new(BUFFER_PROGRAM, "");
    bs->len = bs->rows[0] != NULL;
    return bs->len == 1;
}

void
buffers_fini(struct buffers *bs)
{
    for (size_t i = 0; i < bs->len; i++)
        buffer_free(bs->rows[i]);
    for (size_t i = 0; i < bs->ignored_len; i++)
        free(bs->ignored[i]);
    *bs = (struct buffers){0};
}

struct chat_buffer *
buffers_current(const struct buffers *bs)
{
    return bs->rows[bs->current];
}

struct chat_buffer *
buffers_find(const struct buffers *bs, enum buffer_kind kind, const char *name)
{
    for (size_t i = 0; i < bs->len; i++) {
        if (bs->rows[i]->kind == kind && strcmp(bs->rows[i]->name, name) == 0)
            return bs->rows[i];
    }
    return NULL;
}

bool
buffers_full(const struct buffers *bs, enum buffer_kind kind)
{
    static const size_t most[] = {[BUFFER_PROGRAM] = 1,
                                  [BUFFER_ROOM] = LIMIT_JOINED,
                                  [BUFFER_PERSON] = BUFFERS_PERSONS};
    size_t count = 0;
    for (size_t i = 0; i < bs->len; i++)
        count += bs->rows[i]->kind == kind;
    return count >= most[kind];
}

struct chat_buffer *
buffers_open(struct buffers *bs, enum buffer_kind kind, const char *name)
{
    struct chat_buffer *b = buffers_find(bs, kind, name);
    if (b || buffers_full(bs, kind))
        return b;
    b = buffer_new(kind, name);
    if (b)
        bs->rows[bs->len++] = b;
    return b;
}

static size_t
number_of(const struct buffers *bs, const struct chat_buffer *b)
{
    size_t at = 0;
    while (at < bs->len && bs->rows[at] != b)
        at++;
    return at;
}

/* The number `at` has when number `gone` is not there any more. */
static size_t
moved(size_t at, size_t gone)
{
    return at > gone ? at - 1 : at;
}

void
buffers_close(struct buffers *bs, struct chat_buffer *b)
{
    size_t at = number_of(bs, b);
    if (at == 0 || at == bs->len)
        return;
    if (bs->current == at)
        buffers_go(bs, bs->before != at ? bs->before : at - 1);
    if (bs->before == at)
        bs->before = bs->current;
    bs->len--;
    memmove(bs->rows + at, bs->rows + at + 1,
            (bs->len - at) * sizeof(*bs->rows));
    bs->current = moved(bs->current, at);
    bs->before = moved(bs->before, at);
    buffer_free(b);
}

bool
buffers_go(struct buffers *bs, size_t at)
{
    if (at >= bs->len)
        return false;
    if (at != bs->current) {
        buffer_left(buffers_current(bs));
        bs->before = bs->current;
        bs->current = at;
    }
    buffer_seen(buffers_current(bs));
    return true;
}

bool
buffers_show(struct buffers *bs, struct chat_buffer *b)
{
    return buffers_go(bs, number_of(bs, b));
}

void
buffers_next(struct buffers *bs, int step)
{
    size_t by = step < 0 ? bs->len - 1 : 1;
    buffers_go(bs, (bs->current + by) % bs->len);
}

bool
buffers_active(struct buffers *bs)
{
    size_t best = bs->current;
    enum activity most = ACTIVITY_COMING; /* which is in no list of activity */
    for (size_t i = 0; i < bs->len; i++) {
        if (i == bs->current || bs->rows[i]->activity <= most)
            continue;
        best = i;
        most = bs->rows[i]->activity;
    }
    if (most == ACTIVITY_COMING)
        best = bs->before;
    return best != bs->current && buffers_go(bs, best);
}

static size_t
ignored_at(const struct buffers *bs, const char *id)
{
    size_t at = 0;
    while (at < bs->ignored_len && strcmp(bs->ignored[at], id) != 0)
        at++;
    return at;
}

bool
buffers_ignores(const struct buffers *bs, const char *id)
{
    return ignored_at(bs, id) < bs->ignored_len;
}

bool
buffers_ignore(struct buffers *bs, const char *id, bool on)
{
    size_t at = ignored_at(bs, id);
    if (on == (at < bs->ignored_len))
        return true;
    if (!on) {
        free(bs->ignored[at]);
        bs->ignored_len--;
        memmove(bs->ignored + at, bs->ignored + at + 1,
                (bs->ignored_len - at) * sizeof(*bs->ignored));
        return true;
    }
    char *copy = at < BUFFERS_IGNORED ? strdup(id) : NULL;
    if (copy)
        bs->ignored[bs->ignored_len++] = copy;
    return copy != NULL;
}
