/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Channels in pages: every range against every bound, with what was removed,
 * with holes and with pages that are damaged; and what retention takes.
 *
 * Nothing is in memory here: the tail is empty, all comes from the file. The
 * messages of a channel have the seqs 1010, 1020 ...
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/db_read.h"
#include "broker/db_retain.h"
#include "disk.h"

enum { PAGES = 7, EACH = 5, FIRST = 1010, LAST = 1000 + 10 * PAGES * EACH };

struct world {
    struct disk *disk;
    struct db_channel row;
    struct log log;
    struct tail tail;
    struct mark gone[CHANNEL_KINDS];
    struct db_reader reader;
    struct log_page page;
    uint64_t seqs[LIMIT_PAGE];
};

static void
page(void *self, const struct log_query *q, const struct log_page *p)
{
    (void)q;
    struct world *w = self;
    w->page = *p;
    for (unsigned i = 0; i < p->count; i++) {
        struct slice rest = p->messages[i];
        struct db_message m;
        assert_true(db_message_next(&rest, &m));
        w->seqs[i] = m.seq;
    }
}

static struct world *
world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->disk = disk_new();
    disk_open(w->disk);
    w->row = disk_channel(w->disk, "lobby", PAGES, EACH);
    w->log.owner = (struct log_owner){.self = w, .page = page};
    w->reader = (struct db_reader){
        .db = &w->disk->db, .tail = &w->tail, .log = &w->log, .gone = w->gone};
    /* nothing is in memory that is in a page */
    w->tail.forgotten[CHANNEL_ROOM] = (struct mark){LAST, LAST * 10};
    db_reader_init(&w->reader);
    return w;
}

static void
world_free(struct world *w)
{
    db_reader_fini(&w->reader);
    disk_free(w->disk);
    free(w);
}

static void
ask(struct world *w, enum range range, uint64_t bound, unsigned limit)
{
    struct log_query q = {
        .channel = CHANNEL_ROOM,
        .name_len = 5,
        .range = range,
        .bound = bound,
        .limit = limit,
        .bytes = LIMIT_FRAME,
    };
    memcpy(q.name, "lobby", 5);
    w->page.count = UINT32_MAX;
    db_read(&w->reader, &q);
    assert_int_not_equal(w->page.count, UINT32_MAX);
}

static bool
in_range(enum range range, uint64_t bound, uint64_t seq)
{
    return range == RANGE_NEWEST || (range == RANGE_AFTER && seq > bound) ||
           (range == RANGE_BEFORE && seq < bound) ||
           (range == RANGE_SINCE && seq * 10 >= bound);
}

/* The same from a list; messages up to `trimmed` are gone. */
static void
check(struct world *w, enum range range, uint64_t bound, unsigned limit)
{
    uint64_t want[PAGES * EACH];
    unsigned all = 0;
    for (uint64_t seq = FIRST; seq <= LAST; seq += 10) {
        if (seq > w->row.trimmed.seq && in_range(range, bound, seq))
            want[all++] = seq;
    }
    unsigned count = all < limit ? all : limit;
    bool newest = range == RANGE_NEWEST || range == RANGE_BEFORE;
    const uint64_t *from = want + (newest ? all - count : 0);
    ask(w, range, bound, limit);
    assert_int_equal(w->page.count, count);
    if (count)
        assert_memory_equal(w->seqs, from, count * sizeof *from);
    assert_int_equal(w->page.more, all > limit);
    assert_true(w->page.head == LAST);
}

static void
check_all(struct world *w)
{
    static const unsigned limits[] = {1, 3, EACH, EACH + 1, 100};
    for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
        check(w, RANGE_NEWEST, 0, limits[i]);
        for (uint64_t seq = FIRST - 15; seq <= LAST + 15; seq += 5) {
            check(w, RANGE_AFTER, seq, limits[i]);
            check(w, RANGE_BEFORE, seq, limits[i]);
            check(w, RANGE_SINCE, seq * 10, limits[i]);
        }
    }
}

static void
test_every_range_is_found(void **state)
{
    (void)state;
    struct world *w = world_new();
    check_all(w);
    ask(w, RANGE_AFTER, 0, 100);
    assert_true(w->page.complete && w->page.first == FIRST);
    world_free(w);
}

static void
test_what_was_removed_is_not_shown(void **state)
{
    (void)state;
    struct world *w = world_new();
    w->row.trimmed = (struct mark){1070, 10700}; /* in the second page */
    w->row.first = 1080;
    w->row.first_page = 1;
    assert_true(db_page_drop(&w->disk->db, &w->row, 0));
    assert_true(db_channel_put(&w->disk->db, &w->row));
    check_all(w);
    ask(w, RANGE_AFTER, 1060, 100);
    assert_false(w->page.complete);
    ask(w, RANGE_AFTER, 1070, 100);
    assert_true(w->page.complete && w->page.first == 1080);
    world_free(w);
}

/* The page of 1110 to 1150 becomes `page`; NULL: its row changes. */
static void
spoil(struct world *w, const struct db_page *page)
{
    if (page)
        assert_true(db_page_put(&w->disk->db, &w->row, 2, page));
    else
        disk_run(w->disk, "UPDATE pages SET count = count + 1"
                          " WHERE first = 1110");
}

static void
check_spoilt(struct world *w)
{
    ask(w, RANGE_AFTER, 1100, 100);
    assert_false(w->page.complete);
    assert_int_equal(w->seqs[0], 1160);
    ask(w, RANGE_AFTER, 1130, 100);
    assert_false(w->page.complete);
    ask(w, RANGE_NEWEST, 0, 100);
    assert_false(w->page.complete);
    assert_int_equal(w->page.count, (PAGES - 1) * EACH);
    ask(w, RANGE_SINCE, 11010, 100);
    assert_false(w->page.complete);
    ask(w, RANGE_BEFORE, 1200, 5);
    assert_int_equal(w->page.count, 5);
    assert_false(w->page.complete);
}

static void
test_a_hole_is_not_complete(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct db_page hole = {.first = {1101, 11000},
                           .last = {1150, 11500},
                           .messages = slice_str("")};
    spoil(w, &hole);
    check_spoilt(w);
    ask(w, RANGE_AFTER, 1150, 100);
    assert_true(w->page.complete);
    assert_int_equal(w->page.count, 4 * EACH);
    ask(w, RANGE_AFTER, 1000, 2 * EACH - 1);
    assert_true(w->page.complete);
    ask(w, RANGE_NEWEST, 0, EACH);
    assert_true(w->page.complete);
    world_free(w);
}

static void
test_a_damaged_page_is_not_shown(void **state)
{
    (void)state;
    struct world *w = world_new();
    spoil(w, NULL);
    check_spoilt(w);
    world_free(w);
}

/* --- retention --- */

static uint64_t
bytes_from(struct world *w, uint64_t first)
{
    uint64_t bytes = 0;
    for (uint32_t i = w->row.first_page; i < w->row.next_page; i++) {
        struct db_page p;
        struct db_message m;
        assert_true(db_page_get(&w->disk->db, &w->row, i, &p));
        while (db_message_next(&p.messages, &m))
            bytes += m.seq >= first ? m.wire.len : 0;
    }
    return bytes;
}

static void
test_retention_takes_the_oldest(void **state)
{
    (void)state;
    static const struct {
        struct retention_rule rule;
        uint64_t now, floor;
        uint64_t first; /* what is left, 0: nothing */
        uint32_t page;
    } rows[] = {
        {{.count = 100}, 0, UINT64_MAX, FIRST, 0},
        {{.count = PAGES * EACH}, 0, UINT64_MAX, FIRST, 0},
        {{.count = PAGES * EACH - 1}, 0, UINT64_MAX, FIRST + 10, 0},
        {{.count = 12}, 0, UINT64_MAX, LAST - 110, 4},
        {{.count = 12}, 0, 1100, 1110, 2}, /* unread mail stays */
        {{.bytes = 1}, 0, UINT64_MAX, 0, PAGES},
        {{.age_ms = 100}, 11100, UINT64_MAX, 1100, 1},
        {{.age_ms = 100}, 11101, UINT64_MAX, 1110, 2},
        {{.age_ms = 1}, 99999, UINT64_MAX, 0, PAGES},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world *w = world_new();
        struct retain retain = {
            .rule = &rows[i].rule, .now = rows[i].now, .floor = rows[i].floor};
        assert_true(db_retain(&w->disk->db, &w->row, &retain));
        assert_true(!retain.more && w->row.first == rows[i].first);
        assert_int_equal(w->row.first_page, rows[i].page);
        assert_int_equal(retain.changed, rows[i].first != FIRST);
        uint64_t first = rows[i].first ? rows[i].first : LAST + 10;
        assert_int_equal(w->row.count, (LAST + 10 - first) / 10);
        assert_int_equal(w->row.bytes, bytes_from(w, first));
        assert_int_equal(w->row.trimmed.seq, first == FIRST ? 0 : first - 10);
        assert_true(db_channel_put(&w->disk->db, &w->row));
        if (rows[i].first)
            check_all(w);
        world_free(w);
    }
}

static void
test_retention_goes_in_steps(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    struct retention_rule rule = {.count = 1};
    struct retain retain = {.rule = &rule, .floor = UINT64_MAX};
    disk_open(disk);
    struct db_channel row = disk_channel(disk, "lobby", 2 * RETAIN_PAGES, 1);
    assert_true(db_retain_due(&row, &retain));
    assert_true(db_retain(&disk->db, &row, &retain) && retain.more);
    assert_int_equal(row.first_page, RETAIN_PAGES);
    assert_true(db_retain(&disk->db, &row, &retain) && !retain.more);
    assert_int_equal(row.count, 1);
    assert_false(db_retain_due(&row, &retain));
    disk_free(disk);
}

/* What a hole covers counts as removed, once retention has passed it. */
static void
test_retention_passes_holes(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct retention_rule rule = {.count = 20};
    struct retain retain = {.rule = &rule, .floor = UINT64_MAX};
    struct db_page hole = {.first = {1101, 11000},
                           .last = {1155, 11500},
                           .messages = slice_str("")};
    spoil(w, &hole);
    w->row.count -= EACH;
    assert_true(db_retain(&w->disk->db, &w->row, &retain));
    assert_int_equal(w->row.trimmed.seq, 1155);
    assert_int_equal(w->row.first, 1160);
    assert_int_equal(w->row.first_page, 3);
    world_free(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_range_is_found),
        cmocka_unit_test(test_what_was_removed_is_not_shown),
        cmocka_unit_test(test_a_hole_is_not_complete),
        cmocka_unit_test(test_a_damaged_page_is_not_shown),
        cmocka_unit_test(test_retention_takes_the_oldest),
        cmocka_unit_test(test_retention_goes_in_steps),
        cmocka_unit_test(test_retention_passes_holes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
