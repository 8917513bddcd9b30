/* SPDX-License-Identifier: MPL-2.0 */
/*
 * disk: what the simulated log has made safe. It outlives the broker.
 *
 * Records for ever, in log order, and the states of clients and lanes as far as
 * they were saved. The judge reads it: what is here has happened, and nothing
 * else has.
 */
#ifndef CONFAB_SIM_DISK_H
#define CONFAB_SIM_DISK_H

#include "broker/log.h"
#include "dice.h"

#define NO_SERIAL UINT32_MAX

/* A record that is safe; the slices point behind it. */
struct kept {
    enum record_kind kind;
    struct slice from, name, lane, wire, token, value;
    uint64_t n, upto, seq, prev, time;
    enum ruling_kind ruling;
    bool inbox, spent, receipt, lifted;
    uint32_t serial; /* which message it is, by its text */
};

struct saved {
    struct saved *next;
    struct log_state state; /* its names point behind this */
};

struct disk {
    struct dice dice;
    uint64_t now; /* ms, as the world counts */
    struct kept **kept;
    size_t count, cap;
    struct saved *saved;
    struct log_state marks;
    uint64_t top;       /* seq ever given out, as if reserved ahead */
    size_t replay_from; /* the first record that the states may lack */

    /* What it does, until when. */
    uint64_t full_until, late_until;
    enum err full_err;
    unsigned late; /* ms for a commit */
    unsigned save; /* so many changes go with the next commits */
    bool one_step, save_before;
    uint64_t failures;
};

void disk_fini(struct disk *disk);
void disk_add(struct disk *disk, const struct record *r);
/* The message with this seq loses its body, if there is one. */
void disk_redact(struct disk *disk, uint64_t seq);
/* A state of a client or lane. */
void disk_save(struct disk *disk, const struct log_state *state);

/* Where messages are found: a room, a mailbox, or the talk of two ids. */
struct way {
    enum channel_kind kind;
    struct slice name, with;
};

/* The next message behind `seq`, NULL: none; and the newest up to `seq`. */
const struct kept *disk_after(const struct disk *disk, struct way way,
                              uint64_t seq);
const struct kept *disk_upto(const struct disk *disk, struct way way,
                             uint64_t seq);
const struct kept *disk_find(const struct disk *disk, uint64_t seq);
/* All mail of the id up to there was acknowledged. */
uint64_t disk_acked(const struct disk *disk, struct slice id);

/* The number in a text that the simulator made, or NO_SERIAL. */
uint32_t disk_serial(struct slice text);

#endif
