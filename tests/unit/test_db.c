/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The file: who may open what, and rows that are what they were or damaged.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/db_ready.h"
#include "broker/db_row.h"
#include "broker/db_state.h"
#include "disk.h"

/* --- opening --- */

static void
refused(struct disk *disk, enum db_mode mode, const char *why)
{
    struct db db;
    assert_int_not_equal(db_open(&db, disk->path, mode, "FULL"), SQLITE_OK);
    if (!strstr(db.fault, why))
        fail_msg("'%s' does not say '%s'", db.fault, why);
    assert_null(db.sql);
    assert_int_equal(db.lock, -1);
}

static void
test_a_new_log_is_ours_alone(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    struct stat file;
    disk_open(disk);
    assert_int_equal(stat(disk->path, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
    refused(disk, DB_OWN, "is in use by another confabd");
    struct db look;
    assert_int_equal(db_open(&look, disk->path, DB_LOOK, "FULL"), SQLITE_OK);
    db_close(&look);
    disk_close(disk);
    disk_open(disk);
    assert_int_equal(disk_number(disk, "PRAGMA user_version"), db_version);
    disk_free(disk);
}

static void
test_what_is_no_log_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *sql, *why;
    } rows[] = {
        {"PRAGMA application_id = 1", "not a log of confab"},
        {"PRAGMA user_version = 99", "was written by a newer confabd"},
        {"PRAGMA user_version = -1", "(format -1, this one"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct disk *disk = disk_new();
        disk_open(disk);
        disk_run(disk, rows[i].sql);
        disk_close(disk);
        refused(disk, DB_OWN, rows[i].why);
        disk_free(disk);
    }
}

static void
test_looking_makes_nothing(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    refused(disk, DB_LOOK, "No such file or directory");
    assert_int_equal(disk_files(disk, "log", true), 0);
    FILE *file = fopen(disk->path, "w");
    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
    refused(disk, DB_LOOK, "is empty");
    assert_int_equal(disk_size(disk->path), 0);
    disk_free(disk);
}

static void
test_a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    struct db db;
    char path[DISK_PATH + 8];
    char fault[DB_FAULT];
    (void)snprintf(path, sizeof path, "%s/a/b/log.db", disk->folder);
    assert_int_not_equal(db_ready(&db, path, "FULL", NULL), SQLITE_OK);
    assert_non_null(strstr(db.fault, "there is no folder"));
    assert_true(db_make_folder(path, fault));
    assert_int_equal(db_ready(&db, path, "FULL", NULL), SQLITE_OK);
    db_close(&db);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/a/b/log.db.lock", disk->folder);
    assert_int_equal(unlink(path), 0);
    (void)snprintf(path, sizeof path, "%s/a/b", disk->folder);
    assert_int_equal(rmdir(path), 0);
    (void)snprintf(path, sizeof path, "%s/a", disk->folder);
    assert_int_equal(rmdir(path), 0);
    disk_free(disk);
}

/* --- rows --- */

static void
test_numbers_have_names(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    uint64_t value = 5;
    disk_open(disk);
    disk->db.fault[0] = '\0';
    assert_false(db_meta_get(&disk->db, "one", &value));
    assert_int_equal(disk->db.fault[0], '\0');
    assert_true(db_meta_put(&disk->db, "one", UINT64_MAX));
    assert_true(db_meta_put(&disk->db, "two", 2));
    assert_true(db_meta_get(&disk->db, "one", &value));
    assert_true(value == UINT64_MAX);
    disk_run(disk, "UPDATE meta SET key = 'three' WHERE key = 'two'");
    assert_false(db_is_corrupt(&disk->db));
    assert_false(db_meta_get(&disk->db, "three", &value));
    assert_true(db_is_corrupt(&disk->db));
    disk_free(disk);
}

/* Every column of every table, changed alone, is found. */
static void
test_every_column_counts(void **state)
{
    (void)state;
    static const struct {
        const char *table, *columns[15];
    } rows[] = {
        {"channels",
         {"id", "kind", "first_page", "next_page", "first", "first_time",
          "head", "head_time", "count", "bytes", "trimmed", "trimmed_time",
          "sum"}},
        {"pages",
         {"place", "first", "last", "first_time", "last_time", "count", "sum"}},
        {"turns", {"first", "last", "sum"}},
        {"rulings",
         {"seq", "kind", "room", "subject", "by", "value", "until", "time",
          "sum"}},
        {"audit",
         {"number", "seq", "time", "by", "kind", "room", "subject", "value",
          "until", "lifted", "sum"}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t j = 0; rows[i].columns[j]; j++) {
            struct disk *disk = disk_new();
            char sql[128];
            sqlite3_stmt *all;
            disk_open(disk);
            (void)disk_channel(disk, "lobby", 1, 1);
            disk_turn(disk, "lobby", 1010);
            disk_ruling(disk,
                        &(struct record){.ruling = RULING_MUTE,
                                         .name = slice_str("lobby"),
                                         .token = slice_str("eve")},
                        false);
            (void)snprintf(sql, sizeof sql, "UPDATE %s SET %s = %s + 1",
                           rows[i].table, rows[i].columns[j],
                           rows[i].columns[j]);
            disk_run(disk, sql);
            (void)snprintf(sql, sizeof sql, "SELECT * FROM %s", rows[i].table);
            assert_int_equal(
                sqlite3_prepare_v2(disk->db.sql, sql, -1, &all, NULL),
                SQLITE_OK);
            assert_int_equal(sqlite3_step(all), SQLITE_ROW);
            assert_false(row_is_sound(all));
            sqlite3_finalize(all);
            disk_free(disk);
        }
    }
}

/* --- ids, lanes and marks --- */

struct seen {
    unsigned count;
    char names[8][16];
    struct log_state last; /* its names are gone */
};

static void
see(void *self, const struct log_state *state)
{
    struct seen *seen = self;
    struct slice name = state->kind == STATE_LANE ? state->lane : state->name;
    (void)snprintf(seen->names[seen->count++ % 8], 16, "%.*s", SLICE_ARG(name));
    seen->last = *state;
}

static void
put_client(struct disk *disk, const char *id, uint64_t used, bool gone)
{
    struct log_state client = {
        .kind = STATE_CLIENT,
        .name = slice_str(id),
        .used = used,
        .gone = gone,
        .known = true,
        .head = 20,
        .acked = 10,
    };
    assert_true(db_state_put(&disk->db, &client));
}

static void
test_ids_and_lanes_come_back(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    struct seen seen = {.count = 0};
    struct log_state lane = {
        .kind = STATE_LANE,
        .name = slice_str("ann"),
        .lane = slice_str("phone"),
        .high = 300,
        .used = 9,
        .accepted = {1, 0, UINT64_C(1) << 63, UINT64_MAX},
    };
    disk_open(disk);
    put_client(disk, "new", 30, false);
    put_client(disk, "old", 10, false);
    put_client(disk, "old", 40, false); /* now it is the newest */
    put_client(disk, "gone", 20, false);
    put_client(disk, "gone", 20, true);
    assert_true(db_state_put(&disk->db, &lane));
    assert_true(db_states_each(&disk->db, see, &seen));
    assert_int_equal(seen.count, 3);
    assert_string_equal(seen.names[0], "new");
    assert_string_equal(seen.names[1], "old");
    assert_string_equal(seen.names[2], "phone");
    assert_true(seen.last.high == 300 && seen.last.used == 9);
    assert_memory_equal(seen.last.accepted, lane.accepted,
                        sizeof lane.accepted);
    lane.gone = true;
    assert_true(db_state_put(&disk->db, &lane));
    assert_int_equal(disk_number(disk, "SELECT count(*) FROM lanes"), 0);
    disk_run(disk, "UPDATE clients SET acked = 11");
    assert_false(db_states_each(&disk->db, NULL, NULL));
    assert_true(db_is_corrupt(&disk->db));
    disk_free(disk);
}

static void
test_marks_come_back(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    struct db_marks marks;
    struct log_state put = {
        .kind = STATE_MARKS, .head = 1, .acked = 2, .time = 3};
    struct mark gone[CHANNEL_KINDS] = {{4, 5}, {6, 7}, {8, 9}};
    disk_open(disk);
    assert_false(db_marks_get(&disk->db, &marks)); /* a store has them */
    assert_true(db_store_begin(&disk->db));
    assert_true(db_marks_get(&disk->db, &marks));
    assert_true(!marks.last && !marks.marks.head);
    assert_true(db_marks_put(&disk->db, &put, 10, gone));
    gone[CHANNEL_MAIL].seq = 66;
    assert_true(db_gone_put(&disk->db, gone));
    assert_true(db_marks_get(&disk->db, &marks));
    assert_true(marks.last == 10 && marks.marks.head == 1);
    assert_true(marks.marks.acked == 2 && marks.marks.time == 3);
    assert_memory_equal(marks.gone, gone, sizeof gone);
    disk_free(disk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_new_log_is_ours_alone),
        cmocka_unit_test(test_what_is_no_log_is_refused),
        cmocka_unit_test(test_looking_makes_nothing),
        cmocka_unit_test(test_a_folder_that_is_not_there_is_named),
        cmocka_unit_test(test_numbers_have_names),
        cmocka_unit_test(test_every_column_counts),
        cmocka_unit_test(test_ids_and_lanes_come_back),
        cmocka_unit_test(test_marks_come_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
