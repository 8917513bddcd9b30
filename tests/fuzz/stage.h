/* SPDX-License-Identifier: MPL-2.0 */
/*
 * stage: the world in which fuzz_hub plays: wires, clock, host, and what must
 * always be so.
 */
#ifndef FUZZ_STAGE_H
#define FUZZ_STAGE_H

#include "broker/core.h"
#include "law.h"
#include "watch.h"

enum mode { MODE_TAKES, MODE_AGAIN, MODE_GONE };

struct wire {
    struct world *world;
    struct peer *peer; /* NULL: not connected */
    enum mode mode;
    struct caller caller;
    bool verified; /* a password was right on this connection */
};

enum { STAGE_CHECKS = 4 };

struct world {
    struct hub *hub;
    struct log *late; /* NULL: the memory engine */
    struct now now;
    unsigned law;                /* its mode */
    const struct access *access; /* NULL: none was given */
    struct wire wires[WATCH_PEERS];
    struct watch watch;
    struct {
        uint64_t handle;
        bool right;
    } checks[STAGE_CHECKS]; /* passwords being looked at */
    unsigned check_count;
    bool reviews; /* who may connect is to be asked again */
    uint8_t frame[LIMIT_FRAME];
    uint64_t chance;
};

struct world *stage_new(bool late, unsigned law);
/* All go; when the grace is over nobody is anywhere. */
void stage_free(struct world *w);

void stage_connect(struct wire *wire, struct caller caller);
void stage_disconnect(struct wire *wire);
/* In a block of its exact size, which is gone when the call is over. */
void stage_feed(struct wire *wire, struct slice frame, unsigned parts);
/* The end of a turn, and a look at all. */
void stage_turn(struct world *w);
/* The oldest password that is looked at is answered. */
void stage_verify(struct world *w);
/* Another variant of the law is in force. */
void stage_access(struct world *w, unsigned variant);

#endif
