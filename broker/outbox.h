/* SPDX-License-Identifier: MPL-2.0 */
/*
 * outbox: messages on their way out, packed into frames.
 *
 * Everything that is due to one destination in one turn leaves in one frame; an
 * outbox is the frame being filled and, when the destination did not take them,
 * the full ones before it. An idle outbox owns no memory. The frame of a room
 * begins with its topic (`prefix`), that of a connection with nothing.
 */
#ifndef CONFAB_OUTBOX_H
#define CONFAB_OUTBOX_H

#include "proto/message.h"

struct parcel {
    struct parcel *next;
    uint32_t len;    /* bytes in data */
    uint32_t cap;    /* bytes data can hold */
    uint32_t count;  /* messages */
    uint32_t header; /* where the frame's header stands in data */
    uint8_t data[];
};

struct outbox {
    struct parcel *first, *last;
    size_t bytes;  /* in all parcels */
    uint32_t hint; /* size of the last frame sent: a guess for the next */
};

/* Appends one encoded message, which must fit into a frame behind `prefix`. */
void outbox_add(struct outbox *box, struct slice prefix, struct slice message);
/* The first frame, ready to be sent; empty when there is none. Valid until the
 * next outbox call. */
struct slice outbox_frame(struct outbox *box);
/* The first frame was sent. */
void outbox_shift(struct outbox *box);
/* True when there is a full frame, which need not wait for the turn's end. */
static inline bool
outbox_ripe(const struct outbox *box)
{
    return box->first != box->last;
}
void outbox_fini(struct outbox *box);

#endif
