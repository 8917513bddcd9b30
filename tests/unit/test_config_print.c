/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The configuration as a file: what is printed can be read again, and says the
 * same.
 */
#include "broker/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_text.h"

static struct config config;
static struct config_error error;

static bool
load(const char *text)
{
    return config_text(&config, text, &error);
}

static void
add(const char *key, const char *value)
{
    if (!config_add(&config, key, value, &error)) {
        fail_msg("%s = %s: %s", key, value, error.text);
    }
}

/* Each key: what is printed can be read, and says the same. */
static void
test_print_and_load_again(void **state)
{
    (void)state;
    char *first = NULL, *second = NULL;
    size_t len;
    config_defaults(&config);
    assert_true(
        config_set(&config, config_find("pub"), "ipc:///run/a#b", &error));
    config.insecure = 1;
    config.rooms = 12;
    config.beat = 90000;
    assert_true(config_add(&config, "retention/a/b",
                           "dev-* age=90m bytes=1024K", &error));
    assert_true(config_add(&config, "retention/rest", "* count=5", &error));
    assert_true(config_add(&config, "closed/staff", "staff-*", &error));
    assert_true(config_add(&config, "rules/a", "deny id:b?b read,say staff-a*",
                           &error));
    assert_true(config_set(&config, config_find("users"), "u", &error));
    FILE *file = open_memstream(&first, &len);
    config_print(&config, file);
    assert_int_equal(fclose(file), 0);
    if (!load(first)) {
        fail_msg("%s", error.text);
    }
    file = open_memstream(&second, &len);
    config_print(&config, file);
    assert_int_equal(fclose(file), 0);
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "\n    rooms = 12\n"));
    assert_non_null(strstr(first, "beat = 90s\n"));
    assert_non_null(strstr(first, "\n    bytes = 64M\n"));
    assert_non_null(strstr(first, "\n    expire = 90d\n"));
    assert_non_null(strstr(first, "\n    a/b = \"dev-* age=90m bytes=1M\"\n"));
    assert_non_null(strstr(first, "\n    staff = \"staff-*\"\n"));
    assert_non_null(
        strstr(first, "\n    a = \"deny id:b?b say,read staff-a*\"\n"));
    assert_non_null(strstr(first, "\n# key = \"\"\n"));
    assert_non_null(strstr(first, "\nusers = \"u\"\n"));
    assert_non_null(strstr(first, "\n    # pub = \"\"\n"));
    free(first);
    free(second);
}

/* What config_print_default prints; with `take`, every mark right before a key
 * is taken away. */
static char *
default_file(bool take)
{
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    config_print_default(file);
    assert_int_equal(fclose(file), 0);
    char *to = text;
    for (const char *from = text; *from; from++) {
        bool mark = *from == '#' && from[1] >= 'a' && from[1] <= 'z' &&
                    (from == text || from[-1] == '\n' || from[-1] == ' ');
        if (!take || !mark) {
            *to++ = *from;
        }
    }
    *to = '\0';
    return text;
}

/* The text of the configuration as it is now. */
static char *
printed(void)
{
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    config_print(&config, file);
    assert_int_equal(fclose(file), 0);
    return text;
}

static bool
has_line(const char *text, const char *line)
{
    const char *at = strstr(text, line);
    return at && (at == text || at[-1] == '\n');
}

/* Every key is there, as a comment; it sets nothing, and when the marks are
 * taken away, the defaults. */
static void
test_default_file(void **state)
{
    (void)state;
    char *plain = default_file(false), *set = default_file(true);
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        const char *slash = strchr(rows[i].key, '/');
        bool unset = rows[i].text && !*rows[i].text;
        char line[128];
        (void)snprintf(line, sizeof line, "%s#%s%s = ", slash ? "    " : "",
                       unset ? " " : "", slash ? slash + 1 : rows[i].key);
        if (!has_line(plain, line)) {
            fail_msg("no line '%s'", line);
        }
    }
    config_defaults(&config);
    char *defaults = printed();
    assert_true(load(plain));
    char *of_plain = printed();
    if (!load(set)) {
        fail_msg("%s", error.text);
    }
    char *of_set = printed();
    assert_string_equal(of_plain, defaults);
    assert_string_equal(of_set, defaults);
    assert_non_null(strstr(set, "\nbeat = 10s\n"));
    assert_null(strstr(plain, "\nbeat = 10s\n"));
    free(defaults);
    free(of_plain);
    free(of_set);
    free(plain);
    free(set);
}

/* Comments are for people, at any terminal. */
static void
test_lines_are_short(void **state)
{
    (void)state;
    char *text = default_file(false);
    for (const char *line = text; *line; line += strcspn(line, "\n") + 1) {
        if (strcspn(line, "\n") >= 80) {
            fail_msg("too long: %.60s", line);
        }
    }
    free(text);
}

/* The most that there can be is printed and read again: neither the bytes nor
 * the items of a file are too few. */
static void
test_the_fullest_configuration(void **state)
{
    (void)state;
    char key[128], value[256], name[LIMIT_NAME + 1], *text = NULL;
    size_t len;
    memset(name, 'x', LIMIT_NAME);
    name[LIMIT_NAME] = 0;
    config_defaults(&config);
    for (int i = 0; i < RULES_MAX; i++) {
        (void)snprintf(key, sizeof key, "rules/%.*s-%03d", LIMIT_NAME - 4, name,
                       i);
        (void)snprintf(value, sizeof value,
                       "allow id:%s join,say,read,tell,create %s", name, name);
        add(key, value);
    }
    for (int i = 0; i < CLOSED_MAX; i++) {
        (void)snprintf(key, sizeof key, "closed/%.*s-%03d", LIMIT_NAME - 4,
                       name, i);
        add(key, name);
    }
    for (int i = 0; i < RETENTION_RULES; i++) {
        (void)snprintf(key, sizeof key, "retention/%.*s-%03d", LIMIT_NAME - 4,
                       name, i);
        (void)snprintf(value, sizeof value,
                       "%.*s-%03d age=86400001ms count=999999999999 "
                       "bytes=999999999999",
                       LIMIT_NAME - 4, name, i);
        add(key, value);
    }
    FILE *file = open_memstream(&text, &len);
    config_print(&config, file);
    assert_int_equal(fclose(file), 0);
    if (!load(text)) {
        fail_msg("%s", error.text);
    }
    assert_int_equal(config.rules.count, RULES_MAX);
    assert_int_equal(config.rules.closed_count, CLOSED_MAX);
    assert_int_equal(config.retention.count, RETENTION_RULES);
    free(text);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_print_and_load_again),
        cmocka_unit_test(test_default_file),
        cmocka_unit_test(test_lines_are_short),
        cmocka_unit_test(test_the_fullest_configuration),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
