/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Which rooms are shown to whom, and in which order: the open ones and, among
 * them, the closed ones that are his.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "court.h"

/* The names that `rooms` gives, a page of `limit` at a time, with a blank
 * behind each. */
static const char *
shown(struct local *l, unsigned i, unsigned limit)
{
    static char names[512];
    static char last[LIMIT_NAME + 1];
    struct message m = about_room(OP_ROOMS, NULL);
    size_t len = 0;
    names[0] = 0;
    WITH(&m, FIELD_LIMIT, limit, limit);
    do {
        assert_int_equal(court_ask(l, i, &m), ERR_NONE);
        struct reader r;
        uint32_t count;
        struct message row;
        assert_true(list_open(l->boxes[i].last.rooms, &r, &count));
        assert_true(count <= limit);
        while (count-- && list_room(&r, &row)) {
            len += (size_t)snprintf(names + len, sizeof names - len, "%.*s ",
                                    SLICE_ARG(row.room));
            snprintf(last, sizeof last, "%.*s", SLICE_ARG(row.room));
        }
        WITH(&m, FIELD_AFTER_NAME, after_name, slice_str(last));
    } while (l->boxes[i].last.more);
    return names;
}

static void
test_order(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    static const char *const rooms[] = {
        "staff-c", "zoo", "staff-a", "lobby", "staff", "staff-b", "tea"};
    for (size_t i = 0; i < sizeof rooms / sizeof *rooms; i++)
        assert_int_equal(court_join(l, i % 2 ? BOB : EVE, rooms[i]), ERR_NONE);
    for (unsigned limit = 1; limit < 9; limit++) {
        assert_string_equal(shown(l, EVE, limit),
                            "lobby staff staff-a staff-c tea zoo ");
        assert_string_equal(shown(l, BOB, limit), "lobby staff-b tea zoo ");
        assert_string_equal(shown(l, MIA, limit),
                            "lobby staff staff-a staff-b staff-c tea zoo ");
    }
    court_free(l);
}

/* On the list, off it, banned, and when another owner is made. */
static void
test_list(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    struct message owner = about_id(OP_INVITE, "staff", "bob");
    WITH(&owner, FIELD_ROLE, role, slice_str("owner"));
    assert_int_equal(court_join(l, EVE, "staff"), ERR_NONE);
    assert_string_equal(shown(l, BOB, 9), "");
    assert_int_equal(court_rule(l, EVE, OP_INVITE, "staff", "bob"), ERR_NONE);
    assert_string_equal(shown(l, BOB, 9), "staff ");
    assert_int_equal(court_ask(l, EVE, &owner), ERR_NONE);
    assert_string_equal(shown(l, BOB, 9), "staff ");
    assert_int_equal(court_rule(l, EVE, OP_KICK, "staff", "bob"), ERR_NONE);
    assert_string_equal(shown(l, BOB, 9), "");
    assert_int_equal(court_ask(l, EVE, &owner), ERR_NONE);
    assert_int_equal(court_rule(l, EVE, OP_BAN, "staff", "bob"), ERR_NONE);
    assert_string_equal(shown(l, BOB, 9), "");
    assert_string_equal(shown(l, EVE, 9), "staff ");
    court_free(l);
}

/* Which rooms are closed is changed while they are there. */
static void
test_reload(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    struct config_error error;
    struct rules none = {.count = 0}, all = {.count = 0};
    court_everybody(l);
    assert_true(rules_add_closed(&all, "all", "*", &error));
    assert_int_equal(court_join(l, EVE, "staff"), ERR_NONE);
    assert_int_equal(court_join(l, EVE, "lobby"), ERR_NONE);
    court_access.rules = none;
    hub_access(l->hub, &court_access, l->now);
    assert_string_equal(shown(l, BOB, 1), "lobby staff ");
    assert_string_equal(shown(l, EVE, 1), "lobby staff ");
    assert_int_equal(court_say(l, EVE, "lobby"), ERR_NONE);
    court_access.rules = all;
    hub_access(l->hub, &court_access, l->now);
    assert_string_equal(shown(l, BOB, 1), "");
    assert_string_equal(shown(l, EVE, 1), "staff ");
    assert_string_equal(shown(l, MIA, 1), "lobby staff ");
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_order),
        cmocka_unit_test(test_list),
        cmocka_unit_test(test_reload),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
