/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rulings and a store that fails, or takes its time: as if they had never been
 * asked for, and once it works again nothing is left of it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "court.h"
#include "held.h"

static const struct slice nowhere = {NULL, 0};

static unsigned
count(const struct local *l, enum ruling_kind kind)
{
    return l->hub->rulings.count[kind];
}

static struct held held;

static struct local *
failing(enum access_mode mode)
{
    struct local *l = court_new(mode);
    held_begin(&held, l->hub->log);
    return l;
}

/* As if it had never been asked for; the asker hears of it. */
static void
test_revoked(void **state)
{
    (void)state;
    static const enum op ops[] = {OP_BAN, OP_MUTE, OP_KICK};
    struct local *l = failing(ACCESS_KEYS);
    court_everybody(l);
    held.fails = true;
    for (size_t i = 0; i < sizeof ops / sizeof *ops; i++) {
        assert_int_equal(court_rule(l, MIA, ops[i], NULL, "eve"), ERR_FULL);
        assert_int_equal(l->boxes[MIA].last.ref.num, 7);
        assert_false(l->boxes[EVE].kicked);
    }
    assert_int_equal(court_join(l, BOB, "staff"), ERR_TOO_MANY);
    assert_int_equal(count(l, RULING_BAN) + count(l, RULING_MUTE) +
                         count(l, RULING_MEMBER),
                     0);
    assert_int_equal(l->hub->rulings.placed, 0);
    assert_int_equal(l->hub->rulings.total, 0);
    held_let_go(&held);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    assert_int_equal(court_rule(l, MIA, OP_BAN, NULL, "eve"), ERR_NONE);
    assert_true(l->boxes[EVE].kicked);
    court_free(l);
}

/* Whatever is asked for gets one answer, with its ref. */
static void
test_answers(void **state)
{
    (void)state;
    struct local *l = failing(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    assert_int_equal(court_rule(l, BOB, OP_INVITE, "staff", "eve"), ERR_NONE);
    const struct message asked[] = {
        about_id(OP_KICK, "staff", "eve"),
        about_id(OP_BAN, "staff", "eve"),
        about_room(OP_JOIN, "staff-x"),
    };
    for (unsigned late = 0; late < 2; late++) {
        held.fails = late;
        held.refuses = !late;
        for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
            assert_int_not_equal(court_ask(l, BOB, &asked[i]), ERR_NONE);
            assert_int_equal(l->boxes[BOB].ops[OP_ERROR], 1);
            assert_int_equal(l->boxes[BOB].last.ref.num, 7);
        }
    }
    held_let_go(&held);
    assert_int_equal(court_join(l, EVE, "staff"), ERR_NONE);
    court_free(l);
}

/* What could not be redacted is not told to be gone. */
static void
test_redact(void **state)
{
    (void)state;
    struct local *l = failing(ACCESS_KEYS);
    court_everybody(l);
    assert_int_equal(court_say(l, BOB, "lobby"), ERR_NONE);
    struct message m = about_room(OP_REDACT, "lobby");
    WITH(&m, FIELD_SEQ, seq, l->boxes[BOB].last.seq);
    held.fails = true;
    assert_int_equal(court_ask(l, BOB, &m), ERR_FULL);
    assert_int_equal(l->boxes[BOB].ops[OP_ERROR], 1);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    held_let_go(&held);
    assert_int_equal(court_ask(l, BOB, &m), ERR_NONE);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 1);
    court_free(l);
}

/* Who cannot be written down as the owner does not get the id, and nobody is
 * kept from it. */
static void
test_revoked_claim(void **state)
{
    (void)state;
    struct local *l = failing(ACCESS_CLAIM);
    held.fails = true;
    assert_int_equal(court_enter(l, 0, "11" KEY_REST, "zed"), OP_ERROR);
    assert_int_equal(court_code(l, 0), ERR_DENIED);
    const struct client *zed = client_find(l->hub, slice_str("zed"));
    assert_true(!zed || (!zed->claiming && !zed->claimed && !zed->folded));
    held_let_go(&held);
    assert_int_equal(court_enter(l, 1, "22" KEY_REST, "Zed"), OP_WELCOME);
    assert_int_equal(court_enter(l, 2, "11" KEY_REST, "zed"), OP_ERROR);
    assert_int_equal(count(l, RULING_CLAIM), 1);
    court_free(l);
}

/* A room's subject that could not be taken away with it goes later. */
static void
test_revoked_about(void **state)
{
    (void)state;
    struct local *l = failing(ACCESS_KEYS);
    struct message about = about_room(OP_ABOUT, "lobby");
    struct message leave = about_room(OP_LEAVE, "lobby");
    WITH(&about, FIELD_ABOUT, about, slice_str("something"));
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "lobby"), ERR_NONE);
    assert_int_equal(court_ask(l, MIA, &about), ERR_NONE);
    held.fails = true;
    (void)court_ask(l, BOB, &leave);
    held.refuses = true;
    local_turn(l);
    assert_int_equal(count(l, RULING_ABOUT), 1);
    held_let_go(&held);
    (void)court_say(l, BOB, "lobby-2");
    assert_false(room_find(l->hub, slice_str("lobby"))->leaving);
    assert_int_equal(court_join(l, BOB, "lobby"), ERR_NONE);
    (void)court_ask(l, BOB, &leave);
    local_turn(l);
    local_turn(l);
    assert_int_equal(count(l, RULING_ABOUT), 0);
    assert_null(room_find(l->hub, slice_str("lobby")));
    court_free(l);
}

/* Over is over at that moment; that it is lifted is for the log. */
static void
test_over(void **state)
{
    (void)state;
    struct local *l = failing(ACCESS_KEYS);
    court_everybody(l);
    struct message ban = about_id(OP_BAN, NULL, "eve");
    WITH(&ban, FIELD_FOR, lasts, 5000);
    assert_int_equal(court_ask(l, MIA, &ban), ERR_NONE);
    local_pass(l, 4999);
    assert_non_null(ruling_ban_of(l->hub, nowhere, slice_str("eve")));
    held.commits = true;
    local_pass(l, 1);
    assert_null(ruling_ban_of(l->hub, nowhere, slice_str("eve")));
    local_pass(l, 1000);
    assert_int_equal(count(l, RULING_BAN), 1);
    held_let_go(&held);
    local_turn(l);
    assert_int_equal(count(l, RULING_BAN), 0);
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revoked),
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_redact),
        cmocka_unit_test(test_revoked_claim),
        cmocka_unit_test(test_revoked_about),
        cmocka_unit_test(test_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
