/* SPDX-License-Identifier: MPL-2.0 */
/*
 * queue: see queue.h.
 *
 * The descriptor is written and read only when the queue stops or begins to be
 * empty, so a busy reader pays for it once a batch.
 */
#include "queue.h"

#include <assert.h>
#include <sys/eventfd.h>
#include <unistd.h>

bool
queue_init(struct queue *q)
{
    *q = (struct queue){.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
    q->end = &q->first;
    return q->fd >= 0;
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
    if (q->fd < 0)
        return;
    queue_clear(q);
    close(q->fd);
    q->fd = -1;
}

void
queue_put(struct queue *q, struct event *e)
{
    e->next = NULL;
    *q->end = e;
    q->end = &e->next;
    q->bytes += e->size;
    if (q->count++)
        return;
    ssize_t n = write(q->fd, &(uint64_t){1}, sizeof(uint64_t));
    assert(n == sizeof(uint64_t)); /* it was 0 */
    (void)n;
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
    uint64_t one;
    ssize_t n = read(q->fd, &one, sizeof one);
    assert(n == sizeof one); /* it was 1 */
    (void)n;
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
