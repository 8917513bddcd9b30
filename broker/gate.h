/* SPDX-License-Identifier: MPL-2.0 */
/*
 * gate: who may connect at all (ZAP, ZeroMQ RFC 27).
 *
 * When a handshake of ours is nearly done, libzmq's thread asks whoever has
 * bound inproc://zeromq.zap.01. That is the gate, a socket in net's loop: it
 * reads the question strictly, lets net judge the key, and answers a little
 * later. With the answer a connection gets what its peer cannot choose or
 * forge: its key as User-Id, and a routing id of our making.
 *
 * Why later: an answer that comes while libzmq still reads what the peer has
 * said of itself is overwritten by that, the routing id with it. At once, that
 * happened to four of ten; after 1 ms to none of two thousand.
 *
 * The routing ids are counted, so that of two on one descriptor it is known
 * whose connection came first, and hold 64 random bits, so that nobody can
 * take the next one beforehand.
 */
#ifndef CONFAB_GATE_H
#define CONFAB_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "proto/slice.h"
#include "proto/z85.h"

#define GATE_DOMAIN "confab"

enum {
    GATE_HOLD = 20,   /* ms until a question is answered */
    GATE_FRAMES = 8,  /* of a question, at most */
    GATE_ID = 25,     /* bytes of a routing id: c, 8 hex digits, 16 more */
    GATE_NUMBER = 32, /* bytes of a question's own number, at most */
};

/* A question, as far as it matters. Borrows the frames. */
struct gate_question {
    struct slice number;   /* comes back in the answer */
    struct slice address;  /* as libzmq writes it */
    char key[Z85_KEY + 1]; /* "": without CURVE */
};

/* Reads the frames behind the empty one. Pure. False: it is not a question of
 * ours (another version, domain, mechanism or form). `number` is set as soon as
 * it is known, else empty. */
[[nodiscard]] bool gate_read(const struct slice *frames, unsigned count,
                             struct gate_question *question);

/* Of two ids of the gate's making, `id` is the older one. */
bool gate_is_older(struct slice id, struct slice than);
/* It has the form of one. */
bool gate_is_id(struct slice id);

struct gate;

/* May this one connect? Without CURVE `key` is empty. */
typedef bool gate_judge(void *self, const struct gate_question *question);

/* Binds, before any other socket of `context` does. NULL: errno says why. */
struct gate *gate_new(void *context, gate_judge *judge, void *self);
void gate_free(struct gate **gate);

/* The descriptor to wait at. */
int gate_fd(const struct gate *gate);
/* Takes the questions that are there, and answers those whose time has come. At
 * most `most` may wait for it; more are not answered at all. `now` in ms.
 * False: there may be more questions. */
bool gate_run(struct gate *gate, unsigned most, uint64_t now);
/* When the next answer is due, in ms; UINT64_MAX: none. */
uint64_t gate_due(const struct gate *gate);

#endif
