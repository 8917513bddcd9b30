/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_db_index_lost: the index where a row of the log is damaged, and what is
 * redacted leaves it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "follower.h"

static void
test_a_page_that_is_damaged(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    (void)disk_channel(f->disk, "lobby", 3, EACH);
    disk_run(f->disk, "UPDATE pages SET count = count + 1"
                      " WHERE place = (SELECT max(place) - 1 FROM pages)");
    (void)disk_channel(f->disk, "dev", 1, EACH);
    follow(f);
    assert_int_equal(live(f), 3);
    assert_int_equal(number(f, "SELECT sum(hurt) FROM channels"), 1);
    follower_free(f);
}

/* It is passed over: what is behind it is indexed, and what was indexed of it
 * stays. When it is mended, all is well. */
static void
test_a_channel_that_is_damaged(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    (void)disk_channel(f->disk, "lobby", 3, EACH);
    follow(f);
    (void)disk_channel(f->disk, "dev", 2, EACH);
    disk_run(f->disk, "UPDATE channels SET count = count + 1");
    (void)disk_channel(f->disk, "ops", 1, EACH);
    follow(f);
    assert_int_equal(live(f), 3 + 1);
    assert_true(f->ix.hurt);
    disk_run(f->disk, "UPDATE channels SET count = count - 1"
                      " WHERE name <> 'ops'");
    follow(f);
    assert_int_equal(live(f), 3 + 2 + 1);
    assert_false(f->ix.hurt);
    follower_free(f);
}

/* The index knows whose row it is, as long as the row says the same. */
static void
test_a_damaged_channel_that_is_known(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    (void)disk_channel(f->disk, "lobby", 3, EACH);
    (void)disk_channel(f->disk, "dev", 2, EACH);
    follow(f);
    disk_run(f->disk, "UPDATE channels SET count = count + 1"
                      " WHERE name = 'lobby'");
    follow(f);
    assert_false(f->ix.hurt);
    assert_int_equal(number(f, "SELECT count(*) FROM channels WHERE hurt"), 1);
    assert_int_equal(number(f, "SELECT hurt FROM channels"
                               " WHERE name = CAST('lobby' AS BLOB)"),
                     HURT_ROW);
    disk_run(f->disk, "UPDATE channels SET name = 'lobbz'"
                      " WHERE name = 'lobby'");
    follow(f);
    assert_true(f->ix.hurt);
    disk_run(f->disk, "UPDATE channels SET name = 'lobby', count = count - 1"
                      " WHERE name = 'lobbz'");
    follow(f);
    assert_false(f->ix.hurt);
    assert_int_equal(number(f, "SELECT sum(hurt) FROM channels"), 0);
    assert_int_equal(live(f), 3 + 2);
    follower_free(f);
}

static void
redact(struct follower *f, uint64_t seq)
{
    char subject[32];
    (void)snprintf(subject, sizeof subject, "%llu", (unsigned long long)seq);
    const struct record what = {.kind = RECORD_RULING,
                                .ruling = RULING_REDACT,
                                .name = slice_str("lobby"),
                                .token = slice_str(subject)};
    disk_ruling(f->disk, &what, false);
}

/* Just the volume that had the page, wherever it is. */
static void
test_redactions(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    struct db_channel row = disk_channel(f->disk, "lobby", PAGES, EACH);
    follow(f);
    assert_int_equal(number(f, "SELECT max(number) FROM volumes"), 2);
    redact(f, row.first);
    follow(f);
    assert_int_equal(live(f), PAGES);
    assert_int_equal(docs(f), PAGES);
    assert_int_equal(number(f, "SELECT count(*) FROM volumes WHERE number = 1"),
                     0);
    assert_int_equal(number(f, "SELECT count(*) FROM volumes WHERE number = 2"),
                     1);
    uint64_t last = number(f, "SELECT max(number) FROM volumes");
    redact(f, row.head.seq);
    redact(f, row.first);
    follow(f);
    assert_int_equal(live(f), PAGES);
    assert_int_equal(docs(f), PAGES);
    assert_true(number(f, "SELECT min(number) FROM volumes") >= last);
    uint64_t pages = f->ix.pages;
    redact(f, row.head.seq + 1); /* it is in no page */
    follow(f);
    assert_int_equal(f->ix.pages, pages);
    follower_free(f);
}

/* A search brings a new index up to date before anybody looks after it: what is
 * redacted right behind that is not missed, and what was before is not in it.
 */
static void
test_redacted_behind_the_first_search(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    bool more;
    struct db_channel row = disk_channel(f->disk, "lobby", 1, EACH);
    index_remove(&f->ix);
    redact(f, row.first);
    assert_true(index_open(&f->ix));
    assert_true(index_enter(&f->ix));
    assert_true(index_step(&f->ix, INDEX_STEP, &more));
    index_leave(&f->ix);
    assert_true(batch_write(&f->ix));
    uint64_t first = number(f, "SELECT max(number) FROM volumes");
    redact(f, row.head.seq);
    follow(f);
    assert_int_equal(live(f), 1);
    uint64_t last = number(f, "SELECT min(number) FROM volumes");
    assert_true(last > first);
    follow(f);
    assert_int_equal(number(f, "SELECT max(number) FROM volumes"), last);
    follower_free(f);
}

/* Rulings that nobody can know any more: then it must begin anew. */
static void
test_rulings_that_are_lost(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    struct db_channel row = disk_channel(f->disk, "lobby", PAGES, EACH);
    bool more;
    follow(f);
    redact(f, row.first);
    disk_run(f->disk, "UPDATE audit SET number = number + 1");
    assert_true(index_enter(&f->ix));
    assert_false(index_tidy(&f->ix, &more));
    index_leave(&f->ix);
    assert_non_null(strstr(f->ix.fault, "redacted"));
    assert_false(f->ix.log_failed);
    index_remove(&f->ix);
    assert_true(index_open(&f->ix));
    follow(f);
    assert_int_equal(live(f), PAGES);
    follower_free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_page_that_is_damaged),
        cmocka_unit_test(test_a_channel_that_is_damaged),
        cmocka_unit_test(test_a_damaged_channel_that_is_known),
        cmocka_unit_test(test_redactions),
        cmocka_unit_test(test_redacted_behind_the_first_search),
        cmocka_unit_test(test_rulings_that_are_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
