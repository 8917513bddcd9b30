/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rulings as rows: what is in force is there once, what was done stays in the
 * list, and a log of the format before gets both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/db_ready.h"
#include "broker/db_ruling.h"
#include "broker/db_salvage.h"
#include "broker/db_state.h"
#include "broker/tool.h"
#include "disk.h"

static struct record
ruling(enum ruling_kind kind, const char *room, const char *subject,
       const char *value)
{
    return (struct record){
        .kind = RECORD_RULING,
        .ruling = kind,
        .name = slice_str(room),
        .token = slice_str(subject),
        .body = (uint8_t *)(uintptr_t)value, /* nobody writes to it */
        .body_len = (uint32_t)strlen(value),
    };
}

static void
make(struct disk *disk, struct record r)
{
    disk_ruling(disk, &r, true);
}

static void
lift(struct disk *disk, struct record r)
{
    r.lifted = true;
    disk_ruling(disk, &r, true);
}

/* --- in force --- */

/* "kind room subject by value", one behind the other. */
static void
see(void *self, const struct log_state *state)
{
    char *text = self;
    size_t len = strlen(text);
    if (state->kind == STATE_RULING)
        (void)snprintf(text + len, 512 - len, "%s %.*s %.*s %.*s %.*s;",
                       ruling_word(state->ruling), SLICE_ARG(state->name),
                       SLICE_ARG(state->lane), SLICE_ARG(state->by),
                       SLICE_ARG(state->value));
}

static void
in_force(struct disk *disk, const char *want)
{
    char text[512] = "";
    assert_true(db_states_each(&disk->db, see, text));
    assert_string_equal(text, want);
}

static void
test_the_last_word_counts(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    disk_open(disk);
    make(disk, ruling(RULING_BAN, "", "id:eve", "spam"));
    make(disk, ruling(RULING_BAN, "lobby", "id:eve", ""));
    make(disk, ruling(RULING_CLAIM, "", "ann", "key of ann"));
    make(disk, ruling(RULING_MUTE, "lobby", "bob", "noise"));
    in_force(disk, "ban  id:eve ann spam;ban lobby id:eve ann ;"
                   "claim  ann ann key of ann;mute lobby bob ann noise;");
    make(disk, ruling(RULING_BAN, "", "id:eve", "still spam"));
    lift(disk, ruling(RULING_BAN, "lobby", "id:eve", ""));
    lift(disk, ruling(RULING_MUTE, "lobby", "nobody", ""));
    in_force(disk, "claim  ann ann key of ann;mute lobby bob ann noise;"
                   "ban  id:eve ann still spam;");
    assert_int_equal(disk_number(disk, "SELECT count(*) FROM audit"), 7);
    disk_free(disk);
}

static void
test_a_row_has_all_of_it(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    disk_open(disk);
    make(disk, ruling(RULING_ABOUT, "lobby", "", "what we do"));
    sqlite3_stmt *all = db_statement(&disk->db, DB_RULING_ALL);
    struct log_state s;
    assert_int_equal(sqlite3_step(all), SQLITE_ROW);
    assert_true(db_ruling_row(all, &s));
    assert_true(s.kind == STATE_RULING && s.ruling == RULING_ABOUT);
    assert_true(s.head == 1010 && s.time == 10100 && s.until == 1015);
    assert_true(slice_eq(s.by, slice_str("ann")));
    db_rest(&disk->db);
    disk_free(disk);
}

static void
test_what_is_done_once_is_never_in_force(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    disk_open(disk);
    make(disk, ruling(RULING_KICK, "lobby", "eve", "out"));
    make(disk, ruling(RULING_REDACT, "lobby", "1000", ""));
    make(disk, ruling(RULING_RELOAD, "", "", ""));
    in_force(disk, "");
    assert_int_equal(disk_number(disk, "SELECT count(*) FROM audit"), 3);
    disk_free(disk);
}

/* A start may do what a turn says although it was done. */
static void
test_told_twice_is_told_once(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    struct turn_row row = {.first = 0};
    struct record r;
    disk_open(disk);
    make(disk, ruling(RULING_BAN, "", "id:eve", "spam"));
    make(disk, ruling(RULING_CLAIM, "", "ann", "key"));
    lift(disk, ruling(RULING_BAN, "", "id:eve", ""));
    uint64_t sum = disk_number(disk, "SELECT sum(number) FROM audit");
    while (turn_next(&disk->db, row.first, &row) == SQLITE_ROW) {
        assert_true(turn_read(&row.entries, &r));
        assert_true(db_ruling_put(&disk->db, &r));
    }
    in_force(disk, "claim  ann ann key;");
    assert_true(disk_number(disk, "SELECT sum(number) FROM audit") == sum);
    disk_free(disk);
}

/* --- the list --- */

static void
test_the_list_is_bounded(void **state)
{
    (void)state;
    struct disk *disk = disk_new();
    char sql[256];
    disk_open(disk);
    for (int i = 0; i < 3; i++)
        make(disk, ruling(RULING_KICK, "", "eve", ""));
    make(disk, ruling(RULING_CLAIM, "", "ann", "key"));
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO audit (number, seq) VALUES (%d, 1050)",
                   AUDIT_KEPT);
    disk->seq = 1050;
    disk_run(disk, sql);
    make(disk, ruling(RULING_KICK, "", "eve", ""));
    assert_int_equal(disk_number(disk, "SELECT min(number) FROM audit"), 2);
    assert_int_equal(disk_number(disk, "SELECT max(number) FROM audit WHERE"
                                       " kind > 0"),
                     AUDIT_KEPT + 1);
    for (int i = 0; i < 2; i++)
        make(disk, ruling(RULING_CLAIM, "", i ? "eve" : "bob", "key"));
    assert_int_equal(disk_number(disk, "SELECT min(number) FROM audit"), 2);
    assert_int_equal(disk_number(disk, "SELECT count(*) FROM audit WHERE"
                                       " kind = 0"),
                     3);
    /* Nor does what is done in rooms take the place of anything. */
    (void)snprintf(sql, sizeof sql,
                   "INSERT INTO audit (number, seq) VALUES (%lld, 1090)",
                   (long long)(2LL << 40) + AUDIT_KEPT);
    disk->seq = 1090;
    disk_run(disk, sql);
    make(disk, ruling(RULING_KICK, "lobby", "eve", ""));
    make(disk, ruling(RULING_BAN, "lobby", "id:eve", ""));
    assert_int_equal(disk_number(disk, "SELECT min(number) FROM audit"), 2);
    assert_int_equal(disk_number(disk, "SELECT count(*) FROM audit WHERE"
                                       " number < 1000000"),
                     4);
    disk_free(disk);
}

/* --- a format before --- */

/* A log as the first format made it, with a turn in it. */
static struct disk *
old_log(void)
{
    struct disk *disk = disk_new();
    char sql[128];
    assert_int_equal(sqlite3_open(disk->path, &disk->db.sql), SQLITE_OK);
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA page_size = %d; PRAGMA journal_mode = WAL;",
                   DB_PAGE);
    disk_run(disk, sql);
    disk_run(disk, db_steps[0]);
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA application_id = %d; PRAGMA user_version = 1;",
                   DB_APPLICATION);
    disk_run(disk, sql);
    assert_true(db_store_begin(&disk->db));
    (void)disk_channel(disk, "lobby", 2, 2);
    disk_turn(disk, "lobby", disk->seq);
    disk->db.file = disk->db.lock = -1;
    disk_close(disk);
    return disk;
}

static void
check_new_format(struct disk *disk)
{
    assert_int_equal(disk_number(disk, "PRAGMA user_version"), 2);
    assert_int_equal(disk_number(disk, "SELECT sum(count) FROM channels") +
                         disk_number(disk, "SELECT count(*) FROM turns"),
                     5);
    make(disk, ruling(RULING_BAN, "", "id:eve", "spam"));
    in_force(disk, "ban  id:eve ann spam;");
    disk_close(disk);
    assert_int_equal(db_verify(disk->path), EXIT_SUCCESS);
}

static void
test_an_old_log_is_brought_up_to_date(void **state)
{
    (void)state;
    struct disk *disk = old_log();
    assert_int_equal(db_ready(&disk->db, disk->path, "FULL", NULL), SQLITE_OK);
    check_new_format(disk);
    disk_free(disk);
}

static void
test_an_old_log_is_salvaged(void **state)
{
    (void)state;
    struct disk *disk = old_log();
    char fault[DB_FAULT];
    if (!db_salvage(disk->path, NULL, fault))
        fail_msg("%s", fault);
    disk_open(disk);
    assert_int_equal(disk_number(disk, "SELECT count(*) FROM turns"), 1);
    disk_run(disk, "DELETE FROM turns"); /* its message is in a page, too */
    check_new_format(disk);
    disk_free(disk);
}

/* --- damage --- */

static void
salvage(struct disk *disk)
{
    char fault[DB_FAULT];
    disk_close(disk);
    if (!db_salvage(disk->path, NULL, fault))
        fail_msg("%s", fault);
    assert_int_equal(db_verify(disk->path), EXIT_SUCCESS);
    disk_open(disk);
}

static void
test_rulings_survive_damage(void **state)
{
    (void)state;
    static const char *const damages[] = {
        "UPDATE meta SET value = value + 1",
        "UPDATE rulings SET value = 'another key' WHERE kind = 0",
        "UPDATE rulings SET sum = 0",
        "UPDATE audit SET sum = 0",
        "UPDATE rulings SET sum = 0; DELETE FROM turns",
        "DELETE FROM turns; UPDATE audit SET sum = 0 WHERE seq < 1030",
    };
    for (size_t i = 0; i < sizeof damages / sizeof *damages; i++) {
        struct disk *disk = disk_new();
        disk_open(disk);
        assert_true(db_store_begin(&disk->db));
        make(disk, ruling(RULING_BAN, "", "id:eve", "spam"));
        make(disk, ruling(RULING_CLAIM, "", "ann", "key"));
        make(disk, ruling(RULING_BAN, "", "id:bob", "spam"));
        lift(disk, ruling(RULING_BAN, "", "id:eve", ""));
        disk_run(disk, damages[i]);
        salvage(disk);
        in_force(disk, "claim  ann ann key;ban  id:bob ann spam;");
        disk_free(disk);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_last_word_counts),
        cmocka_unit_test(test_a_row_has_all_of_it),
        cmocka_unit_test(test_what_is_done_once_is_never_in_force),
        cmocka_unit_test(test_told_twice_is_told_once),
        cmocka_unit_test(test_the_list_is_bounded),
        cmocka_unit_test(test_an_old_log_is_brought_up_to_date),
        cmocka_unit_test(test_an_old_log_is_salvaged),
        cmocka_unit_test(test_rulings_survive_damage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
