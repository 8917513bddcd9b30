/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Turns: what is put in comes out, in order; and no bytes whatever are taken
 * for something else, or read beyond their end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/db_turn.h"
#include "broker/xmem.h"
#include "disk.h"

static void
fill(struct disk *disk, struct turn *turn)
{
    struct record say = {
        .kind = RECORD_SAY,
        .from = slice_str("ann"),
        .name = slice_str("lobby"),
        .lane = slice_str("lane"),
        .n = 7,
        .wire = disk_message(disk, "lobby", 1010, 1000, 20),
    };
    turn_clear(turn);
    turn->first = 1010;
    turn->last = 1050;
    turn_add(turn, &say);
    struct record tell = {
        .kind = RECORD_TELL,
        .from = slice_str("ann"),
        .lane = slice_str("unused without n"),
        .wire = disk_message(disk, "@bob", 1020, 0, 20),
    };
    turn_add(turn, &tell);
    struct record ack = {
        .kind = RECORD_ACK, .from = slice_str("bob"), .upto = 1020};
    turn_add(turn, &ack);
    struct record hello = {
        .kind = RECORD_HELLO, .from = slice_str("eve"), .time = 99};
    turn_add(turn, &hello);
    struct record end = {.kind = RECORD_END,
                         .from = slice_str("ann"),
                         .lane = slice_str("lane")};
    turn_add(turn, &end);
    struct record ruling = {
        .kind = RECORD_RULING,
        .ruling = RULING_BAN,
        .from = slice_str("ann"),
        .name = slice_str("lobby"),
        .token = slice_str("id:eve"),
        .seq = 1050,
        .time = 10500,
        .upto = 99999,
        .lifted = true,
        .body = (uint8_t *)(uintptr_t) "floods",
        .body_len = 6,
    };
    turn_add(turn, &ruling);
}

static bool
is(struct slice have, const char *want)
{
    return slice_eq(have, slice_str(want));
}

static void
check(struct slice entries)
{
    struct record r;
    assert_true(turn_read(&entries, &r));
    assert_true(r.kind == RECORD_SAY && is(r.from, "ann"));
    assert_true(is(r.name, "lobby") && is(r.lane, "lane"));
    assert_true(r.n == 7 && r.seq == 1010 && r.prev == 1000);
    assert_true(r.time == 10100 && r.keep && r.stored);
    assert_true(turn_read(&entries, &r));
    assert_true(r.kind == RECORD_TELL && is(r.name, "bob"));
    assert_true(!r.n && !r.lane.len && r.seq == 1020);
    assert_true(turn_read(&entries, &r));
    assert_true(r.kind == RECORD_ACK && is(r.from, "bob") && r.upto == 1020);
    assert_true(turn_read(&entries, &r));
    assert_true(r.kind == RECORD_HELLO && is(r.from, "eve") && r.time == 99);
    assert_true(turn_read(&entries, &r));
    assert_true(r.kind == RECORD_END && is(r.lane, "lane"));
    assert_true(turn_read(&entries, &r));
    assert_true(r.kind == RECORD_RULING && r.ruling == RULING_BAN);
    assert_true(is(r.from, "ann") && is(r.name, "lobby"));
    assert_true(is(r.token, "id:eve") && is(turn_value(&r), "floods"));
    assert_true(r.seq == 1050 && r.time == 10500 && r.upto == 99999);
    assert_true(r.lifted && !r.wire.len);
    assert_false(turn_read(&entries, &r));
    assert_int_equal(entries.len, 0);
}

static void
test_a_turn_comes_back(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    struct turn turn = {.len = 0};
    struct turn_row row;
    disk_open(disk);
    fill(disk, &turn);
    assert_true(turn_put(&disk->db, &turn));
    assert_int_equal(turn_next(&disk->db, 0, &row), SQLITE_ROW);
    assert_true(row.first == 1010 && row.last == 1050);
    check(row.entries);
    assert_int_equal(turn_next(&disk->db, row.first, &row), SQLITE_DONE);
    turn_fini(&turn);
    disk_free(disk);
}

static unsigned
read_all(const uint8_t *bytes, size_t len)
{
    /* exactly as long as said, so that a sanitizer sees one byte too far */
    uint8_t *copy = xmalloc(len);
    memcpy(copy, bytes, len);
    struct slice rest = slice_of(copy, len);
    struct record r;
    unsigned count = 0;
    while (turn_read(&rest, &r))
        count++;
    free(copy);
    return count;
}

static void
test_cut_and_changed_turns_are_survived(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    struct turn turn = {.len = 0};
    fill(disk, &turn);
    assert_int_equal(read_all(turn.bytes, turn.len), 6);
    for (size_t len = 0; len < turn.len; len++)
        assert_in_range(read_all(turn.bytes, len), 0, 5);
    for (size_t bit = 0; bit < turn.len * 8; bit++) {
        turn.bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
        assert_in_range(read_all(turn.bytes, turn.len), 0, 64);
        turn.bytes[bit / 8] ^= (uint8_t)(1U << (bit % 8));
    }
    turn_fini(&turn);
    disk_free(disk);
}

/* As the first format wrote them: their numbers stay what they are. */
static void
test_the_numbers_of_kinds(void **state)
{
    (void)state;
    static const uint8_t bytes[] = {
        /* an ack of bob's up to 7 */
        2, 3, 0, 0, 0, 0, 0, 0, 7, 0, 0, 0, 0, 0, 0, 0, 'b', 'o', 'b',
        /* eve became known at 9 */
        3, 3, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 'e', 'v', 'e',
        /* bob's lane is not used again */
        4, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 'b', 'o', 'b', 'l'};
    struct slice rest = slice_of(bytes, sizeof bytes);
    struct record r;
    assert_true(turn_read(&rest, &r) && r.kind == RECORD_ACK && r.upto == 7);
    assert_true(turn_read(&rest, &r) && r.kind == RECORD_HELLO && r.time == 9);
    assert_true(turn_read(&rest, &r) && r.kind == RECORD_END);
    assert_true(is(r.from, "bob") && is(r.lane, "l") && !rest.len);
}

static void
test_a_message_must_be_what_its_entry_says(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    static const struct {
        enum record_kind kind;
        const char *to;
        uint64_t seq;
        bool good;
    } rows[] = {
        {RECORD_SAY, "lobby", 1010, true}, {RECORD_TELL, "@bob", 1010, true},
        {RECORD_SAY, "@bob", 1010, false}, {RECORD_TELL, "lobby", 1010, false},
        {RECORD_SAY, "lobby", 0, false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct turn turn = {.len = 0};
        struct record r = {
            .kind = rows[i].kind,
            .wire = disk_message(disk, rows[i].to, rows[i].seq, 0, 5),
        };
        turn_add(&turn, &r);
        assert_int_equal(read_all(turn.bytes, turn.len), rows[i].good);
        turn_fini(&turn);
    }
    disk_free(disk);
}

static void
test_a_row_that_changed_is_damaged(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE turns SET last = last + 1",
        "UPDATE turns SET first = first + 1",
        "UPDATE turns SET entries = entries || x'00'",
        "UPDATE turns SET entries = NULL",
        "UPDATE turns SET sum = sum + 1",
        "UPDATE turns SET last = CAST(last AS TEXT)",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct disk *disk = disk_new();
        struct turn_row row;
        disk_open(disk);
        disk_turn(disk, "lobby", 0);
        disk_run(disk, changes[i]);
        bool same = i == 5; /* the column makes a number of it again */
        assert_int_equal(turn_next(&disk->db, 0, &row),
                         same ? SQLITE_ROW : SQLITE_CORRUPT);
        assert_int_equal(db_is_corrupt(&disk->db), !same);
        disk_free(disk);
    }
}

static void
test_turns_go_oldest_first(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    bool more;
    disk_open(disk);
    for (int i = 0; i < 3; i++)
        disk_turn(disk, "lobby", 0); /* 1010, 1020, 1030 */
    assert_true(turn_drop(&disk->db, 1020, &more) && more);
    assert_true(turn_drop(&disk->db, 1020, &more) && more);
    assert_true(turn_drop(&disk->db, 1020, &more) && !more);
    assert_int_equal(disk_number(disk, "SELECT min(first) FROM turns"), 1030);
    disk_free(disk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_turn_comes_back),
        cmocka_unit_test(test_cut_and_changed_turns_are_survived),
        cmocka_unit_test(test_the_numbers_of_kinds),
        cmocka_unit_test(test_a_message_must_be_what_its_entry_says),
        cmocka_unit_test(test_a_row_that_changed_is_damaged),
        cmocka_unit_test(test_turns_go_oldest_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
