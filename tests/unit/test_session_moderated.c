/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client's session and moderators: what is done to it and around it, and how
 * it ends. Seqs go in steps of 10.
 */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

static struct message
refusal(struct ref ref, const char *code)
{
    return (struct message){.op = OP_ERROR,
                            .ref = ref,
                            .code = slice_str(code),
                            .text = slice_str("because")};
}

static struct message
kicked(const char *id)
{
    return (struct message){
        .op = OP_EXIT,
        .room = slice_str("lobby"),
        .id = slice_str(id),
        .head = 100,
        .rv = 6,
        .count = 1,
        .why = slice_str("kicked"),
    };
}

static void
reconnect(struct pretend *p)
{
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    pretend_wait(p, 100);
}

static void
test_kicked(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", kicked("ann")); /* for the others */
    told_nothing(p);
    broker_says(p, kicked("ann"));
    const confab_event *e = told(p, CONFAB_EXIT);
    assert_string_equal(e->id, "ann");
    assert_string_equal(e->why, "kicked");
    topic_was(p, "-lobby ");
    topic_says(p, "lobby", said("lobby", 110, 100));
    told_nothing(p);
    reconnect(p);
    sent_nothing(p); /* no join */
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 110); /* as one who may */
    assert_int_equal(told(p, CONFAB_JOINED)->head, 110);
    pretend_free(p);
}

static void
test_others_are_kicked(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", kicked("bob"));
    assert_string_equal(told(p, CONFAB_EXIT)->id, "bob");
    topic_says(p, "lobby", said("lobby", 110, 100));
    told_says(p, 110, 110);
    pretend_free(p);
}

/* A join under way is answered behind it, by a yes or a no. */
static void
test_kicked_during_a_join(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    assert_int_equal(session_join(p->session, "lobby", CONFAB_DIRECT), 0);
    pretend_turn(p);
    struct ref ref = sent(p, OP_JOIN)->ref;
    broker_says(p, kicked("ann"));
    told_nothing(p);
    broker_says(p, refusal(ref, "denied"));
    const confab_event *e = told(p, CONFAB_REFUSED);
    assert_string_equal(e->room, "lobby");
    pretend_wait(p, 5000);
    sent_nothing(p);
    pretend_free(p);
}

/* The list has changed while we were away. */
static void
test_join_denied_after_reconnect(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    reconnect(p);
    broker_says(p, refusal(sent(p, OP_JOIN)->ref, "denied"));
    assert_string_equal(told(p, CONFAB_REFUSED)->code, "denied");
    topic_was(p, "-lobby ");
    pretend_wait(p, 5000);
    sent_nothing(p);
    reconnect(p);
    sent_nothing(p);
    pretend_free(p);
}

static void
test_news(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    broker_says(p, (struct message){.op = OP_INVITED,
                                    .room = slice_str("staff"),
                                    .by = slice_str("bob")});
    const confab_event *e = told(p, CONFAB_INVITED);
    assert_string_equal(e->room, "staff");
    assert_string_equal(e->by, "bob");
    topic_says(p, "lobby",
               (struct message){.op = OP_ABOUT,
                                .room = slice_str("lobby"),
                                .about = slice_str("tea"),
                                .by = slice_str("bob"),
                                .head = 100});
    e = told(p, CONFAB_ABOUT);
    assert_string_equal(e->about, "tea");
    assert_string_equal(e->by, "bob");
    struct message gone = said("lobby", 110, 100);
    gone.text = slice_of(NULL, 0);
    gone.has = 0;
    gone.kind = slice_str("redact");
    gone.re = 100;
    gone.gone = true;
    topic_says(p, "lobby", gone);
    e = told(p, CONFAB_SAY);
    assert_true(e->gone);
    assert_int_equal(e->re, 100);
    assert_string_equal(e->kind, "redact");
    pretend_free(p);
}

static struct message
subject(struct message m, const char *about, const char *by)
{
    m.about = slice_str(about);
    m.by = slice_str(by);
    return m;
}

/* It has no number: a tick shows that it was missed. */
static void
test_a_subject_that_was_missed(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    const struct message tick = tick_of(100, 5);
    topic_says(p, "lobby", tick);
    told_nothing(p);
    topic_says(p, "lobby", subject(tick, "tea", "bob"));
    const confab_event *e = told(p, CONFAB_ABOUT);
    assert_string_equal(e->room, "lobby");
    assert_string_equal(e->about, "tea");
    assert_string_equal(e->by, "bob");
    static const char op[] = "\xa2op\xa5"
                             "about"; /* for those who take the bytes */
    assert_memory_equal((const char *)e->raw + 1, op, sizeof op - 1);
    topic_says(p, "lobby", subject(tick, "tea", "bob"));
    told_nothing(p);
    topic_says(p, "lobby",
               subject((struct message){.op = OP_ABOUT,
                                        .room = slice_str("lobby"),
                                        .head = 100},
                       "coffee", "eve"));
    assert_string_equal(told(p, CONFAB_ABOUT)->about, "coffee");
    topic_says(p, "lobby", subject(tick, "coffee", "eve"));
    told_nothing(p);
    topic_says(p, "lobby", tick);
    e = told(p, CONFAB_ABOUT);
    assert_string_equal(e->about, "");
    assert_null(e->by);
    pretend_free(p);
}

static void
test_the_end(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, (struct message){.op = OP_BYE,
                                    .why = slice_str("kicked"),
                                    .text = slice_str("come back tomorrow")});
    const confab_event *e = told(p, CONFAB_BYE);
    assert_string_equal(e->why, "kicked");
    assert_string_equal(e->text, "come back tomorrow");
    assert_true(session_is_over(p->session));
    pretend_free(p);

    p = pretend_new();
    session_hindered(p->session, "handshake", "no talking");
    assert_string_equal(told(p, CONFAB_REFUSED)->code, "handshake");
    session_denied(p->session, "not this key");
    e = told(p, CONFAB_BYE);
    assert_string_equal(e->why, "refused");
    assert_string_equal(e->code, "denied");
    assert_string_equal(e->text, "not this key");
    session_denied(p->session, "again");
    session_hindered(p->session, "handshake", "again");
    told_nothing(p);
    pretend_free(p);
}

/* A password is checked slowly: a second hello would only be in the way. */
static void
test_password_takes_time(void **state)
{
    (void)state;
    struct session_options options = {
        .id = "ann", .lane = "l", .seed = 7, .password = "secret"};
    struct pretend *p = pretend_new_of(&options);
    session_connected(p->session, p->now);
    pretend_turn(p);
    assert_true(slice_eq(sent(p, OP_HELLO)->password, slice_str("secret")));
    pretend_wait(p, 15000);
    sent_nothing(p);
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kicked),
        cmocka_unit_test(test_others_are_kicked),
        cmocka_unit_test(test_kicked_during_a_join),
        cmocka_unit_test(test_join_denied_after_reconnect),
        cmocka_unit_test(test_news),
        cmocka_unit_test(test_a_subject_that_was_missed),
        cmocka_unit_test(test_the_end),
        cmocka_unit_test(test_password_takes_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
