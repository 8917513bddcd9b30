/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where key and users lie: named, beside a database that is, in the usual
 * place, or nowhere.
 */
#include "broker/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct config config;
static struct config_error error;

static void
set(const char *key, const char *value)
{
    if (value && !config_set(&config, config_find(key), value, &error)) {
        fail_msg("%s: %s", key, error.text);
    }
}

static void
put(const char *name, const char *value)
{
    if (value) {
        assert_int_equal(setenv(name, value, 1), 0);
    } else {
        assert_int_equal(unsetenv(name), 0);
    }
}

static void
test_places(void **state)
{
    (void)state;
    static const struct {
        const char *log, *named, *service, *xdg, *home;
        const char *folder; /* NULL: none; the named file when it is a file */
    } rows[] = {
        {NULL, NULL, "/s:/t", "/x", "/h", "/s/"},
        {NULL, NULL, NULL, "/x", "/h", "/x/confab/"},
        {NULL, NULL, NULL, "x", "/h", "/h/.local/state/confab/"},
        {NULL, NULL, NULL, NULL, NULL, NULL},
        {"memory:", NULL, "/s", NULL, NULL, "/s/"},
        {"sqlite:/d/e/log.db", NULL, "/s", "/x", "/h", "/d/e/"},
        {"sqlite:/log.db", NULL, "/s", "/x", "/h", "/"},
        {"sqlite:log.db", NULL, "/s", "/x", "/h", ""},
        {"sqlite:/d/log.db", "/n/file", "/s", "/x", "/h", "/n/file"},
        {NULL, "file", NULL, NULL, NULL, "file"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char path[CONFIG_PATH], want[CONFIG_PATH];
        put("STATE_DIRECTORY", rows[i].service);
        put("XDG_STATE_HOME", rows[i].xdg);
        put("HOME", rows[i].home);
        config_defaults(&config);
        set("log", rows[i].log);
        set("key", rows[i].named);
        set("users", rows[i].named);
        const char *folder = rows[i].folder;
        const char *key = rows[i].named ? "" : "server.key";
        const char *users = rows[i].named ? "" : "users";
        assert_int_equal(config_key_path(&config, path, &error), !!folder);
        if (folder) {
            (void)snprintf(want, sizeof want, "%s%s", folder, key);
            assert_string_equal(path, want);
        } else {
            assert_non_null(strstr(error.text, "key: neither STATE_DIRECTORY"));
        }
        assert_int_equal(config_users_path(&config, path, &error), !!folder);
        if (folder) {
            (void)snprintf(want, sizeof want, "%s%s", folder, users);
            assert_string_equal(path, want);
        } else {
            assert_non_null(strstr(error.text, "--users /var/lib/confab/"));
        }
    }
}

static void
test_too_far_down(void **state)
{
    (void)state;
    char far[CONFIG_PATH], path[CONFIG_PATH];
    memset(far, 'x', sizeof far);
    far[0] = '/';
    far[CONFIG_PATH - sizeof "/users"] = 0;
    put("STATE_DIRECTORY", far);
    config_defaults(&config);
    assert_true(config_users_path(&config, path, &error));
    assert_int_equal(strlen(path), CONFIG_PATH - 1);
    assert_false(config_key_path(&config, path, &error));
    assert_non_null(strstr(error.text, "key: the path of the usual place"));
    put("STATE_DIRECTORY", NULL);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_too_far_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
