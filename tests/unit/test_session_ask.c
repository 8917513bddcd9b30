/* SPDX-License-Identifier: MPL-2.0 */
/* A client's session and its questions: when they are asked. */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

/* Questions are asked in the order of the user's verbs: what he asks about a
 * room he has joined waits for the answer to the join. */
static void
test_question_behind_join(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    struct session *s = p->session;
    const struct confab_range lobby = {.room = "lobby"}, bob = {.with = "bob"};
    assert_int_equal(session_who(s, "lobby", NULL, NULL), 0);
    assert_int_equal(session_join(s, "lobby", CONFAB_DIRECT), 0);
    assert_int_equal(session_history(s, &lobby, NULL), 0);
    assert_int_equal(session_who(s, NULL, NULL, NULL), 0);
    assert_int_equal(session_history(s, &bob, NULL), 0);
    assert_int_equal(session_ping(s, NULL), 0);
    assert_int_equal(session_who(s, "other", NULL, NULL), 0);
    pretend_turn(p);
    struct ref join = sent(p, OP_JOIN)->ref;
    assert_true(slice_eq(sent(p, OP_WHO)->room, slice_str("lobby")));
    assert_true(slice_eq(sent(p, OP_HISTORY)->with, slice_str("bob")));
    (void)sent(p, OP_PING);
    assert_true(slice_eq(sent(p, OP_WHO)->room, slice_str("other")));
    sent_nothing(p);
    struct message later = {.op = OP_ERROR,
                            .ref = join,
                            .code = slice_str("internal"),
                            .text = slice_str("because")};
    broker_says(p, later);
    assert_int_equal(sent(p, OP_WHO)->room.len, 0); /* it may take long */
    sent_nothing(p);
    pretend_wait(p, 1000);
    broker_joins(p, "lobby", 100);
    (void)told(p, CONFAB_JOINED);
    assert_true(slice_eq(sent(p, OP_HISTORY)->room, slice_str("lobby")));
    sent_nothing(p);
    pretend_free(p);
}

/* Also when the join is refused, or the room left before its answer. */
static void
test_question_behind_no_join(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    for (int i = 0; i < 2; i++) {
        assert_int_equal(session_join(p->session, "lobby", 0), 0);
        assert_int_equal(session_who(p->session, "lobby", NULL, NULL), 0);
        if (i == 0) {
            pretend_turn(p);
            broker_says(p, (struct message){.op = OP_ERROR,
                                            .ref = sent(p, OP_JOIN)->ref,
                                            .code = slice_str("denied"),
                                            .text = slice_str("no")});
            (void)told(p, CONFAB_REFUSED);
        } else {
            assert_int_equal(session_leave(p->session, "lobby"), 0);
            pretend_turn(p);
        }
        (void)sent(p, OP_WHO);
        sent_nothing(p);
    }
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question_behind_join),
        cmocka_unit_test(test_question_behind_no_join),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
