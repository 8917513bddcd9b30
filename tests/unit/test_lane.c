/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The window of a lane against a plain model: a set of all numbers ever taken.
 * What the window answers must be what the set says, for numbers that are no
 * more than 255 below the highest, and `stale` for all others.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/core.h"

enum { NUMBERS = 4096 };

static enum verdict
place(struct lane *lane, uint64_t n, uint64_t *seq, uint64_t *time)
{
    return lane_place(lane, n, seq, time);
}

static void
test_row_by_row(void **state)
{
    (void)state;
    static const struct {
        uint64_t n, seq;
        enum verdict verdict;
        uint64_t first; /* the seq a repeat is answered with, 0: not known */
    } rows[] = {
        {1, 10, VERDICT_NEW, 10},
        {1, 11, VERDICT_REPEAT, 10},
        {2, 12, VERDICT_NEW, 12},
        {4, 13, VERDICT_NEW, 13},
        {3, 14, VERDICT_NEW, 14},
        {3, 15, VERDICT_REPEAT, 14},
        {4, 16, VERDICT_REPEAT, 13},
        {259, 17, VERDICT_NEW, 17},
        {4, 18, VERDICT_REPEAT, 0},
        {3, 19, VERDICT_STALE, 0},
        {5, 20, VERDICT_NEW, 20},
        {5, 21, VERDICT_REPEAT, 0},
        {258, 22, VERDICT_NEW, 22},
        {258, 23, VERDICT_REPEAT, 22},
        {100000, 24, VERDICT_NEW, 24},
        {259, 25, VERDICT_STALE, 0},
        {99745, 26, VERDICT_NEW, 26},
        {99744, 27, VERDICT_STALE, 0},
        {WIRE_INT_MAX, 28, VERDICT_NEW, 28},
        {WIRE_INT_MAX, 29, VERDICT_REPEAT, 28},
    };
    struct lane lane = {.high = 0};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t seq = rows[i].seq;
        uint64_t time = seq * 1000;
        assert_int_equal(place(&lane, rows[i].n, &seq, &time), rows[i].verdict);
        if (rows[i].verdict == VERDICT_STALE)
            continue;
        if (rows[i].verdict == VERDICT_REPEAT && seq == 0)
            continue; /* may have been forgotten, never wrong */
        assert_int_equal(seq, rows[i].first ? rows[i].first : seq);
        assert_int_equal(time, seq * 1000);
    }
    free(lane.marks);
}

/* The same numbers in every run. */
static uint64_t
next_chance(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

/* A sender with up to 255 in flight, numbers out of order and repeated. */
static void
test_against_a_set(void **state)
{
    (void)state;
    static uint64_t first[NUMBERS + 1];
    struct lane lane = {.high = 0};
    uint64_t high = 0;
    uint64_t chance = 7;
    for (uint64_t turn = 1; turn < 200000 && high < NUMBERS; turn++) {
        uint64_t low = high > 255 ? high - 255 : 1;
        uint64_t n = low + next_chance(&chance) % (high - low + 4);
        if (n > NUMBERS)
            break;
        uint64_t seq = turn;
        uint64_t time = turn;
        enum verdict verdict = place(&lane, n, &seq, &time);
        assert_int_equal(verdict, first[n] ? VERDICT_REPEAT : VERDICT_NEW);
        if (first[n] && seq)
            assert_int_equal(seq, first[n]);
        if (!first[n])
            first[n] = turn;
        if (n > high)
            high = n;
        assert_int_equal(lane.high, high);
    }
    assert_true(high > 1000);
    free(lane.marks);
}

/* What a client resends after a break, all 256, is answered with its seq. */
static void
test_whole_window_is_known(void **state)
{
    (void)state;
    struct lane lane = {.high = 0};
    for (uint64_t n = 1; n <= 1000; n++) {
        uint64_t seq = 5000 + n;
        uint64_t time = n;
        assert_int_equal(place(&lane, n, &seq, &time), VERDICT_NEW);
    }
    for (uint64_t n = 1000 - 255; n <= 1000; n++) {
        uint64_t seq = 1;
        uint64_t time = 1;
        assert_int_equal(place(&lane, n, &seq, &time), VERDICT_REPEAT);
        assert_int_equal(seq, 5000 + n);
        assert_int_equal(time, n);
    }
    free(lane.marks);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_row_by_row),
        cmocka_unit_test(test_against_a_set),
        cmocka_unit_test(test_whole_window_is_known),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
