/* SPDX-License-Identifier: MPL-2.0 */
/*
 * queue: see queue.h.
 *
 * The descriptor is written and read only when the queue stops or begins to be
 * empty, so a busy reader pays for it once a batch.
 */
#include "queue.h"

bool
queue_init(struct queue *q)
{
    *q = (struct queue){.count = 0};
    q->end = &q->first;
    return os_bell_open(&q->bell);
}

void
queue_clear(struct queue *q)
{
    struct event *e;
    while ((e = queue_take(q)))
        event_free(e);
}

void
queue_fini(struct queue *q)
{
    if (q->bell.fd < 0)
        return;
    queue_clear(q);
    os_bell_close(&q->bell);
}

void
queue_put(struct queue *q, struct event *e)
{
    e->next = NULL;
    *q->end = e;
    q->end = &e->next;
    q->bytes += e->size;
    if (!q->count++)
        os_bell_ring(&q->bell);
}

struct event *
queue_take(struct queue *q)
{
    struct event *e = q->first;
    if (!e)
        return NULL;
    q->first = e->next;
    e->next = NULL;
    q->bytes -= e->size;
    if (--q->count)
        return e;
    q->end = &q->first;
    (void)os_bell_hush(&q->bell);
    return e;
}

bool
queue_is_full(const struct queue *q)
{
    return q->count >= QUEUE_EVENTS || q->bytes >= QUEUE_BYTES;
}

bool
queue_is_half_empty(const struct queue *q)
{
    return q->count <= QUEUE_EVENTS / 2 && q->bytes <= QUEUE_BYTES / 2;
}
