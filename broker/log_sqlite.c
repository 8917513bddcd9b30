/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A commit stamps what was appended, writes what is to be kept as one row of
 * `turns`, and hands all of it back when that is safe: one transaction, one
 * fsync, however many messages there are. Everything else (pages, ids, lanes)
 * follows later and bit by bit, see pager.h.
 *
 * When the store does not take a turn, nothing of it has happened: what was
 * stamped is revoked, whoever wanted something kept is told, and what need not
 * be kept goes on. From then on messages are refused at once, until a trial
 * shows that there is room again.
 */
#include "log_sqlite.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "db_checkpoint.h"
#include "db_load.h"
#include "db_read.h"
#include "pager.h"

enum {
    TAIL_BYTES = 64 << 20, /* messages in memory, index and all */
    STEP_IDLE = 512 << 10, /* bytes a step writes when nobody waits */
    STEP_SHARE = 3,        /* else so many times its turn's bytes */
    TRIAL_EVERY = 500,     /* ms between trials of a store that failed */
    /* Memory that messages may take when they cannot be moved to pages. */
    STUCK_BYTES = 256 << 20,
};

struct log_sqlite {
    struct log log; /* first: the engine's calls are given this */
    struct db db;
    struct checkpoint *checkpoint;
    struct tail tail;
    struct pager pager;
    struct db_reader reader;
    struct logger *logger;
    struct record *first, *last; /* appended, not yet committed */
    struct turn turn;
    uint64_t next_seq;
    struct now_ms {
        uint64_t mono, wall;
    } now;
    size_t tail_bytes;
    enum err failing; /* the store takes nothing, for this reason */
    uint64_t trial_at;
    uint64_t step_at; /* ms: the pager had failed and may try again */
    bool stuck;       /* it met damage: it does no more */
    char fault[DB_FAULT];
};

static struct log_sqlite *
self(struct log *log)
{
    return (struct log_sqlite *)log;
}

static uint64_t
clock_ms(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* --- failing --- */

/* From now on messages are refused; `err` is what the db said last. */
static void
fail(struct log_sqlite *s, enum err err)
{
    bool first = !s->failing;
    s->failing = err;
    s->trial_at = s->now.mono + TRIAL_EVERY;
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

/* Something as large as messages are must find room. */
static void
try_again(struct log_sqlite *s)
{
    static const char trial[] =
        "INSERT OR REPLACE INTO meta VALUES ('trial', zeroblob(65536), 0)";
    checkpoint_enter(s->checkpoint);
    bool works = db_run(&s->db, DB_BEGIN) && db_exec(&s->db, trial) &&
                 db_run(&s->db, DB_COMMIT);
    if (!works) {
        fail(s, roll_back(s));
        return;
    }
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

/* The turn, unless it is empty, and a step of the pager of so many bytes. */
static enum err
transact(struct log_sqlite *s, size_t step)
{
    checkpoint_enter(s->checkpoint);
    if (db_run(&s->db, DB_BEGIN) &&
        (!s->turn.len || turn_put(&s->db, &s->turn)) &&
        (!step || pager_step(&s->pager, step, s->now.wall)) && commit(s)) {
        checkpoint_leave(s->checkpoint);
        if (step)
            pager_committed(&s->pager);
        return ERR_NONE;
    }
    enum err err = roll_back(s);
    if (step) {
        pager_failed(&s->pager);
        s->step_at = s->now.mono + TRIAL_EVERY;
    }
    if (step && db_is_corrupt(&s->db))
        note_stuck(s);
    return err;
}

static bool
pager_wants(struct log_sqlite *s)
{
    return !s->stuck && s->step_at <= s->now.mono &&
           pager_due(&s->pager, s->next_seq - 1, s->now.mono);
}

/* With a step, if one is due; when that fails the turn alone may still go. */
static bool
write_turn(struct log_sqlite *s)
{
    if (pager_wants(s) && !transact(s, s->turn.len * STEP_SHARE))
        return true;
    enum err err = transact(s, 0);
    if (err)
        fail(s, err);
    return !err;
}

/* --- commit --- */

static void
settle(struct log_sqlite *s, struct record *r)
{
    struct log *log = &s->log;
    r->next = NULL;
    /* First found, then told: what is told may be asked for at once. */
    bool kept = r->stored && tail_add(&s->tail, r);
    log->owner.committed(log->owner.self, r);
    if (!kept)
        record_free(log, r);
}

/* Stamps them from `seq` on; what is to be kept goes into the turn. */
static void
stamp_all(struct log_sqlite *s, struct record *batch, uint64_t seq)
{
    struct log *log = &s->log;
    turn_clear(&s->turn);
    s->turn.first = seq;
    for (struct record *r = batch; r; r = r->next) {
        r->stored = log->owner.stamp(log->owner.self, r, seq++);
        if (r->stored)
            turn_add(&s->turn, r);
    }
    s->turn.last = seq - 1;
}

static struct record *
reversed(struct record *batch)
{
    struct record *back = NULL;
    while (batch) {
        struct record *next = batch->next;
        batch->next = back;
        back = batch;
        batch = next;
    }
    return back;
}

static bool
needs_store(const struct record *r)
{
    return r->stored && r->kind != RECORD_HELLO && r->kind != RECORD_END;
}

/* None of it was kept: without what was to be kept the others are placed anew,
 * since what they say may depend on it. */
static void
refuse_all(struct log_sqlite *s, struct record *batch, uint64_t seq)
{
    struct log *log = &s->log;
    batch = reversed(batch);
    for (struct record *r = batch; r; r = r->next) {
        if (r->stored)
            log->owner.revoke(log->owner.self, r);
    }
    batch = reversed(batch);
    struct record *next;
    for (struct record *r = batch; r; r = next) {
        next = r->next;
        r->stored = log->owner.stamp(log->owner.self, r, seq++);
        if (needs_store(r)) {
            log->owner.revoke(log->owner.self, r);
            log->owner.refused(log->owner.self, r, s->failing);
            record_free(log, r);
        } else {
            r->stored = false;
            settle(s, r);
        }
    }
}

static void
commit_batch(struct log_sqlite *s)
{
    struct record *batch = s->first;
    uint64_t seq = s->next_seq;
    s->first = s->last = NULL;
    stamp_all(s, batch, seq);
    s->next_seq = s->turn.last + 1;
    if (s->turn.len && (s->failing || !write_turn(s))) {
        refuse_all(s, batch, seq);
        return;
    }
    if (s->turn.len)
        pager_turn(&s->pager, s->turn.len, s->now.mono);
    struct record *next;
    for (struct record *r = batch; r; r = next) {
        next = r->next;
        settle(s, r);
    }
}

static void
sqlite_commit(struct log *log)
{
    struct log_sqlite *s = self(log);
    bool idle = !s->first;
    s->now.mono = clock_ms(CLOCK_MONOTONIC);
    s->now.wall = clock_ms(CLOCK_REALTIME);
    if (s->failing && s->trial_at <= s->now.mono)
        try_again(s);
    while (s->first)
        commit_batch(s);
    turn_clear(&s->turn);
    if (idle && !s->failing && pager_wants(s))
        (void)transact(s, STEP_IDLE);
    tail_shrink(&s->tail, log, s->tail_bytes, s->pager.paged);
    char why[DB_FAULT];
    if (checkpoint_failed(s->checkpoint, why))
        LOG(s->logger, LOG_WARN, "log.checkpoint-failed",
            LOG_TEXT("path", s->db.path), LOG_TEXT("why", why));
}

/* To be kept, and nothing that was kept before: what has an n may be a repeat,
 * which only `stamp` can tell. */
static bool
is_news(const struct record *r)
{
    return r->kind == RECORD_ACK ||
           ((r->kind == RECORD_SAY || r->kind == RECORD_TELL) && r->keep &&
            !r->n);
}

static enum err
sqlite_append(struct log *log, struct record *r)
{
    struct log_sqlite *s = self(log);
    enum err err = s->failing;
    if (!err && s->stuck && log->arena.bytes > STUCK_BYTES) {
        log->fault = "its file is damaged";
        err = ERR_INTERNAL;
    }
    if (err && is_news(r)) {
        record_free(log, r);
        return err;
    }
    r->next = NULL;
    if (s->first)
        s->last->next = r;
    else
        s->first = r;
    s->last = r;
    return ERR_NONE;
}

static void
sqlite_read(struct log *log, const struct log_query *q)
{
    db_read(&self(log)->reader, q);
}

/* --- life --- */

static bool
sqlite_load(struct log *log)
{
    struct log_sqlite *s = self(log);
    struct db_loaded loaded;
    if (!db_load(&s->db, log, &s->tail, &loaded)) {
        log->fault = s->db.fault;
        return false;
    }
    if (s->next_seq <= loaded.last)
        s->next_seq = loaded.last + 1;
    memcpy(s->pager.gone, loaded.marks.gone, sizeof s->pager.gone);
    if (loaded.waiting)
        pager_turn(&s->pager, loaded.waiting, clock_ms(CLOCK_MONOTONIC));
    return true;
}

static void
sqlite_free(struct log *log)
{
    struct log_sqlite *s = self(log);
    checkpoint_free(&s->checkpoint);
    db_close(&s->db);
    tail_fini(&s->tail);
    turn_fini(&s->turn);
    pager_fini(&s->pager);
    db_reader_fini(&s->reader);
    log_fini(log);
    free(s);
}

/* Which store this is: made with it, as two numbers. */
static bool
read_epoch(struct log_sqlite *s)
{
    uint64_t epoch[2];
    s->db.fault[0] = '\0';
    if (!db_meta_get(&s->db, "epoch-high", &epoch[0]) ||
        !db_meta_get(&s->db, "epoch-low", &epoch[1])) {
        if (s->db.fault[0])
            return false;
        randombytes_buf(epoch, sizeof epoch);
        if (!db_run(&s->db, DB_BEGIN) ||
            !db_meta_put(&s->db, "epoch-high", epoch[0]) ||
            !db_meta_put(&s->db, "epoch-low", epoch[1]) ||
            !db_run(&s->db, DB_COMMIT))
            return false;
    }
    (void)snprintf(s->log.epoch, sizeof s->log.epoch, "%016llx%016llx",
                   (unsigned long long)epoch[0], (unsigned long long)epoch[1]);
    return true;
}

static const struct log_engine engine = {
    .load = sqlite_load,
    .append = sqlite_append,
    .commit = sqlite_commit,
    .read = sqlite_read,
    .free = sqlite_free,
};

void
log_sqlite_retain(struct log *log, const struct retention *rules)
{
    self(log)->pager.rules = rules;
}

void
log_sqlite_bounds(struct log *log, size_t tail, size_t round)
{
    self(log)->tail_bytes = tail;
    self(log)->pager.round = round;
}

struct log *
log_sqlite_new(const char *path, enum log_sync sync, struct logger *logger,
               uint64_t now_us, char fault[static LOG_FAULT])
{
    static const struct {
        const char *pragma, *told;
    } levels[] = {
        [LOG_SYNC_FULL] = {"FULL", "full"},
        [LOG_SYNC_NORMAL] = {"NORMAL", "normal"},
        [LOG_SYNC_OFF] = {"OFF", "off"},
    };
    struct log_sqlite *s = xcalloc(1, sizeof *s);
    s->log.engine = &engine;
    s->log.durability = levels[sync].told;
    s->logger = logger;
    s->next_seq = now_us ? now_us : 1;
    s->tail.pages = true;
    s->tail_bytes = TAIL_BYTES;
    pager_init(&s->pager, &s->log, &s->db, &s->tail);
    db_reader_init(&s->reader);
    s->reader.db = &s->db;
    s->reader.tail = &s->tail;
    s->reader.log = &s->log;
    s->reader.gone = s->pager.gone;
    s->reader.logger = logger;
    bool open = !db_open(&s->db, path, DB_OWN, levels[sync].pragma) &&
                db_is_sound(&s->db) && read_epoch(s);
    if (open)
        s->checkpoint = checkpoint_new(&s->db, levels[sync].pragma);
    if (s->checkpoint)
        return &s->log;
    (void)snprintf(fault, LOG_FAULT, "%s", s->db.fault);
    sqlite_free(&s->log);
    return NULL;
}
