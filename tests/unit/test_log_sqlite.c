/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The log on disk as its owner sees it: rulings come back as they were, and a
 * message that was redacted is not to be had any more, wherever it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "keeper.h"

static const char secret[] = "the password is swordfish";
/* Around it, so that it lies in pages of the file that hold nothing else. */
enum { LARGE = 12000 };

static void
test_rulings_come_back(void **state)
{
    (void)state;
    struct keeper *k = keeper_new();
    assert_int_equal(keeper_rule(k, RULING_BAN, "id:eve", false), ERR_NONE);
    assert_int_equal(keeper_rule(k, RULING_CLAIM, "ann", false), ERR_NONE);
    log_commit(k->log);
    assert_int_equal(keeper_rule(k, RULING_BAN, "id:eve", true), ERR_NONE);
    assert_int_equal(keeper_rule(k, RULING_KICK, "eve", false), ERR_NONE);
    log_commit(k->log);
    keeper_die(k);
    assert_string_equal(k->told, "in force claim ann;made ban id:eve;"
                                 "made claim ann;lifted ban id:eve;"
                                 "made kick eve;");
    keeper_settle(k);
    keeper_restart(k);
    assert_string_equal(k->told, "in force claim ann;");
    keeper_free(k);
}

static void
test_a_store_that_fails_takes_no_rulings(void **state)
{
    (void)state;
    struct keeper *k = keeper_new();
    assert_int_equal(keeper_rule(k, RULING_CLAIM, "ann", false), ERR_NONE);
    log_commit(k->log);
    keeper_look(k);
    disk_run(k->disk, "ALTER TABLE audit RENAME TO aside");
    assert_int_equal(keeper_rule(k, RULING_CLAIM, "bob", false), ERR_NONE);
    log_commit(k->log);
    assert_int_equal(k->refused, 1);
    assert_int_equal(keeper_rule(k, RULING_CLAIM, "eve", false), ERR_INTERNAL);
    disk_run(k->disk, "ALTER TABLE aside RENAME TO audit");
    keeper_look_away(k);
    keeper_restart(k);
    assert_string_equal(k->told, "in force claim ann;made claim ann;");
    keeper_free(k);
}

static uint64_t
say_secret(struct keeper *k, bool large)
{
    static char text[LARGE + 1];
    memset(text, 'x', LARGE);
    for (size_t at = 0; large && at + sizeof secret < LARGE; at += 100)
        memcpy(text + at, secret, sizeof secret - 1);
    return keeper_say(k, large ? text : secret);
}

/* What it was is in the file no more. */
static void
end_without(struct keeper *k)
{
    keeper_stop(k);
    assert_false(keeper_has(k, "", secret));
    assert_false(keeper_has(k, "-wal", secret));
    assert_true(keeper_has(k, "", "before"));
    keeper_free(k);
}

/* The message is moved to a page, or not, before and after; the broker goes on,
 * stops, or is killed. */
static void
test_a_redacted_message_is_gone(void **state)
{
    (void)state;
    for (unsigned i = 0; i < 24; i++) {
        struct keeper *k = keeper_new();
        (void)keeper_say(k, "before");
        uint64_t seq = say_secret(k, i / 12);
        (void)keeper_say(k, "after");
        if (i & 1)
            keeper_settle(k);
        keeper_redact(k, seq);
        keeper_shows(k, "before;gone;after;");
        if (i & 2)
            keeper_settle(k);
        if (i / 4 % 3 == 1)
            keeper_restart(k);
        if (i / 4 % 3 == 2)
            keeper_die(k);
        keeper_shows(k, "before;gone;after;");
        (void)keeper_say(k, "later");
        keeper_settle(k);
        keeper_shows(k, "before;gone;after;later;");
        end_without(k);
    }
}

/* Many, and more of them while the file is being overwritten. */
static void
test_many_redacted(void **state)
{
    (void)state;
    enum { COUNT = 40 };
    uint64_t seqs[COUNT];
    struct keeper *k = keeper_new();
    (void)keeper_say(k, "before");
    for (unsigned i = 0; i < COUNT; i++)
        seqs[i] = say_secret(k, i % 2);
    keeper_settle(k);
    for (unsigned i = 0; i < COUNT; i++) {
        keeper_redact(k, seqs[i * 7 % COUNT]);
        for (unsigned j = 0; j < i % 5; j++)
            log_commit(k->log);
        if (i == COUNT / 2)
            keeper_die(k);
    }
    end_without(k);
}

/* A broker that is left alone is done with it, too. */
static void
test_scrubbing_ends(void **state)
{
    (void)state;
    static const char due[] = "SELECT sum(value) FROM meta WHERE key = 'scrub'";
    struct keeper *k = keeper_new();
    (void)keeper_say(k, "before");
    uint64_t seq = say_secret(k, true);
    keeper_settle(k);
    keeper_redact(k, seq);
    keeper_look(k);
    assert_int_equal(disk_number(k->disk, due), 1);
    keeper_look_away(k);
    for (int i = 0; i < 100; i++)
        log_commit(k->log);
    keeper_look(k);
    assert_int_equal(disk_number(k->disk, "SELECT count(*) FROM scrub"), 0);
    assert_int_equal(disk_number(k->disk, due), 0);
    keeper_look_away(k);
    end_without(k);
}

/* A step of the pager may ride in the very transaction of the redaction. */
static void
test_redacted_while_it_is_moved(void **state)
{
    (void)state;
    static const char *const want[] = {"gone;after;", "gone;after;x;",
                                       "gone;after;x;x;", "gone;after;x;x;x;"};
    for (unsigned i = 0; i < 8; i++) {
        struct keeper *k = keeper_new();
        uint64_t seq = keeper_say(k, secret);
        (void)keeper_say(k, "after");
        log_sqlite_bounds(k->log, 0, 1); /* from now on each turn has a step */
        for (unsigned j = 0; j < i / 2; j++)
            (void)keeper_say(k, "x");
        keeper_redact(k, seq);
        keeper_settle(k);
        if (i & 1)
            keeper_restart(k);
        keeper_shows(k, want[i / 2]);
        keeper_free(k);
    }
}

static void
test_what_is_not_there_is_no_error(void **state)
{
    (void)state;
    struct keeper *k = keeper_new();
    uint64_t seq = keeper_say(k, "stays");
    keeper_redact(k, seq + 1000);
    keeper_redact(k, 1);
    keeper_settle(k);
    keeper_redact(k, seq - 1);
    assert_int_equal(keeper_rule(k, RULING_REDACT, "nonsense", false),
                     ERR_NONE);
    log_commit(k->log);
    keeper_shows(k, "stays;");
    assert_int_equal(k->refused, 0);
    keeper_free(k);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rulings_come_back),
        cmocka_unit_test(test_a_store_that_fails_takes_no_rulings),
        cmocka_unit_test(test_a_redacted_message_is_gone),
        cmocka_unit_test(test_many_redacted),
        cmocka_unit_test(test_scrubbing_ends),
        cmocka_unit_test(test_redacted_while_it_is_moved),
        cmocka_unit_test(test_what_is_not_there_is_no_error),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
