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
        if (i == 1)
            (void)sent(p, OP_LEAVE);
        sent_nothing(p);
    }
    pretend_free(p);
}

/* What was removed is told in the answer, as it is. */
static void
test_history(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    const struct confab_range range = {.room = "lobby", .from_after = true};
    for (int i = 0; i < 2; i++) {
        uint64_t number;
        assert_int_equal(session_history(p->session, &range, &number), 0);
        pretend_turn(p);
        const struct message *m = sent(p, OP_HISTORY);
        assert_true(message_has(m, FIELD_AFTER) && m->after == 0);
        broker_pages(p, (struct page){.room = "lobby",
                                      .ref = m->ref.num,
                                      .first = 110,
                                      .count = 3,
                                      .upto = 130,
                                      .more = i,
                                      .incomplete = i});
        const confab_event *e = told(p, CONFAB_HISTORY);
        assert_int_equal(e->number, number);
        assert_string_equal(e->room, "lobby");
        assert_int_equal(e->complete, !i);
        assert_int_equal(e->more, i);
        assert_int_equal(e->messages_len, 3);
        assert_int_equal(e->messages[2].seq, 130);
    }
    pretend_free(p);
}

static void
test_receipt(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    const struct confab_extra extra = {.receipt = true};
    assert_int_equal(session_tell(p->session, "bob", "t", &extra, NULL), 0);
    pretend_turn(p);
    assert_true(sent(p, OP_TELL)->receipt);
    broker_says(p, (struct message){
                       .op = OP_RECEIPT, .to = slice_str("bob"), .seq = 70});
    const confab_event *e = told(p, CONFAB_RECEIPT);
    assert_string_equal(e->id, "bob");
    assert_int_equal(e->seq, 70);
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_question_behind_join),
        cmocka_unit_test(test_question_behind_no_join),
        cmocka_unit_test(test_history),
        cmocka_unit_test(test_receipt),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
