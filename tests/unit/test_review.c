/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What changes while something is on its way: a reload, a ban or a kick between
 * a question and its answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "court.h"
#include "held.h"

static struct held held;

static struct local *
slow(enum access_mode mode)
{
    struct local *l = court_new(mode);
    held_begin(&held, l->hub->log);
    return l;
}

/* The same rights, and this pattern of closed rooms. */
static void
close_rooms(struct local *l, struct access *access, const char *pattern)
{
    struct config_error error;
    *access = court_access;
    assert_true(rules_add_closed(&access->rules, "more", pattern, &error));
    local_clear(l);
    hub_access(l->hub, access, l->now);
}

/* Of a room that becomes closed nothing is published from then on, and who is
 * not on its list is out; there is nobody on it. */
static void
test_closed_by_reload(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    struct access closed;
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "lobby"), ERR_NONE);
    assert_int_equal(court_join(l, EVE, "lobby"), ERR_NONE);
    assert_int_equal(court_say(l, BOB, "lobby"), ERR_NONE);
    close_rooms(l, &closed, "lob*");
    for (unsigned i = BOB; i <= EVE; i++)
        assert_true(slice_eq(l->boxes[i].last.why, slice_str("kicked")));
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    assert_int_equal(court_history(l, BOB, "lobby"), ERR_NO_ROOM);
    /* What was said there is for those that a moderator invites. */
    assert_int_equal(court_join(l, EVE, "lobby"), ERR_DENIED);
    assert_int_equal(court_rule(l, MIA, OP_INVITE, "lobby", "bob"), ERR_NONE);
    assert_int_equal(court_join(l, BOB, "lobby"), ERR_NONE);
    assert_int_equal(court_say(l, BOB, "lobby"), ERR_NONE);
    assert_int_equal(l->boxes[BOB].ops[OP_SAY], 1);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    assert_int_equal(court_history(l, BOB, "lobby"), ERR_NONE);
    court_free(l);
}

/* Also out of one in which nothing was said yet. */
static void
test_empty_closed_by_reload(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    struct access closed;
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "lobby"), ERR_NONE);
    assert_int_equal(court_join(l, EVE, "lobby"), ERR_NONE);
    close_rooms(l, &closed, "lob*");
    assert_true(slice_eq(l->boxes[EVE].last.why, slice_str("kicked")));
    assert_null(room_find(l->hub, slice_str("lobby")));
    assert_int_equal(court_join(l, EVE, "lobby"), ERR_NONE);
    assert_int_equal(court_join(l, BOB, "lobby"), ERR_DENIED);
    court_free(l);
}

/* Who is listed stays, and what he read on the topic comes direct now. */
static void
test_opened_and_closed(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    struct access open = {.mode = ACCESS_KEYS}, closed;
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    assert_int_equal(court_rule(l, BOB, OP_INVITE, "staff", "eve"), ERR_NONE);
    open.users = court_access.users;
    local_clear(l);
    hub_access(l->hub, &open, l->now);
    assert_int_equal(l->boxes[BOB].ops[OP_EXIT], 0);
    assert_int_equal(court_join(l, EVE, "staff"), ERR_NONE);
    assert_false(l->boxes[EVE].last.direct);
    assert_int_equal(court_join(l, MIA, "staff"), ERR_NONE);
    assert_int_equal(court_say(l, MIA, "staff"), ERR_NONE);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 1);
    close_rooms(l, &closed, "staff");
    assert_int_equal(l->boxes[MIA].ops[OP_EXIT], 1);
    assert_int_equal(l->boxes[EVE].ops[OP_EXIT], 1); /* of mia */
    assert_true(slice_eq(l->boxes[EVE].last.id, slice_str("mia")));
    assert_int_equal(court_say(l, BOB, "staff"), ERR_NONE);
    assert_int_equal(l->boxes[EVE].ops[OP_SAY], 1);
    assert_int_equal(l->boxes[MIA].ops[OP_SAY], 0);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    court_free(l);
}

/* What was said in the turn of the reload, before it, is not lost. */
static void
test_batch_before_reload(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    struct access closed;
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "lobby"), ERR_NONE);
    local_say(l, EVE, "lobby", "before");
    struct message sync = about_room(OP_SYNC, "lobby");
    local_pass(l, 1000); /* its tick is not due later, but at once */
    local_feed(l, BOB, &sync);
    close_rooms(l, &closed, "lobby");
    /* It got its place when the room was closed already. */
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    court_free(l);
}

/* A page of history that was asked for before a kick shows nothing after it. */
static void
test_page_after_kick(void **state)
{
    (void)state;
    struct local *l = slow(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    assert_int_equal(court_rule(l, BOB, OP_INVITE, "staff", "eve"), ERR_NONE);
    assert_int_equal(court_join(l, EVE, "staff"), ERR_NONE);
    assert_int_equal(court_say(l, BOB, "staff"), ERR_NONE);
    held.reads = true;
    (void)court_history(l, EVE, "staff");
    assert_int_equal(court_rule(l, BOB, OP_KICK, "staff", "eve"), ERR_NONE);
    local_clear(l);
    held_let_go(&held);
    local_turn(l);
    assert_int_equal(l->boxes[EVE].ops[OP_HISTORY], 0);
    assert_int_equal(court_code(l, EVE), ERR_NO_ROOM);
    assert_int_equal(l->boxes[EVE].last.ref.num, 7);
    court_free(l);
}

/* Nor one that a moderator asked for, when he is none any more. */
static void
test_redact_after_demotion(void **state)
{
    (void)state;
    static const char fewer[] = "ann role=admin key=" ANN_KEY "\n"
                                "mia key=" MIA_KEY "\nbob key=" BOB_KEY "\n";
    struct local *l = slow(ACCESS_KEYS);
    struct access fresh;
    court_everybody(l);
    assert_int_equal(court_say(l, BOB, "lobby"), ERR_NONE);
    struct message m = about_room(OP_REDACT, "lobby");
    WITH(&m, FIELD_SEQ, seq, l->boxes[BOB].last.seq);
    held.reads = true;
    (void)court_ask(l, MIA, &m);
    court_fill(&fresh, ACCESS_KEYS, fewer);
    hub_access(l->hub, &fresh, l->now);
    local_clear(l);
    held_let_go(&held);
    local_turn(l);
    assert_int_equal(court_code(l, MIA), ERR_DENIED);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    local_free(l);
    users_free(&fresh.users);
    users_free(&court_access.users);
}

/* Of two redactions at once both may come in time: the room hears it twice, and
 * it is gone. */
static void
test_redact_at_once(void **state)
{
    (void)state;
    struct local *l = slow(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_say(l, BOB, "lobby"), ERR_NONE);
    struct message m = about_room(OP_REDACT, "lobby");
    WITH(&m, FIELD_SEQ, seq, l->boxes[BOB].last.seq);
    held.reads = true;
    (void)court_ask(l, MIA, &m);
    (void)court_ask(l, BOB, &m);
    local_clear(l);
    held_let_go(&held);
    local_turn(l);
    assert_int_equal(l->boxes[MIA].ops[OP_OK], 1);
    assert_true(l->boxes[LOCAL_PUB].ops[OP_SAY] > 0);
    assert_int_equal(court_ask(l, BOB, &m), ERR_BAD_STATE);
    court_free(l);
}

/* A ban that is placed before a hello keeps it out. */
static void
test_ban_before_hello(void **state)
{
    (void)state;
    struct local *l = slow(ACCESS_KEYS);
    assert_int_equal(court_enter(l, MIA, MIA_KEY, "mia"), OP_WELCOME);
    const struct caller caller = court_caller(EVE_KEY, "10.0.0.1");
    local_call(l, EVE, &caller);
    held.commits = true;
    (void)court_rule(l, MIA, OP_BAN, NULL, "eve");
    local_hello(l, EVE, "eve");
    held_let_go(&held);
    local_turn(l);
    assert_int_equal(l->boxes[MIA].last.op, OP_OK);
    assert_int_equal(l->boxes[EVE].ops[OP_WELCOME], 0);
    assert_true(l->boxes[EVE].kicked || court_code(l, EVE) == ERR_DENIED);
    court_free(l);
}

/* And one that is placed behind it ends the session at once. */
static void
test_ban_behind_hello(void **state)
{
    (void)state;
    struct local *l = slow(ACCESS_KEYS);
    assert_int_equal(court_enter(l, MIA, MIA_KEY, "mia"), OP_WELCOME);
    const struct caller caller = court_caller(EVE_KEY, "10.0.0.1");
    local_call(l, EVE, &caller);
    held.commits = true;
    local_hello(l, EVE, "eve");
    (void)court_rule(l, MIA, OP_BAN, NULL, "eve");
    held_let_go(&held);
    local_turn(l);
    assert_int_equal(l->boxes[EVE].ops[OP_WELCOME], 1);
    assert_int_equal(l->boxes[EVE].ops[OP_BYE], 1);
    assert_true(l->boxes[EVE].kicked);
    court_free(l);
}

/* A join on its way when the id is taken off the list. */
static void
test_kick_before_join(void **state)
{
    (void)state;
    struct local *l = slow(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    assert_int_equal(court_rule(l, BOB, OP_INVITE, "staff", "eve"), ERR_NONE);
    held.commits = true;
    (void)court_rule(l, BOB, OP_KICK, "staff", "eve");
    (void)court_join(l, EVE, "staff");
    held_let_go(&held);
    local_clear(l);
    local_turn(l);
    assert_int_equal(court_code(l, EVE), ERR_DENIED);
    assert_int_equal(l->boxes[BOB].ops[OP_ENTER], 0);
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_closed_by_reload),
        cmocka_unit_test(test_empty_closed_by_reload),
        cmocka_unit_test(test_opened_and_closed),
        cmocka_unit_test(test_batch_before_reload),
        cmocka_unit_test(test_page_after_kick),
        cmocka_unit_test(test_redact_after_demotion),
        cmocka_unit_test(test_redact_at_once),
        cmocka_unit_test(test_ban_before_hello),
        cmocka_unit_test(test_ban_behind_hello),
        cmocka_unit_test(test_kick_before_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
