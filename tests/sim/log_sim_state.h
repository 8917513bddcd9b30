/* SPDX-License-Identifier: MPL-2.0 */
/* log_sim_state: the inside of the engine, for log_sim*.c only. */
#ifndef CONFAB_SIM_LOG_SIM_STATE_H
#define CONFAB_SIM_LOG_SIM_STATE_H

#include "broker/tail.h"
#include "log_sim.h"

struct queue {
    struct record *first, *last;
};

struct log_sim {
    struct log log; /* first: the engine's calls are given this */
    struct disk *disk;
    struct tail tail;
    struct queue appended;
    struct queue batch; /* stamped, on its way to the disk */
    bool writing;
    uint64_t ready_at;
    uint64_t next_seq;
    /* the round of saves */
    bool round;
    bool complete; /* the transaction ends it */
    size_t left;
    size_t from;          /* record where the round began */
    struct saved *states; /* of the transaction, in order */
    struct saved **states_end;
    struct log_state marks;
    struct lookup *lookups; /* searches that are not answered */
};

static inline struct log_sim *
log_sim(const struct log *log)
{
    return (struct log_sim *)(uintptr_t)log;
}

/* log_sim_search.c */
bool log_sim_search(struct log *log, struct log_search *search);
/* Looks, and gives the hub what was found, as far as it is time. */
void log_sim_answer(struct log *log);
void log_sim_forget_searches(struct log *log);

/* Gives the hub what is on the disk. */
bool log_sim_load(struct log *log);

#endif
