/* SPDX-License-Identifier: MPL-2.0 */
/* pace: a bucket's edges: empty, full, the exact moment, clocks and costs out
 * of the way. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "broker/pace.h"

static unsigned
take_all(struct pace *pace, uint64_t rate, uint64_t now, uint64_t *wait)
{
    unsigned taken = 0;
    while (taken < 1000000 && pace_take(pace, rate, 1, now, wait))
        taken++;
    return taken;
}

/* What the bucket holds, and when the next token is there: not a millisecond
 * before. */
static void
test_rates(void **state)
{
    (void)state;
    static const struct {
        uint64_t rate;
        unsigned burst;
        uint64_t wait;
    } rows[] = {
        {1, 5, 1000},    {3, 15, 334},     {10, 50, 100},
        {1000, 5000, 1}, {7000, 35000, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct pace pace = {0};
        uint64_t now = 1000000, wait = 0;
        assert_int_equal(take_all(&pace, rows[i].rate, now, &wait),
                         rows[i].burst);
        assert_int_equal(wait, rows[i].wait);
        assert_false(pace_take(&pace, rows[i].rate, 1, now + wait - 1, &wait));
        assert_int_equal(wait, 1);
        assert_true(
            pace_take(&pace, rows[i].rate, 1, now + rows[i].wait, &wait));
    }
}

static void
test_no_bound(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t wait;
    for (int i = 0; i < 1000; i++)
        assert_true(pace_take(&pace, 0, 1000000, 5, &wait));
}

/* A reload has lowered the rate: what was spent before is no debt of minutes.
 */
static void
test_lowered(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t wait = 0;
    assert_int_equal(take_all(&pace, 200, 1000, &wait), 1000);
    assert_false(pace_take(&pace, 1, 1, 1000, &wait));
    assert_int_equal(wait, 1000);
    assert_int_equal(take_all(&pace, 1, 6000, &wait), 5);
    assert_int_equal(take_all(&pace, 200, 6000, &wait), 995);
}

/* One that costs more than the whole bucket is taken from a full one. */
static void
test_dear(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t wait = 0;
    assert_true(pace_take(&pace, 1, 10, 1000, &wait));
    assert_false(pace_take(&pace, 1, 10, 1000, &wait));
    assert_int_equal(wait, 5000);
    assert_false(pace_take(&pace, 1, 10, 5999, &wait));
    assert_true(pace_take(&pace, 1, 10, 6000, &wait));
    assert_false(pace_take(&pace, 1, 1, 6000, &wait));
}

/* It fills up and no further; a refused one has cost nothing. */
static void
test_full(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t wait = 0;
    assert_int_equal(take_all(&pace, 2, 1000, &wait), 10);
    assert_int_equal(take_all(&pace, 2, 1000 + 2000, &wait), 4);
    assert_int_equal(take_all(&pace, 2, 1000000000, &wait), 10);
    assert_int_equal(take_all(&pace, 2, UINT64_MAX / 2, &wait), 10);
    for (int i = 0; i < 100; i++)
        assert_false(pace_take(&pace, 2, 1, UINT64_MAX / 2 + 499, &wait));
    assert_true(pace_take(&pace, 2, 1, UINT64_MAX / 2 + 500, &wait));
}

/* A clock that goes back gives nothing, and what comes after it is no gift. */
static void
test_clock_back(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t wait = 0;
    assert_int_equal(take_all(&pace, 10, 100000, &wait), 50);
    assert_false(pace_take(&pace, 10, 1, 50000, &wait));
    assert_int_equal(wait, 100);
    assert_int_equal(take_all(&pace, 10, 50100, &wait), 1);
}

/* Small times add up: nothing is rounded away. */
static void
test_small_steps(void **state)
{
    (void)state;
    struct pace pace = {0};
    uint64_t wait = 0;
    unsigned taken = 0;
    (void)take_all(&pace, 3, 1000, &wait);
    for (uint64_t now = 1001; now <= 1000 + 10000; now++)
        taken += pace_take(&pace, 3, 1, now, &wait);
    assert_int_equal(taken, 30);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rates),       cmocka_unit_test(test_no_bound),
        cmocka_unit_test(test_lowered),     cmocka_unit_test(test_dear),
        cmocka_unit_test(test_full),        cmocka_unit_test(test_clock_back),
        cmocka_unit_test(test_small_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
