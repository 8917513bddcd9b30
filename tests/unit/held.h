/* SPDX-License-Identifier: MPL-2.0 */
/*
 * held: a log's engine that does what a test wants, in front of the real one.
 *
 * It keeps reads or commits back until the test lets them go, as a slow disk or
 * somebody else's log would, or fails as a full one.
 */
#ifndef UNIT_HELD_H
#define UNIT_HELD_H

#include "broker/log.h"

enum { HELD_MOST = 64 };

struct held {
    struct log_engine engine;
    const struct log_engine *real;
    struct log *log;
    bool reads;   /* are kept back */
    bool commits; /* are not done */
    bool refuses; /* messages and rulings, at once */
    bool fails;   /* what is appended is placed and then revoked */
    struct log_query queries[HELD_MOST];
    unsigned query_count;
    struct record *records[HELD_MOST]; /* that will be revoked */
    unsigned record_count;
    uint64_t seq;
};

/* Puts itself in front of the log's engine; one at a time. */
void held_begin(struct held *held, struct log *log);
/* What was kept back happens now. */
void held_let_go(struct held *held);

#endif
