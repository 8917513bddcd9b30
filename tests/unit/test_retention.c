/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Retention rules: which rooms a pattern means, which rule wins, and what is
 * refused with which words.
 */
#include "broker/retention.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct retention retention;
static struct config_error error;

static void
add(const char *label, const char *value)
{
    if (!retention_add(&retention, label, value, &error)) {
        fail_msg("%s: %s", value, error.text);
    }
}

/* The label of the room's rule, "" without one. */
static const char *
found(const char *room)
{
    const struct retention_rule *rule =
        retention_find(&retention, slice_str(room));
    return rule ? rule->label : "";
}

static void
test_patterns(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *room;
        bool matches;
    } rows[] = {
        {"dev", "dev", true},
        {"dev", "devops", false},
        {"dev", "de", false},
        {"devops", "dev", false},
        {"dev", "DEV", false},
        {"*", "a", true},
        {"*", "安娜", true},
        {"**", "a", true},
        {"dev*", "dev", true},
        {"dev*", "devops", true},
        {"dev*", "ops", false},
        {"dev-*", "dev", false},
        {"*ops", "devops", true},
        {"*ops", "opsdev", false},
        {"*ops", "opsops", true},
        {"a*b*c", "abc", true},
        {"a*b*c", "a-b-b-c", true},
        {"a*b*c", "acb", false},
        {"*ab*", "aab", true},
        {"*aab", "aaaab", true},
        {"*a?b*", "aacb", true},
        {"?", "a", true},
        {"?", "ab", false},
        {"?", "é", true},
        {"??", "é", false},
        {"?", "😀", true},
        {"*??", "é", false},
        {"*??", "aé", true},
        {"?*", "é", true},
        {"?*?", "é", false},
        {"?*?", "大厅", true},
        {"大?", "大厅", true},
        {"*厅", "大厅", true},
        {"é*", "è", false}, /* one byte of two is the same */
        {"[a-c]", "b", false},
        {"[a-c]", "[a-c]", true},
        {"a\\*", "a*", false},
        {"a?c", "a*c", true},
        {"a.c", "abc", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char value[128];
        snprintf(value, sizeof value, "%s age=1d", rows[i].pattern);
        retention.count = 0;
        add("rule", value);
        if ((found(rows[i].room)[0] != 0) != rows[i].matches) {
            fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].room);
        }
    }
}

/* The worst pattern and name there can be, often: it would take years where
 * every * is tried again. */
static void
test_no_pattern_takes_long(void **state)
{
    (void)state;
    enum { TIMES = 10000 };
    char value[128], room[LIMIT_NAME + 1];
    memset(room, 'a', LIMIT_NAME);
    room[LIMIT_NAME] = 0;
    size_t len = 0;
    while (len < LIMIT_NAME - 1) {
        value[len++] = '*';
        value[len++] = 'a';
    }
    value[len - 1] = 'b';
    snprintf(value + len, sizeof value - len, " age=1d");
    retention.count = 0;
    add("worst", value);
    clock_t begin = clock();
    for (int i = 0; i < TIMES; i++) {
        assert_string_equal(found(room), "");
    }
    assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
}

static void
test_the_first_rule_wins(void **state)
{
    (void)state;
    retention.count = 0;
    assert_string_equal(found("dev"), "");
    assert_null(retention_mail(&retention));
    add("exact", "dev-main age=1d");
    add("dev", "dev-* age=2d");
    add("mail", "@ age=3d");
    add("short", "??? count=5");
    assert_string_equal(found("dev-main"), "exact");
    assert_string_equal(found("dev-other"), "dev");
    assert_string_equal(found("ops"), "short");
    assert_string_equal(found("lobby"), "");
    add("rest", "* count=6");
    assert_string_equal(found("lobby"), "rest");
    assert_string_equal(retention_mail(&retention)->label, "mail");
    /* the rest is rooms, not mail */
    retention.count = 0;
    add("rest", "* count=6");
    assert_null(retention_mail(&retention));
    add("mail", "@ age=3d");
    assert_string_equal(retention_mail(&retention)->label, "mail");
}

static void
test_values(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        uint64_t age, count, bytes;
        const char *printed;
    } rows[] = {
        {"* age=1s", 1000, 0, 0, "* age=1s"},
        {"* age=3650d", 315360000000, 0, 0, "* age=3650d"},
        {"* age=60m", 3600000, 0, 0, "* age=1h"},
        {"* count=1", 0, 1, 0, "* count=1"},
        {"* bytes=64K", 0, 0, 65536, "* bytes=64K"},
        {"* bytes=1048576", 0, 0, 1 << 20, "* bytes=1M"},
        {" * \t bytes=1G  age=2w count=7 ", 1209600000, 7, 1 << 30,
         "* age=2w count=7 bytes=1G"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *printed = NULL;
        size_t len;
        retention.count = 0;
        add("rule", rows[i].value);
        const struct retention_rule *rule = &retention.rules[0];
        assert_int_equal(rule->age_ms, rows[i].age);
        assert_int_equal(rule->count, rows[i].count);
        assert_int_equal(rule->bytes, rows[i].bytes);
        FILE *file = open_memstream(&printed, &len);
        retention_print(rule, file);
        assert_int_equal(fclose(file), 0);
        assert_string_equal(printed, rows[i].printed);
        free(printed);
    }
}

static void
test_values_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *value, *says;
    } rows[] = {
        {"", "it has no value"},
        {"  ", "it has no value"},
        {"dev", "'dev' has no bound: write \"dev age=30d"},
        {"age=30d", "'age=30d' has no bound"},
        {"dev ops age=30d", "'ops' is no bound: age=30d, count=100000"},
        {"dev 30d", "'30d' is no bound"},
        {"dev size=30", "'size=30' is no bound"},
        {"dev ages=30d", "'ages=30d' is no bound"},
        {"dev ag=30d", "'ag=30d' is no bound"},
        {"dev =30d", "'=30d' is no bound"},
        {"dev age", "'age' is no bound"},
        {"dev age=", "'age=' is no bound: write age=30d"},
        {"dev age=30", "'age=30' is no bound: write age=30d"},
        {"dev age=1d age=2d", "age stands there twice"},
        {"dev age=999ms", "'age=999ms' is out of range: 1s to 3650d"},
        {"dev age=3651d", "out of range: 1s to 3650d"},
        {"dev count=0", "'count=0' is out of range: 1 to "},
        {"dev count=1K", "'count=1K' is no bound: write count=100000"},
        {"dev bytes=63K", "out of range: 64K to 1048576G"},
        {"dev bytes=1048577G", "out of range"},
        {"@bob age=1d", "a name that begins with '@' is none (@ alone"},
        {"#* age=1d", "a name that begins with '#' is none"},
        {"a\xffz age=1d", "a name that is not valid UTF-8 is none"},
        {"12345678901234567890123456789012345678901234567890123456789012345 "
         "age=1d",
         "longer than 64 bytes"},
    };
    retention.count = 0;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(retention_add(&retention, "rule", rows[i].value, &error));
        if (!strstr(error.text, rows[i].says)) {
            fail_msg("%s gave: %s", rows[i].value, error.text);
        }
    }
    assert_int_equal(retention.count, 0);
}

static void
test_a_rule_that_would_never_be_used(void **state)
{
    (void)state;
    static const struct {
        const char *first, *second;
        bool refused;
    } rows[] = {
        {"dev", "dev", true},     {"*", "dev", true},
        {"*", "*", true},         {"**", "*", true},
        {"*", "d?v", true},       {"dev*", "dev-*", true},
        {"dev*", "dev?", true},   {"*-*", "a*-?", true},
        {"a?c", "a?c", true},     {"@", "@", true},
        {"dev-*", "dev*", false}, {"dev", "dev*", false},
        {"a?c", "a*c", false},    {"?", "*", false},
        {"*", "@", false},        {"@", "*", false},
        {"dev*", "ops*", false},  {"dev-*", "*-dev", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char first[32], second[32];
        snprintf(first, sizeof first, "%s age=1d", rows[i].first);
        snprintf(second, sizeof second, "%s age=1d", rows[i].second);
        retention.count = 0;
        add("first", first);
        bool refused = !retention_add(&retention, "b", second, &error);
        if (refused != rows[i].refused) {
            fail_msg("%s behind %s", rows[i].second, rows[i].first);
        }
        if (refused) {
            assert_non_null(strstr(error.text, "(first)"));
        }
    }
}

static void
test_as_many_as_there_may_be(void **state)
{
    (void)state;
    char label[RETENTION_LABEL + 1], value[32];
    retention.count = 0;
    memset(label, 'x', sizeof label);
    label[RETENTION_LABEL] = 0;
    assert_false(retention_add(&retention, label, "* age=1d", &error));
    assert_non_null(strstr(error.text, "at most 64 bytes"));
    label[RETENTION_LABEL - 1] = 0;
    add(label, "x age=1d");
    for (int i = 1; i < RETENTION_RULES; i++) {
        snprintf(value, sizeof value, "r%d age=1d", i);
        add("rule", value);
    }
    assert_false(retention_add(&retention, "rule", "* age=1d", &error));
    assert_string_equal(error.text, "more than 64 rules");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_no_pattern_takes_long),
        cmocka_unit_test(test_the_first_rule_wins),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_values_that_are_refused),
        cmocka_unit_test(test_a_rule_that_would_never_be_used),
        cmocka_unit_test(test_as_many_as_there_may_be),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
