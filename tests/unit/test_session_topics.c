/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client whose topics do not reach it: never, for a moment, or again and
 * again. Seqs go in steps of 10.
 */
#include "client/session.h"
#include "pretend.h"

enum { SYNCS = 40, SYNC_EVERY = 50 };

/* A firewall that lets only the first port pass: the room comes direct. */
static void
test_join_where_no_topic_comes(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 100);
    (void)told(p, CONFAB_JOINED);
    topic_was(p, "+lobby ");
    for (int i = 0; i < 40; i++) {
        (void)sent(p, OP_SYNC);
        pretend_wait(p, 50);
    }
    assert_true(p->sent[p->sent_first].direct);
    broker_joins(p, "lobby", 110);
    topic_was(p, "-lobby ");
    assert_true(told(p, CONFAB_JOINED)->again);
    assert_int_equal(sent(p, OP_HISTORY)->after, 100);
    pretend_free(p);
}

static void
test_lost_for_a_moment(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    session_topics_lost(p->session, p->now);
    pretend_wait(p, SYNC_EVERY);
    (void)sent(p, OP_SYNC);
    topic_says(p, "lobby", tick_of(120, 5)); /* looked into at once */
    assert_int_equal(sent(p, OP_HISTORY)->after, 100);
    pretend_wait(p, 1000);
    sent_nothing(p);
    pretend_free(p);
}

/* It is there for a moment, long enough for a tick, and shut: for ever. */
static void
test_lost_again_and_again(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    int syncs = 1; /* of the join */
    for (; syncs < SYNCS; syncs++) {
        session_topics_lost(p->session, p->now);
        pretend_wait(p, SYNC_EVERY);
        (void)sent(p, OP_SYNC);
        topic_says(p, "lobby", tick_of(100, 5));
    }
    session_topics_lost(p->session, p->now);
    pretend_wait(p, SYNC_EVERY);
    assert_true(p->sent[p->sent_first].direct);
    broker_joins(p, "lobby", 110);
    topic_was(p, "-lobby ");
    assert_true(told(p, CONFAB_JOINED)->again);
    assert_int_equal(sent(p, OP_HISTORY)->after, 100);
    session_topics_lost(p->session, p->now); /* nobody needs it */
    pretend_wait(p, 1000);
    sent_nothing(p);
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join_where_no_topic_comes),
        cmocka_unit_test(test_lost_for_a_moment),
        cmocka_unit_test(test_lost_again_and_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
