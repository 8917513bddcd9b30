/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffers: all conversations of one chat, in the order of their windows, and
 * which of them is looked at.
 *
 * Number 0 is the program's own; rooms and persons follow in the order in which
 * they were opened. Pure, as buffer.h is.
 */
#ifndef CONFAB_BUFFERS_H
#define CONFAB_BUFFERS_H

#include "buffer.h"

enum {
    BUFFERS_PERSONS = 256, /* conversations with persons that can be open */
    BUFFERS_IGNORED = 256, /* ids that are not listened to */
    BUFFERS_MAX = 1 + LIMIT_JOINED + BUFFERS_PERSONS,
};

struct buffers {
    struct chat_buffer *rows[BUFFERS_MAX];
    size_t len;
    size_t current;
    size_t before;           /* the one that was looked at before it */
    char id[LIMIT_NAME + 1]; /* ours */
    char *ignored[BUFFERS_IGNORED];
    size_t ignored_len;
};

[[nodiscard]] bool buffers_init(struct buffers *bs, const char *id);
void buffers_fini(struct buffers *bs);

struct chat_buffer *buffers_current(const struct buffers *bs);
/* NULL: there is none. */
struct chat_buffer *buffers_find(const struct buffers *bs,
                                 enum buffer_kind kind, const char *name);
/* The same, made if need be; it is not looked at yet. NULL: no memory, or too
 * many. */
struct chat_buffer *buffers_open(struct buffers *bs, enum buffer_kind kind,
                                 const char *name);
/* So many of this kind are open that there cannot be another one. */
bool buffers_full(const struct buffers *bs, enum buffer_kind kind);
/* Closes it, unless it is the program's; another one is looked at. */
void buffers_close(struct buffers *bs, struct chat_buffer *b);

/* Looks at number `at`; false: there is none. buffer_left for the one before,
 * buffer_seen for this one. */
bool buffers_go(struct buffers *bs, size_t at);
bool buffers_show(struct buffers *bs, struct chat_buffer *b);
void buffers_next(struct buffers *bs, int step); /* +1, -1, around */
/* The one with the highest activity, the lowest number among equals; where
 * nothing was said, the one looked at before. False: nowhere to go. */
bool buffers_active(struct buffers *bs);

/* Whether the text names us, as a word of its own, in any case. */
bool buffers_mentions(const struct buffers *bs, const char *text, size_t len);

bool buffers_ignores(const struct buffers *bs, const char *id);
/* False: too many, or no memory. */
[[nodiscard]] bool buffers_ignore(struct buffers *bs, const char *id, bool on);

#endif
