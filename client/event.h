/* SPDX-License-Identifier: MPL-2.0 */
/*
 * event: what the user is given, in one piece of memory.
 *
 * An event is built from a message of the wire (or from a message that the
 * session made up, for what only it knows) and owns a copy of everything it
 * points to: lists, strings with their NUL, and the encoded message itself.
 * One allocation, one free, nothing that could outlive its frame.
 */
#ifndef CONFAB_CLIENT_EVENT_H
#define CONFAB_CLIENT_EVENT_H

#include "confab.h"
#include "proto/message.h"

struct event {
    confab_event user; /* first, so that the user's pointer is ours */
    struct event *next;
    size_t size;     /* bytes of this allocation */
    uint64_t cursor; /* when the user is done with it, all up to here is */
    bool has_cursor;
    bool mail; /* the cursor is the mailbox's, else the room's */
};

/* Gives an event with the fields of `m` that events have; `raw` is the encoded
 * message it was read from (m's slices point into it) or empty. NULL: no
 * memory. */
struct event *event_new(enum confab_event_type type, const struct message *m,
                        struct slice raw);
void event_free(struct event *e);

#endif
