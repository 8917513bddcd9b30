/* SPDX-License-Identifier: MPL-2.0 */
/*
 * watch: what the hub may send, whatever it was fed.
 *
 * Sees every frame that leaves, on connections and on topics, and stops the
 * process at the first that breaks a promise: a frame that cannot be read, a
 * chain with a message missing or twice, mail out of order or too much of it,
 * an answer to nothing. It also remembers what a client would (secrets, seqs),
 * so that what is fed next can make sense.
 */
#ifndef FUZZ_WATCH_H
#define FUZZ_WATCH_H

#include "proto/message.h"

enum { WATCH_PEERS = 6, WATCH_ROOMS = 4, WATCH_IDS = 5, WATCH_REFS = 256 };

/* Names that the fuzzer uses; others are not watched. */
extern const char *const watch_rooms[WATCH_ROOMS];
extern const char *const watch_ids[WATCH_IDS];

struct watch_peer {
    bool welcome;               /* has a session */
    char resume[33];            /* its secret */
    uint64_t said[WATCH_ROOMS]; /* last seq that came, per direct room */
    uint64_t mail;              /* last seq of mail in this session */
    unsigned in_flight;         /* mail not acknowledged, at most */
    unsigned asked[WATCH_REFS]; /* questions under this ref, unanswered */
};

struct watch {
    struct watch_peer peers[WATCH_PEERS];
    uint64_t published[WATCH_ROOMS]; /* last seq on the topic */
    uint64_t time;                   /* last `time` of a stored message */
    char resume[WATCH_IDS][33];      /* newest secret per id */
    uint64_t seq;                    /* newest seq seen anywhere */
    unsigned next_ref;
};

/* The next ref of a question by this peer; its answer is waited for. */
uint64_t watch_ask(struct watch *w, unsigned peer);
void watch_connect(struct watch *w, unsigned peer);
void watch_sent(struct watch *w, unsigned peer, struct slice frame);
void watch_published(struct watch *w, struct slice frame);

#endif
