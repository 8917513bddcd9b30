/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Keys, roles, closed rooms and rulings, against the hub alone: who is let in,
 * what he may do, and that what is taken away is gone at once.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "court.h"

static void
test_keys_only(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    assert_int_equal(court_enter(l, 0, BOB_KEY, "ann"), OP_ERROR);
    assert_int_equal(court_code(l, 0), ERR_DENIED);
    assert_int_equal(court_enter(l, 1, "", "ann"), OP_ERROR);
    assert_int_equal(court_code(l, 1), ERR_DENIED);
    assert_int_equal(court_enter(l, 2, ANN_KEY, "ann"), OP_WELCOME);
    assert_true(slice_eq(l->boxes[2].last.role, slice_str("admin")));
    assert_int_equal(court_enter(l, 3, ANN_KEY, "carl"), OP_ERROR);
    assert_int_equal(court_code(l, 3), ERR_DENIED);
    assert_false(hub_admits(l->hub, slice_str("zz" KEY_REST), slice_str("")));
    assert_true(hub_admits(l->hub, slice_str(ANN_KEY), slice_str("")));
    court_free(l);
}

/* The first key owns the id, also against one that looks like it, and also when
 * both ask in one turn. */
static void
test_claims(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_CLAIM);
    const struct caller one = court_caller("11" KEY_REST, "10.0.0.1");
    const struct caller two = court_caller("22" KEY_REST, "10.0.0.2");
    struct message hello = {.op = OP_HELLO};
    WITH(&hello, FIELD_V, v, PROTOCOL_VERSION);
    WITH(&hello, FIELD_ID, id, slice_str("carl"));
    local_call(l, 0, &one);
    local_call(l, 1, &two);
    local_feed(l, 0, &hello);
    local_feed(l, 1, &hello);
    local_turn(l);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    assert_int_equal(court_code(l, 1), ERR_DENIED);
    /* listed ids are not for whoever comes */
    assert_int_equal(court_enter(l, 2, "33" KEY_REST, "bob"), OP_ERROR);
    assert_int_equal(court_enter(l, 3, "33" KEY_REST, "Carl"), OP_ERROR);
    assert_int_equal(court_enter(l, 4, "11" KEY_REST, "carl"), OP_WELCOME);
    assert_int_equal(l->boxes[0].ops[OP_BYE], 1); /* replaced */
    court_free(l);
}

/* Two that look the same, in one turn. */
static void
test_claims_alike(void **state)
{
    (void)state;
    static const char *const ids[] = {"zed", "Zed", "ZED"};
    static const char *const keys[] = {"11" KEY_REST, "22" KEY_REST,
                                       "33" KEY_REST};
    struct local *l = court_new(ACCESS_CLAIM);
    struct message hello = {.op = OP_HELLO};
    WITH(&hello, FIELD_V, v, PROTOCOL_VERSION);
    for (unsigned i = 0; i < 3; i++) {
        const struct caller caller = court_caller(keys[i], "10.0.0.1");
        local_call(l, i, &caller);
        WITH(&hello, FIELD_ID, id, slice_str(ids[i]));
        local_feed(l, i, &hello);
    }
    local_turn(l);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    assert_int_equal(court_code(l, 1), ERR_DENIED);
    assert_int_equal(court_code(l, 2), ERR_DENIED);
    assert_int_equal(l->hub->rulings.count[RULING_CLAIM], 1);
    court_free(l);
}

static void
test_damper(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    unsigned welcome = 0;
    for (unsigned i = 0; i < 12; i++)
        welcome += court_enter(l, i % 8, BOB_KEY, "bob") == OP_WELCOME;
    assert_int_equal(welcome, 6);
    assert_int_equal(court_code(l, 11 % 8), ERR_IN_USE);
    unsigned wait = (unsigned)l->boxes[11 % 8].last.wait;
    assert_true(wait > 0 && wait <= 10000);
    local_pass(l, wait - 1);
    assert_int_equal(court_enter(l, 0, BOB_KEY, "bob"), OP_ERROR);
    assert_int_equal(l->boxes[0].last.wait, 1);
    local_pass(l, 1);
    assert_int_equal(court_enter(l, 0, BOB_KEY, "bob"), OP_WELCOME);
    court_free(l);
}

static void
test_closed_rooms(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_join(l, 2, "staff"), ERR_NONE);
    assert_true(l->boxes[2].last.closed && l->boxes[2].last.direct);
    assert_int_equal(court_join(l, 3, "staff"), ERR_DENIED);
    assert_int_equal(court_say(l, 3, "staff"), ERR_DENIED);
    assert_int_equal(court_history(l, 3, "staff"), ERR_NO_ROOM);
    assert_int_equal(court_rule(l, 3, OP_INVITE, "staff", "eve"), ERR_DENIED);
    assert_int_equal(court_say(l, 2, "staff"), ERR_NONE);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    assert_int_equal(l->boxes[2].ops[OP_SAY], 1);
    assert_int_equal(court_rule(l, 2, OP_INVITE, "staff", "eve"), ERR_NONE);
    assert_int_equal(l->boxes[3].ops[OP_INVITED], 1);
    assert_int_equal(court_join(l, 3, "staff"), ERR_NONE);
    assert_int_equal(court_history(l, 3, "staff"), ERR_NONE);
    assert_int_equal(court_rule(l, 2, OP_KICK, "staff", "eve"), ERR_NONE);
    assert_int_equal(l->boxes[3].ops[OP_EXIT], 1);
    assert_int_equal(court_join(l, 3, "staff"), ERR_DENIED);
    assert_int_equal(court_history(l, 3, "staff"), ERR_NO_ROOM);
    court_free(l);
}

/* Of two that make a closed room in one turn the first is its owner, and the
 * other one is not in it. */
static void
test_one_maker(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    local_clear(l);
    struct message m = about_room(OP_JOIN, "staff");
    local_feed(l, 3, &m);
    local_feed(l, 2, &m);
    local_turn(l);
    assert_int_equal(court_code(l, 3), ERR_NONE);
    assert_int_equal(court_code(l, 2), ERR_DENIED);
    assert_true(ruling_is_owner(l->hub, slice_str("staff"), slice_str("eve")));
    assert_false(
        ruling_is_listed(l->hub, slice_str("staff"), slice_str("bob")));
    court_free(l);
}

/* Who is put out of his room does not come back by what he asked for in the
 * same turn, nor by a friend whom he invites. */
static void
test_put_out_in_one_turn(void **state)
{
    (void)state;
    static const enum op ops[] = {OP_KICK, OP_BAN};
    for (unsigned i = 0; i < 2; i++) {
        struct local *l = court_new(ACCESS_KEYS);
        court_everybody(l);
        assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
        struct message out = about_id(ops[i], "staff", "bob");
        struct message in = about_id(OP_INVITE, "staff", "bob");
        struct message friend = about_id(OP_INVITE, "staff", "eve");
        WITH(&in, FIELD_ROLE, role, slice_str("owner"));
        WITH(&friend, FIELD_ROLE, role, slice_str("owner"));
        local_feed(l, MIA, &out);
        local_feed(l, BOB, &friend);
        local_feed(l, BOB, &in);
        local_turn(l);
        local_turn(l);
        assert_false(
            ruling_is_listed(l->hub, slice_str("staff"), slice_str("bob")));
        assert_false(
            ruling_is_listed(l->hub, slice_str("staff"), slice_str("eve")));
        court_free(l);
    }
}

static void
test_ranks(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_rule(l, 2, OP_KICK, NULL, "eve"), ERR_DENIED);
    assert_int_equal(court_rule(l, 1, OP_KICK, NULL, "ann"), ERR_DENIED);
    assert_int_equal(court_rule(l, 1, OP_BAN, NULL, "mia"), ERR_DENIED);
    assert_int_equal(court_rule(l, 1, OP_KICK, NULL, "eve"), ERR_NONE);
    assert_int_equal(l->boxes[3].last.op, OP_BYE);
    assert_true(l->boxes[3].kicked);
    assert_int_equal(court_rule(l, 0, OP_KICK, NULL, "mia"), ERR_NONE);
    assert_true(l->boxes[1].kicked);
    court_free(l);
}

static void
test_bans(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    struct message ban = {.op = OP_BAN};
    WITH(&ban, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&ban, FIELD_ID, id, slice_str("eve"));
    WITH(&ban, FIELD_FOR, lasts, 60000);
    assert_int_equal(court_ask(l, 1, &ban), ERR_NONE);
    assert_true(l->boxes[3].kicked);
    assert_int_equal(court_enter(l, 3, EVE_KEY, "eve"), OP_ERROR);
    assert_int_equal(court_code(l, 3), ERR_DENIED);
    local_pass(l, 60001);
    local_pass(l, 1);
    assert_int_equal(l->hub->rulings.count[RULING_BAN], 0);
    /* By key and address; nobody shuts himself out. */
    struct message key = {.op = OP_BAN};
    WITH(&key, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&key, FIELD_KEY, key, slice_str(BOB_KEY));
    local_pass(l, 1);
    court_everybody(l);
    assert_int_equal(court_ask(l, 1, &key), ERR_NONE);
    assert_true(l->boxes[2].kicked);
    assert_false(hub_admits(l->hub, slice_str(BOB_KEY), slice_str("")));
    struct message net = {.op = OP_BAN};
    WITH(&net, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&net, FIELD_ADDRESS, address, slice_str("10.0.0.0/8"));
    assert_int_equal(court_ask(l, 1, &net), ERR_DENIED);
    WITH(&net, FIELD_ADDRESS, address, slice_str("10.1.0.0/16"));
    assert_int_equal(court_ask(l, 1, &net), ERR_NONE);
    assert_false(hub_admits(l->hub, slice_str(""), slice_str("10.1.2.3")));
    assert_true(hub_admits(l->hub, slice_str(""), slice_str("10.2.2.3")));
    WITH(&net, FIELD_ADDRESS, address, slice_str("10.1.0.1/16"));
    assert_int_equal(court_ask(l, 1, &net), ERR_BAD_NAME);
    court_free(l);
}

static void
test_mutes(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_join(l, 3, "lobby"), ERR_NONE);
    assert_int_equal(court_rule(l, 1, OP_MUTE, "lobby", "eve"), ERR_NONE);
    assert_int_equal(court_say(l, 3, "lobby"), ERR_DENIED);
    assert_int_equal(court_say(l, 3, "dev"), ERR_NONE);
    assert_int_equal(court_rule(l, 1, OP_MUTE, NULL, "eve"), ERR_NONE);
    assert_int_equal(court_say(l, 3, "dev"), ERR_DENIED);
    struct message m = {.op = OP_MUTE};
    WITH(&m, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&m, FIELD_ID, id, slice_str("eve"));
    WITH(&m, FIELD_FOR, lasts, 0);
    assert_int_equal(court_ask(l, 1, &m), ERR_NONE);
    assert_int_equal(court_ask(l, 1, &m), ERR_BAD_STATE);
    assert_int_equal(court_say(l, 3, "dev"), ERR_NONE);
    court_free(l);
}

static void
test_rules(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_say(l, 2, "news"), ERR_DENIED);
    assert_int_equal(court_say(l, 1, "news"), ERR_NONE);
    assert_int_equal(court_history(l, 2, "news"), ERR_NONE);
    court_free(l);
}

/* A key is taken off the list, a role changes: it acts at once. */
static void
test_reload(void **state)
{
    (void)state;
    static const char fewer[] = "ann role=admin key=aa" KEY_REST "\n"
                                "mia key=mm" KEY_REST "\n";
    struct local *l = court_new(ACCESS_KEYS);
    struct access fresh;
    court_everybody(l);
    assert_int_equal(court_join(l, 2, "lobby"), ERR_NONE);
    assert_int_equal(court_join(l, 0, "lobby"), ERR_NONE);
    court_fill(&fresh, ACCESS_KEYS, fewer);
    local_clear(l);
    hub_access(l->hub, &fresh, l->now);
    assert_true(l->boxes[2].kicked && l->boxes[3].kicked);
    assert_true(slice_eq(l->boxes[2].last.why, slice_str("kicked")));
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_EXIT], 1);
    assert_false(l->boxes[1].kicked);
    assert_int_equal(court_rule(l, 1, OP_KICK, NULL, "ann"), ERR_DENIED);
    local_free(l);
    users_free(&fresh.users);
    users_free(&court_access.users);
}

static void
test_redact(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_say(l, 2, "lobby"), ERR_NONE);
    uint64_t seq = l->boxes[2].last.seq;
    struct message m = about_room(OP_REDACT, "lobby");
    WITH(&m, FIELD_SEQ, seq, seq);
    assert_int_equal(court_ask(l, 3, &m), ERR_DENIED);
    assert_int_equal(court_ask(l, 2, &m), ERR_NONE);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 1);
    assert_true(l->boxes[LOCAL_PUB].last.gone);
    assert_int_equal(l->boxes[LOCAL_PUB].last.re, seq);
    assert_int_equal(court_history(l, 3, "lobby"), ERR_NONE);
    struct reader r;
    uint32_t count;
    struct message first;
    struct fault fault;
    assert_true(list_open(l->boxes[3].last.messages, &r, &count));
    assert_int_equal(count, 2);
    assert_false(message_read(&r, SIDE_BROKER, &first, &fault));
    assert_true(first.gone && first.seq == seq && first.text.len == 0);
    assert_int_equal(court_ask(l, 1, &m), ERR_BAD_STATE);
    struct message fake = about_room(OP_SAY, "lobby");
    WITH(&fake, FIELD_TEXT, text, slice_str("x"));
    WITH(&fake, FIELD_KIND, kind, slice_str("redact"));
    assert_int_equal(court_ask(l, 3, &fake), ERR_DENIED);
    court_free(l);
}

static void
test_about(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_join(l, 2, "lobby"), ERR_NONE);
    struct message m = about_room(OP_ABOUT, "lobby");
    WITH(&m, FIELD_ABOUT, about, slice_str("where it begins"));
    assert_int_equal(court_ask(l, 2, &m), ERR_DENIED);
    assert_int_equal(court_ask(l, 1, &m), ERR_NONE);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_ABOUT], 1);
    assert_int_equal(court_join(l, 3, "lobby"), ERR_NONE);
    assert_true(slice_eq(l->boxes[3].last.about, slice_str("where it begins")));
    /* With the room goes its subject. */
    struct message leave = about_room(OP_LEAVE, "lobby");
    assert_int_equal(court_ask(l, 2, &leave), ERR_NONE);
    assert_int_equal(court_ask(l, 3, &leave), ERR_NONE);
    local_turn(l);
    assert_int_equal(l->hub->rulings.count[RULING_ABOUT], 0);
    assert_null(room_find(l->hub, slice_str("lobby")));
    court_free(l);
}

static void
test_rates(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_access.rates[PACE_SAY] = 10;
    court_everybody(l);
    unsigned taken = 0;
    for (int i = 0; i < 60; i++)
        taken += court_say(l, 2, "lobby") == ERR_NONE;
    assert_int_equal(taken, 50);
    assert_int_equal(court_code(l, 2), ERR_RATE);
    assert_int_equal(l->boxes[2].last.wait, 100);
    assert_int_equal(court_say(l, 3, "lobby"), ERR_NONE);
    local_pass(l, 100);
    assert_int_equal(court_say(l, 2, "lobby"), ERR_NONE);
    assert_int_equal(court_say(l, 2, "lobby"), ERR_RATE);
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_only),
        cmocka_unit_test(test_claims),
        cmocka_unit_test(test_damper),
        cmocka_unit_test(test_closed_rooms),
        cmocka_unit_test(test_one_maker),
        cmocka_unit_test(test_put_out_in_one_turn),
        cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_bans),
        cmocka_unit_test(test_mutes),
        cmocka_unit_test(test_rules),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_redact),
        cmocka_unit_test(test_about),
        cmocka_unit_test(test_rates),
        cmocka_unit_test(test_claims_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
