/* SPDX-License-Identifier: MPL-2.0 */
/* Who speaks how often, in what order, and what becomes of what he may not say.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "court.h"

static void
test_sessions_of_one(void **state)
{
    (void)state;
    struct hub_options options = court_options(ACCESS_KEYS);
    struct local *l = local_new(options);
    struct message hello = {.op = OP_HELLO};
    WITH(&hello, FIELD_V, v, PROTOCOL_VERSION);
    WITH(&hello, FIELD_ID, id, slice_str("bob"));
    WITH(&hello, FIELD_INBOX, inbox, false);
    const struct caller caller = court_caller(BOB_KEY, "10.0.0.1");
    for (unsigned i = 0; i <= SESSIONS_PER_ID; i++) {
        /* The box takes each in turn; the ones before stay connected. */
        local_call(l, BOB, &caller);
        enum err expected = i < SESSIONS_PER_ID ? ERR_NONE : ERR_TOO_MANY;
        assert_int_equal(court_ask(l, BOB, &hello), expected);
    }
    assert_int_equal(court_enter(l, EVE, EVE_KEY, "eve"), OP_WELCOME);
    court_free(l);
}

static void
enter_with_lane(struct local *l)
{
    const struct caller caller = court_caller(BOB_KEY, "10.0.0.1");
    struct message hello = {.op = OP_HELLO};
    WITH(&hello, FIELD_V, v, PROTOCOL_VERSION);
    WITH(&hello, FIELD_ID, id, slice_str("bob"));
    WITH(&hello, FIELD_LANE, lane, slice_str("lane"));
    local_call(l, BOB, &caller);
    assert_int_equal(court_ask(l, BOB, &hello), ERR_NONE);
}

static enum err
say_n(struct local *l, unsigned i, uint64_t n)
{
    struct message m = about_room(OP_SAY, "lobby");
    WITH(&m, FIELD_TEXT, text, slice_str("hello"));
    WITH(&m, FIELD_N, n, n);
    return court_ask(l, i, &m);
}

/* What is numbered does not pass by what has to wait, until that comes again;
 * and not for ever. */
static void
test_order_behind_rate(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    court_access.rates[PACE_SAY] = 10;
    enter_with_lane(l);
    for (uint64_t n = 1; n <= 50; n++)
        assert_int_equal(say_n(l, BOB, n), ERR_NONE);
    assert_int_equal(say_n(l, BOB, 51), ERR_RATE);
    uint64_t wait = l->boxes[BOB].last.wait;
    local_pass(l, 300);
    assert_int_equal(say_n(l, BOB, 52), ERR_RATE);
    assert_int_equal(l->boxes[BOB].last.n, 52);
    assert_true(l->boxes[BOB].last.wait >= wait);
    /* An earlier one that is said again changes nothing. */
    assert_int_equal(say_n(l, BOB, 50), ERR_NONE);
    assert_int_equal(say_n(l, BOB, 52), ERR_RATE);
    /* What has no number may. */
    assert_int_equal(court_say(l, BOB, "lobby"), ERR_NONE);
    assert_int_equal(say_n(l, BOB, 51), ERR_NONE);
    local_pass(l, 200);
    assert_int_equal(say_n(l, BOB, 52), ERR_NONE);
    /* One that never comes again holds the others a second. */
    while (!say_n(l, BOB, 53))
        ;
    local_pass(l, 1000);
    assert_int_equal(say_n(l, BOB, 54), ERR_RATE);
    local_pass(l, (unsigned)l->boxes[BOB].last.wait);
    assert_int_equal(say_n(l, BOB, 54), ERR_NONE);
    court_free(l);
}

/* What was kept before he was muted is answered so, when it is said again. */
static void
test_repeat_when_muted(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    assert_int_equal(court_enter(l, MIA, MIA_KEY, "mia"), OP_WELCOME);
    enter_with_lane(l);
    assert_int_equal(say_n(l, BOB, 1), ERR_NONE);
    assert_int_equal(court_rule(l, MIA, OP_MUTE, NULL, "bob"), ERR_NONE);
    assert_int_equal(say_n(l, BOB, 1), ERR_NONE);
    assert_true(l->boxes[BOB].last.again);
    assert_int_equal(say_n(l, BOB, 2), ERR_DENIED);
    assert_int_equal(l->boxes[BOB].last.n, 2);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    struct message lift = about_id(OP_MUTE, NULL, "bob");
    WITH(&lift, FIELD_FOR, lasts, 0);
    assert_int_equal(court_ask(l, MIA, &lift), ERR_NONE);
    assert_int_equal(say_n(l, BOB, 2), ERR_NONE);
    assert_false(l->boxes[BOB].last.again);
    court_free(l);
}

/* A rule about whom one may write to. */
static void
test_tell_rules(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    struct config_error error;
    assert_true(
        rules_add(&court_access.rules, "calm", "deny member tell a*", &error));
    court_everybody(l);
    struct message m = about_room(OP_TELL, NULL);
    WITH(&m, FIELD_TEXT, text, slice_str("hello"));
    WITH(&m, FIELD_TO, to, slice_str("ann"));
    assert_int_equal(court_ask(l, EVE, &m), ERR_DENIED);
    assert_int_equal(court_ask(l, MIA, &m), ERR_NONE);
    WITH(&m, FIELD_TO, to, slice_str("bob"));
    assert_int_equal(court_ask(l, EVE, &m), ERR_NONE);
    WITH(&m, FIELD_KIND, kind, slice_str("redact"));
    assert_int_equal(court_ask(l, EVE, &m), ERR_DENIED);
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions_of_one),
        cmocka_unit_test(test_order_behind_rate),
        cmocka_unit_test(test_repeat_when_muted),
        cmocka_unit_test(test_tell_rules),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
