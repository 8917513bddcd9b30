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
#include "counters.h"
#include "log_sqlite_inner.h"

static struct log_sqlite *
self(struct log *log)
{
    return (struct log_sqlite *)log;
}

static void
settle(struct log_sqlite *s, struct record *r)
{
    struct log *log = &s->log;
    r->next = NULL;
    /* First found, then told: what is told may be asked for at once. */
    bool kept = r->stored && tail_add(&s->tail, r);
    uint64_t redacted = r->stored ? log_redacted(r) : 0;
    if (redacted) {
        tail_redact(&s->tail, r->name, redacted);
        pager_redacted(&s->pager);
    }
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
    s->rules = false;
    for (struct record *r = batch; r; r = r->next) {
        r->stored = log->owner.stamp(log->owner.self, r, seq++);
        if (!r->stored)
            continue;
        turn_add(&s->turn, r);
        s->rules = s->rules || r->kind == RECORD_RULING;
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
    bool writes = s->turn.len || s->next_seq > s->ceiling;
    s->batch = batch;
    bool written = writes && !s->failing && log_write(s);
    s->batch = NULL;
    if (s->turn.len && !written) {
        refuse_all(s, batch, seq);
        return;
    }
    if (s->turn.len) {
        pager_turn(&s->pager, s->turn.len, s->now.mono);
        s->busy = true;
    }
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
    /* The hub commits twice a turn: the second time says nothing. */
    bool idle = !s->first && !s->busy;
    s->busy = false;
    log_now(s);
    log_trial(s);
    while (s->first)
        commit_batch(s);
    turn_clear(&s->turn);
    if (idle)
        log_idle(s);
    tail_shrink(&s->tail, log, s->tail_bytes, s->pager.paged);
}

/* To be kept, and nothing that was kept before: what has an n may be a repeat,
 * which only `stamp` can tell. */
static bool
is_news(const struct record *r)
{
    return r->kind == RECORD_ACK || r->kind == RECORD_RULING ||
           ((r->kind == RECORD_SAY || r->kind == RECORD_TELL) && r->keep &&
            !r->n);
}

static enum err
sqlite_append(struct log *log, struct record *r)
{
    struct log_sqlite *s = self(log);
    enum err err = s->failing;
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

static void
sqlite_answer(struct log *log)
{
    struct log_sqlite *s = self(log);
    struct find *find;
    char fault[DB_FAULT];
    while ((find = finder_answer(s->finder))) {
        log->owner.found(log->owner.self, find->search, &find->found);
        find_free(&find);
    }
    if (finder_failed(s->finder, fault))
        LOG(s->logger, LOG_WARN, "search.failed", LOG_TEXT("path", s->db.path),
            LOG_TEXT("why", fault),
            LOG_TEXT("help", "the index is made anew in a minute"));
}

static bool
sqlite_search(struct log *log, struct log_search *search)
{
    struct log_sqlite *s = self(log);
    bool taken = finder_ask(s->finder, search);
    if (taken && finder_fd(s->finder) < 0)
        sqlite_answer(log);
    return taken;
}

static void
sqlite_count(struct log *log, struct counters *counters)
{
    const struct log_sqlite *s = self(log);
    counters_add(counters, "log-bytes", db_size(&s->db));
    counters_add(counters, "log-waiting-bytes", s->pager.waiting);
    counters_add(counters, "memory-bytes",
                 log->arena.bytes + tail_bytes(&s->tail));
    if (s->finder)
        finder_count(s->finder, counters);
}

const struct log_engine log_sqlite_engine = {
    .load = log_sqlite_load,
    .append = sqlite_append,
    .commit = sqlite_commit,
    .read = sqlite_read,
    .search = sqlite_search,
    .answer = sqlite_answer,
    .count = sqlite_count,
    .free = log_sqlite_free,
};
