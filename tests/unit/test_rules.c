/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rules: who may do what under which of them, what is refused with which words,
 * and that no rule promises what a published room cannot keep.
 */
#include "broker/access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

static struct rules rules;
static struct config_error error;

enum { ROWS_MAX = 4 };

static void
take(const char *const *values, const char *const *closed)
{
    memset(&rules, 0, sizeof rules);
    for (size_t i = 0; i < ROWS_MAX && values[i]; i++) {
        if (!rules_add(&rules, "rule", values[i], &error)) {
            fail_msg("%s: %s", values[i], error.text);
        }
    }
    for (size_t i = 0; closed && i < ROWS_MAX && closed[i]; i++) {
        if (!rules_add_closed(&rules, "closed", closed[i], &error)) {
            fail_msg("%s: %s", closed[i], error.text);
        }
    }
}

/* Who may do it, as the letters of the roles: "moa" is everybody. */
static const struct {
    const char *rules[ROWS_MAX];
    const char *id, *name;
    enum act act;
    const char *may;
} mays[] = {
    /* nobody speaks of it */
    {{NULL}, "ann", "news", ACT_SAY, "moa"},
    {{"deny admin say news"}, "ann", "news", ACT_JOIN, "moa"},
    {{"deny admin say news"}, "ann", "old", ACT_SAY, "moa"},
    /* deny: the role and below */
    {{"deny member say news"}, "ann", "news", ACT_SAY, "oa"},
    {{"deny moderator say news"}, "ann", "news", ACT_SAY, "a"},
    {{"deny admin say news"}, "ann", "news", ACT_SAY, ""},
    /* allow: the role and above */
    {{"allow member say news"}, "ann", "news", ACT_SAY, "moa"},
    {{"allow moderator say news"}, "ann", "news", ACT_SAY, "oa"},
    {{"allow admin say news"}, "ann", "news", ACT_SAY, "a"},
    {{"allow admin say news"}, "ann", "newsroom", ACT_SAY, "moa"},
    {{"allow admin say news"}, "ann", "news", ACT_CREATE, "moa"},
    {{"allow admin say,create news"}, "ann", "news", ACT_CREATE, "a"},
    /* one person */
    {{"deny id:bob say *"}, "bob", "x", ACT_SAY, ""},
    {{"deny id:bob say *"}, "bo", "x", ACT_SAY, "moa"},
    {{"deny id:bob say *"}, "bobby", "x", ACT_SAY, "moa"},
    {{"allow id:bob say x"}, "bob", "x", ACT_SAY, "moa"},
    {{"allow id:bob say x"}, "ann", "x", ACT_SAY, ""},
    {{"allow id:bob say x", "allow admin say *"}, "ann", "x", ACT_SAY, "a"},
    {{"allow admin say *", "allow id:bob say x"}, "bob", "x", ACT_SAY, "moa"},
    /* a deny wins, wherever it stands */
    {{"deny id:bob say *", "allow id:bob say x"}, "bob", "x", ACT_SAY, ""},
    {{"allow member say *", "deny member say x"}, "ann", "x", ACT_SAY, "oa"},
    {{"deny member say x", "allow member say *"}, "ann", "x", ACT_SAY, "oa"},
    {{"allow admin say *", "deny id:ann say x"}, "ann", "y", ACT_SAY, "a"},
    /* tell: the receiver's id */
    {{"deny member tell boss*"}, "ann", "boss-1", ACT_TELL, "oa"},
    {{"deny member tell boss*"}, "boss-1", "ann", ACT_TELL, "moa"},
};

static void
test_who_may(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mays / sizeof *mays; i++) {
        char may[ROLES + 1] = "";
        size_t len = 0;
        take(mays[i].rules, NULL);
        for (enum role role = 0; role < ROLES; role++) {
            if (rules_may(&rules, role, slice_str(mays[i].id), mays[i].act,
                          slice_str(mays[i].name))) {
                may[len++] = "moa"[role];
            }
        }
        if (strcmp(may, mays[i].may) != 0) {
            fail_msg("row %zu, %s: '%s' may", i, mays[i].rules[0], may);
        }
    }
}

static void
test_only_stars_are_special(void **state)
{
    (void)state;
    static const struct {
        const char *pattern, *room;
        bool closed;
    } rows[] = {
        {"staff-*", "staff-", true}, {"staff-*", "staff-a", true},
        {"staff-*", "staff", false}, {"*", "x", true},
        {"a*b*c", "a-b-b-c", true},  {"a*b*c", "acb", false},
        {"a?c", "abc", false},       {"a?c", "a?c", true},
        {"*?", "ab", false},         {"*?", "ab?", true},
        {"[ab]", "a", false},        {"[ab]", "[ab]", true},
        {"a\\*", "a*", false},       {"a\\*", "a\\x", true},
        {"大*", "大厅", true},       {"*é", "è", false},
        {"STAFF", "staff", false},   {"a*", "a*", true},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        take((const char *const[ROWS_MAX]){NULL},
             (const char *const[ROWS_MAX]){rows[i].pattern});
        if (rules_is_closed(&rules, slice_str(rows[i].room)) !=
            rows[i].closed) {
            fail_msg("'%s' and '%s'", rows[i].pattern, rows[i].room);
        }
    }
}

/* The most and worst rules there can be, often: with one * tried again inside
 * another it would take years. */
static void
test_no_rule_takes_long(void **state)
{
    (void)state;
    enum { TIMES = 100 };
    char value[128] = "allow admin say ", room[LIMIT_NAME + 1];
    size_t len = strlen(value), start = len;
    memset(room, 'a', LIMIT_NAME);
    room[LIMIT_NAME] = 0;
    while (len < start + LIMIT_NAME - 1) {
        value[len++] = '*';
        value[len++] = 'a';
    }
    value[len - 1] = 'b';
    memset(&rules, 0, sizeof rules);
    for (unsigned i = 0; i < RULES_MAX; i++) {
        assert_true(rules_add(&rules, "worst", value, &error));
    }
    clock_t begin = clock();
    for (int i = 0; i < TIMES; i++) {
        assert_true(rules_may(&rules, ROLE_MEMBER, slice_str("ann"), ACT_SAY,
                              slice_str(room)));
    }
    assert_true(clock() - begin < 5 * CLOCKS_PER_SEC);
}

static void
test_what_is_printed_is_read(void **state)
{
    (void)state;
    static const struct {
        const char *value, *printed;
    } rows[] = {
        {"allow moderator say,create news", "allow moderator say,create news"},
        {" deny \t id:bob  tell,say  * ", "deny id:bob say,tell *"},
        {"deny admin join,say,read,tell,create a*",
         "deny admin join,say,read,tell,create a*"},
        {"allow id:id:x say,say x", "allow id:id:x say x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *printed = NULL;
        size_t len;
        take((const char *const[ROWS_MAX]){rows[i].value}, NULL);
        FILE *file = open_memstream(&printed, &len);
        rule_print(&rules.rules[0], file);
        assert_int_equal(fclose(file), 0);
        assert_string_equal(printed, rows[i].printed);
        free(printed);
    }
}

#define LONG "12345678901234567890123456789012345678901234567890123456789012345"

static void
test_rules_that_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *value, *says;
    } rows[] = {
        {"", "'' is not a rule: write \"allow ROLE ACTS PATTERN\""},
        {"deny", "'deny' is not a rule"},
        {"deny member say", "'deny member say' is not a rule"},
        {"deny member say, read x", "is not a rule"},
        {"deny member say x y", "is not a rule"},
        {"Deny member say x", "'Deny' is neither allow nor deny"},
        {"forbid member say x", "'forbid' is neither allow nor deny"},
        {"deny members say x", "'members' is no role: member, moderator"},
        {"deny bob say x", "or id:ID for one person"},
        {"deny id: say x", "'id:' is about nobody: an id that is empty"},
        {"deny id:@b say x", "an id that begins with '@' is none"},
        {"deny id:" LONG " say x", "longer than 64 bytes"},
        {"deny member speak x", "'speak' is no act: join, say, read, tell"},
        {"deny member say, x", "'' is no act"},
        {"deny member ,say x", "'' is no act"},
        {"deny member say,,tell x", "'' is no act"},
        {"deny member * x", "'*' is no act"},
        {"deny member say #x", "'#x' matches nothing: a name that begins"},
        {"deny member say a\xffz", "that is not valid UTF-8 is none"},
        {"deny member say " LONG, "longer than 64 bytes"},
    };
    memset(&rules, 0, sizeof rules);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_false(rules_add(&rules, "rule", rows[i].value, &error));
        if (!strstr(error.text, rows[i].says)) {
            fail_msg("%s gave: %s", rows[i].value, error.text);
        }
    }
    assert_int_equal(rules.count, 0);
    assert_false(rules_add_closed(&rules, "c", "  ", &error));
    assert_non_null(strstr(error.text, "is not a pattern of room names"));
    assert_false(rules_add_closed(&rules, "c", "a b", &error));
    assert_non_null(strstr(error.text, "'a b' is not a pattern of room names"));
    assert_false(rules_add_closed(&rules, "c", "@x", &error));
    assert_non_null(strstr(error.text, "'@x' matches nothing"));
    assert_int_equal(rules.closed_count, 0);
}

static void
test_as_many_as_there_may_be(void **state)
{
    (void)state;
    char label[RULE_LABEL + 1];
    memset(&rules, 0, sizeof rules);
    memset(label, 'x', sizeof label);
    label[RULE_LABEL] = 0;
    assert_false(rules_add(&rules, label, "deny member say x", &error));
    assert_non_null(strstr(error.text, "at most 64 bytes"));
    assert_false(rules_add_closed(&rules, label, "x", &error));
    label[RULE_LABEL - 1] = 0;
    for (unsigned i = 0; i < RULES_MAX; i++) {
        assert_true(rules_add(&rules, label, "deny member say x", &error));
    }
    for (unsigned i = 0; i < CLOSED_MAX; i++) {
        assert_true(rules_add_closed(&rules, label, "x", &error));
    }
    assert_false(rules_add(&rules, "a", "deny member say x", &error));
    assert_string_equal(error.text, "more than 128 rules");
    assert_false(rules_add_closed(&rules, "a", "x", &error));
    assert_string_equal(error.text, "more than 64 patterns of closed rooms");
}

/* Nobody is kept from hearing what is published. */
static void
test_rules_on_hearing_are_about_closed_rooms(void **state)
{
    (void)state;
    static const struct {
        const char *rules[ROWS_MAX], *closed[ROWS_MAX];
        const char *says; /* NULL: it is right */
    } rows[] = {
        {{"deny member say,create,tell *"}, {NULL}, NULL},
        {{"deny member join x"}, {NULL}, "rules/rule is about who may join x"},
        {{"deny member read x"}, {NULL}, "who may read x"},
        {{"deny member say,read x"}, {NULL}, "who may read x"},
        {{"allow admin join x"}, {NULL}, "(rule = \"x\" under 'closed')"},
        {{"deny member join x"}, {"x"}, NULL},
        {{"deny member join x"}, {"y", "*"}, NULL},
        {{"deny member join staff-*"}, {"staff*"}, NULL},
        {{"deny member join staff*"}, {"staff-*"}, "may join staff*"},
        {{"deny member join *"}, {"a*"}, "may join *"},
        {{"deny member join a*b"}, {"a*"}, NULL},
        {{"deny member join a*b"}, {"*b"}, NULL},
        {{"deny member join a*b"}, {"a*c*b"}, "may join a*b"},
        {{"deny member join a*b"}, {"a?b"}, "may join a*b"},
        {{"deny member join a**"}, {"a*"}, NULL},
        {{"deny member join a*"}, {"a**"}, NULL},
        /* together they would, but no one alone */
        {{"deny member join a*"}, {"a", "a*b"}, "may join a*"},
        {{"deny member say *", "deny member join x"}, {"y"}, "may join x"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        take(rows[i].rules, rows[i].closed);
        bool right = rules_check(&rules, &error);
        if (right != !rows[i].says ||
            (!right && !strstr(error.text, rows[i].says))) {
            fail_msg("row %zu, %s: %s", i, rows[i].rules[0], error.text);
        }
    }
}

/* Where ids prove nothing, a file of users makes nobody a moderator. */
static void
test_access_without_users(void **state)
{
    (void)state;
    static struct access access;
    struct slice ann = slice_str("ann"), news = slice_str("news");
    take((const char *const[ROWS_MAX]){"deny member say news"},
         (const char *const[ROWS_MAX]){"staff-*"});
    access.rules = rules;
    for (enum access_mode mode = ACCESS_OPEN; mode <= ACCESS_KEYS; mode++) {
        access.mode = mode;
        assert_int_equal(access_role(&access, ann), ROLE_MEMBER);
        assert_false(access_may(&access, ROLE_MEMBER, ann, ACT_SAY, news));
        assert_true(access_may(&access, ROLE_ADMIN, ann, ACT_SAY, news));
        assert_true(access_is_closed(&access, slice_str("staff-a")));
        assert_false(access_is_closed(&access, news));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_who_may),
        cmocka_unit_test(test_only_stars_are_special),
        cmocka_unit_test(test_no_rule_takes_long),
        cmocka_unit_test(test_what_is_printed_is_read),
        cmocka_unit_test(test_rules_that_are_refused),
        cmocka_unit_test(test_as_many_as_there_may_be),
        cmocka_unit_test(test_rules_on_hearing_are_about_closed_rooms),
        cmocka_unit_test(test_access_without_users),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
