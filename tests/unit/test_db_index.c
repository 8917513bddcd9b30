/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_db_index: the index follows the log, whatever happens to that.
 *
 * Channels are put into a log row by row (disk.h), and changed; after each
 * change the index is brought up to date and must have just the pages that are
 * there, in volumes without more that is in vain than they may have.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/db_index.h"
#include "broker/db_retain.h"
#include "broker/db_ruling.h"
#include "broker/db_state.h"
#include "disk.h"

enum { PAGES = 6, EACH = 5, MOST = 4 };

struct world {
    struct disk *disk;
    struct db_index ix;
    atomic_bool stop;
};

static struct world *
world_new(void)
{
    struct world *w = calloc(1, sizeof *w);
    assert_non_null(w);
    w->disk = disk_new();
    disk_open(w->disk);
    assert_true(db_store_begin(&w->disk->db));
    assert_true(index_init(&w->ix, w->disk->path, &w->stop));
    w->ix.most = MOST;
    w->ix.every = 0;
    assert_true(index_open(&w->ix));
    return w;
}

static void
world_free(struct world *w)
{
    char path[DISK_PATH + 16];
    index_fini(&w->ix);
    (void)snprintf(path, sizeof path, "%s.search", w->disk->path);
    assert_int_equal(unlink(path), 0);
    disk_close(w->disk);
    disk_free(w->disk);
    free(w);
}

/* In steps so small that each is broken off somewhere. */
static void
follow(struct world *w)
{
    bool more = true;
    int steps = 0;
    while (more) {
        bool tidies, walks = false;
        assert_true(index_enter(&w->ix));
        assert_true(index_tidy(&w->ix, &tidies));
        assert_true(!index_is_behind(&w->ix) || index_step(&w->ix, 1, &walks));
        index_leave(&w->ix);
        assert_true(batch_write(&w->ix));
        more = tidies || walks;
        assert_true(++steps < 1000);
    }
    assert_true(index_enter(&w->ix));
    assert_false(index_is_behind(&w->ix));
    index_leave(&w->ix);
}

static uint64_t
number(struct world *w, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    assert_int_equal(sqlite3_prepare_v2(w->ix.sql, sql, -1, &statement, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_step(statement), SQLITE_ROW);
    uint64_t value = (uint64_t)sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return value;
}

static uint64_t
live(struct world *w)
{
    return number(w, "SELECT coalesce(sum(live), 0) FROM docs");
}

static uint64_t
docs(struct world *w)
{
    return number(w, "SELECT count(*) FROM docs");
}

static void
test_pages_once(void **state)
{
    (void)state;
    struct world *w = world_new();
    follow(w);
    assert_int_equal(docs(w), 0);
    (void)disk_channel(w->disk, "lobby", PAGES, EACH);
    (void)disk_channel(w->disk, "dev", 1, EACH);
    follow(w);
    assert_int_equal(live(w), PAGES + 1);
    assert_int_equal(number(w, "SELECT count(*) FROM channels"), 2);
    assert_int_equal(number(w, "SELECT count(*) FROM volumes"), 2);
    uint64_t pages = w->ix.pages;
    (void)disk_channel(w->disk, "new", 1, EACH);
    follow(w);
    assert_int_equal(w->ix.pages, pages + 1);
    assert_int_equal(docs(w), live(w));
    world_free(w);
}

/* A mailbox has nothing that its conversations have not. */
static void
test_no_mailboxes(void **state)
{
    (void)state;
    struct world *w = world_new();
    (void)disk_channel(w->disk, "@bob", PAGES, EACH);
    follow(w);
    assert_int_equal(number(w, "SELECT count(*) FROM channels WHERE kind = 1"),
                     0);
    world_free(w);
}

static void
retain(struct world *w, struct db_channel *row, uint64_t count)
{
    struct retention_rule rule = {.count = count};
    struct retain how = {.rule = &rule, .floor = UINT64_MAX};
    assert_true(db_retain(&w->disk->db, row, &how));
    assert_true(db_channel_put(&w->disk->db, row));
}

static void
test_what_retention_drops(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct db_channel row = disk_channel(w->disk, "lobby", PAGES, EACH);
    follow(w);
    retain(w, &row, 5 * EACH);
    follow(w);
    assert_int_equal(live(w), PAGES - 1);
    assert_int_equal(docs(w), PAGES); /* its words may stay for a while */
    w->ix.purge = 0;
    follow(w);
    assert_int_equal(live(w), PAGES - 1);
    assert_int_equal(docs(w), PAGES - 1);
    world_free(w);
}

/* Two of a volume's four pages are gone: the other two move. */
static void
test_waste(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct db_channel row = disk_channel(w->disk, "lobby", PAGES, EACH);
    follow(w);
    retain(w, &row, 4 * EACH);
    follow(w);
    follow(w); /* it looks for waste before it looks at the log */
    assert_int_equal(live(w), 4);
    assert_int_equal(docs(w), 4);
    assert_int_equal(number(w, "SELECT count(*) FROM volumes"), 1);
    world_free(w);
}

static void
test_a_channel_that_went(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct db_channel one = disk_channel(w->disk, "lobby", 2, EACH);
    struct db_channel two = disk_channel(w->disk, "dev", 2, EACH);
    follow(w);
    assert_true(db_channel_drop(&w->disk->db, two.id));
    follow(w);
    assert_int_equal(live(w), 2);
    assert_int_equal(number(w, "SELECT count(*) FROM channels"), 1);
    /* Its id is another one's now. */
    struct db_channel three = disk_channel(w->disk, "ops", 1, EACH);
    assert_true(three.id == two.id && one.id != two.id);
    follow(w);
    assert_int_equal(live(w), 3);
    assert_int_equal(number(w, "SELECT count(*) FROM channels"), 2);
    world_free(w);
}

static void
test_an_id_that_is_anothers(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct db_channel one = disk_channel(w->disk, "lobby", 3, EACH);
    follow(w);
    assert_true(db_channel_drop(&w->disk->db, one.id));
    struct db_channel two = disk_channel(w->disk, "dev", 1, EACH);
    assert_true(one.id == two.id);
    follow(w);
    assert_int_equal(live(w), 1);
    world_free(w);
}

/* An older copy of the log was put in its place. */
static void
test_a_channel_that_went_back(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct db_channel row = disk_channel(w->disk, "lobby", PAGES, EACH);
    follow(w);
    struct db_page page;
    assert_true(db_page_get(&w->disk->db, &row, row.next_page - 2, &page));
    row.head = page.last;
    assert_true(db_page_drop(&w->disk->db, &row, --row.next_page));
    assert_true(db_channel_put(&w->disk->db, &row));
    follow(w);
    assert_int_equal(live(w), PAGES - 1);
    assert_int_equal(number(w, "SELECT count(DISTINCT place) FROM docs"
                               " WHERE live"),
                     PAGES - 1);
    world_free(w);
}

static void
test_a_page_that_is_damaged(void **state)
{
    (void)state;
    struct world *w = world_new();
    (void)disk_channel(w->disk, "lobby", 3, EACH);
    disk_run(w->disk, "UPDATE pages SET count = count + 1"
                      " WHERE place = (SELECT max(place) - 1 FROM pages)");
    (void)disk_channel(w->disk, "dev", 1, EACH);
    follow(w);
    assert_int_equal(live(w), 3);
    assert_int_equal(number(w, "SELECT sum(hurt) FROM channels"), 1);
    world_free(w);
}

/* It is passed over: what is behind it is indexed, and what was indexed of it
 * stays. When it is mended, all is well. */
static void
test_a_channel_that_is_damaged(void **state)
{
    (void)state;
    struct world *w = world_new();
    (void)disk_channel(w->disk, "lobby", 3, EACH);
    follow(w);
    (void)disk_channel(w->disk, "dev", 2, EACH);
    disk_run(w->disk, "UPDATE channels SET count = count + 1");
    (void)disk_channel(w->disk, "ops", 1, EACH);
    follow(w);
    assert_int_equal(live(w), 3 + 1);
    assert_true(w->ix.hurt);
    disk_run(w->disk, "UPDATE channels SET count = count - 1"
                      " WHERE name <> 'ops'");
    follow(w);
    assert_int_equal(live(w), 3 + 2 + 1);
    assert_false(w->ix.hurt);
    world_free(w);
}

/* The index knows whose row it is, as long as the row says the same. */
static void
test_a_damaged_channel_that_is_known(void **state)
{
    (void)state;
    struct world *w = world_new();
    (void)disk_channel(w->disk, "lobby", 3, EACH);
    (void)disk_channel(w->disk, "dev", 2, EACH);
    follow(w);
    disk_run(w->disk, "UPDATE channels SET count = count + 1"
                      " WHERE name = 'lobby'");
    follow(w);
    assert_false(w->ix.hurt);
    assert_int_equal(number(w, "SELECT count(*) FROM channels WHERE hurt"), 1);
    assert_int_equal(number(w, "SELECT hurt FROM channels"
                               " WHERE name = CAST('lobby' AS BLOB)"),
                     HURT_ROW);
    disk_run(w->disk, "UPDATE channels SET name = 'lobbz'"
                      " WHERE name = 'lobby'");
    follow(w);
    assert_true(w->ix.hurt);
    disk_run(w->disk, "UPDATE channels SET name = 'lobby', count = count - 1"
                      " WHERE name = 'lobbz'");
    follow(w);
    assert_false(w->ix.hurt);
    assert_int_equal(number(w, "SELECT sum(hurt) FROM channels"), 0);
    assert_int_equal(live(w), 3 + 2);
    world_free(w);
}

static void
redact(struct world *w, uint64_t seq)
{
    char subject[32];
    (void)snprintf(subject, sizeof subject, "%llu", (unsigned long long)seq);
    const struct record what = {.kind = RECORD_RULING,
                                .ruling = RULING_REDACT,
                                .name = slice_str("lobby"),
                                .token = slice_str(subject)};
    disk_ruling(w->disk, &what, false);
}

/* Just the volume that had the page, wherever it is. */
static void
test_redactions(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct db_channel row = disk_channel(w->disk, "lobby", PAGES, EACH);
    follow(w);
    assert_int_equal(number(w, "SELECT max(number) FROM volumes"), 2);
    redact(w, row.first);
    follow(w);
    assert_int_equal(live(w), PAGES);
    assert_int_equal(docs(w), PAGES);
    assert_int_equal(number(w, "SELECT count(*) FROM volumes WHERE number = 1"),
                     0);
    assert_int_equal(number(w, "SELECT count(*) FROM volumes WHERE number = 2"),
                     1);
    uint64_t last = number(w, "SELECT max(number) FROM volumes");
    redact(w, row.head.seq);
    redact(w, row.first);
    follow(w);
    assert_int_equal(live(w), PAGES);
    assert_int_equal(docs(w), PAGES);
    assert_true(number(w, "SELECT min(number) FROM volumes") >= last);
    uint64_t pages = w->ix.pages;
    redact(w, row.head.seq + 1); /* it is in no page */
    follow(w);
    assert_int_equal(w->ix.pages, pages);
    world_free(w);
}

/* A search brings a new index up to date before anybody looks after it: what is
 * redacted right behind that is not missed, and what was before is not in it.
 */
static void
test_redacted_behind_the_first_search(void **state)
{
    (void)state;
    struct world *w = world_new();
    bool more;
    struct db_channel row = disk_channel(w->disk, "lobby", 1, EACH);
    index_remove(&w->ix);
    redact(w, row.first);
    assert_true(index_open(&w->ix));
    assert_true(index_enter(&w->ix));
    assert_true(index_step(&w->ix, INDEX_STEP, &more));
    index_leave(&w->ix);
    assert_true(batch_write(&w->ix));
    uint64_t first = number(w, "SELECT max(number) FROM volumes");
    redact(w, row.head.seq);
    follow(w);
    assert_int_equal(live(w), 1);
    uint64_t last = number(w, "SELECT min(number) FROM volumes");
    assert_true(last > first);
    follow(w);
    assert_int_equal(number(w, "SELECT max(number) FROM volumes"), last);
    world_free(w);
}

/* Rulings that nobody can know any more: then it must begin anew. */
static void
test_rulings_that_are_lost(void **state)
{
    (void)state;
    struct world *w = world_new();
    struct db_channel row = disk_channel(w->disk, "lobby", PAGES, EACH);
    bool more;
    follow(w);
    redact(w, row.first);
    disk_run(w->disk, "UPDATE audit SET number = number + 1");
    assert_true(index_enter(&w->ix));
    assert_false(index_tidy(&w->ix, &more));
    index_leave(&w->ix);
    assert_non_null(strstr(w->ix.fault, "redacted"));
    assert_false(w->ix.log_failed);
    index_remove(&w->ix);
    assert_true(index_open(&w->ix));
    follow(w);
    assert_int_equal(live(w), PAGES);
    world_free(w);
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
        cmocka_unit_test(test_a_page_that_is_damaged),
        cmocka_unit_test(test_a_channel_that_is_damaged),
        cmocka_unit_test(test_a_damaged_channel_that_is_known),
        cmocka_unit_test(test_redactions),
        cmocka_unit_test(test_redacted_behind_the_first_search),
        cmocka_unit_test(test_rulings_that_are_lost),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
