/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_finder: the thread that searches, beside a log that is written.
 *
 * Messages are said in turns of their own while searches wait, are answered and
 * are given up; under ThreadSanitizer this shows what the two threads share.
 * Every message that was committed before it was looked for is found.
 */
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker/db_finder.h"
#include "keeper.h"

enum {
    PATIENCE = 20000,        /* ms */
    SEARCHES_MOST = 1000000, /* that it may take until a word is gone */
};

static struct log_search *
search_for(const char *text)
{
    struct log_search *search = search_new();
    char fault[TERMS_FAULT];
    assert_int_equal(terms_read(&search->terms, slice_str(text), fault),
                     ERR_NONE);
    search->query.bound = UINT64_MAX;
    search->query.limit = 10;
    search->query.bytes = LIMIT_FRAME;
    return search;
}

static struct find *
wait_answer(struct finder *finder)
{
    struct pollfd fd = {.fd = finder_fd(finder), .events = POLLIN};
    struct find *find;
    while (!(find = finder_answer(finder)))
        assert_int_equal(poll(&fd, 1, PATIENCE), 1);
    return find;
}

static struct finder *
finder_of(const struct keeper *k, bool thread)
{
    char fault[DB_FAULT];
    struct finder *finder = finder_new(k->disk->path, thread, fault);
    if (!finder)
        fail_msg("%s", fault);
    return finder;
}

/* The newest one has so many. */
static void
check_one(struct finder *finder, const char *text, unsigned count)
{
    assert_true(finder_ask(finder, search_for(text)));
    struct find *find = wait_answer(finder);
    assert_int_equal(find->found.count, count);
    assert_true(find->found.complete);
    find_free(&find);
}

static void
remove_index(const struct keeper *k)
{
    char path[DISK_PATH + 16];
    (void)snprintf(path, sizeof path, "%s.search", k->disk->path);
    assert_int_equal(unlink(path), 0);
}

static void
test_while_it_is_written(void **state)
{
    (void)state;
    struct keeper *k = keeper_new();
    struct finder *finder = finder_of(k, true);
    for (int i = 0; i < 200; i++) {
        char text[64], word[32];
        (void)snprintf(text, sizeof text, "number n%d of many", i);
        (void)snprintf(word, sizeof word, "n%d", i);
        (void)keeper_say(k, text);
        if (i % 50 == 49)
            keeper_settle(k);
        if (i % 5 == 0)
            check_one(finder, word, 1);
    }
    check_one(finder, "many", 10);
    check_one(finder, "none", 0);
    finder_free(&finder);
    remove_index(k);
    keeper_free(k);
}

/* As many as may, and then it ends with all that waits. */
static void
test_too_many(void **state)
{
    (void)state;
    struct keeper *k = keeper_new();
    (void)keeper_say(k, "hello");
    struct finder *finder = finder_of(k, true);
    for (int i = 0; i < FINDER_WAITING; i++)
        assert_true(finder_ask(finder, search_for("hello")));
    struct log_search *more = search_for("hello");
    assert_false(finder_ask(finder, more));
    search_free(&more);
    struct find *find = wait_answer(finder);
    assert_int_equal(find->found.count, 1);
    find_free(&find);
    assert_true(finder_ask(finder, search_for("hello")));
    finder_free(&finder);
    remove_index(k);
    keeper_free(k);
}

/* The file of the index, or what SQLite has beside it. */
static bool
index_has(const struct keeper *k, const char *text)
{
    return keeper_has(k, ".search", text) || keeper_has(k, ".search-wal", text);
}

/* Somebody always waits for an answer, and still it leaves the index. */
static void
test_redacted_among_searches(void **state)
{
    (void)state;
    struct keeper *k = keeper_new();
    const uint64_t seq = keeper_say(k, "zzsecret");
    keeper_settle(k);
    struct finder *finder = finder_of(k, true);
    check_one(finder, "zzsecret", 1);
    assert_true(index_has(k, "zzsecret"));
    for (int i = 1; i < FINDER_WAITING; i++)
        assert_true(finder_ask(finder, search_for("zzsecret")));
    keeper_redact(k, seq);
    for (int i = 1; i % 1000 || index_has(k, "zzsecret"); i++) {
        struct find *find = wait_answer(finder);
        find_free(&find);
        assert_true(finder_ask(finder, search_for("zzsecret")));
        assert_true(i < SEARCHES_MOST);
    }
    finder_free(&finder);
    remove_index(k);
    keeper_free(k);
}

/* It says so once, and what is in no page is found all the same. */
static void
test_without_an_index(void **state)
{
    (void)state;
    char path[DISK_PATH + 16], fault[DB_FAULT];
    struct keeper *k = keeper_new();
    (void)snprintf(path, sizeof path, "%s.search", k->disk->path);
    assert_int_equal(mkdir(path, 0700), 0);
    (void)keeper_say(k, "hello");
    struct finder *finder = finder_of(k, false);
    assert_true(finder_ask(finder, search_for("hello")));
    struct find *find = finder_answer(finder);
    assert_non_null(find);
    assert_int_equal(find->found.count, 1);
    assert_true(finder_failed(finder, fault) && strstr(fault, path));
    assert_false(finder_failed(finder, fault));
    find_free(&find);
    finder_free(&finder);
    assert_int_equal(rmdir(path), 0);
    keeper_free(k);
}

static bool
is_complete(struct finder *finder, enum search_where where, const char *room)
{
    struct log_search *search = search_for("hello");
    search->where = where;
    search->room_len = (uint8_t)strlen(room);
    memcpy(search->room, room, search->room_len);
    assert_true(finder_ask(finder, search));
    struct find *find = finder_answer(finder);
    assert_non_null(find);
    bool complete = find->found.complete;
    find_free(&find);
    return complete;
}

/* Only who looks into that channel is told that something may be missing, as
 * long as its row says which one it is. */
static void
test_a_damaged_channel(void **state)
{
    (void)state;
    static const struct {
        const char *damage;
        bool all, lobby, dev, talk;
    } rows[] = {
        {"SET count = count + 1", false, false, true, true},
        {"SET name = 'lobbz'", false, false, false, false},
        {"SET name = 'lobby'", false, false, true, true},
        {"SET count = count - 1", true, true, true, true},
    };
    struct keeper *k = keeper_new();
    (void)keeper_say(k, "hello");
    keeper_settle(k);
    struct finder *finder = finder_of(k, false);
    check_one(finder, "hello", 1);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char sql[64];
        (void)snprintf(sql, sizeof sql, "UPDATE channels %s", rows[i].damage);
        keeper_look(k);
        disk_run(k->disk, sql);
        keeper_look_away(k);
        assert_int_equal(is_complete(finder, SEARCH_ALL, ""), rows[i].all);
        assert_int_equal(is_complete(finder, SEARCH_ROOM, "lobby"),
                         rows[i].lobby);
        assert_int_equal(is_complete(finder, SEARCH_ROOM, "dev"), rows[i].dev);
        assert_int_equal(is_complete(finder, SEARCH_TALK, "bob"), rows[i].talk);
    }
    check_one(finder, "hello", 1);
    finder_free(&finder);
    remove_index(k);
    keeper_free(k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_while_it_is_written),
        cmocka_unit_test(test_too_many),
        cmocka_unit_test(test_redacted_among_searches),
        cmocka_unit_test(test_without_an_index),
        cmocka_unit_test(test_a_damaged_channel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
