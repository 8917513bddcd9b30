/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rulings of closed rooms: how many one id may own, how long a list may be, and
 * what becomes of them when the room is not closed any more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "court.h"

static unsigned
count(const struct local *l, enum ruling_kind kind)
{
    return l->hub->rulings.count[kind];
}

static void
test_owned(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    char name[32];
    court_everybody(l);
    local_clear(l);
    for (unsigned i = 0; i < RULING_OWNED + 10; i++) {
        snprintf(name, sizeof name, "staff-%u", i);
        struct message m = about_room(OP_JOIN, name);
        local_feed(l, BOB, &m);
    }
    local_turn(l);
    assert_int_equal(l->boxes[BOB].ops[OP_JOINED], RULING_OWNED);
    assert_int_equal(court_code(l, BOB), ERR_TOO_MANY);
    assert_int_equal(count(l, RULING_MEMBER), RULING_OWNED);
    const struct client *bob = client_find(l->hub, slice_str("bob"));
    assert_int_equal(bob->owned, RULING_OWNED);
    assert_int_equal(bob->owning, 0);
    assert_int_equal(court_join(l, BOB, "staff-x"), ERR_TOO_MANY);
    assert_int_equal(court_join(l, EVE, "staff-x"), ERR_NONE);
    /* One room less, one room more. */
    assert_int_equal(court_rule(l, MIA, OP_KICK, "staff-3", "bob"), ERR_NONE);
    assert_int_equal(court_join(l, BOB, "staff-y"), ERR_NONE);
    /* Whoever makes whom the owner: it counts for him. */
    struct message owner = about_id(OP_INVITE, "staff-x", "bob");
    WITH(&owner, FIELD_ROLE, role, slice_str("owner"));
    assert_int_equal(court_ask(l, EVE, &owner), ERR_TOO_MANY);
    owner = about_id(OP_INVITE, "staff-4", "eve");
    WITH(&owner, FIELD_ROLE, role, slice_str("owner"));
    assert_int_equal(court_ask(l, BOB, &owner), ERR_NONE);
    WITH(&owner, FIELD_ID, id, slice_str("bob"));
    assert_int_equal(court_ask(l, EVE, &owner), ERR_NONE);
    assert_int_equal(bob->owned, RULING_OWNED);
    assert_int_equal(bob->owning, 0);
    court_free(l);
}

/* A room that is not closed any more: its list can still be taken away. */
static void
test_opened(void **state)
{
    (void)state;
    struct access open_rooms;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    assert_int_equal(court_rule(l, BOB, OP_BAN, "staff", "eve"), ERR_NONE);
    court_fill(&open_rooms, ACCESS_KEYS,
               "mia role=moderator key=" MIA_KEY "\n");
    open_rooms.rules.closed_count = 0;
    hub_access(l->hub, &open_rooms, l->now);
    struct message lift = about_id(OP_BAN, "staff", "eve");
    assert_int_equal(court_ask(l, MIA, &lift), ERR_BAD_STATE);
    WITH(&lift, FIELD_FOR, lasts, 0);
    assert_int_equal(court_ask(l, MIA, &lift), ERR_NONE);
    lift = about_id(OP_INVITE, "staff", "bob");
    WITH(&lift, FIELD_FOR, lasts, 0);
    assert_int_equal(court_ask(l, MIA, &lift), ERR_NONE);
    assert_int_equal(count(l, RULING_BAN) + count(l, RULING_MEMBER), 0);
    court_free(l);
    users_free(&open_rooms.users);
}

static void
test_list(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    char name[32];
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    for (unsigned i = 0; i < RULING_LIST + 10; i++) {
        snprintf(name, sizeof name, "id%u", i);
        (void)client_get(l->hub, slice_str(name));
        struct message m = about_id(OP_INVITE, "staff", name);
        local_feed(l, BOB, &m);
    }
    local_turn(l);
    const struct room *room = room_find(l->hub, slice_str("staff"));
    assert_int_equal(room->listed, RULING_LIST);
    assert_int_equal(room->placed_list, 0);
    assert_int_equal(court_rule(l, BOB, OP_INVITE, "staff", "eve"),
                     ERR_TOO_MANY);
    assert_int_equal(court_rule(l, BOB, OP_INVITE, "staff", "id3"), ERR_NONE);
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_owned),
        cmocka_unit_test(test_opened),
        cmocka_unit_test(test_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
