/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_db_index: the index follows the log, whatever comes, goes and is
 * forgotten there. What is damaged and what is redacted: test_db_index_lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/db_retain.h"
#include "follower.h"

static void
test_pages_once(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    follow(f);
    assert_int_equal(docs(f), 0);
    (void)disk_channel(f->disk, "lobby", PAGES, EACH);
    (void)disk_channel(f->disk, "dev", 1, EACH);
    follow(f);
    assert_int_equal(live(f), PAGES + 1);
    assert_int_equal(number(f, "SELECT count(*) FROM channels"), 2);
    assert_int_equal(number(f, "SELECT count(*) FROM volumes"), 2);
    uint64_t pages = f->ix.pages;
    (void)disk_channel(f->disk, "new", 1, EACH);
    follow(f);
    assert_int_equal(f->ix.pages, pages + 1);
    assert_int_equal(docs(f), live(f));
    follower_free(f);
}

/* A mailbox has nothing that its conversations have not. */
static void
test_no_mailboxes(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    (void)disk_channel(f->disk, "@bob", PAGES, EACH);
    follow(f);
    assert_int_equal(number(f, "SELECT count(*) FROM channels WHERE kind = 1"),
                     0);
    follower_free(f);
}

static void
retain(struct follower *f, struct db_channel *row, uint64_t count)
{
    struct retention_rule rule = {.count = count};
    struct retain how = {.rule = &rule, .floor = UINT64_MAX};
    assert_true(db_retain(&f->disk->db, row, &how));
    assert_true(db_channel_put(&f->disk->db, row));
}

static void
test_what_retention_drops(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    struct db_channel row = disk_channel(f->disk, "lobby", PAGES, EACH);
    follow(f);
    retain(f, &row, 5 * EACH);
    follow(f);
    assert_int_equal(live(f), PAGES - 1);
    assert_int_equal(docs(f), PAGES); /* its words may stay for a while */
    f->ix.purge = 0;
    follow(f);
    assert_int_equal(live(f), PAGES - 1);
    assert_int_equal(docs(f), PAGES - 1);
    follower_free(f);
}

/* Two of a volume's four pages are gone: the other two move. */
static void
test_waste(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    struct db_channel row = disk_channel(f->disk, "lobby", PAGES, EACH);
    follow(f);
    retain(f, &row, 4 * EACH);
    follow(f);
    follow(f); /* it looks for waste before it looks at the log */
    assert_int_equal(live(f), 4);
    assert_int_equal(docs(f), 4);
    assert_int_equal(number(f, "SELECT count(*) FROM volumes"), 1);
    follower_free(f);
}

static void
test_a_channel_that_went(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    struct db_channel one = disk_channel(f->disk, "lobby", 2, EACH);
    struct db_channel two = disk_channel(f->disk, "dev", 2, EACH);
    follow(f);
    assert_true(db_channel_drop(&f->disk->db, two.id));
    follow(f);
    assert_int_equal(live(f), 2);
    assert_int_equal(number(f, "SELECT count(*) FROM channels"), 1);
    /* Its id is another one's now. */
    struct db_channel three = disk_channel(f->disk, "ops", 1, EACH);
    assert_true(three.id == two.id && one.id != two.id);
    follow(f);
    assert_int_equal(live(f), 3);
    assert_int_equal(number(f, "SELECT count(*) FROM channels"), 2);
    follower_free(f);
}

static void
test_an_id_that_is_anothers(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    struct db_channel one = disk_channel(f->disk, "lobby", 3, EACH);
    follow(f);
    assert_true(db_channel_drop(&f->disk->db, one.id));
    struct db_channel two = disk_channel(f->disk, "dev", 1, EACH);
    assert_true(one.id == two.id);
    follow(f);
    assert_int_equal(live(f), 1);
    follower_free(f);
}

/* An older copy of the log was put in its place. */
static void
test_a_channel_that_went_back(void **state)
{
    (void)state;
    struct follower *f = follower_new();
    struct db_channel row = disk_channel(f->disk, "lobby", PAGES, EACH);
    follow(f);
    struct db_page page;
    assert_true(db_page_get(&f->disk->db, &row, row.next_page - 2, &page));
    row.head = page.last;
    assert_true(db_page_drop(&f->disk->db, &row, --row.next_page));
    assert_true(db_channel_put(&f->disk->db, &row));
    follow(f);
    assert_int_equal(live(f), PAGES - 1);
    assert_int_equal(number(f, "SELECT count(DISTINCT place) FROM docs"
                               " WHERE live"),
                     PAGES - 1);
    follower_free(f);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages_once),
        cmocka_unit_test(test_no_mailboxes),
        cmocka_unit_test(test_what_retention_drops),
        cmocka_unit_test(test_waste),
        cmocka_unit_test(test_a_channel_that_went),
        cmocka_unit_test(test_an_id_that_is_anothers),
        cmocka_unit_test(test_a_channel_that_went_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
