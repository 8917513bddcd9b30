/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_run: the state of `confab run`, which two files share: cmd_run.c takes
 * messages and decides when they are done with, cmd_run_slot.c has the
 * processes.
 *
 * A message goes from the queue into a slot, gets a process, which may be tried
 * again, and at last its answer is said. Only then it is over: nothing that was
 * taken is acknowledged, or noted in the state file, before.
 */
#ifndef CONFAB_CMD_RUN_H
#define CONFAB_CMD_RUN_H

#include "cmd_feed.h"
#include "cmd_job.h"

enum {
    RUN_PARALLEL_MAX = 256, /* processes at a time */
    RUN_AGAIN_MS = 1000,    /* until a process that failed is tried again */
    RUN_WINDOW = 4,         /* times -P: messages begun between two notes in
                               the state file, and run again at most */
};

/* An event, as long as a message in it is needed. */
struct held {
    confab_event *event;
    size_t users;
};

struct task {
    struct task *next;
    struct held *held;
    const confab_event *message;
};

enum slot_state {
    SLOT_FREE,
    SLOT_RUNS,
    SLOT_WAITS,  /* for the time at which it is tried again */
    SLOT_SPEAKS, /* its answer has no place in the outbox yet */
};

struct slot {
    enum slot_state state;
    struct task *task;
    struct job job;
    uint64_t tries;
    int64_t again_at;
};

/* What was said, and not acknowledged yet. */
struct answer {
    uint64_t number; /* libconfab's */
    uint64_t seq;    /* of the message that it answers */
};

struct run {
    struct cmd *cmd;
    struct feeds feeds;
    struct held *held;  /* what is being taken */
    struct task *first; /* the queue */
    struct task **last;
    struct slot *slots;
    size_t slot_count, busy;
    struct pollfd *fds;
    uint64_t left;  /* messages to take */
    uint64_t begun; /* since the state file knew all */
    bool undone;    /* it does not know all */
    bool no_memory; /* a message could not be queued */
    struct answer *answers;
    size_t answer_count, answer_cap;
    bool failed;        /* a CMD has, or an answer was refused */
    uint64_t mail_seen; /* all mail up to it was taken, */
    uint64_t mail_done; /* and acknowledged */
    int64_t join_by;
};

void held_release(struct held *held);
/* Takes out the answer with this number; false: it is none. */
bool answer_take(struct run *r, uint64_t number, uint64_t *seq);

/* Starts processes for what waits, looks after those that run. 0 or an exit
 * code. */
[[nodiscard]] int slots_step(struct run *r);
/* One of them has an answer and no place for it. */
bool slots_speak(const struct run *r);
/* Sleeps until a process wants something or ends, a signal comes, or, with
 * `events`, an event. */
void slots_wait(struct run *r, bool events, int64_t deadline);
/* The earliest time at which something is due. */
int64_t slots_deadline(const struct run *r, int64_t deadline);
/* Ends what runs, and waits for it. */
void slots_end(struct run *r);

#endif
