/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The client's session: becoming and staying welcome, beats, the end. What it
 * sends is in test_session_send.c, what it receives in test_session_rooms.c.
 */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

static void
test_hello(void **state)
{
    (void)state;
    struct session_options options = {
        .id = "ann",
        .lane = "lane1",
        .resume = "abc",
        .password = "secret",
        .agent = "test",
        .beat = 3000,
        .seed = 1,
    };
    struct pretend *p = pretend_new_of(&options);
    pretend_turn(p);
    sent_nothing(p);
    session_connected(p->session, p->now);
    pretend_turn(p);
    const struct message *m = sent(p, OP_HELLO);
    assert_true(is(m->id, "ann") && is(m->lane, "lane1"));
    assert_true(is(m->resume, "abc") && is(m->password, "secret"));
    assert_true(m->inbox && m->v == 1 && m->beat == 3000);
    pretend_wait(p, 19999); /* looking at a password takes its time */
    sent_nothing(p);        /* what is said before welcome is only hello */
    pretend_wait(p, 1);
    (void)sent(p, OP_HELLO); /* nobody answered */
    pretend_free(p);
}

static void
test_hello_unanswered(void **state)
{
    (void)state;
    struct pretend *p = pretend_new();
    session_connected(p->session, p->now);
    pretend_turn(p);
    (void)sent(p, OP_HELLO);
    pretend_wait(p, 1999);
    sent_nothing(p);
    pretend_wait(p, 1);
    (void)sent(p, OP_HELLO);
    pretend_free(p);
}

static void
test_nothing_before_welcome(void **state)
{
    (void)state;
    struct pretend *p = pretend_new();
    say(p, "early");
    session_connected(p->session, p->now);
    pretend_turn(p);
    assert_int_equal(p->sent_last, 1);
    broker_welcomes(p, "e1");
    assert_int_equal(sent(p, OP_SAY)->n, 1);
    assert_string_equal(session_resume(p->session), "feedbeef");
    pretend_free(p);
}

static void
test_first_hello_in_use(void **state)
{
    (void)state;
    struct pretend *p = pretend_new();
    session_connected(p->session, p->now);
    pretend_turn(p);
    uint64_t ref = sent(p, OP_HELLO)->ref.num;
    broker_says(p, error_of("in-use", ref, 0, 3000));
    const confab_event *e = told(p, CONFAB_BYE);
    assert_string_equal(e->code, "in-use");
    assert_string_equal(e->why, "refused");
    assert_true(session_is_over(p->session));
    assert_int_equal(session_deadline(p->session), NEVER);
    assert_int_equal(session_say(p->session, "r", "t", NULL, NULL),
                     CONFAB_ECLOSED);
    pretend_free(p);
}

static void
test_later_hello_in_use(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    const struct message *hello = sent(p, OP_HELLO);
    assert_true(is(hello->resume, "feedbeef"));
    broker_says(p, error_of("in-use", hello->ref.num, 0, 700));
    pretend_wait(p, 699);
    sent_nothing(p);
    told_nothing(p);
    pretend_wait(p, 1);
    broker_welcomes(p, "e1");
    assert_true(p->shown->user.again);
    pretend_free(p);
}

static void
test_no_session(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    say(p, "one");
    assert_int_equal(sent(p, OP_SAY)->n, 1);
    broker_says(p, error_of("no-session", 0, 1, 0));
    (void)told(p, CONFAB_OFFLINE);
    broker_says(p, error_of("no-session", 0, 0, 0)); /* the probe's */
    broker_welcomes(p, "e1");
    assert_int_equal(sent(p, OP_SAY)->n, 1); /* under its old number */
    broker_says(p, ok_of(1));
    assert_int_equal(told(p, CONFAB_SENT)->seq, 1001);
    sent_nothing(p);
    told_nothing(p);
    pretend_free(p);
}

static void
test_beat(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    pretend_wait(p, 9999);
    sent_nothing(p);
    pretend_wait(p, 1);
    (void)sent(p, OP_PING);
    broker_says(p, (struct message){.op = OP_PONG, .time = 1});
    pretend_wait(p, 10000);
    (void)sent(p, OP_PING);
    pretend_wait(p, 19999);
    assert_int_equal(p->reconnects, 0);
    pretend_wait(p, 1); /* three beats since the pong */
    assert_int_equal(p->reconnects, 1);
    (void)told(p, CONFAB_OFFLINE);
    pretend_free(p);
}

/* Who was stopped asks at once what he has missed. */
static void
test_stall(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    p->now.ms += 25000;
    session_tick(p->session, p->now);
    (void)sent(p, OP_PING);
    pretend_free(p);
}

static void
test_deaf(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    for (int i = 0; i < 10; i++) {
        session_deaf(p->session, p->now);
        pretend_wait(p, 10000);
        (void)sent(p, OP_PING);
    }
    assert_int_equal(p->reconnects, 0);
    session_disconnected(p->session, p->now);
    session_connected(p->session, p->now);
    pretend_turn(p);
    (void)sent(p, OP_HELLO);
    for (int i = 0; i < 10; i++) {
        session_deaf(p->session, p->now);
        pretend_wait(p, 1999);
        sent_nothing(p); /* the answer may well be there */
    }
    pretend_free(p);
}

static void
test_bye_from_the_broker(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, (struct message){
                       .op = OP_BYE,
                       .why = slice_str("restart"),
                       .wait = 500,
                   });
    (void)told(p, CONFAB_OFFLINE);
    session_disconnected(p->session, p->now);
    session_connected(p->session, p->now);
    pretend_wait(p, 499);
    sent_nothing(p);
    pretend_wait(p, 1);
    broker_welcomes(p, "e1");
    broker_says(p,
                (struct message){.op = OP_BYE, .why = slice_str("replaced")});
    assert_string_equal(told(p, CONFAB_BYE)->why, "replaced");
    assert_true(session_is_over(p->session));
    session_connected(p->session, p->now);
    pretend_wait(p, 100000);
    sent_nothing(p);
    pretend_free(p);
}

/* Whoever says so, a client does not fall asleep for ever. */
static void
test_endless_wait(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, (struct message){.op = OP_BYE,
                                    .why = slice_str("restart"),
                                    .wait = WIRE_INT_MAX});
    (void)told(p, CONFAB_OFFLINE);
    pretend_wait(p, 3 * BEAT_MAX);
    broker_welcomes(p, "e1");
    pretend_free(p);
}

static void
test_own_bye(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    assert_int_equal(session_say_bye(p->session), 0);
    pretend_turn(p);
    struct ref ref = sent(p, OP_BYE)->ref;
    assert_false(session_said_bye(p->session));
    broker_says(p, (struct message){.op = OP_OK, .ref = ref});
    assert_true(session_said_bye(p->session));
    told_nothing(p);
    pretend_free(p);
}

/* A hello that cannot be sent waits for the link, not for the clock. */
static void
test_hello_blocked(void **state)
{
    (void)state;
    struct pretend *p = pretend_new();
    p->refuse = true;
    session_connected(p->session, p->now);
    pretend_turn(p);
    p->now.ms += 10000;
    session_tick(p->session, p->now);
    assert_true(session_blocked(p->session));
    assert_true(session_deadline(p->session) > p->now.ms);
    p->refuse = false;
    pretend_turn(p);
    broker_welcomes(p, "e1");
    pretend_free(p);
}

static void
test_sending_session(void **state)
{
    (void)state;
    struct session_options options = {
        .id = "ann", .lane = "l", .sending = true, .seed = 1};
    struct pretend *p = pretend_new_of(&options);
    session_connected(p->session, p->now);
    pretend_turn(p);
    assert_false(sent(p, OP_HELLO)->inbox);
    assert_int_equal(session_join(p->session, "r", 0), CONFAB_EINVALID);
    pretend_free(p);
}

static void
test_rubbish(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    unsigned seed = 4711;
    for (int i = 0; i < 20000; i++) {
        uint8_t frame[64];
        size_t len = (size_t)rand_r(&seed) % sizeof frame;
        for (size_t j = 0; j < len; j++)
            frame[j] = (uint8_t)rand_r(&seed);
        session_input(p->session, slice_of(frame, len), p->now);
        session_publish(p->session, slice_of(frame, len), p->now);
    }
    pretend_turn(p);
    told_nothing(p);
    sent_nothing(p);
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_hello_unanswered),
        cmocka_unit_test(test_nothing_before_welcome),
        cmocka_unit_test(test_first_hello_in_use),
        cmocka_unit_test(test_later_hello_in_use),
        cmocka_unit_test(test_no_session),
        cmocka_unit_test(test_beat),
        cmocka_unit_test(test_stall),
        cmocka_unit_test(test_deaf),
        cmocka_unit_test(test_bye_from_the_broker),
        cmocka_unit_test(test_endless_wait),
        cmocka_unit_test(test_own_bye),
        cmocka_unit_test(test_hello_blocked),
        cmocka_unit_test(test_sending_session),
        cmocka_unit_test(test_rubbish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
