/* SPDX-License-Identifier: MPL-2.0 */
/* held: see held.h. The calls of an engine name only its log, so there is one.
 */
#include "held.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct held *the;

static enum err
held_append(struct log *log, struct record *r)
{
    bool kept = r->kind <= RECORD_RULING;
    if (the->refuses && kept) {
        log->fault = "the test's disk is full";
        record_free(log, r);
        return ERR_FULL;
    }
    if (!the->fails)
        return the->real->append(log, r);
    assert_true(the->record_count < HELD_MOST);
    the->records[the->record_count++] = r;
    return ERR_NONE;
}

/* As log_sqlite does when the store fails: all is revoked, newest first; what
 * need not be kept is placed anew. */
static void
held_fail(struct log *log)
{
    struct log_owner *owner = &log->owner;
    unsigned count = the->record_count;
    the->record_count = 0;
    for (unsigned i = 0; i < count; i++)
        the->records[i]->stored =
            owner->stamp(owner->self, the->records[i], the->seq + i);
    for (unsigned i = count; i-- > 0;)
        if (the->records[i]->stored)
            owner->revoke(owner->self, the->records[i]);
    log->fault = "the test's disk is full";
    for (unsigned i = 0; i < count; i++) {
        struct record *r = the->records[i];
        r->stored = owner->stamp(owner->self, r, the->seq++);
        bool kept = r->stored && r->kind != RECORD_HELLO;
        if (kept) {
            owner->revoke(owner->self, r);
            owner->refused(owner->self, r, ERR_FULL);
        } else {
            r->stored = false;
            owner->committed(owner->self, r);
        }
        record_free(log, r);
    }
}

static void
held_commit(struct log *log)
{
    if (the->commits)
        return;
    while (the->record_count)
        held_fail(log);
    the->real->commit(log);
}

static void
held_read(struct log *log, const struct log_query *q)
{
    if (!the->reads) {
        the->real->read(log, q);
        return;
    }
    assert_true(the->query_count < HELD_MOST);
    the->queries[the->query_count++] = *q;
}

static void
held_free(struct log *log)
{
    the->real->free(log);
    the = NULL;
}

void
held_begin(struct held *held, struct log *log)
{
    *held = (struct held){.real = log->engine,
                          .log = log,
                          .engine = *log->engine,
                          .seq = UINT64_C(1800000000000000)};
    held->engine.append = held_append;
    held->engine.commit = held_commit;
    held->engine.read = held_read;
    held->engine.free = held_free;
    log->engine = &held->engine;
    the = held;
}

void
held_let_go(struct held *held)
{
    unsigned count = held->query_count;
    held->reads = held->commits = held->fails = held->refuses = false;
    held->query_count = 0;
    for (unsigned i = 0; i < count; i++)
        held->real->read(held->log, &held->queries[i]);
}
