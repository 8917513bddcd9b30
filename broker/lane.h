/* SPDX-License-Identifier: MPL-2.0 */
/*
 * lane: what one outbox has sent, so that nothing is accepted twice.
 *
 * Per lane the highest `n` and which of the 256 below it were accepted; with as
 * many of them as were sent the seq and time they got, for the answer to a
 * repeat. Computed when the log places a message, never before.
 */
#ifndef CONFAB_LANE_H
#define CONFAB_LANE_H

#include "hub.h"

struct client;
struct session;
struct change;

enum {
    LANES_PER_ID = 1024,
    LANES_MAX = 16384, /* idle ones beyond it are forgotten, oldest first */
    LANE_IDLE = 7 * 24 * 3600 * 1000, /* ms until an idle lane is forgotten */
};

struct lane_mark {
    uint64_t seq, time;
};

struct lane {
    struct client *client;
    struct session *live; /* NULL: nobody uses it now */
    uint64_t high;
    uint64_t accepted[LIMIT_WINDOW / 64]; /* bit i: high - i */
    struct lane_mark *marks;              /* n modulo cap */
    uint32_t cap;
    uint64_t used;                      /* wall ms */
    struct change *change;              /* not saved yet; see state.h */
    bool saved;                         /* the log has a state of it */
    struct lane *prev, *next;           /* of the client */
    struct lane *idle_prev, *idle_next; /* hub->idle_lanes, oldest first */
    uint8_t name_len;
    uint8_t name[LIMIT_NAME];
};

struct lane *lane_find(const struct client *c, struct slice name);
struct lane *lane_get(struct hub *hub, struct client *c, struct slice name);
/* Binds the lane to a session, or with NULL makes it idle. */
void lane_use(struct hub *hub, struct lane *lane, struct session *session);
/* `n` asks for its place. NEW: it counts as accepted with this seq and time.
 * REPEAT: seq and time become the first's, 0 when no longer known. */
enum verdict lane_place(struct lane *lane, uint64_t n, uint64_t *seq,
                        uint64_t *time);
/* It was accepted, with this seq and time: known from the log. */
void lane_accept(struct lane *lane, uint64_t n, uint64_t seq, uint64_t time);
/* What lane_place said was NEW was not accepted after all; n is used up. */
void lane_revoke(struct lane *lane, uint64_t n);
void lane_forget(struct hub *hub, struct lane *lane);
/* Forgets lanes that nobody used for LANE_IDLE. */
void lane_sweep(struct hub *hub);

#endif
