/* SPDX-License-Identifier: MPL-2.0 */
/*
 * queue: events on their way to the user.
 *
 * It is bounded by its reader: when it is full the link reads no more from the
 * broker, which then waits or drops and is asked later; nothing in here grows
 * with a user who does not read. Its descriptor is readable while it is not
 * empty. Not locked: the caller holds the client's lock.
 */
#ifndef CONFAB_CLIENT_QUEUE_H
#define CONFAB_CLIENT_QUEUE_H

#include "event.h"
#include "proto/os.h"

enum {
    QUEUE_EVENTS = 16384,   /* full with so many events, */
    QUEUE_BYTES = 33554432, /* or so many bytes */
};

struct queue {
    struct event *first;
    struct event **end;
    size_t count;
    size_t bytes;
    struct os_bell bell; /* rings while it is not empty */
};

/* False: no descriptor to be had. */
[[nodiscard]] bool queue_init(struct queue *q);
void queue_fini(struct queue *q);
/* Takes the event. A frame that came before the queue was full may still add
 * its events. */
void queue_put(struct queue *q, struct event *e);
/* Gives the first event; NULL: there is none. */
struct event *queue_take(struct queue *q);
bool queue_is_full(const struct queue *q);
/* There is room worth filling again. */
bool queue_is_half_empty(const struct queue *q);
void queue_clear(struct queue *q);

#endif
