/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A parcel is one allocation that grows by doubling up to the largest frame.
 * The header counts the messages and is written when somebody asks for the
 * frame, so a frame that could not be sent may still be added to.
 */
#include "outbox.h"

#include <assert.h>
#include <stdlib.h>

#include "xmem.h"

enum { PARCEL_LEAST = 960 }; /* with malloc's own bytes just under 1 KiB */

static struct parcel *
parcel_resize(struct parcel *p, size_t cap)
{
    p = xrealloc(p, sizeof *p + cap);
    p->cap = (uint32_t)cap;
    return p;
}

static size_t
parcel_size(size_t needed, size_t hint)
{
    size_t size = hint > PARCEL_LEAST ? hint : PARCEL_LEAST;
    while (size < needed)
        size *= 2;
    return size < LIMIT_FRAME ? size : LIMIT_FRAME;
}

static void
parcel_push(struct outbox *box, struct slice prefix, size_t needed)
{
    size_t start = prefix.len + FRAME_HEADER;
    struct parcel *p =
        parcel_resize(NULL, parcel_size(start + needed, box->hint));
    p->next = NULL;
    p->count = 0;
    p->header = (uint32_t)prefix.len;
    p->len = (uint32_t)start;
    if (prefix.len)
        memcpy(p->data, prefix.data, prefix.len);
    if (box->last)
        box->last->next = p;
    else
        box->first = p;
    box->last = p;
    box->bytes += start;
}

/* Grows the last parcel, which may also be the first, or has one before it. */
static void
parcel_grow(struct outbox *box, size_t needed)
{
    struct parcel **link = &box->first;
    while (*link != box->last)
        link = &(*link)->next;
    *link = box->last = parcel_resize(box->last, parcel_size(needed, 0));
}

static bool
parcel_takes(const struct parcel *p, size_t len)
{
    return p && p->count < LIMIT_BATCH && p->len + len <= LIMIT_FRAME;
}

void
outbox_add(struct outbox *box, struct slice prefix, struct slice message)
{
    assert(prefix.len + FRAME_HEADER + message.len <= LIMIT_FRAME);
    if (!parcel_takes(box->last, message.len))
        parcel_push(box, prefix, message.len);
    if (box->last->len + message.len > box->last->cap)
        parcel_grow(box, box->last->len + message.len);
    struct parcel *p = box->last;
    memcpy(p->data + p->len, message.data, message.len);
    p->len += (uint32_t)message.len;
    p->count++;
    box->bytes += message.len;
}

struct slice
outbox_frame(struct outbox *box)
{
    struct parcel *p = box->first;
    if (!p)
        return slice_of(NULL, 0);
    frame_close(p->data + p->header, p->count);
    return slice_of(p->data, p->len);
}

void
outbox_shift(struct outbox *box)
{
    struct parcel *p = box->first;
    box->first = p->next;
    if (!box->first)
        box->last = NULL;
    box->bytes -= p->len;
    box->hint = p->len;
    free(p);
}

void
outbox_fini(struct outbox *box)
{
    while (box->first)
        outbox_shift(box);
}
