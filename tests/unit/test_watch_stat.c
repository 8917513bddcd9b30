/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The watch of systems where nobody tells: what it sees between two looks.
 */
#include "broker/watch_stat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "scratch.h"

static void
folder(char path[static 1024])
{
    (void)snprintf(path, 1024, "%s", scratch_path(""));
}

static void
replace(void)
{
    struct stat before, after;
    assert_int_equal(stat(scratch_path("users"), &before), 0);
    scratch_write("fresh", "x", 0600);
    assert_int_equal(rename(scratch_path("fresh"), scratch_path("users")), 0);
    assert_int_equal(stat(scratch_path("users"), &after), 0);
    assert_int_equal(before.st_size, after.st_size);
}

static void
test_what_it_sees(void **state)
{
    (void)state;
    struct watch_stat watch;
    char path[1024];
    folder(path);
    assert_true(watch_stat_init(&watch, path, "users"));
    assert_false(watch_stat_changed(&watch));
    scratch_write("users", "x", 0600); /* it comes */
    assert_true(watch_stat_changed(&watch));
    assert_false(watch_stat_changed(&watch));
    scratch_write("other", "x", 0600);
    assert_false(watch_stat_changed(&watch));
    replace(); /* by one that looks the same */
    assert_true(watch_stat_changed(&watch));
    scratch_write("users", "longer", 0600);
    assert_true(watch_stat_changed(&watch));
    assert_int_equal(unlink(scratch_path("users")), 0); /* it goes */
    assert_true(watch_stat_changed(&watch));
    assert_false(watch_stat_changed(&watch));
    watch_stat_fini(&watch);
    watch_stat_fini(&watch);
}

static void
test_a_folder_that_is_none(void **state)
{
    (void)state;
    struct watch_stat watch;
    assert_false(watch_stat_init(&watch, scratch_path("none"), "users"));
    assert_int_equal(errno, ENOENT);
    watch_stat_fini(&watch);
    scratch_write("plain", "x", 0600);
    assert_false(watch_stat_init(&watch, scratch_path("plain"), "users"));
    assert_int_equal(errno, ENOTDIR);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_it_sees),
        cmocka_unit_test(test_a_folder_that_is_none),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
