/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Starts: which logs are looked at closely, which are salvaged, which are
 * refused. Damage that nothing asked for is in a page that a start does not
 * read, so that it shows who looked.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/db_ready.h"
#include "disk.h"
#include "proto/os.h"

static struct disk *
make(void)
{
    struct disk *disk = disk_new();
    disk_open(disk);
    (void)disk_channel(disk, "lobby", 9, 9);
    disk_turn(disk, "lobby", disk->seq);
    return disk;
}

static void
start(struct disk *disk)
{
    db_close(&disk->db);
    if (db_ready(&disk->db, disk->path, "FULL", NULL))
        fail_msg("%s", disk->db.fault);
}

static void
refused(struct disk *disk, const char *why)
{
    db_close(&disk->db);
    assert_int_not_equal(db_ready(&disk->db, disk->path, "FULL", NULL),
                         SQLITE_OK);
    if (!strstr(disk->db.fault, why))
        fail_msg("'%s' does not say '%s'", disk->db.fault, why);
}

static uint64_t
number(struct disk *disk, const char *key)
{
    uint64_t value = 0;
    (void)db_meta_get(&disk->db, key, &value);
    return value;
}

static unsigned
aside(struct disk *disk)
{
    return disk_files(disk, "log.db.damaged-", false);
}

static void
spoil_page(struct disk *disk)
{
    disk_run(disk, "UPDATE pages SET count = 1 WHERE place = (1 << 32) + 4");
}

/* A tree whose root is no page of a tree. */
static void
spoil_file(struct disk *disk)
{
    size_t at = (size_t)disk_number(
        disk, "SELECT rootpage FROM sqlite_master WHERE name = 'pages'");
    disk_close(disk);
    disk_damage(disk->path, (at - 1) * DB_PAGE, DB_PAGE, 3);
}

static void
test_a_log_says_that_it_is_open(void **state)
{
    (void)state;
    struct disk *disk = make();
    start(disk);
    uint64_t boot = number(disk, "boot");
    assert_int_not_equal(boot, 0);
    start(disk);
    assert_true(number(disk, "boot") == boot);
    assert_true(db_clean(&disk->db));
    assert_int_equal(number(disk, "boot"), 0);
    assert_int_equal(aside(disk), 0);
    disk_free(disk);
}

static void
test_after_a_kill_nobody_looks(void **state)
{
    (void)state;
    if (!os_boot()) {
        skip(); /* it may have been the machine */
    }
    struct disk *disk = make();
    start(disk);
    spoil_page(disk);
    spoil_file(disk);
    start(disk); /* of this boot */
    assert_true(db_clean(&disk->db));
    start(disk);
    assert_int_equal(aside(disk), 0);
    disk_free(disk);
}

static void
test_after_the_machine_went_down_the_file_is_checked(void **state)
{
    (void)state;
    struct disk *disk = make();
    start(disk);
    assert_true(db_meta_put(&disk->db, "boot", 1));
    start(disk);
    assert_int_equal(aside(disk), 0); /* it was sound */
    assert_true(db_meta_put(&disk->db, "boot", 1));
    spoil_file(disk);
    start(disk);
    assert_int_equal(aside(disk), 1);
    disk_free(disk);
}

static void
test_what_a_broker_found_damaged_is_checked(void **state)
{
    (void)state;
    struct disk *disk = make();
    start(disk);
    assert_true(db_mark_damaged(&disk->db));
    start(disk);
    assert_int_equal(aside(disk), 0); /* it was sound */
    assert_int_equal(number(disk, "damaged"), 0);
    spoil_page(disk);
    assert_true(db_mark_damaged(&disk->db));
    start(disk);
    assert_int_equal(aside(disk), 1);
    assert_int_equal(
        disk_number(disk, "SELECT count(*) FROM pages WHERE count = 0"), 1);
    start(disk);
    assert_int_equal(aside(disk), 1);
    disk_free(disk);
}

/* What a start reads must be sound in any case. */
static void
test_what_a_start_reads_is_always_checked(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE turns SET last = last + 1",
        "UPDATE channels SET head = head + 1",
        "UPDATE meta SET value = 3 WHERE key = 'boot'",
    };
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        struct disk *disk = make();
        start(disk);
        disk_run(disk, changes[i]);
        start(disk);
        assert_int_equal(aside(disk), 1);
        disk_free(disk);
    }
}

static void
test_what_is_not_ours_is_refused(void **state)
{
    (void)state;
    struct disk *disk = make();
    disk_close(disk);
    disk_damage(disk->path, 0, 100, 1);
    refused(disk, "its first bytes are damaged");
    assert_int_equal(aside(disk), 0);
    disk_free(disk);
}

static void
test_a_lost_file_is_not_begun_anew(void **state)
{
    (void)state;
    struct disk *disk = make();
    char wal[DISK_PATH + 8];
    (void)snprintf(wal, sizeof wal, "%s-wal", disk->path);
    disk_close(disk);
    assert_int_equal(rename(disk->path, wal), 0);
    refused(disk, "is lost or empty, but");
    assert_int_equal(unlink(wal), 0);
    start(disk);
    disk_free(disk);
}

/* --- the -wal --- */

enum { WAL_FRAME = 24 + DB_PAGE, WAL_TURNS = 12 };

static void
copy_as(const struct disk *disk, const char *end, const char *as)
{
    char from[DISK_PATH + 16], to[DISK_PATH + 16];
    (void)snprintf(from, sizeof from, "%s%s", disk->path, end);
    (void)snprintf(to, sizeof to, "%s%s%s", disk->path, as, end);
    FILE *in = fopen(from, "r");
    FILE *out = fopen(to, "w");
    assert_true(in && out);
    for (int c; (c = fgetc(in)) != EOF;)
        assert_int_equal(fputc(c, out), c);
    assert_int_equal(fclose(in), 0);
    assert_int_equal(fclose(out), 0);
}

/* The log of a broker that was killed: its last turns, a transaction each, are
 * in the -wal alone. Gives the size of that. */
static size_t
make_killed(struct disk *disk, char wal[static DISK_PATH + 16])
{
    start(disk);
    disk_close(disk);
    start(disk);
    for (unsigned i = 0; i < WAL_TURNS; i++)
        disk_turn(disk, "lobby", disk->seq);
    copy_as(disk, "", ".killed");
    copy_as(disk, "-wal", ".killed");
    disk_close(disk);
    (void)snprintf(disk->path, sizeof disk->path, "%s/log.db.killed",
                   disk->folder);
    (void)snprintf(wal, DISK_PATH + 16, "%s-wal", disk->path);
    return disk_size(wal);
}

static void
test_a_wal_that_is_damaged_inside(void **state)
{
    (void)state;
    static const struct {
        int frame; /* from the end when negative; bytes of it are changed */
        size_t at, len;
        bool salvaged;
    } rows[] = {
        {0, 40, 9, true},    {3, 24, DB_PAGE, true},
        {3, 0, 8, true},     /* its page and size */
        {3, 8, 8, true},     /* its salts */
        {3, 16, 8, true},    /* its sums */
        {-3, 100, 4, true},  /* two are lost */
        {-1, 100, 4, false}, /* as a machine that went down leaves it */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct disk *disk = make();
        char wal[DISK_PATH + 16];
        size_t size = make_killed(disk, wal);
        size_t frames = (size - 32) / WAL_FRAME;
        assert_true(frames >= WAL_TURNS);
        size_t frame = rows[i].frame < 0 ? frames - (size_t)-rows[i].frame
                                         : (size_t)rows[i].frame;
        disk_damage(wal, 32 + frame * WAL_FRAME + rows[i].at, rows[i].len, 7);
        start(disk);
        unsigned files = disk_files(disk, "log.db.killed.damaged-", false);
        assert_int_equal(files, rows[i].salvaged);
        disk_free(disk);
    }
}

/* What was lost may have been in any channel, up to now. */
static void
test_a_wal_without_its_head(void **state)
{
    (void)state;
    struct disk *disk = make();
    char wal[DISK_PATH + 16];
    (void)make_killed(disk, wal);
    uint64_t last = disk->seq;
    disk_damage(wal, 8, 4, 1);
    start(disk);
    assert_int_equal(disk_files(disk, "log.db.killed.damaged-", false), 1);
    assert_true(disk_number(disk, "SELECT max(head) FROM channels") > last);
    assert_true(disk_number(disk, "SELECT max(last) FROM pages"
                                  " WHERE count = 0") > last);
    disk_free(disk);
}

static void
test_one_owner(void **state)
{
    (void)state;
    struct disk *disk = make();
    struct db second;
    start(disk);
    assert_int_not_equal(db_ready(&second, disk->path, "FULL", NULL),
                         SQLITE_OK);
    assert_non_null(strstr(second.fault, "is in use by another confabd"));
    disk_free(disk);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_log_says_that_it_is_open),
        cmocka_unit_test(test_after_a_kill_nobody_looks),
        cmocka_unit_test(test_after_the_machine_went_down_the_file_is_checked),
        cmocka_unit_test(test_what_a_broker_found_damaged_is_checked),
        cmocka_unit_test(test_what_a_start_reads_is_always_checked),
        cmocka_unit_test(test_what_is_not_ours_is_refused),
        cmocka_unit_test(test_a_lost_file_is_not_begun_anew),
        cmocka_unit_test(test_a_wal_that_is_damaged_inside),
        cmocka_unit_test(test_a_wal_without_its_head),
        cmocka_unit_test(test_one_owner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
