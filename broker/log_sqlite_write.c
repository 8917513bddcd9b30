/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_sqlite_write: transactions, and what becomes of the log when they fail.
 *
 * A store that fails is tried again every half a second with something as large
 * as messages are; until that works messages are refused without bothering the
 * disk.
 */
#include <stdio.h>

#include "db_ready.h"
#include "log_sqlite_inner.h"
#include "proto/clock.h"

void
log_now(struct log_sqlite *s)
{
    s->now.mono = clock_ms(CLOCK_MONOTONIC);
    s->now.wall = clock_ms(CLOCK_REALTIME);
}

/* From now on messages are refused; `err` is what the db said last. */
static void
fail(struct log_sqlite *s, enum err err)
{
    bool first = !s->failing;
    s->failing = err;
    log_now(s); /* the disk may have let us wait */
    s->trial_at = s->now.mono + TRIAL_EVERY;
    s->trial_bytes = s->turn.len < TRIAL_MOST ? s->turn.len : TRIAL_MOST;
    (void)snprintf(s->fault, sizeof s->fault, "%s",
                   s->failing == ERR_FULL ? "no room left on the disk"
                                          : s->db.fault);
    s->log.fault = s->fault;
    if (first)
        LOG(s->logger, LOG_ERROR, "log.failed", LOG_TEXT("path", s->db.path),
            LOG_TEXT("why", s->db.fault),
            LOG_TEXT("do", s->failing == ERR_FULL
                               ? "make room; messages are refused until then"
                               : "look at the disk; messages are refused "
                                 "until it works"));
}

/* Ends a transaction that went wrong; the fault stays what it was. */
static enum err
roll_back(struct log_sqlite *s)
{
    enum err err = db_error(&s->db);
    db_rest(&s->db);
    if (!sqlite3_get_autocommit(s->db.sql)) {
        sqlite3_step(db_statement(&s->db, DB_ROLLBACK));
        db_rest(&s->db);
    }
    checkpoint_leave(s->checkpoint);
    return err;
}

/* Something as large as what failed must find room. */
static void
try_again(struct log_sqlite *s)
{
    char trial[128];
    (void)snprintf(trial, sizeof trial,
                   "INSERT OR REPLACE INTO meta VALUES ('trial',"
                   " zeroblob(%zu), 0)",
                   s->trial_bytes + TRIAL_LEAST);
    checkpoint_enter(s->checkpoint);
    bool works = db_run(&s->db, DB_BEGIN) && db_exec(&s->db, trial) &&
                 db_run(&s->db, DB_COMMIT);
    if (!works) {
        fail(s, roll_back(s));
        return;
    }
    (void)db_exec(&s->db, "DELETE FROM meta WHERE key = 'trial'");
    checkpoint_leave(s->checkpoint);
    s->failing = ERR_NONE;
    LOG(s->logger, LOG_WARN, "log.works-again", LOG_TEXT("path", s->db.path));
}

/* --- a transaction --- */

static void
note_stuck(struct log_sqlite *s)
{
    if (!s->stuck)
        LOG(s->logger, LOG_ERROR, "log.damaged", LOG_TEXT("path", s->db.path),
            LOG_TEXT("why", s->db.fault),
            LOG_TEXT("do", "restart confabd: it sets the file aside and keeps "
                           "what can be read"));
    s->stuck = true;
}

static bool
commit(struct log_sqlite *s)
{
    db_rest(&s->db);
    return db_run(&s->db, DB_COMMIT);
}

/* Volatile records have seqs, too, and rv is one: after a crash the next start
 * begins above all that may have been given out, whatever the clock says. */
static bool
put_ceiling(struct log_sqlite *s)
{
    if (s->next_seq <= s->ceiling)
        return true;
    return db_meta_put(&s->db, "ceiling", s->next_seq + CEILING_STEP);
}

/* The turn, unless it is empty, and a step of the pager of so many bytes. */
static enum err
transact(struct log_sqlite *s, size_t step)
{
    checkpoint_enter(s->checkpoint);
    if (db_run(&s->db, DB_BEGIN) && put_ceiling(s) &&
        (!s->turn.len || turn_put(&s->db, &s->turn)) &&
        (!step || pager_step(&s->pager, step, s->now.wall)) && log_rule(s) &&
        commit(s)) {
        checkpoint_leave(s->checkpoint);
        if (s->next_seq > s->ceiling)
            s->ceiling = s->next_seq + CEILING_STEP;
        if (step)
            pager_committed(&s->pager);
        s->step_failed = s->step_failed && !step;
        return ERR_NONE;
    }
    bool corrupt = db_is_corrupt(&s->db);
    enum err err = roll_back(s);
    if (step) {
        pager_failed(&s->pager);
        s->step_failed = true;
        s->step_at = s->now.mono + TRIAL_EVERY;
    }
    if (step && corrupt)
        note_stuck(s);
    return err;
}

/* A round that begins now ends before the turn that is being written: its
 * messages are not in the tail yet, so nothing would move them. */
static bool
pager_wants(struct log_sqlite *s)
{
    uint64_t last = (s->turn.len ? s->turn.first : s->next_seq) - 1;
    return !s->stuck && s->step_at <= s->now.mono &&
           pager_due(&s->pager, last, s->now.mono);
}

/* When it fails with a step the turn alone may still go. */
bool
log_write(struct log_sqlite *s)
{
    if (pager_wants(s) && !transact(s, s->turn.len * STEP_SHARE))
        return true;
    enum err err = transact(s, 0);
    if (err)
        fail(s, err);
    return !err;
}

void
log_idle(struct log_sqlite *s)
{
    if (!s->failing && pager_wants(s))
        (void)transact(s, STEP_IDLE);
}

/* Nobody is asked for anything: the owner may be half gone. */
void
log_scrub(struct log_sqlite *s)
{
    for (int i = 0; i < STOP_STEPS && s->pager.scrub.phase != SCRUB_REST; i++) {
        checkpoint_enter(s->checkpoint);
        if (!db_run(&s->db, DB_BEGIN) || !pager_scrub(&s->pager, STEP_IDLE) ||
            !commit(s)) {
            (void)roll_back(s);
            return;
        }
        checkpoint_leave(s->checkpoint);
    }
}

/* If that fails, too, the next start finds the damage by itself or not at all.
 */
static void
mark_damaged(struct log_sqlite *s)
{
    checkpoint_enter(s->checkpoint);
    s->marked = db_mark_damaged(&s->db);
    checkpoint_leave(s->checkpoint);
}

void
log_trial(struct log_sqlite *s)
{
    char why[DB_FAULT];
    if (s->db.worn && !s->marked && !s->failing)
        mark_damaged(s);
    if (s->step_failed && s->log.arena.bytes > STUCK_BYTES) {
        s->failing = ERR_INTERNAL;
        s->log.fault = "its file fails, and memory is used up";
        return;
    }
    if (s->failing && s->trial_at <= s->now.mono)
        try_again(s);
    if (checkpoint_failed(s->checkpoint, why))
        LOG(s->logger, LOG_WARN, "log.checkpoint-failed",
            LOG_TEXT("path", s->db.path), LOG_TEXT("why", why));
}
