/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The watch over a file: what counts as a change of it, and what does not.
 */
#include "broker/watch.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "proto/os.h"
#include "scratch.h"

/* Where nobody tells, the watch has to be asked. */
static bool
is_told(const struct watch *watch)
{
    return watch_fd(watch) >= 0;
}

static bool
readable(const struct watch *watch)
{
    struct pollfd fd = {.fd = watch_fd(watch), .events = POLLIN};
    return poll(&fd, 1, 0) == 1; /* events are there at once */
}

static void
write_it(const char *name)
{
    scratch_write(name, "x", 0600);
}

static void
replace(const char *name)
{
    scratch_write("fresh", "y", 0600);
    assert_int_equal(rename(scratch_path("fresh"), scratch_path(name)), 0);
}

static void
change_mode(const char *name)
{
    assert_int_equal(chmod(scratch_path(name), 0640), 0);
}

static void
move_away(const char *name)
{
    assert_int_equal(rename(scratch_path(name), scratch_path("away")), 0);
}

static void
remove_it(const char *name)
{
    write_it(name);
    assert_int_equal(unlink(scratch_path(name)), 0);
}

static void
test_changes(void **state)
{
    (void)state;
    static void (*const acts[])(const char *name) = {
        write_it, replace, change_mode, move_away, remove_it,
    };
    static const struct {
        const char *name;
        bool ours;
    } rows[] = {{"users", true},  {"users.new", false}, {"user", false},
                {"Users", false}, {"xusers", false},    {".users", false}};
    struct watch *watch = watch_new(scratch_path("users"));
    assert_non_null(watch);
    assert_int_equal(is_told(watch), OS_LINUX);
    assert_false(readable(watch));
    assert_false(watch_changed(watch));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (size_t act = 0; act < sizeof acts / sizeof *acts; act++) {
            acts[act](rows[i].name);
            assert_int_equal(readable(watch), is_told(watch));
            /* What came and went between two looks was not there. */
            bool seen = is_told(watch) || acts[act] != remove_it;
            if (watch_changed(watch) != (rows[i].ours && seen)) {
                fail_msg("%s, act %zu", rows[i].name, act);
            }
            assert_false(readable(watch));
            assert_false(watch_changed(watch));
        }
    }
    watch_free(&watch);
    assert_null(watch);
    watch_free(&watch);
}

/* A file that is being written is not read before it is closed. */
static void
test_not_before_it_is_whole(void **state)
{
    (void)state;
    struct watch *watch = watch_new(scratch_path("slow"));
    assert_non_null(watch);
    FILE *file = fopen(scratch_path("slow"), "w");
    assert_non_null(file);
    assert_true(fputs("half", file) >= 0 && fflush(file) == 0);
    assert_int_equal(watch_changed(watch), !is_told(watch));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(watch_changed(watch), is_told(watch));
    watch_free(&watch);
}

static void
test_many_events(void **state)
{
    (void)state;
    enum { MANY = 200 };
    struct watch *watch = watch_new(scratch_path("users"));
    assert_non_null(watch);
    for (int i = 0; i < MANY; i++) {
        write_it("other");
        if (i == MANY / 2) {
            write_it("users");
        }
    }
    assert_true(watch_changed(watch));
    assert_false(readable(watch));
    watch_free(&watch);
}

static void
test_folders(void **state)
{
    (void)state;
    char before[1024], large[5000];
    assert_null(watch_new(scratch_path("none/users")));
    assert_int_equal(errno, ENOENT);
    write_it("plain");
    assert_null(watch_new(scratch_path("plain/users")));
    assert_int_equal(errno, ENOTDIR);
    memset(large, 'a', sizeof large - 1);
    large[sizeof large - 1] = 0;
    assert_null(watch_new(large));
    assert_int_equal(errno, ENAMETOOLONG);
    /* A path without a folder, and a folder that goes. */
    assert_non_null(getcwd(before, sizeof before));
    assert_int_equal(mkdir(scratch_path("goes"), 0700), 0);
    assert_int_equal(chdir(scratch_path("goes")), 0);
    struct watch *watch = watch_new("users");
    assert_int_equal(chdir(before), 0);
    assert_non_null(watch);
    write_it("goes/users");
    assert_true(watch_changed(watch));
    assert_int_equal(unlink(scratch_path("goes/users")), 0);
    assert_true(watch_changed(watch));
    assert_int_equal(rmdir(scratch_path("goes")), 0);
    assert_int_equal(watch_changed(watch), is_told(watch));
    watch_free(&watch);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_changes),
        cmocka_unit_test(test_not_before_it_is_whole),
        cmocka_unit_test(test_many_events),
        cmocka_unit_test(test_folders),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
