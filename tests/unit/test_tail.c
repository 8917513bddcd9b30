/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The tail: what a page holds, for every range, and what is said of messages
 * that are gone.
 *
 * There is no engine here: the test places the records itself, from seq
 * 1000 on, and gives them their times. A message is nothing but its seq,
 * padded.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/tail.h"

enum { FIRST_SEQ = 1000, MESSAGE_SIZE = 64 };

struct world {
    struct log log; /* for its arena and its owner */
    struct tail tail;
    uint64_t next_seq;
    struct log_page page;
    uint64_t seqs[LIMIT_PAGE];
    uint64_t trimmed_first;
};

static void
page(void *self, const struct log_query *q, const struct log_page *p)
{
    (void)q;
    struct world *w = self;
    w->page = *p;
    for (unsigned i = 0; i < p->count; i++)
        memcpy(&w->seqs[i], p->messages[i].data, sizeof w->seqs[i]);
}

static void
trimmed(void *self, struct slice room, uint64_t first)
{
    struct world *w = self;
    assert_true(room.len > 0);
    w->trimmed_first = first;
}

static struct world
world_init(void)
{
    return (struct world){
        .next_seq = FIRST_SEQ,
        .log.owner = {.page = page, .trimmed = trimmed},
    };
}

static void
world_fini(struct world *w)
{
    tail_fini(&w->tail);
    log_fini(&w->log);
}

static void
place(struct world *w, enum record_kind kind, const char *from,
      const char *name, uint64_t time)
{
    struct record *r = log_record(&w->log, kind, MESSAGE_SIZE + 2 * LIMIT_NAME);
    uint8_t body[MESSAGE_SIZE] = {0};
    r->from = record_copy(r, slice_str(from));
    r->name = record_copy(r, slice_str(name));
    r->seq = w->next_seq;
    r->time = time;
    memcpy(body, &r->seq, sizeof r->seq);
    r->wire = record_copy(r, slice_of(body, sizeof body));
    w->next_seq++;
    assert_true(tail_add(&w->tail, r));
}

static void
say(struct world *w, const char *room, uint64_t time)
{
    place(w, RECORD_SAY, "ann", room, time);
}

static void
tell(struct world *w, const char *from, const char *to)
{
    place(w, RECORD_TELL, from, to, 0);
}

static struct log_query
query(enum channel_kind channel, const char *name, const char *with)
{
    struct log_query q = {.channel = channel,
                          .limit = 100,
                          .bytes = LIMIT_FRAME,
                          .name_len = (uint8_t)strlen(name),
                          .with_len = (uint8_t)strlen(with)};
    memcpy(q.name, name, q.name_len);
    memcpy(q.with, with, q.with_len);
    return q;
}

static void
ask(struct world *w, const struct log_query *q)
{
    w->log.owner.self = w;
    tail_read(&w->tail, &w->log, q);
}

static void
trim(struct world *w, size_t bound)
{
    w->log.owner.self = w;
    tail_trim(&w->tail, &w->log, bound);
}

static unsigned
count_of(struct world *w, enum channel_kind channel, const char *name,
         const char *with)
{
    struct log_query q = query(channel, name, with);
    ask(w, &q);
    return w->page.count;
}

struct range_row {
    const char *what;
    enum range range;
    uint64_t bound;
    unsigned limit;
    size_t bytes;
    /* expected; the room has 1000 1002 1004 1006 1008 at 10 20 20 30 40 ms */
    uint64_t first, last; /* of the page, 0: it is empty */
    unsigned count;
    uint64_t upto;
    bool more;
};

static const struct range_row ranges[] = {
    {"newest, all", RANGE_NEWEST, 0, 100, 65536, 1000, 1008, 5, 1008, false},
    {"newest, two", RANGE_NEWEST, 0, 2, 65536, 1006, 1008, 2, 1008, true},
    {"newest, exactly", RANGE_NEWEST, 0, 5, 65536, 1000, 1008, 5, 1008, false},
    {"newest, by bytes", RANGE_NEWEST, 0, 9, 130, 1006, 1008, 2, 1008, true},
    {"newest, one at least", RANGE_NEWEST, 0, 9, 1, 1008, 1008, 1, 1008, true},
    {"newest, limit 0", RANGE_NEWEST, 0, 0, 65536, 1008, 1008, 1, 1008, true},
    {"after 0", RANGE_AFTER, 0, 100, 65536, 1000, 1008, 5, 1008, false},
    {"after the first", RANGE_AFTER, 1000, 9, 65536, 1002, 1008, 4, 1008,
     false},
    {"after a gap", RANGE_AFTER, 1003, 9, 65536, 1004, 1008, 3, 1008, false},
    {"after, two", RANGE_AFTER, 1000, 2, 65536, 1002, 1004, 2, 1004, true},
    {"after, by bytes", RANGE_AFTER, 0, 9, 192, 1000, 1004, 3, 1004, true},
    {"after, one at least", RANGE_AFTER, 0, 9, 1, 1000, 1000, 1, 1000, true},
    {"after the head", RANGE_AFTER, 1008, 9, 65536, 0, 0, 0, 1008, false},
    {"after beyond", RANGE_AFTER, WIRE_INT_MAX, 9, 65536, 0, 0, 0, 1008, false},
    {"before beyond", RANGE_BEFORE, 5000, 2, 65536, 1006, 1008, 2, 1008, true},
    {"before the head", RANGE_BEFORE, 1008, 9, 65536, 1000, 1006, 4, 1006,
     false},
    {"before a gap", RANGE_BEFORE, 1005, 2, 65536, 1002, 1004, 2, 1004, true},
    {"before the first", RANGE_BEFORE, 1000, 9, 65536, 0, 0, 0, 999, false},
    {"before 0", RANGE_BEFORE, 0, 9, 65536, 0, 0, 0, 0, false},
    {"since 0", RANGE_SINCE, 0, 9, 65536, 1000, 1008, 5, 1008, false},
    {"since one", RANGE_SINCE, 20, 9, 65536, 1002, 1008, 4, 1008, false},
    {"since between", RANGE_SINCE, 21, 9, 65536, 1006, 1008, 2, 1008, false},
    {"since, one", RANGE_SINCE, 20, 1, 65536, 1002, 1002, 1, 1002, true},
    {"since later", RANGE_SINCE, 41, 9, 65536, 0, 0, 0, 1008, false},
};

static void
check_range(struct world *w, const struct range_row *row)
{
    struct log_query q = query(CHANNEL_ROOM, "lobby", "");
    q.range = row->range;
    q.bound = row->bound;
    q.limit = row->limit;
    q.bytes = row->bytes;
    ask(w, &q);
    const struct log_page *p = &w->page;
    bool right = p->count == row->count && p->upto == row->upto &&
                 p->more == row->more && p->complete && p->head == 1008 &&
                 p->first == 1000;
    if (p->count)
        right = right && w->seqs[0] == row->first &&
                w->seqs[p->count - 1] == row->last;
    if (!right)
        fail_msg("%s: count %u, upto %lu, more %d, complete %d, head %lu",
                 row->what, p->count, (unsigned long)p->upto, p->more,
                 p->complete, (unsigned long)p->head);
}
static struct world
world_lobby(void)
{
    struct world w = world_init();
    static const uint64_t times[] = {10, 20, 20, 30, 40};
    for (unsigned i = 0; i < 5; i++) {
        say(&w, "lobby", times[i]);
        say(&w, "other", times[i]);
    }
    return w;
}

static void
test_ranges(void **state)
{
    (void)state;
    struct world w = world_lobby();
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        check_range(&w, &ranges[i]);
    world_fini(&w);
}

static void
test_unknown_channel(void **state)
{
    (void)state;
    struct world w = world_lobby();
    for (int range = RANGE_NEWEST; range <= RANGE_SINCE; range++) {
        struct log_query q = query(CHANNEL_ROOM, "nowhere", "");
        q.range = (enum range)range;
        q.bound = 7;
        ask(&w, &q);
        assert_int_equal(w.page.count, 0);
        assert_int_equal(w.page.head, 0);
        assert_int_equal(w.page.first, 0);
        assert_int_equal(w.page.upto, 0);
        assert_true(w.page.complete);
        assert_false(w.page.more);
    }
    world_fini(&w);
}

static void
test_channels(void **state)
{
    (void)state;
    struct world w = world_init();
    tell(&w, "ann", "bob");
    tell(&w, "bob", "ann");
    tell(&w, "ann", "cyd");
    tell(&w, "ann", "ann");
    say(&w, "bob", 0);      /* a room may have the name of an id */
    tell(&w, "a", "nncyd"); /* and names do not run together */
    assert_int_equal(count_of(&w, CHANNEL_MAIL, "ann", ""), 2);
    assert_int_equal(count_of(&w, CHANNEL_MAIL, "bob", ""), 1);
    assert_int_equal(count_of(&w, CHANNEL_ROOM, "bob", ""), 1);
    assert_int_equal(count_of(&w, CHANNEL_ROOM, "ann", ""), 0);
    assert_int_equal(count_of(&w, CHANNEL_TALK, "ann", "bob"), 2);
    assert_int_equal(count_of(&w, CHANNEL_TALK, "bob", "ann"), 2);
    assert_int_equal(count_of(&w, CHANNEL_TALK, "cyd", "ann"), 1);
    assert_int_equal(count_of(&w, CHANNEL_TALK, "ann", "ann"), 1);
    assert_int_equal(count_of(&w, CHANNEL_TALK, "bob", "cyd"), 0);
    world_fini(&w);
}

/* What is gone is told: completeness, head and first after eviction. */
static void
test_trimmed_pages(void **state)
{
    (void)state;
    struct world w = world_init();
    say(&w, "old", 5);
    uint64_t old = FIRST_SEQ;
    for (uint64_t i = 1; i <= 5000; i++)
        say(&w, "lobby", 10 + i);
    trim(&w, LOG_MEMORY_LEAST);
    uint64_t first = w.trimmed_first;
    uint64_t head = FIRST_SEQ + 5000;
    assert_true(first > FIRST_SEQ + 1000);

    static const struct {
        enum range range;
        int64_t from_first; /* bound, relative to the first that is left */
        bool complete;
    } rows[] = {
        {RANGE_AFTER, -2, false},  {RANGE_AFTER, -1, true},
        {RANGE_AFTER, 0, true},    {RANGE_BEFORE, 1, false},
        {RANGE_BEFORE, -5, false}, {RANGE_BEFORE, 200, true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct log_query q = query(CHANNEL_ROOM, "lobby", "");
        q.range = rows[i].range;
        q.bound = (uint64_t)((int64_t)first + rows[i].from_first);
        ask(&w, &q);
        assert_int_equal(w.page.complete, rows[i].complete);
        assert_int_equal(w.page.first, first);
        assert_int_equal(w.page.head, head);
    }

    /* Times run from 11 with the seqs. */
    uint64_t first_time = 10 + first - FIRST_SEQ;
    struct log_query q = query(CHANNEL_ROOM, "lobby", "");
    q.range = RANGE_SINCE;
    q.bound = first_time;
    ask(&w, &q);
    assert_true(w.page.complete);
    assert_int_equal(w.seqs[0], first);
    q.bound = first_time - 1;
    ask(&w, &q);
    assert_false(w.page.complete);

    /* A room of which nothing is left, and one that never was: both know only
     * the highest that went with all such rooms. */
    assert_int_equal(count_of(&w, CHANNEL_ROOM, "old", ""), 0);
    assert_int_equal(w.page.head, old);
    assert_int_equal(w.page.upto, old);
    assert_false(w.page.complete);
    assert_int_equal(count_of(&w, CHANNEL_MAIL, "old", ""), 0);
    assert_int_equal(w.page.head, 0);
    assert_true(w.page.complete);
    world_fini(&w);
}

static size_t
fill(struct world *w, unsigned rooms, unsigned each)
{
    for (unsigned i = 0; i < rooms * each; i++) {
        char name[16];
        snprintf(name, sizeof name, "r%u", i % rooms);
        say(w, name, i);
    }
    return tail_bytes(&w->tail);
}

/* The index is counted, shrinks with its messages, and ends at nothing. */
static void
test_index_bytes(void **state)
{
    (void)state;
    struct world w = world_init();
    assert_int_equal(tail_bytes(&w.tail), 0);
    size_t many = fill(&w, 5000, 2);
    assert_true(many > (size_t)5000 * 100);
    size_t goal = w.log.arena.bytes / 4;
    trim(&w, goal);
    assert_true(w.log.arena.bytes + tail_bytes(&w.tail) <= goal);
    assert_true(tail_bytes(&w.tail) < many / 2);
    trim(&w, 0);
    assert_int_equal(tail_bytes(&w.tail), 0);
    assert_int_equal(w.log.arena.bytes, 0);

    size_t one = fill(&w, 1, 10000);
    assert_true(one >= 10000 * sizeof(void *));
    trim(&w, w.log.arena.bytes / 8);
    assert_non_null(w.tail.oldest);
    assert_true(tail_bytes(&w.tail) < one / 2);
    world_fini(&w);
}

/* What no page shows is not taken. */
static void
test_not_taken(void **state)
{
    (void)state;
    struct world w = world_init();
    struct record *r = log_record(&w.log, RECORD_ACK, 0);
    assert_false(tail_add(&w.tail, r));
    record_free(&w.log, r);
    assert_int_equal(w.log.arena.bytes, 0);
    world_fini(&w);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_unknown_channel),
        cmocka_unit_test(test_channels),
        cmocka_unit_test(test_trimmed_pages),
        cmocka_unit_test(test_index_bytes),
        cmocka_unit_test(test_not_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
