/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffer_wait: one's own messages on their way: said, kept, received; and what
 * a moderator took away.
 *
 * The broker acknowledges in the order in which things were said, so the one
 * that is looked for is nearly always the first that waits.
 */
#include <stdlib.h>
#include <string.h>

#include "buffer_inner.h"

enum { WAITING_ROOM = 16 /* entries; doubled as they come */ };

const struct entry *
buffer_wait(struct chat_buffer *b, const struct entry *e)
{
    if (b->waiting_len == BUFFER_ENTRIES)
        return NULL;
    if (b->waiting_len == b->waiting_room) {
        size_t room = b->waiting_room ? b->waiting_room * 2 : WAITING_ROOM;
        struct entry **grown = realloc(b->waiting, room * sizeof(*grown));
        if (!grown)
            return NULL;
        b->waiting = grown;
        b->waiting_room = room;
    }
    struct entry *copy = buffer_copy(e);
    if (!copy)
        return NULL;
    copy->seq = 0;
    copy->own = true;
    copy->tick = TICK_WAITING;
    copy->id = b->low + buffer_len(b);
    b->waiting[b->waiting_len++] = copy;
    return copy;
}

bool
buffer_sent(struct chat_buffer *b, uint64_t number, uint64_t seq, uint64_t time)
{
    size_t at = 0;
    while (at < b->waiting_len && b->waiting[at]->number != number)
        at++;
    if (at == b->waiting_len)
        return false;
    struct entry *e = b->waiting[at];
    b->waiting_len--;
    memmove(b->waiting + at, b->waiting + at + 1,
            (b->waiting_len - at) * sizeof(*b->waiting));
    if (b->bottom > b->low + b->len + at)
        b->bottom--;
    if (!seq) {
        free(e);
        return true;
    }
    e->seq = seq;
    e->time = time;
    e->number = 0;
    e->tick = b->kind == BUFFER_PERSON ? TICK_KEPT : TICK_NONE;
    buffer_place(b, e, BUFFER_LIVE);
    return true;
}

/* Whatever was received before had all above it received, too. */
void
buffer_received(struct chat_buffer *b, uint64_t seq)
{
    if (seq <= b->received)
        return;
    for (size_t at = buffer_above(b, seq); at; at--) {
        struct entry *e = *buffer_slot(b, at - 1);
        if (e->seq && e->seq <= b->received)
            break;
        if (e->own && e->seq)
            e->tick = TICK_RECEIVED;
    }
    b->received = seq;
}

void
buffer_redact(struct chat_buffer *b, uint64_t seq)
{
    struct entry *e = buffer_find_seq(b, seq);
    if (!e)
        return;
    memset((char *)e->text, 0, e->text_len); /* in our own piece */
    b->text -= e->kind == ENTRY_COMING ? 0 : e->text_len;
    e->text_len = 0;
    e->gone = true;
    e->mention = false;
}
