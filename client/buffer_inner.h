/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffer_inner: what buffer*.c share and nobody else may see: entries that can
 * be changed, and the one place where an entry gets into the ring.
 */
#ifndef CONFAB_BUFFER_INNER_H
#define CONFAB_BUFFER_INNER_H

#include "buffer.h"

/* Where entry `at` of the ring is. */
struct entry **buffer_slot(const struct chat_buffer *b, size_t at);
/* A copy in one piece, to be freed. NULL: no memory. */
struct entry *buffer_copy(const struct entry *e);
/* Puts it where it belongs and counts it; the buffer owns it then. NULL, and it
 * is freed: see buffer_add. `e` may be NULL. */
const struct entry *buffer_place(struct chat_buffer *b, struct entry *e,
                                 enum buffer_how how);
/* Takes the last entry out of the ring. */
void buffer_drop_last(struct chat_buffer *b);
/* The first entry of the ring with a greater seq, or its length. */
size_t buffer_above(const struct chat_buffer *b, uint64_t seq);
/* The entry of the ring with this seq, NULL: there is none. */
struct entry *buffer_find_seq(const struct chat_buffer *b, uint64_t seq);
/* Nobody came or went since the last entry. */
void buffer_fold_end(struct chat_buffer *b);
void buffer_members_free(struct chat_buffer *b);

#endif
