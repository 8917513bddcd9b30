/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What wakes the broker: each function runs when its descriptor can be read,
 * and one descriptor tells of all.
 */
#include "broker/wakes.h"

#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cmocka.h>

struct bell {
    int fd, runs;
};

static void
on_bell(void *self)
{
    struct bell *bell = self;
    eventfd_t count;
    assert_int_equal(eventfd_read(bell->fd, &count), 0);
    bell->runs++;
}

static bool
is_awake(const struct wakes *wakes)
{
    struct pollfd wake = {wakes->fd, POLLIN, 0};
    return poll(&wake, 1, 0) == 1;
}

static void
test_each_runs_when_it_is_rung(void **state)
{
    (void)state;
    struct wakes wakes;
    struct bell bells[WAKES_MAX] = {0};
    assert_true(wakes_init(&wakes));
    wakes_run(&wakes);
    for (int i = 0; i < WAKES_MAX; i++) {
        bells[i].fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
        assert_true(wakes_add(&wakes, bells[i].fd, on_bell, &bells[i]));
    }
    assert_false(is_awake(&wakes));
    wakes_run(&wakes);
    for (int i = 1; i < WAKES_MAX; i += 2) {
        assert_int_equal(eventfd_write(bells[i].fd, 1), 0);
    }
    assert_true(is_awake(&wakes));
    wakes_run(&wakes);
    assert_false(is_awake(&wakes));
    wakes_run(&wakes);
    for (int i = 0; i < WAKES_MAX; i++) {
        assert_int_equal(bells[i].runs, i % 2);
        assert_int_equal(close(bells[i].fd), 0);
    }
    wakes_fini(&wakes);
    assert_int_equal(wakes.fd, -1);
}

static void
test_what_cannot_be_watched(void **state)
{
    (void)state;
    struct wakes wakes;
    assert_true(wakes_init(&wakes));
    assert_false(wakes_add(&wakes, -1, on_bell, NULL));
    assert_int_equal(wakes.count, 0);
    wakes_fini(&wakes);
    wakes_fini(&wakes);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_runs_when_it_is_rung),
        cmocka_unit_test(test_what_cannot_be_watched),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
