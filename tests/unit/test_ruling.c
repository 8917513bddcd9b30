/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rulings: limits, also when one turn has many; a start that tells the same
 * twice; and their end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "court.h"

static const struct slice nowhere = {NULL, 0};

static struct message
ban_address(unsigned i)
{
    static char text[64];
    struct message m = about_room(OP_BAN, NULL);
    snprintf(text, sizeof text, "172.16.%u.%u", i / 256, i % 256);
    WITH(&m, FIELD_ADDRESS, address, slice_str(text));
    return m;
}

static unsigned
count(const struct local *l, enum ruling_kind kind)
{
    return l->hub->rulings.count[kind];
}

/* --- limits --- */

static void
test_limit(void **state)
{
    (void)state;
    struct hub_options options = court_options(ACCESS_KEYS);
    options.rulings = 3;
    struct local *l = local_new(options);
    court_everybody(l);
    assert_int_equal(court_rule(l, MIA, OP_MUTE, NULL, "bob"), ERR_NONE);
    assert_int_equal(court_rule(l, MIA, OP_MUTE, NULL, "eve"), ERR_NONE);
    local_clear(l);
    for (unsigned i = 0; i < 5; i++) {
        struct message m = ban_address(i);
        local_feed(l, MIA, &m);
    }
    local_turn(l);
    assert_int_equal(l->boxes[MIA].ops[OP_OK], 1);
    assert_int_equal(l->boxes[MIA].ops[OP_ERROR], 4);
    assert_int_equal(court_code(l, MIA), ERR_TOO_MANY);
    /* One that takes another's place needs none, and a lifted one gives one. */
    assert_int_equal(court_rule(l, MIA, OP_MUTE, NULL, "bob"), ERR_NONE);
    struct message lift = about_id(OP_MUTE, NULL, "eve");
    WITH(&lift, FIELD_FOR, lasts, 0);
    assert_int_equal(court_ask(l, MIA, &lift), ERR_NONE);
    struct message m = ban_address(7);
    assert_int_equal(court_ask(l, MIA, &m), ERR_NONE);
    /* Nobody is in a closed room that is not his. */
    assert_int_equal(court_join(l, BOB, "staff"), ERR_TOO_MANY);
    assert_int_equal(court_say(l, BOB, "staff"), ERR_DENIED);
    assert_int_equal(count(l, RULING_MEMBER), 0);
    assert_int_equal(l->hub->rulings.placed, 0);
    court_free(l);
}

/* What owners do in their rooms leaves something to moderators. */
static void
test_reserved(void **state)
{
    (void)state;
    enum { MOST = 16 };
    struct hub_options options = court_options(ACCESS_KEYS);
    options.rulings = MOST;
    struct local *l = local_new(options);
    char name[32];
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    for (unsigned i = 0; i < MOST; i++) {
        snprintf(name, sizeof name, "nobody%u", i);
        struct message m = about_id(OP_BAN, "staff", name);
        local_feed(l, BOB, &m);
    }
    local_turn(l);
    assert_int_equal(court_code(l, BOB), ERR_TOO_MANY);
    assert_int_equal(l->hub->rulings.total, MOST - MOST / RULING_RESERVED);
    assert_int_equal(court_rule(l, MIA, OP_MUTE, "staff", "bob"), ERR_TOO_MANY);
    assert_int_equal(court_rule(l, MIA, OP_MUTE, NULL, "bob"), ERR_NONE);
    assert_int_equal(court_rule(l, MIA, OP_BAN, NULL, "bob"), ERR_NONE);
    court_free(l);
}

/* What is about an id that was forgotten since can still be lifted. */
static void
test_lift_forgotten(void **state)
{
    (void)state;
    struct hub_options options = court_options(ACCESS_KEYS);
    options.expire = 1000;
    struct local *l = local_new(options);
    (void)client_get(l->hub, slice_str("zed"));
    assert_int_equal(court_enter(l, MIA, MIA_KEY, "mia"), OP_WELCOME);
    assert_int_equal(court_rule(l, MIA, OP_MUTE, NULL, "zed"), ERR_NONE);
    local_pass(l, 1100);
    assert_null(client_find(l->hub, slice_str("zed")));
    struct message m = about_id(OP_MUTE, NULL, "zed");
    assert_int_equal(court_ask(l, MIA, &m), ERR_NO_CLIENT);
    WITH(&m, FIELD_FOR, lasts, 0);
    assert_int_equal(court_ask(l, MIA, &m), ERR_NONE);
    assert_int_equal(count(l, RULING_MUTE), 0);
    court_free(l);
}

static void
test_networks(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    for (unsigned i = 0; i < RULING_NETWORKS + 10; i++) {
        struct message m = ban_address(i);
        local_feed(l, MIA, &m);
    }
    local_turn(l);
    assert_int_equal(count(l, RULING_BAN), RULING_NETWORKS);
    assert_int_equal(l->hub->rulings.network_count, RULING_NETWORKS);
    assert_int_equal(court_code(l, MIA), ERR_TOO_MANY);
    /* Ids and keys may still be banned. */
    assert_int_equal(court_rule(l, MIA, OP_BAN, NULL, "zed"), ERR_NONE);
    struct message m = ban_address(5);
    WITH(&m, FIELD_FOR, lasts, 0);
    assert_int_equal(court_ask(l, MIA, &m), ERR_NONE);
    m = ban_address(RULING_NETWORKS + 5);
    assert_int_equal(court_ask(l, MIA, &m), ERR_NONE);
    assert_int_equal(l->hub->rulings.placed_networks, 0);
    court_free(l);
}

/* Whatever is banned besides, a network keeps out who is in it, and nobody
 * else. */
static void
test_networks_hit(void **state)
{
    (void)state;
    static const struct {
        const char *network, *in, *out;
    } rows[] = {
        {"10.0.0.0/8", "10.255.1.2", "11.0.0.1"},
        {"192.168.1.0/24", "192.168.1.255", "192.168.2.0"},
        {"192.168.7.9", "192.168.7.9", "192.168.7.8"},
        {"172.16.0.128/25", "172.16.0.128", "172.16.0.127"},
        {"2001:db8::/32", "2001:db8:1::2", "2001:db9::"},
        {"2001:dba::1", "2001:dba::1", "2001:dba::2"},
        {"fd00::/9", "fd7f::1", "fd80::1"},
    };
    const size_t count_of = sizeof rows / sizeof *rows;
    struct local *l = court_new(ACCESS_KEYS);
    const struct caller caller = court_caller(MIA_KEY, "1.2.3.4");
    local_call(l, MIA, &caller);
    local_hello(l, MIA, "mia");
    for (size_t i = 0; i < count_of; i++) {
        struct message m = about_room(OP_BAN, NULL);
        WITH(&m, FIELD_ADDRESS, address, slice_str(rows[i].network));
        assert_true(hub_admits(l->hub, nowhere, slice_str(rows[i].in)));
        assert_int_equal(court_ask(l, MIA, &m), ERR_NONE);
        assert_false(hub_admits(l->hub, nowhere, slice_str(rows[i].in)));
    }
    for (size_t i = 0; i < count_of; i++) {
        struct message m = about_room(OP_BAN, NULL);
        WITH(&m, FIELD_ADDRESS, address, slice_str(rows[i].network));
        WITH(&m, FIELD_FOR, lasts, 0);
        assert_true(hub_admits(l->hub, nowhere, slice_str(rows[i].out)));
        assert_int_equal(court_ask(l, MIA, &m), ERR_NONE);
        assert_true(hub_admits(l->hub, nowhere, slice_str(rows[i].in)));
    }
    court_free(l);
}

/* --- a start --- */

static struct log_state
state_of(enum ruling_kind kind, const char *room, const char *subject,
         const char *value)
{
    return (struct log_state){.kind = STATE_RULING,
                              .ruling = kind,
                              .name = slice_str(room),
                              .lane = slice_str(subject),
                              .by = slice_str(subject),
                              .value = slice_str(value),
                              .head = 100,
                              .time = 1699999999000};
}

static void
replay(struct local *l, const struct log_state *state, bool lifted)
{
    struct log *log = l->hub->log;
    struct record *r = log_record(log, RECORD_RULING, 0);
    r->ruling = state->ruling;
    r->from = state->by;
    r->name = state->name;
    r->token = state->lane;
    r->body = (uint8_t *)(uintptr_t)state->value.data;
    r->body_len = (uint32_t)state->value.len;
    r->seq = state->head;
    r->time = state->time;
    r->lifted = lifted;
    log->owner.replay(log->owner.self, r);
    record_free(log, r);
}

/* What was restored may be told again by the turns that are left. */
static void
test_twice(void **state)
{
    (void)state;
    const struct log_state states[] = {
        state_of(RULING_CLAIM, "", "zed", "11" KEY_REST),
        state_of(RULING_MEMBER, "staff", "zed", "owner"),
        state_of(RULING_BAN, "", "address:10.9.0.0/16", "noise"),
        state_of(RULING_BAN, "", "id:eve", "noise"),
        state_of(RULING_MUTE, "lobby", "bob", ""),
        state_of(RULING_ABOUT, "staff", "", "ours"),
    };
    enum { STATES = sizeof states / sizeof *states };
    struct local *l = court_new(ACCESS_CLAIM);
    struct log *log = l->hub->log;
    for (unsigned round = 0; round < 2; round++) {
        for (unsigned i = 0; i < STATES; i++)
            log->owner.restore(log->owner.self, &states[i]);
        for (unsigned i = 0; i < STATES; i++)
            replay(l, &states[i], false);
    }
    const struct room *room = room_find(l->hub, slice_str("staff"));
    const struct client *zed = client_find(l->hub, slice_str("zed"));
    assert_int_equal(l->hub->rulings.total, STATES - 1);
    assert_int_equal(l->hub->rulings.network_count, 1);
    assert_int_equal(count(l, RULING_BAN), 2);
    assert_int_equal(room->listed, 1);
    assert_int_equal(zed->owned, 1);
    assert_true(zed->claimed && zed->folded);
    assert_true(slice_eq(room_about(room), slice_str("ours")));
    for (unsigned round = 0; round < 2; round++)
        for (unsigned i = 1; i < STATES; i++)
            replay(l, &states[i], true);
    assert_int_equal(l->hub->rulings.total, 0);
    assert_int_equal(l->hub->rulings.network_count, 0);
    assert_int_equal(room->listed, 0);
    assert_int_equal(zed->owned, 0);
    for (unsigned bits = 0; bits <= CIDR_BITS; bits++)
        assert_int_equal(l->hub->rulings.prefixes[bits], 0);
    local_turn(l);
    assert_null(room_find(l->hub, slice_str("staff")));
    court_free(l);
}

/* Two sessions of a listed id come before either claim is in the log: the id is
 * reserved once. What a key has claimed becomes the operator's. */
static void
test_reserved_once(void **state)
{
    (void)state;
    const struct log_state states[] = {
        state_of(RULING_CLAIM, "", "ann", ""),
        state_of(RULING_CLAIM, "", "zed", "11" KEY_REST),
    };
    struct local *l = court_new(ACCESS_CLAIM);
    struct log *log = l->hub->log;
    for (unsigned i = 0; i < 2; i++) {
        struct record *r = log_record(log, RECORD_RULING, 0);
        log->owner.restore(log->owner.self, &states[i]);
        r->ruling = RULING_CLAIM;
        r->token = states[i].lane;
        assert_int_equal(ruling_stamp(l->hub, r), i == 1);
        ruling_revoke(l->hub, r);
        record_free(log, r);
    }
    court_free(l);
}

/* --- time --- */

static void
ban_for(struct local *l, uint64_t ms)
{
    struct message m = about_id(OP_BAN, NULL, "eve");
    WITH(&m, FIELD_FOR, lasts, ms);
    assert_int_equal(court_ask(l, MIA, &m), ERR_NONE);
}

/* Banned anew in the turn in which the old ban is over. */
static void
test_renewed(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    ban_for(l, 5000);
    struct message m = about_id(OP_BAN, NULL, "eve");
    l->now.mono += 5000;
    l->now.wall += 5000;
    local_feed(l, MIA, &m);
    hub_sweep(l->hub, l->now);
    local_turn(l);
    assert_non_null(ruling_ban_of(l->hub, nowhere, slice_str("eve")));
    /* The other way round: lifted, then banned. */
    struct message lift = m;
    WITH(&lift, FIELD_FOR, lasts, 0);
    assert_int_equal(court_ask(l, MIA, &lift), ERR_NONE);
    ban_for(l, 5000);
    l->now.mono += 5000;
    l->now.wall += 5000;
    hub_sweep(l->hub, l->now);
    local_feed(l, MIA, &m);
    local_turn(l);
    assert_non_null(ruling_ban_of(l->hub, nowhere, slice_str("eve")));
    local_pass(l, 120000);
    assert_non_null(ruling_ban_of(l->hub, nowhere, slice_str("eve")));
    court_free(l);
}

/* A time that would not end is none. */
static void
test_for_ever(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_everybody(l);
    ban_for(l, WIRE_INT_MAX);
    local_pass(l, 1000000000);
    assert_non_null(ruling_ban_of(l->hub, nowhere, slice_str("eve")));
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_limit),          cmocka_unit_test(test_reserved),
        cmocka_unit_test(test_lift_forgotten), cmocka_unit_test(test_networks),
        cmocka_unit_test(test_networks_hit),   cmocka_unit_test(test_twice),
        cmocka_unit_test(test_reserved_once),  cmocka_unit_test(test_renewed),
        cmocka_unit_test(test_for_ever),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
