/* SPDX-License-Identifier: MPL-2.0 */
/* guess: some are free, then the wait doubles up to a bound; who counts with
 * whom; and it is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "broker/guess.h"

static const struct slice ann = {(const uint8_t *)"ann", 3};
static const struct slice bob = {(const uint8_t *)"bob", 3};

static uint64_t
wait_of(struct guesses *g, const char *address, struct slice id, uint64_t now)
{
    return guess_wait(g, slice_str(address), id, now);
}

static void
wrong(struct guesses *g, const char *address, struct slice id, uint64_t now)
{
    guess_wrong(g, slice_str(address), id, now);
}

static void
test_doubling(void **state)
{
    (void)state;
    struct guesses g = {NULL, NULL, 0};
    uint64_t now = 1000;
    for (int i = 0; i < GUESS_FREE; i++) {
        assert_int_equal(wait_of(&g, "10.0.0.1", ann, now), 0);
        wrong(&g, "10.0.0.1", ann, now);
    }
    uint64_t expected = GUESS_WAIT;
    for (int i = 0; i < GUESS_DOUBLED + 3; i++) {
        assert_int_equal(wait_of(&g, "10.0.0.1", ann, now), expected);
        assert_int_equal(wait_of(&g, "10.0.0.1", ann, now + expected - 1), 1);
        now += expected;
        assert_int_equal(wait_of(&g, "10.0.0.1", ann, now), 0);
        wrong(&g, "10.0.0.1", ann, now);
        if (i < GUESS_DOUBLED)
            expected *= 2;
    }
    assert_int_equal(expected, 64000);
    guess_fini(&g);
}

/* An address counts whoever it asks for; this machine for each id. */
static void
test_whose(void **state)
{
    (void)state;
    static const char *const local[] = {"", "127.0.0.1", "127.9.9.9", "::1"};
    struct guesses g = {NULL, NULL, 0};
    for (int i = 0; i < GUESS_FREE; i++)
        wrong(&g, "10.0.0.1", i % 2 ? ann : bob, 1000);
    assert_int_equal(wait_of(&g, "10.0.0.1", bob, 1000), GUESS_WAIT);
    assert_int_equal(wait_of(&g, "10.0.0.2", bob, 1000), 0);
    for (size_t a = 0; a < sizeof local / sizeof *local; a++) {
        for (int i = 0; i < GUESS_FREE; i++)
            wrong(&g, local[a], ann, 1000);
        assert_int_equal(wait_of(&g, local[a], ann, 1000), GUESS_WAIT);
        assert_int_equal(wait_of(&g, local[a], bob, 1000), 0);
    }
    for (int i = 0; i < GUESS_FREE; i++)
        wrong(&g, i % 2 ? "2001:db8::1" : "2001:db8::ffff:1:2:3", ann, 1000);
    assert_int_equal(wait_of(&g, "2001:db8:0:0:4::", bob, 1000), GUESS_WAIT);
    assert_int_equal(wait_of(&g, "2001:db8:0:1::1", bob, 1000), 0);
    /* Whoever has one password cannot so guess those of others. */
    guess_right(&g, slice_str("10.0.0.1"), bob);
    assert_int_equal(wait_of(&g, "10.0.0.1", ann, 1000), GUESS_WAIT);
    guess_right(&g, slice_str("10.0.0.9"), bob);
    guess_right(&g, slice_str("127.0.0.1"), bob);
    assert_int_equal(wait_of(&g, "127.0.0.1", ann, 1000), GUESS_WAIT);
    guess_right(&g, slice_str("127.0.0.1"), ann);
    assert_int_equal(wait_of(&g, "127.0.0.1", ann, 1000), 0);
    guess_fini(&g);
}

/* Who waits long enough begins anew, and not before. */
static void
test_forgotten(void **state)
{
    (void)state;
    struct guesses g = {NULL, NULL, 0};
    for (int i = 0; i < GUESS_FREE + 2; i++)
        wrong(&g, "10.0.0.1", ann, 1000);
    wrong(&g, "10.0.0.2", ann, 2000);
    (void)wait_of(&g, "", ann, 1000 + GUESS_KEPT);
    assert_int_equal(g.count, 2);
    (void)wait_of(&g, "", ann, 1001 + GUESS_KEPT);
    assert_int_equal(g.count, 1);
    wrong(&g, "10.0.0.1", ann, 1001 + GUESS_KEPT);
    assert_int_equal(wait_of(&g, "10.0.0.1", ann, 1001 + GUESS_KEPT), 0);
    guess_fini(&g);
    assert_int_equal(g.count, 0);
}

/* The oldest go; one that goes on guessing is not old. */
static void
test_bounded(void **state)
{
    (void)state;
    struct guesses g = {NULL, NULL, 0};
    char address[64];
    for (int i = 0; i < GUESS_FREE; i++)
        wrong(&g, "10.0.0.1", ann, 1000);
    for (unsigned i = 0; i < 2 * GUESS_MOST; i++) {
        (void)snprintf(address, sizeof address, "2001:db8:0:%x::", i + 1);
        wrong(&g, address, ann, 1000);
        if (i % 1000 == 0)
            wrong(&g, "10.0.0.1", ann, 1000);
        assert_true(g.count <= GUESS_MOST);
    }
    assert_true(wait_of(&g, "10.0.0.1", ann, 1000) > 0);
    guess_fini(&g);
}

/* Addresses are no longer than what can be one; whatever stands there is not
 * written behind the key. */
static void
test_long(void **state)
{
    (void)state;
    struct guesses g = {NULL, NULL, 0};
    uint8_t address[500], id[LIMIT_NAME];
    for (size_t i = 0; i < sizeof address; i++)
        address[i] = 'a';
    for (size_t i = 0; i < sizeof id; i++)
        id[i] = 'i';
    guess_wrong(&g, slice_of(address, sizeof address), slice_of(id, sizeof id),
                5);
    guess_wrong(&g, slice_of(NULL, 0), slice_of(id, sizeof id), 5);
    assert_int_equal(g.count, 2);
    guess_fini(&g);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_doubling),  cmocka_unit_test(test_whose),
        cmocka_unit_test(test_forgotten), cmocka_unit_test(test_bounded),
        cmocka_unit_test(test_long),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
