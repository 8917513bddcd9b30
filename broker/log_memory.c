/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_memory: the engine that keeps the newest messages and loses them with the
 * process. It says so: durability is "memory", and every start is a new epoch.
 *
 * One process, one order. What a commit causes to be appended is committed in
 * the same call. Seqs begin at the time in microseconds, which no run before
 * can have reached.
 */
#include <sodium.h>
#include <stdlib.h>

#include "counters.h"
#include "log.h"
#include "tail.h"
#include "tail_search.h"
#include "xmem.h"

enum { EPOCH_BYTES = 16 };

struct log_memory {
    struct log log; /* first: the engine's calls are given this */
    struct tail tail;
    struct record *first, *last; /* appended, not yet committed */
    uint64_t next_seq;
    size_t bound;
};

static struct log_memory *
self(struct log *log)
{
    return (struct log_memory *)log;
}

static enum err
memory_append(struct log *log, struct record *r)
{
    struct log_memory *m = self(log);
    r->next = NULL;
    if (m->first)
        m->last->next = r;
    else
        m->first = r;
    m->last = r;
    return ERR_NONE;
}

/* First found, then told: what is told may be asked for at once. */
static void
settle(struct log_memory *m, struct record *r)
{
    struct log *log = &m->log;
    r->next = NULL;
    bool kept = r->stored && tail_add(&m->tail, r);
    uint64_t redacted = r->stored ? log_redacted(r) : 0;
    if (redacted)
        tail_redact(&m->tail, r->name, redacted);
    log->owner.committed(log->owner.self, r);
    if (!kept)
        record_free(log, r);
    tail_trim(&m->tail, log, m->bound);
}

/* All have their place before the first is handed back, as in an engine that
 * writes them together: a welcome tells what was said behind its hello, too. */
static void
memory_commit(struct log *log)
{
    struct log_memory *m = self(log);
    while (m->first) {
        struct record *batch = m->first;
        m->first = m->last = NULL;
        for (struct record *r = batch; r; r = r->next)
            r->stored = log->owner.stamp(log->owner.self, r, m->next_seq++);
        struct record *next;
        for (struct record *r = batch; r; r = next) {
            next = r->next;
            settle(m, r);
        }
    }
}

static void
memory_read(struct log *log, const struct log_query *q)
{
    tail_read(&self(log)->tail, log, q);
}

static void
memory_free(struct log *log)
{
    tail_fini(&self(log)->tail);
    log_fini(log);
    free(log);
}

static bool
memory_search(struct log *log, struct log_search *search)
{
    tail_search(&self(log)->tail, log, search, true);
    return true;
}

static void
memory_count(struct log *log, struct counters *counters)
{
    counters_add(counters, "log-bytes",
                 log->arena.bytes + tail_bytes(&self(log)->tail));
}

static const struct log_engine engine = {
    .append = memory_append,
    .commit = memory_commit,
    .read = memory_read,
    .search = memory_search,
    .count = memory_count,
    .free = memory_free,
};

struct log *
log_memory_new(size_t bound, uint64_t now_us)
{
    struct log_memory *m = xcalloc(1, sizeof *m);
    m->log.engine = &engine;
    m->log.durability = "memory";
    m->log.finds = true;
    m->bound = bound < LOG_MEMORY_LEAST ? LOG_MEMORY_LEAST : bound;
    m->next_seq = now_us ? now_us : 1;
    uint8_t epoch[EPOCH_BYTES];
    randombytes_buf(epoch, sizeof epoch);
    sodium_bin2hex(m->log.epoch, sizeof m->log.epoch, epoch, sizeof epoch);
    return &m->log;
}
