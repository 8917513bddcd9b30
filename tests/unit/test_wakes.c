/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What wakes the broker: each function runs when its descriptor can be read,
 * and one more when its moment has come, once.
 */
#include "broker/wakes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proto/os.h"

struct door {
    struct os_bell bell;
    struct wakes *wakes;
    int runs;
};

static void
on_bell(void *self)
{
    struct door *door = self;
    assert_true(os_bell_hush(&door->bell));
    door->runs++;
}

static bool
is_awake(const struct wakes *wakes, uint64_t now)
{
    struct pollfd fds[WAKES_MAX];
    unsigned count = wakes_fds(wakes, fds);
    assert_int_equal(count, wakes->count);
    (void)poll(fds, count, 0);
    return wakes_are_up(wakes, fds, now);
}

static void
test_each_runs_when_it_is_rung(void **state)
{
    (void)state;
    struct wakes wakes = {0};
    struct door doors[WAKES_MAX] = {0};
    wakes_run(&wakes, 1);
    for (int i = 0; i < WAKES_MAX; i++) {
        assert_true(os_bell_open(&doors[i].bell));
        wakes_add(&wakes, doors[i].bell.fd, on_bell, &doors[i]);
    }
    assert_false(is_awake(&wakes, UINT64_MAX - 1));
    wakes_run(&wakes, 1);
    for (int i = 1; i < WAKES_MAX; i += 2) {
        os_bell_ring(&doors[i].bell);
        os_bell_ring(&doors[i].bell);
    }
    assert_true(is_awake(&wakes, 0));
    wakes_run(&wakes, 1);
    assert_false(is_awake(&wakes, UINT64_MAX - 1));
    wakes_run(&wakes, 1);
    for (int i = 0; i < WAKES_MAX; i++) {
        assert_int_equal(doors[i].runs, i % 2);
        os_bell_close(&doors[i].bell);
    }
}

static void
on_late(void *self)
{
    struct door *door = self;
    if (++door->runs == 1) {
        wakes_at(door->wakes, 300, on_late, door);
    }
}

static void
test_a_moment_comes_once(void **state)
{
    (void)state;
    struct wakes wakes = {0};
    struct door door = {.wakes = &wakes};
    static const struct {
        uint64_t now;
        bool up;
        int runs;
    } rows[] = {{199, false, 0}, {200, true, 1},  {299, false, 1},
                {301, true, 2},  {302, false, 2}, {UINT64_MAX - 1, false, 2}};
    assert_true(wakes_due(&wakes) == UINT64_MAX);
    wakes_at(&wakes, 100, on_late, &door);
    wakes_at(&wakes, 200, on_late, &door); /* instead */
    assert_int_equal(wakes_due(&wakes), 200);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(is_awake(&wakes, rows[i].now), rows[i].up);
        wakes_run(&wakes, rows[i].now);
        assert_int_equal(door.runs, rows[i].runs);
    }
}

static void
test_moments_of_several(void **state)
{
    (void)state;
    struct wakes wakes = {0};
    struct door doors[WAKES_LATE] = {0};
    for (int i = 0; i < WAKES_LATE; i++) {
        doors[i].runs = 1; /* does not come again */
        wakes_at(&wakes, (uint64_t)(WAKES_LATE - i), on_late, &doors[i]);
    }
    for (uint64_t now = 1; now <= WAKES_LATE; now++) {
        assert_int_equal(wakes_due(&wakes), now);
        wakes_run(&wakes, now);
        for (uint64_t i = 0; i < WAKES_LATE; i++) {
            assert_int_equal(doors[i].runs, WAKES_LATE - i <= now ? 2 : 1);
        }
    }
    assert_true(wakes_due(&wakes) == UINT64_MAX);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_runs_when_it_is_rung),
        cmocka_unit_test(test_a_moment_comes_once),
        cmocka_unit_test(test_moments_of_several),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
