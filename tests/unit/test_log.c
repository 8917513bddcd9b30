/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The memory log: chunks, order, the bound. What its pages hold is test_tail.c.
 *
 * The owner here is as small as an owner can be: it stores what has `keep`,
 * with its seq as the whole message, and writes down what it is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/log.h"
#include "broker/xmem.h"

enum { FIRST_SEQ = 1000, CHUNK = 256 * 1024 };

struct world {
    struct log *log;
    struct log_page page;
    uint64_t seqs[LIMIT_PAGE];
    size_t newest_len;
    uint64_t committed[64];
    unsigned commits, trims;
    uint64_t trimmed_first;
    unsigned follow; /* so many more records are appended by committed */
};

static void say(struct world *w, const char *room, uint64_t time);

static bool
stamp(void *self, struct record *r, uint64_t seq)
{
    (void)self;
    r->seq = seq;
    if (r->body_len >= sizeof seq)
        memcpy(r->body, &seq, sizeof seq);
    r->wire = slice_of(r->body, r->body_len);
    return r->keep;
}

static void
committed(void *self, const struct record *r)
{
    struct world *w = self;
    w->committed[w->commits++ % 64] = r->seq;
    if (w->follow) {
        w->follow--;
        say(w, "after", r->time);
    }
}

static void
page(void *self, const struct log_query *q, const struct log_page *p)
{
    (void)q;
    struct world *w = self;
    w->page = *p;
    for (unsigned i = 0; i < p->count; i++) {
        memcpy(&w->seqs[i], p->messages[i].data, sizeof w->seqs[i]);
        w->newest_len = p->messages[i].len;
    }
}

static void
trimmed(void *self, struct slice room, uint64_t first)
{
    struct world *w = self;
    assert_true(room.len > 0);
    w->trims++;
    w->trimmed_first = first;
}

static struct world *
world_new(size_t bound)
{
    struct world *w = xcalloc(1, sizeof *w);
    w->log = log_memory_new(bound, FIRST_SEQ);
    w->log->owner = (struct log_owner){.self = w,
                                       .stamp = stamp,
                                       .committed = committed,
                                       .page = page,
                                       .trimmed = trimmed};
    return w;
}

static void
world_free(struct world *w)
{
    log_free(&w->log);
    assert_null(w->log);
    free(w);
}

/* `stamp` writes the seq into the body: nobody knows it before. */
static struct record *
record(struct world *w, enum record_kind kind, const char *name, size_t size)
{
    static const uint8_t padding[1 << 20];
    struct record *r = log_record(w->log, kind, size + 200);
    r->name = record_copy(r, slice_str(name));
    r->from = record_copy(r, slice_str("ann"));
    r->body =
        (uint8_t *)(uintptr_t)record_copy(r, slice_of(padding, size)).data;
    r->body_len = (uint32_t)size;
    r->keep = true;
    return r;
}

static void
say(struct world *w, const char *room, uint64_t time)
{
    struct record *r = record(w, RECORD_SAY, room, 64);
    r->time = time;
    assert_int_equal(log_append(w->log, r), ERR_NONE);
}

static unsigned
count_of(struct world *w, const char *room)
{
    struct log_query q = {.channel = CHANNEL_ROOM,
                          .limit = 100,
                          .bytes = LIMIT_FRAME,
                          .name_len = (uint8_t)strlen(room)};
    memcpy(q.name, room, q.name_len);
    log_read(w->log, &q);
    return w->page.count;
}

static void
test_not_stored(void **state)
{
    (void)state;
    struct world *w = world_new(LOG_MEMORY_LEAST);
    struct record *r = record(w, RECORD_SAY, "lobby", 64);
    r->keep = false;
    assert_int_equal(log_append(w->log, r), ERR_NONE);
    r = record(w, RECORD_ACK, "ann", 0);
    assert_int_equal(log_append(w->log, r), ERR_NONE);
    log_commit(w->log);
    assert_int_equal(w->commits, 2);
    assert_int_equal(w->committed[1], FIRST_SEQ + 1);
    assert_int_equal(count_of(w, "lobby"), 0);
    assert_int_equal(w->log->arena.bytes, 0);
    world_free(w);
}

static void
test_commit_loops(void **state)
{
    (void)state;
    struct world *w = world_new(LOG_MEMORY_LEAST);
    w->follow = 3;
    say(w, "lobby", 1);
    say(w, "lobby", 2);
    assert_int_equal(w->commits, 0);
    log_commit(w->log);
    assert_int_equal(w->commits, 5);
    for (unsigned i = 0; i < 5; i++)
        assert_int_equal(w->committed[i], FIRST_SEQ + i);
    assert_int_equal(count_of(w, "after"), 3);
    log_commit(w->log);
    assert_int_equal(w->commits, 5);
    world_free(w);
}

static void
test_free_in_any_order(void **state)
{
    (void)state;
    enum { COUNT = 3000 };
    struct world *w = world_new(LOG_MEMORY_LEAST);
    static struct record *all[COUNT];
    for (unsigned i = 0; i < COUNT; i++) {
        all[i] = record(w, RECORD_SAY, "lobby", i % 700);
        assert_int_equal((uintptr_t)all[i] % sizeof(void *), 0);
    }
    size_t full = w->log->arena.bytes;
    assert_true(full >= (size_t)COUNT * sizeof(struct record));
    assert_int_equal(full % CHUNK, 0);
    for (unsigned i = 0; i < COUNT; i++)
        record_free(w->log, all[(i * 1237U) % COUNT]); /* 1237 is prime */
    assert_int_equal(w->log->arena.bytes, 0);
    assert_null(w->log->arena.newest);
    assert_non_null(w->log->arena.spare);
    world_free(w);
}

static void
test_chunks(void **state)
{
    (void)state;
    struct world *w = world_new(LOG_MEMORY_LEAST);
    struct record *small = record(w, RECORD_SAY, "lobby", 10);
    assert_int_equal(w->log->arena.bytes, CHUNK);
    struct record *large = record(w, RECORD_SAY, "lobby", 300000);
    assert_true(w->log->arena.bytes > CHUNK + 300000);
    record_free(w->log, small);
    assert_true(w->log->arena.bytes < CHUNK + 300000);
    record_free(w->log, large);
    assert_int_equal(w->log->arena.bytes, 0);

    /* The spare is the chunk that went; it is used again. */
    struct chunk *spare = w->log->arena.spare;
    assert_non_null(spare);
    small = record(w, RECORD_SAY, "lobby", 10);
    assert_ptr_equal(small->chunk, spare);
    assert_null(w->log->arena.spare);
    assert_int_equal(w->log->arena.bytes, CHUNK);
    world_free(w); /* frees what is still live */
}

static void
test_copies(void **state)
{
    (void)state;
    struct world *w = world_new(LOG_MEMORY_LEAST);
    struct record *r = log_record(w->log, RECORD_HELLO, 10);
    assert_int_equal(r->kind, RECORD_HELLO);
    struct slice a = record_copy(r, slice_str("hello"));
    struct slice b = record_copy(r, slice_of(NULL, 0));
    struct slice c = record_copy(r, slice_str("there"));
    assert_true(slice_eq(a, slice_str("hello")));
    assert_int_equal(b.len, 0);
    assert_true(slice_eq(c, slice_str("there")));
    assert_ptr_equal(r->free_at, r->free_end);
    world_free(w);
}

/* A body as large as they come is found again, and few of them fit. */
static void
test_largest_bodies(void **state)
{
    (void)state;
    struct world *w = world_new(LOG_MEMORY_LEAST);
    for (unsigned i = 0; i < 100; i++) {
        struct record *r = record(w, RECORD_SAY, "lobby", LIMIT_BODY);
        assert_int_equal(log_append(w->log, r), ERR_NONE);
        log_commit(w->log);
        assert_true(w->log->arena.bytes <= LOG_MEMORY_LEAST);
    }
    assert_int_equal(count_of(w, "lobby"), 1); /* two are more than a frame */
    assert_int_equal(w->page.head, FIRST_SEQ + 99);
    assert_int_equal(w->seqs[0], FIRST_SEQ + 99);
    assert_int_equal(w->newest_len, LIMIT_BODY);
    assert_int_equal(w->page.first, w->trimmed_first);
    assert_true(w->trims > 10);
    world_free(w);
}

/* Mixed sizes, kinds and many channels: never over the bound after a commit,
 * and never needlessly empty. */
static void
test_bound(void **state)
{
    (void)state;
    enum { BOUND = 3 << 20 };
    struct world *w = world_new(BOUND);
    unsigned random = 1;
    size_t largest = 0;
    for (unsigned i = 0; i < 20000; i++) {
        random = random * 1103515245U + 12345U;
        char name[16];
        snprintf(name, sizeof name, "r%u",
                 (random >> 8) % (i < 9000 ? 3000 : 3));
        size_t size = (random >> 16) % 100 == 0 ? LIMIT_BODY : random % 500;
        struct record *r =
            record(w, random >> 31 ? RECORD_SAY : RECORD_TELL, name, size);
        r->keep = (random >> 20) % 8 != 0;
        assert_int_equal(log_append(w->log, r), ERR_NONE);
        if (i % 7)
            continue;
        log_commit(w->log);
        assert_true(w->log->arena.bytes <= BOUND);
        if (w->log->arena.bytes > largest)
            largest = w->log->arena.bytes;
    }
    assert_true(largest > (size_t)BOUND / 2);
    world_free(w);
}

static void
test_identity(void **state)
{
    (void)state;
    struct world *a = world_new(0);
    struct world *b = world_new(0);
    assert_int_equal(strlen(a->log->epoch), 32);
    assert_string_not_equal(a->log->epoch, b->log->epoch);
    assert_string_equal(a->log->durability, "memory");
    world_free(a);
    world_free(b);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_not_stored),
        cmocka_unit_test(test_commit_loops),
        cmocka_unit_test(test_free_in_any_order),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_copies),
        cmocka_unit_test(test_largest_bodies),
        cmocka_unit_test(test_bound),
        cmocka_unit_test(test_identity),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
