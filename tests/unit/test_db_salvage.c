/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Salvage: what is sound is kept, what is lost is known to be lost.
 *
 * Every test ends with the same question to the new log: is it sound, and is
 * each message that it does not have covered by a mark or a hole? Seqs go in
 * steps of 10 over all channels, so a message is named by its seq alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/db_salvage.h"
#include "broker/db_state.h"
#include "broker/tool.h"
#include "disk.h"

enum { PAGES = 6, EACH = 4, CHANNELS = 5, TURNS = 6 };

static const char *const names[CHANNELS] = {"lobby", "dev", "@bob", "&bob",
                                            "ops"};

struct made {
    struct disk *disk;
    struct db_channel rows[CHANNELS];
    uint64_t turns[TURNS]; /* their seqs, all of lobby */
    uint64_t last;
    uint64_t epoch[2];
};

static void
put_client(struct disk *disk, const char *id)
{
    struct log_state client = {.kind = STATE_CLIENT,
                               .name = slice_str(id),
                               .known = true,
                               .head = 1290,
                               .acked = 1200,
                               .born = {700, 7000},
                               .used = 9000};
    assert_true(db_state_put(&disk->db, &client));
}

static struct made
make(void)
{
    struct made made = {.disk = disk_new()};
    struct disk *disk = made.disk;
    disk_open(disk);
    assert_true(db_store_begin(&disk->db));
    for (unsigned i = 0; i < CHANNELS; i++)
        made.rows[i] = disk_channel(disk, names[i], PAGES, EACH);
    assert_true(db_meta_put(&disk->db, "last", disk->seq));
    assert_true(db_epoch_get(&disk->db, made.epoch));
    put_client(disk, "ann");
    put_client(disk, "bob");
    uint64_t prev = made.rows[0].head.seq;
    for (unsigned i = 0; i < TURNS; i++) {
        disk_turn(disk, "lobby", prev);
        prev = made.turns[i] = disk->seq;
    }
    made.last = disk->seq;
    return made;
}

static void
salvage(struct made *made)
{
    char fault[DB_FAULT];
    disk_close(made->disk);
    if (!db_salvage(made->disk->path, NULL, fault))
        fail_msg("%s", fault);
    assert_int_equal(db_verify(made->disk->path), EXIT_SUCCESS);
    disk_open(made->disk);
}

/* The new row, by the old one's name; SQLITE_DONE: it has none. */
static int
find(struct made *made, unsigned channel, struct db_channel *row)
{
    return db_channel_find(&made->disk->db, &made->rows[channel].key, row);
}

/* Whether a channel has a message (1), or says that it is gone (0). */
static bool
has(struct made *made, const struct db_channel *row, uint64_t seq)
{
    struct db_page page;
    struct db_message m;
    bool covered = seq <= row->trimmed.seq;
    for (uint32_t i = row->first_page; i < row->next_page; i++) {
        assert_true(db_page_get(&made->disk->db, row, i, &page));
        if (!page.count)
            covered = covered ||
                      (seq >= page.first.seq && seq <= page.last.seq);
        while (db_message_next(&page.messages, &m)) {
            if (m.seq == seq)
                return true;
        }
    }
    if (!covered)
        fail_msg("%llu is missing in silence", (unsigned long long)seq);
    return false;
}

/* How many of a channel's messages are there; the others are covered. */
static unsigned
count(struct made *made, unsigned channel)
{
    struct db_channel row;
    struct db_marks marks;
    uint64_t last = made->rows[channel].head.seq;
    unsigned found = 0;
    assert_true(db_marks_get(&made->disk->db, &marks));
    assert_true(marks.last >= made->last);
    if (find(made, channel, &row) == SQLITE_DONE) {
        assert_true(marks.gone[channel_key_kind(row.key.bytes)].seq >= last);
        return 0;
    }
    for (unsigned i = 0; i < PAGES * EACH; i++)
        found += has(made, &row, last - 10 * i);
    for (unsigned i = 0; i < TURNS && channel == 0; i++)
        found += has(made, &row, made->turns[i]);
    return found;
}

static const unsigned all[CHANNELS] = {PAGES * EACH + TURNS, PAGES *EACH,
                                       PAGES *EACH, PAGES *EACH, PAGES *EACH};

static void
check_lost(struct made *made, const unsigned lost[CHANNELS])
{
    for (unsigned i = 0; i < CHANNELS; i++)
        assert_int_equal(count(made, i), all[i] - lost[i]);
}

static void
test_a_sound_log_loses_nothing(void **state)
{
    (void)state;
    struct made made = make();
    uint64_t epoch[2];
    salvage(&made);
    check_lost(&made, (const unsigned[CHANNELS]){0});
    assert_int_equal(disk_files(made.disk, "log.db.damaged-", false), 1);
    assert_true(db_epoch_get(&made.disk->db, epoch)); /* another one */
    assert_int_not_equal(epoch[0], made.epoch[0]);
    static const char turns[] = "SELECT count(*) FROM turns";
    static const char holes[] = "SELECT count(*) FROM pages WHERE count = 0";
    assert_int_equal(disk_number(made.disk, turns), TURNS);
    assert_int_equal(disk_number(made.disk, holes), 0);
    disk_free(made.disk);
}

/* Rows that go or change, and how many messages that costs which channel. */
static void
test_rows_that_are_lost(void **state)
{
    (void)state;
    static const struct {
        const char *sql;
        unsigned lost[CHANNELS];
    } rows[] = {
        {"UPDATE pages SET count = 9 WHERE place = (1 << 32) + 2", {EACH}},
        {"DELETE FROM pages WHERE place IN ((2 << 32), (2 << 32) + 1)",
         {0, 2 * EACH}},
        {"DELETE FROM pages WHERE place = (3 << 32) + 5", {0, 0, EACH}},
        {"DELETE FROM pages WHERE place IN ((4 << 32) + 1, (4 << 32) + 3)",
         {0, 0, 0, 2 * EACH}},
        {"DELETE FROM pages WHERE place >> 32 = 5", {0, 0, 0, 0, PAGES * EACH}},
        {"DELETE FROM channels", {0}},
        {"UPDATE channels SET head = 0", {0}},
        {"DELETE FROM channels WHERE id = 3; DELETE FROM pages WHERE place >>"
         " 32 = 3",
         {0, 0, PAGES * EACH}},
        {"DELETE FROM meta; UPDATE turns SET last = last + 1 WHERE first ="
         " (SELECT min(first) + 10 FROM turns)",
         {1}},
        {"UPDATE turns SET sum = 0", {TURNS}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct made made = make();
        disk_run(made.disk, rows[i].sql);
        salvage(&made);
        check_lost(&made, rows[i].lost);
        disk_free(made.disk);
    }
}

/* From behind the message before to the one that the next says it follows. */
static void
test_a_hole_is_no_larger_than_what_is_lost(void **state)
{
    (void)state;
    struct made made = make();
    uint64_t lost = made.rows[1].first + (uint64_t)10 * EACH; /* the first */
    disk_run(made.disk, "DELETE FROM pages WHERE place = (2 << 32) + 1");
    salvage(&made);
    assert_int_equal(
        disk_number(made.disk, "SELECT first FROM pages WHERE count = 0"),
        lost - 9);
    assert_int_equal(
        disk_number(made.disk, "SELECT last FROM pages WHERE count = 0"),
        lost + (uint64_t)10 * (EACH - 1));
    disk_free(made.disk);
}

/* A channel without a row, of whose pages the last are damaged: it may have had
 * more, and says so. */
static void
test_an_end_that_nobody_knows(void **state)
{
    (void)state;
    struct made made = make();
    struct db_channel row;
    disk_run(made.disk, "DELETE FROM channels WHERE id = 2;"
                        "UPDATE pages SET sum = 0 WHERE place > (2 << 32) + 3"
                        " AND place < (3 << 32)");
    salvage(&made);
    check_lost(&made, (const unsigned[CHANNELS]){0, 2 * EACH});
    assert_int_equal(find(&made, 1, &row), SQLITE_ROW);
    assert_false(has(&made, &row, made.rows[1].head.seq + 1));
    disk_free(made.disk);
}

/* A turn that is lost may have had a message of anybody. */
static void
test_a_lost_turn_is_a_hole_everywhere(void **state)
{
    (void)state;
    struct made made = make();
    struct db_channel row;
    disk_run(made.disk, "UPDATE turns SET sum = 0 WHERE first ="
                        " (SELECT max(first) - 20 FROM turns)");
    salvage(&made);
    check_lost(&made, (const unsigned[CHANNELS]){1});
    for (unsigned i = 0; i < CHANNELS; i++) {
        assert_int_equal(find(&made, i, &row), SQLITE_ROW);
        assert_false(has(&made, &row, made.turns[3] + 5));
    }
    assert_int_equal(disk_number(made.disk, "SELECT count(*) FROM turns"),
                     TURNS - 1);
    assert_int_equal(disk_number(made.disk, "SELECT count(*) FROM clients"
                                            " WHERE born = 700 AND"
                                            " used = 9000 AND head > 1290"),
                     1); /* bob, whose mailbox has the hole */
    disk_free(made.disk);
}

static void
test_an_id_that_is_lost_has_unread_mail(void **state)
{
    (void)state;
    struct made made = make();
    disk_run(made.disk, "UPDATE clients SET acked = 1 WHERE id = 'bob'");
    salvage(&made);
    assert_int_equal(disk_number(made.disk, "SELECT head FROM clients"
                                            " WHERE id = 'bob' AND NOT acked"),
                     made.rows[2].head.seq);
    assert_int_equal(
        disk_number(made.disk, "SELECT acked FROM clients WHERE id = 'ann'"),
        1200);
    disk_free(made.disk);
}

/* Whole pages of random bytes, anywhere but in the first. */
static void
test_random_pages(void **state)
{
    (void)state;
    unsigned lost = 0;
    for (unsigned seed = 1; seed <= 60; seed++) {
        struct made made = make();
        char fault[DB_FAULT];
        disk_close(made.disk);
        size_t pages = disk_size(made.disk->path) / DB_PAGE;
        for (unsigned i = 0; i <= seed % 3; i++) {
            size_t page = 1 + (seed * 7 + i * 5) % (pages - 1);
            disk_damage(made.disk->path, page * DB_PAGE, DB_PAGE, seed + i);
        }
        if (!db_salvage(made.disk->path, NULL, fault))
            fail_msg("%u: %s", seed, fault);
        assert_int_equal(db_verify(made.disk->path), EXIT_SUCCESS);
        disk_open(made.disk);
        for (unsigned i = 0; i < CHANNELS; i++)
            lost += all[i] - count(&made, i);
        disk_free(made.disk);
    }
    assert_in_range(lost, 1, 60 * PAGES * EACH * CHANNELS / 2);
}

static void
test_a_file_that_was_cut_off(void **state)
{
    (void)state;
    unsigned left = 0;
    for (unsigned part = 2; part < 10; part++) {
        struct made made = make();
        char fault[DB_FAULT];
        disk_close(made.disk);
        size_t size = disk_size(made.disk->path);
        assert_int_equal(truncate(made.disk->path, (off_t)(size / 10 * part)),
                         0);
        if (db_salvage(made.disk->path, NULL, fault)) {
            assert_int_equal(db_verify(made.disk->path), EXIT_SUCCESS);
            disk_open(made.disk);
            for (unsigned i = 0; i < CHANNELS; i++)
                left += count(&made, i);
        }
        disk_free(made.disk);
    }
    assert_in_range(left, PAGES * EACH, UINT32_MAX);
}

static void
test_nothing_left_is_refused(void **state)
{
    (void)state;
    struct made made = make();
    char fault[DB_FAULT];
    disk_close(made.disk);
    size_t size = disk_size(made.disk->path);
    disk_damage(made.disk->path, DB_PAGE, size - DB_PAGE, 1);
    assert_false(db_salvage(made.disk->path, NULL, fault));
    assert_non_null(strstr(fault, "nothing in it can be read"));
    assert_int_equal(disk_size(made.disk->path), size);
    assert_int_equal(disk_files(made.disk, "log.db", false), 2); /* and .lock */
    disk_free(made.disk);
}

/* Twice in a second: neither overwrites the other. */
static void
test_nothing_aside_is_overwritten(void **state)
{
    (void)state;
    struct made made = make();
    salvage(&made);
    salvage(&made);
    salvage(&made);
    assert_int_equal(disk_files(made.disk, "log.db.damaged-", false), 3);
    disk_free(made.disk);
}

static void
touch(const struct disk *disk, const char *end)
{
    char to[DISK_PATH + 32];
    (void)snprintf(to, sizeof to, "%s%s", disk->path, end);
    FILE *out = fopen(to, "w");
    assert_true(out && !fclose(out));
}

/* Killed between two of its last steps: whatever was done, the rest follows. */
static void
test_a_salvage_that_was_broken_off(void **state)
{
    (void)state;
    static const char *const left[][3] = {
        {"-wal", "-shm", ""}, {"-shm", ""}, {""}, {NULL}};
    for (size_t i = 0; i < sizeof left / sizeof *left; i++) {
        struct made made = make();
        char fresh[DISK_PATH + 32];
        char fault[DB_FAULT];
        disk_close(made.disk);
        (void)snprintf(fresh, sizeof fresh, "%s.salvage", made.disk->path);
        assert_int_equal(rename(made.disk->path, fresh), 0);
        for (size_t j = 0; j < 3 && left[i][j]; j++)
            touch(made.disk, left[i][j]);
        assert_true(salvage_resume(made.disk->path, fault));
        assert_int_equal(db_verify(made.disk->path), EXIT_SUCCESS);
        assert_int_equal(disk_files(made.disk, "log.db.damaged-", true), 3 - i);
        assert_int_equal(disk_files(made.disk, "log.db.salvage", false), 0);
        disk_free(made.disk);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_sound_log_loses_nothing),
        cmocka_unit_test(test_rows_that_are_lost),
        cmocka_unit_test(test_a_hole_is_no_larger_than_what_is_lost),
        cmocka_unit_test(test_an_end_that_nobody_knows),
        cmocka_unit_test(test_a_lost_turn_is_a_hole_everywhere),
        cmocka_unit_test(test_an_id_that_is_lost_has_unread_mail),
        cmocka_unit_test(test_random_pages),
        cmocka_unit_test(test_a_file_that_was_cut_off),
        cmocka_unit_test(test_nothing_left_is_refused),
        cmocka_unit_test(test_nothing_aside_is_overwritten),
        cmocka_unit_test(test_a_salvage_that_was_broken_off),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
