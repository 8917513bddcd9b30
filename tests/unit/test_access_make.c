/* SPDX-License-Identifier: MPL-2.0 */
/*
 * From the configuration to what the hub asks: whose role is which, whom the
 * rates bound, and that what is wrong makes nothing at all.
 */
#include "broker/access_make.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "scratch.h"

static struct config config;
static struct config_error error;

static void
set(const char *key, const char *value)
{
    const struct config_row *row = config_find(key);
    if (!(row ? config_set(&config, row, value, &error)
              : config_add(&config, key, value, &error))) {
        fail_msg("%s: %s", key, error.text);
    }
}

static struct access *
make(void)
{
    struct access *access = access_make(&config, &error);
    if (!access) {
        fail_msg("%s", error.text);
    }
    return access;
}

static void
test_roles_are_those_of_the_file(void **state)
{
    (void)state;
    static const struct {
        const char *access, *id;
        enum role role;
    } rows[] = {
        {"keys", "ann", ROLE_ADMIN},   {"keys", "bob", ROLE_MODERATOR},
        {"keys", "cleo", ROLE_MEMBER}, {"keys", "dan", ROLE_MEMBER},
        {"claim", "ann", ROLE_ADMIN},  {"claim", "dan", ROLE_MEMBER},
        {"open", "ann", ROLE_MEMBER},  {"open", "dan", ROLE_MEMBER},
    };
    scratch_write("users", "ann role=admin\nbob role=moderator\ncleo\n", 0600);
    config_defaults(&config);
    set("users", scratch_path("users"));
    set("closed/a", "staff-*");
    set("rules/a", "allow moderator say news");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set("access", rows[i].access);
        struct access *access = make();
        struct slice id = slice_str(rows[i].id);
        enum role role = access_role(access, id);
        assert_int_equal(role, rows[i].role);
        assert_int_equal(
            access_may(access, role, id, ACT_SAY, slice_str("news")),
            role >= ROLE_MODERATOR);
        assert_true(access_is_closed(access, slice_str("staff-a")));
        assert_int_equal(access->users.count,
                         access->mode == ACCESS_OPEN ? 0 : 3);
        access_free(&access);
        assert_null(access);
        access_free(&access);
    }
}

/* Where there are no users, the file need not be right. */
static void
test_a_wrong_file_of_users(void **state)
{
    (void)state;
    scratch_write("wrong", "ann\nann\n", 0600);
    config_defaults(&config);
    set("users", scratch_path("wrong"));
    struct access *access = make();
    access_free(&access);
    set("access", "claim");
    assert_null(access_make(&config, &error));
    assert_non_null(strstr(error.text, "wrong:2:"));
    set("users", scratch_path("none"));
    access = make();
    assert_int_equal(access->users.count, 0);
    access_free(&access);
}

static void
test_rates_are_for_who_may_be_a_stranger(void **state)
{
    (void)state;
    static const struct {
        const char *access, *bind, *pub;
        bool bounded;
    } rows[] = {
        {"open", "tcp://127.0.0.1:1", "ipc:///run/c", false},
        {"open", "tcp://*:1", "ipc:///run/c", true},
        {"open", "tcp://127.0.0.1:1", "tcp://*:2", true},
        {"claim", "tcp://127.0.0.1:1", "ipc:///run/c", true},
        {"keys", "tcp://127.0.0.1:1", "ipc:///run/c", true},
    };
    config_defaults(&config);
    set("users", scratch_path("none"));
    set("rates/ask", "7");
    set("rates/change", "0");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        set("access", rows[i].access);
        set("bind", rows[i].bind);
        set("pub", rows[i].pub);
        struct access *access = make();
        assert_int_equal(access->rates[PACE_FREE], 0);
        assert_int_equal(access->rates[PACE_SAY], rows[i].bounded ? 2000 : 0);
        assert_int_equal(access->rates[PACE_ASK], rows[i].bounded ? 7 : 0);
        assert_int_equal(access->rates[PACE_CHANGE], 0);
        access_free(&access);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_roles_are_those_of_the_file),
        cmocka_unit_test(test_a_wrong_file_of_users),
        cmocka_unit_test(test_rates_are_for_who_may_be_a_stranger),
    };
    return cmocka_run_group_tests(tests, scratch_make, scratch_remove);
}
