/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_sqlite_inner: the engine's struct, for the files of log_sqlite alone.
 */
#ifndef CONFAB_LOG_SQLITE_INNER_H
#define CONFAB_LOG_SQLITE_INNER_H

#include "db_checkpoint.h"
#include "db_finder.h"
#include "db_read.h"
#include "db_turn.h"
#include "log_sqlite.h"
#include "pager.h"

enum {
    TAIL_BYTES = 64 << 20, /* messages in memory, index and all */
    STEP_IDLE = 512 << 10, /* bytes a step writes when nobody waits */
    STOP_STEPS = 128,      /* of these, to scrub the file before the end */
    STEP_SHARE = 3,        /* else so many times its turn's bytes */
    /* Seqs, or us, that it is raised by: less than a start takes. So the clock
     * is above it, and an older copy of the file never begins at one seq twice.
     */
    CEILING_STEP = 1 << 14,
    BUSY_MS = 50,           /* another program may hold the file for so long */
    TRIAL_EVERY = 500,      /* ms between trials of a store that failed */
    TRIAL_LEAST = 64 << 10, /* bytes of a trial, at least, */
    TRIAL_MOST = 8 << 20,   /* and at most */
    /* Memory that messages may take when they cannot be moved to pages. */
    STUCK_BYTES = 256 << 20,
};

struct log_sqlite {
    struct log log; /* first: the engine's calls are given this */
    struct db db;
    struct checkpoint *checkpoint;
    struct finder *finder; /* NULL: the log is not searched */
    struct tail tail;
    struct pager pager;
    struct db_reader reader;
    struct logger *logger;
    struct record *first, *last; /* appended, not yet committed */
    struct record *batch;        /* of the turn that is being written */
    bool rules;                  /* there are rulings in it */
    struct turn turn;
    uint64_t next_seq;
    uint64_t ceiling; /* the file says that no seq from here on was given out */
    struct {
        uint64_t mono, wall; /* ms, of the commit we are in */
    } now;
    size_t tail_bytes;
    enum err failing; /* the store takes nothing, for this reason */
    uint64_t trial_at;
    uint64_t step_at; /* ms: the pager had failed and may try again */
    size_t trial_bytes;
    bool step_failed; /* the last step of the pager */
    bool stuck;       /* it met damage: it does no more */
    bool marked;      /* the file knows that something in it is damaged */
    bool busy;        /* a turn was written since the hub's last turn */
    char fault[DB_FAULT];
};

/* log_sqlite_write.c */
void log_now(struct log_sqlite *s);
/* Writes s->turn, the ceiling if it is reached, and a step of the pager if one
 * is due. False: it is not written, and s->failing says why. */
[[nodiscard]] bool log_write(struct log_sqlite *s);
/* Nobody waits: a step of the pager if one is due, and a trial of a store that
 * takes nothing. */
void log_idle(struct log_sqlite *s);
void log_trial(struct log_sqlite *s);
/* What was redacted is to be gone from the file when the broker has stopped:
 * goes on with that as long as it does not take too long. */
void log_scrub(struct log_sqlite *s);

/* log_sqlite_ruling.c */
/* Inside the turn's transaction, behind a step of the pager: does in the file
 * what the turn's rulings say. */
[[nodiscard]] bool log_rule(struct log_sqlite *s);

/* log_sqlite.c */
extern const struct log_engine log_sqlite_engine;
/* log_sqlite_open.c */
bool log_sqlite_load(struct log *log);
void log_sqlite_free(struct log *log);

#endif
