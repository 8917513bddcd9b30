/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_topics: who listens to what.
 *
 * libzmq keeps what is listened to as a tree with a node for each byte, and
 * walks all of it whenever a listener's connection ends, in our thread and in
 * one go. So what counts is not only what one connection listens to but what
 * all of them do together, each different topic once. Here it is counted, and
 * found who has to go when it is too much: whoever brings most that nobody else
 * listens to. Where all do the same, nobody brings anything.
 *
 * It is a set for each listener, as libzmq's is: twice is once, and an end
 * without a beginning is nothing. So both always mean the same, and one whose
 * connection ends takes along all that was its own.
 */
#ifndef CONFAB_NET_TOPICS_H
#define CONFAB_NET_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "proto/slice.h"

enum {
    /* Of all listeners together, 100 bytes each. */
    TOPICS_MOST = 256 << 10,
};

struct topic;
struct topic_use;

/* One connection. Zeroed at its start; stays where it is until it left. */
struct listener {
    struct topic_use *uses;
    struct listener *prev, *next;
    unsigned count; /* topics */
    size_t own;     /* bytes of those that nobody else listens to */
};

/* Zeroed at its start. */
struct topics {
    struct topic *all;
    struct topic_use *uses;
    struct listener *listeners; /* that have at least one */
    size_t bytes; /* of all that are different, and one more for each */
    size_t count; /* of all listeners */
};

/* Borrows `name`. */
void topics_begin(struct topics *topics, struct listener *listener,
                  struct slice name);
void topics_end(struct topics *topics, struct listener *listener,
                struct slice name);
/* Ends all of its. */
void topics_leave(struct topics *topics, struct listener *listener);

/* Who has to go when all different topics may have so many bytes; NULL: nobody.
 * Looks at each listener when it is too much. */
struct listener *topics_excess(const struct topics *topics, size_t bytes);

/* After all listeners have left. */
bool topics_is_empty(const struct topics *topics);

#endif
