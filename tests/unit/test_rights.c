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

#include "broker/access.h"
#include "broker/core.h"
#include "local.h"

/* 40 characters; the letter tells whose it is. */
#define KEY_REST "23456789012345678901234567890123456789"
static const char ann_key[] = "aa" KEY_REST;
static const char mia_key[] = "mm" KEY_REST;
static const char bob_key[] = "bb" KEY_REST;
static const char eve_key[] = "ee" KEY_REST;

static const char users_text[] = "ann role=admin key=aa" KEY_REST "\n"
                                 "mia role=moderator key=mm" KEY_REST "\n"
                                 "bob key=bb" KEY_REST "\n"
                                 "eve key=ee" KEY_REST "\n";

static void
fill(struct access *access, enum access_mode mode, const char *text)
{
    struct config_error error;
    *access = (struct access){.mode = mode};
    assert_true(users_read(&access->users, slice_str(text), "users", &error));
    assert_true(rules_add_closed(&access->rules, "staff", "staff*", &error));
    assert_true(
        rules_add(&access->rules, "news", "allow moderator say news", &error));
}

static struct access listed;

static struct local *
new_local(enum access_mode mode)
{
    struct hub_options options;
    fill(&listed, mode, users_text);
    hub_defaults(&options);
    options.access = &listed;
    return local_new(options);
}

static void
end(struct local *l)
{
    local_free(l);
    users_free(&listed.users);
}

static struct caller
caller_of(const char *key, const char *address)
{
    return (struct caller){.key = slice_str(key),
                           .address = slice_str(address),
                           .confidential = true};
}

/* Connects with the key and says hello; gives the answer's op. */
static enum op
enter(struct local *l, unsigned i, const char *key, const char *id)
{
    const struct caller caller = caller_of(key, "10.0.0.1");
    local_call(l, i, &caller);
    local_hello(l, i, id);
    enum op op = l->boxes[i].last.op;
    return op;
}

static enum err
code(const struct local *l, unsigned i)
{
    const struct message *m = &l->boxes[i].last;
    return m->op == OP_ERROR ? err_find(m->code) : ERR_NONE;
}

static struct message
about_room(enum op op, const char *room)
{
    struct message m = {.op = op};
    WITH(&m, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&m, FIELD_ROOM, room, slice_str(room));
    return m;
}

/* Sends one message and takes a turn; gives the code of the answer. */
static enum err
ask(struct local *l, unsigned i, const struct message *m)
{
    local_clear(l);
    local_feed(l, i, m);
    local_turn(l);
    return code(l, i);
}

static enum err
join(struct local *l, unsigned i, const char *room)
{
    struct message m = about_room(OP_JOIN, room);
    return ask(l, i, &m);
}

static enum err
say(struct local *l, unsigned i, const char *room)
{
    struct message m = about_room(OP_SAY, room);
    WITH(&m, FIELD_TEXT, text, slice_str("hello"));
    return ask(l, i, &m);
}

static enum err
history(struct local *l, unsigned i, const char *room)
{
    struct message m = about_room(OP_HISTORY, room);
    return ask(l, i, &m);
}

static enum err
about_id(struct local *l, unsigned i, enum op op, const char *room,
         const char *id)
{
    struct message m = {.op = op};
    WITH(&m, FIELD_REF, ref, ((struct ref){.num = 7}));
    if (room)
        WITH(&m, FIELD_ROOM, room, slice_str(room));
    WITH(&m, FIELD_ID, id, slice_str(id));
    return ask(l, i, &m);
}

static void
everybody(struct local *l)
{
    assert_int_equal(enter(l, 0, ann_key, "ann"), OP_WELCOME);
    assert_int_equal(enter(l, 1, mia_key, "mia"), OP_WELCOME);
    assert_int_equal(enter(l, 2, bob_key, "bob"), OP_WELCOME);
    assert_int_equal(enter(l, 3, eve_key, "eve"), OP_WELCOME);
}

static void
test_keys_only(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    assert_int_equal(enter(l, 0, bob_key, "ann"), OP_ERROR);
    assert_int_equal(code(l, 0), ERR_DENIED);
    assert_int_equal(enter(l, 1, "", "ann"), OP_ERROR);
    assert_int_equal(code(l, 1), ERR_DENIED);
    assert_int_equal(enter(l, 2, ann_key, "ann"), OP_WELCOME);
    assert_true(slice_eq(l->boxes[2].last.role, slice_str("admin")));
    assert_int_equal(enter(l, 3, ann_key, "carl"), OP_ERROR);
    assert_int_equal(code(l, 3), ERR_DENIED);
    assert_false(hub_admits(l->hub, slice_str("zz" KEY_REST), slice_str("")));
    assert_true(hub_admits(l->hub, slice_str(ann_key), slice_str("")));
    end(l);
}

/* The first key owns the id, also against one that looks like it, and also when
 * both ask in one turn. */
static void
test_claims(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_CLAIM);
    const struct caller one = caller_of("11" KEY_REST, "10.0.0.1");
    const struct caller two = caller_of("22" KEY_REST, "10.0.0.2");
    struct message hello = {.op = OP_HELLO};
    WITH(&hello, FIELD_V, v, PROTOCOL_VERSION);
    WITH(&hello, FIELD_ID, id, slice_str("carl"));
    local_call(l, 0, &one);
    local_call(l, 1, &two);
    local_feed(l, 0, &hello);
    local_feed(l, 1, &hello);
    local_turn(l);
    assert_int_equal(l->boxes[0].last.op, OP_WELCOME);
    assert_int_equal(code(l, 1), ERR_DENIED);
    /* listed ids are not for whoever comes */
    assert_int_equal(enter(l, 2, "33" KEY_REST, "bob"), OP_ERROR);
    assert_int_equal(enter(l, 3, "33" KEY_REST, "Carl"), OP_ERROR);
    assert_int_equal(enter(l, 4, "11" KEY_REST, "carl"), OP_WELCOME);
    assert_int_equal(l->boxes[0].ops[OP_BYE], 1); /* replaced */
    end(l);
}

static void
test_damper(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    unsigned welcome = 0;
    for (unsigned i = 0; i < 12; i++)
        welcome += enter(l, i % 8, bob_key, "bob") == OP_WELCOME;
    assert_int_equal(welcome, 6);
    assert_int_equal(code(l, 11 % 8), ERR_IN_USE);
    assert_true(l->boxes[11 % 8].last.wait > 0);
    local_pass(l, 10001);
    assert_int_equal(enter(l, 0, bob_key, "bob"), OP_WELCOME);
    end(l);
}

static void
test_closed_rooms(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    everybody(l);
    assert_int_equal(join(l, 2, "staff"), ERR_NONE);
    assert_true(l->boxes[2].last.closed && l->boxes[2].last.direct);
    assert_int_equal(join(l, 3, "staff"), ERR_DENIED);
    assert_int_equal(say(l, 3, "staff"), ERR_DENIED);
    assert_int_equal(history(l, 3, "staff"), ERR_NO_ROOM);
    assert_int_equal(about_id(l, 3, OP_INVITE, "staff", "eve"), ERR_DENIED);
    assert_int_equal(say(l, 2, "staff"), ERR_NONE);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    assert_int_equal(l->boxes[2].ops[OP_SAY], 1);
    assert_int_equal(about_id(l, 2, OP_INVITE, "staff", "eve"), ERR_NONE);
    assert_int_equal(l->boxes[3].ops[OP_INVITED], 1);
    assert_int_equal(join(l, 3, "staff"), ERR_NONE);
    assert_int_equal(history(l, 3, "staff"), ERR_NONE);
    assert_int_equal(about_id(l, 2, OP_KICK, "staff", "eve"), ERR_NONE);
    assert_int_equal(l->boxes[3].ops[OP_EXIT], 1);
    assert_int_equal(join(l, 3, "staff"), ERR_DENIED);
    assert_int_equal(history(l, 3, "staff"), ERR_NO_ROOM);
    end(l);
}

/* Of two that make a closed room in one turn the first is its owner, and the
 * other one is not in it. */
static void
test_one_maker(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    everybody(l);
    local_clear(l);
    struct message m = about_room(OP_JOIN, "staff");
    local_feed(l, 3, &m);
    local_feed(l, 2, &m);
    local_turn(l);
    assert_int_equal(code(l, 3), ERR_NONE);
    assert_int_equal(code(l, 2), ERR_DENIED);
    assert_true(ruling_is_owner(l->hub, slice_str("staff"), slice_str("eve")));
    assert_false(
        ruling_is_listed(l->hub, slice_str("staff"), slice_str("bob")));
    end(l);
}

static void
test_ranks(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    everybody(l);
    assert_int_equal(about_id(l, 2, OP_KICK, NULL, "eve"), ERR_DENIED);
    assert_int_equal(about_id(l, 1, OP_KICK, NULL, "ann"), ERR_DENIED);
    assert_int_equal(about_id(l, 1, OP_BAN, NULL, "mia"), ERR_DENIED);
    assert_int_equal(about_id(l, 1, OP_KICK, NULL, "eve"), ERR_NONE);
    assert_int_equal(l->boxes[3].last.op, OP_BYE);
    assert_true(l->boxes[3].kicked);
    assert_int_equal(about_id(l, 0, OP_KICK, NULL, "mia"), ERR_NONE);
    assert_true(l->boxes[1].kicked);
    end(l);
}

static void
test_bans(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    everybody(l);
    struct message ban = {.op = OP_BAN};
    WITH(&ban, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&ban, FIELD_ID, id, slice_str("eve"));
    WITH(&ban, FIELD_FOR, lasts, 60000);
    assert_int_equal(ask(l, 1, &ban), ERR_NONE);
    assert_true(l->boxes[3].kicked);
    assert_int_equal(enter(l, 3, eve_key, "eve"), OP_ERROR);
    assert_int_equal(code(l, 3), ERR_DENIED);
    local_pass(l, 60001);
    local_pass(l, 1);
    assert_int_equal(l->hub->rulings.count[RULING_BAN], 0);
    /* By key and address; nobody shuts himself out. */
    struct message key = {.op = OP_BAN};
    WITH(&key, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&key, FIELD_KEY, key, slice_str(bob_key));
    local_pass(l, 1);
    everybody(l);
    assert_int_equal(ask(l, 1, &key), ERR_NONE);
    assert_true(l->boxes[2].kicked);
    assert_false(hub_admits(l->hub, slice_str(bob_key), slice_str("")));
    struct message net = {.op = OP_BAN};
    WITH(&net, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&net, FIELD_ADDRESS, address, slice_str("10.0.0.0/8"));
    assert_int_equal(ask(l, 1, &net), ERR_DENIED);
    WITH(&net, FIELD_ADDRESS, address, slice_str("10.1.0.0/16"));
    assert_int_equal(ask(l, 1, &net), ERR_NONE);
    assert_false(hub_admits(l->hub, slice_str(""), slice_str("10.1.2.3")));
    assert_true(hub_admits(l->hub, slice_str(""), slice_str("10.2.2.3")));
    WITH(&net, FIELD_ADDRESS, address, slice_str("10.1.0.1/16"));
    assert_int_equal(ask(l, 1, &net), ERR_BAD_NAME);
    end(l);
}

static void
test_mutes(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    everybody(l);
    assert_int_equal(join(l, 3, "lobby"), ERR_NONE);
    assert_int_equal(about_id(l, 1, OP_MUTE, "lobby", "eve"), ERR_NONE);
    assert_int_equal(say(l, 3, "lobby"), ERR_DENIED);
    assert_int_equal(say(l, 3, "dev"), ERR_NONE);
    assert_int_equal(about_id(l, 1, OP_MUTE, NULL, "eve"), ERR_NONE);
    assert_int_equal(say(l, 3, "dev"), ERR_DENIED);
    struct message m = {.op = OP_MUTE};
    WITH(&m, FIELD_REF, ref, ((struct ref){.num = 7}));
    WITH(&m, FIELD_ID, id, slice_str("eve"));
    WITH(&m, FIELD_FOR, lasts, 0);
    assert_int_equal(ask(l, 1, &m), ERR_NONE);
    assert_int_equal(ask(l, 1, &m), ERR_BAD_STATE);
    assert_int_equal(say(l, 3, "dev"), ERR_NONE);
    end(l);
}

static void
test_rules(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    everybody(l);
    assert_int_equal(say(l, 2, "news"), ERR_DENIED);
    assert_int_equal(say(l, 1, "news"), ERR_NONE);
    assert_int_equal(history(l, 2, "news"), ERR_NONE);
    end(l);
}

/* A key is taken off the list, a role changes: it acts at once. */
static void
test_reload(void **state)
{
    (void)state;
    static const char fewer[] = "ann role=admin key=aa" KEY_REST "\n"
                                "mia key=mm" KEY_REST "\n";
    struct local *l = new_local(ACCESS_KEYS);
    struct access fresh;
    everybody(l);
    assert_int_equal(join(l, 2, "lobby"), ERR_NONE);
    assert_int_equal(join(l, 0, "lobby"), ERR_NONE);
    fill(&fresh, ACCESS_KEYS, fewer);
    local_clear(l);
    hub_access(l->hub, &fresh, l->now);
    assert_true(l->boxes[2].kicked && l->boxes[3].kicked);
    assert_true(slice_eq(l->boxes[2].last.why, slice_str("kicked")));
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_EXIT], 1);
    assert_false(l->boxes[1].kicked);
    assert_int_equal(about_id(l, 1, OP_KICK, NULL, "ann"), ERR_DENIED);
    local_free(l);
    users_free(&fresh.users);
    users_free(&listed.users);
}

static void
test_redact(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    everybody(l);
    assert_int_equal(say(l, 2, "lobby"), ERR_NONE);
    uint64_t seq = l->boxes[2].last.seq;
    struct message m = about_room(OP_REDACT, "lobby");
    WITH(&m, FIELD_SEQ, seq, seq);
    assert_int_equal(ask(l, 3, &m), ERR_DENIED);
    assert_int_equal(ask(l, 2, &m), ERR_NONE);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 1);
    assert_true(l->boxes[LOCAL_PUB].last.gone);
    assert_int_equal(l->boxes[LOCAL_PUB].last.re, seq);
    assert_int_equal(history(l, 3, "lobby"), ERR_NONE);
    struct reader r;
    uint32_t count;
    struct message first;
    struct fault fault;
    assert_true(list_open(l->boxes[3].last.messages, &r, &count));
    assert_int_equal(count, 2);
    assert_false(message_read(&r, SIDE_BROKER, &first, &fault));
    assert_true(first.gone && first.seq == seq && first.text.len == 0);
    assert_int_equal(ask(l, 1, &m), ERR_BAD_STATE);
    struct message fake = about_room(OP_SAY, "lobby");
    WITH(&fake, FIELD_TEXT, text, slice_str("x"));
    WITH(&fake, FIELD_KIND, kind, slice_str("redact"));
    assert_int_equal(ask(l, 3, &fake), ERR_DENIED);
    end(l);
}

static void
test_about(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    everybody(l);
    assert_int_equal(join(l, 2, "lobby"), ERR_NONE);
    struct message m = about_room(OP_ABOUT, "lobby");
    WITH(&m, FIELD_ABOUT, about, slice_str("where it begins"));
    assert_int_equal(ask(l, 2, &m), ERR_DENIED);
    assert_int_equal(ask(l, 1, &m), ERR_NONE);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_ABOUT], 1);
    assert_int_equal(join(l, 3, "lobby"), ERR_NONE);
    assert_true(slice_eq(l->boxes[3].last.about, slice_str("where it begins")));
    /* With the room goes its subject. */
    struct message leave = about_room(OP_LEAVE, "lobby");
    assert_int_equal(ask(l, 2, &leave), ERR_NONE);
    assert_int_equal(ask(l, 3, &leave), ERR_NONE);
    local_turn(l);
    assert_int_equal(l->hub->rulings.count[RULING_ABOUT], 0);
    assert_null(room_find(l->hub, slice_str("lobby")));
    end(l);
}

static void
test_rates(void **state)
{
    (void)state;
    struct local *l = new_local(ACCESS_KEYS);
    listed.rates[PACE_SAY] = 10;
    everybody(l);
    unsigned taken = 0;
    for (int i = 0; i < 60; i++)
        taken += say(l, 2, "lobby") == ERR_NONE;
    assert_int_equal(taken, 50);
    assert_int_equal(code(l, 2), ERR_RATE);
    assert_int_equal(l->boxes[2].last.wait, 100);
    assert_int_equal(say(l, 3, "lobby"), ERR_NONE);
    local_pass(l, 100);
    assert_int_equal(say(l, 2, "lobby"), ERR_NONE);
    assert_int_equal(say(l, 2, "lobby"), ERR_RATE);
    end(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys_only), cmocka_unit_test(test_claims),
        cmocka_unit_test(test_damper),    cmocka_unit_test(test_closed_rooms),
        cmocka_unit_test(test_one_maker), cmocka_unit_test(test_ranks),
        cmocka_unit_test(test_bans),      cmocka_unit_test(test_mutes),
        cmocka_unit_test(test_rules),     cmocka_unit_test(test_reload),
        cmocka_unit_test(test_redact),    cmocka_unit_test(test_about),
        cmocka_unit_test(test_rates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
