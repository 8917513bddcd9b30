/* SPDX-License-Identifier: MPL-2.0 */
/*
 * local: a hub in the test's own process, with a few connections.
 *
 * Each connection has a box that counts what came and keeps the last message.
 * Nothing happens by itself: the test feeds, turns and moves the clock.
 */
#ifndef UNIT_LOCAL_H
#define UNIT_LOCAL_H

#include "broker/hub.h"

enum { LOCAL_BOXES = 8, LOCAL_PUB = LOCAL_BOXES };

struct box {
    struct peer *peer; /* NULL: not connected */
    enum sent reply;   /* what the sink says to a frame */
    bool kicked;
    unsigned frames; /* that came */
    size_t longest;  /* of them */
    unsigned ops[OP_COUNT];
    struct message last; /* borrows `bytes` */
    uint8_t bytes[LIMIT_FRAME + 128];
};

struct local {
    struct hub *hub;
    struct now now;
    struct box boxes[LOCAL_BOXES + 1]; /* the last is for all topics */
};

/* A hub with the given options; sink, log, pub and random are filled in. */
struct local *local_new(struct hub_options options);
void local_free(struct local *l);
/* Connects box `i` and, unless the id is NULL, says hello; what came is then
 * forgotten. */
void local_connect(struct local *l, unsigned i, const char *id);
/* Connects as `caller` (borrowed), and says nothing. */
void local_call(struct local *l, unsigned i, const struct caller *caller);
/* Says hello, and takes a turn. */
void local_hello(struct local *l, unsigned i, const char *id);
/* Joins, and forgets what came. */
void local_join(struct local *l, unsigned i, const char *room, bool direct);
/* One message as a frame. */
void local_feed(struct local *l, unsigned i, const struct message *m);
void local_say(struct local *l, unsigned i, const char *room, const char *text);
void local_turn(struct local *l);
/* Time passes at once, then hub_sweep and a turn. */
void local_pass(struct local *l, unsigned ms);
/* Forgets what came, everywhere. */
void local_clear(struct local *l);

#define WITH(message, field, member, value)                                    \
    ((message)->member = (value), (message)->has |= MESSAGE_BIT(field))

#endif
