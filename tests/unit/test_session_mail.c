/* SPDX-License-Identifier: MPL-2.0 */
/* A client's session and its mail: acknowledged, and whole. */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

static void
done(struct pretend *p)
{
    assert_true(p->shown->has_cursor && p->shown->mail);
    pretend_done(p, NULL, p->shown->cursor);
    pretend_turn(p);
}

static void
test_mail(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, told_to_ann(10, 0));
    broker_says(p, told_to_ann(20, 10));
    broker_says(p, told_to_ann(20, 10));
    assert_int_equal(told(p, CONFAB_TELL)->seq, 10);
    done(p);
    assert_int_equal(told(p, CONFAB_TELL)->seq, 20);
    told_nothing(p);
    done(p);
    sent_nothing(p);
    pretend_wait(p, 10);
    assert_int_equal(sent(p, OP_ACK)->seq, 20); /* one for both */
    sent_nothing(p);
    pretend_free(p);
}

/* The ack did not arrive: it is said again, but not before the broker has sent
 * the mail again, and the user does not see it twice. */
static void
test_mail_after_reconnect(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, told_to_ann(10, 0));
    broker_says(p, told_to_ann(20, 10));
    (void)told(p, CONFAB_TELL);
    (void)told(p, CONFAB_TELL);
    done(p);
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    pretend_wait(p, 100);
    sent_nothing(p);
    broker_says(p, told_to_ann(10, 0));
    pretend_wait(p, 10);
    assert_int_equal(sent(p, OP_ACK)->seq, 10);
    broker_says(p, told_to_ann(20, 10));
    pretend_wait(p, 10);
    assert_int_equal(sent(p, OP_ACK)->seq, 20);
    told_nothing(p);
    pretend_free(p);
}

/* A full log refuses the ack; without another one no more mail would come. */
static void
test_ack_refused(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, told_to_ann(10, 0));
    (void)told(p, CONFAB_TELL);
    done(p);
    pretend_wait(p, 10);
    struct ref ref = sent(p, OP_ACK)->ref;
    broker_says(p, (struct message){.op = OP_ERROR,
                                    .ref = ref,
                                    .code = slice_str("full"),
                                    .text = slice_str("no room")});
    told_nothing(p);
    pretend_wait(p, 1000);
    assert_int_equal(sent(p, OP_ACK)->seq, 10);
    pretend_free(p);
}

static void
test_mail_gap(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, told_to_ann(30, 20));
    pretend_wait(p, 200);
    const struct message *m = sent(p, OP_HISTORY);
    assert_false(message_has(m, FIELD_ROOM) || message_has(m, FIELD_WITH));
    assert_true(message_has(m, FIELD_AFTER));
    assert_int_equal(m->after, 0);
    static const uint8_t none[] = {0x90};
    broker_says(p, (struct message){
                       .op = OP_HISTORY,
                       .ref = m->ref,
                       .messages = slice_of(none, sizeof none),
                       .upto = 30,
                       .head = 30,
                   });
    const confab_event *e = told(p, CONFAB_LOST);
    assert_null(e->room);
    assert_int_equal(e->seq, 30);
    pretend_free(p);
}

/* The same as in a room: what was missed is fetched, and comes in order. */
static void
test_mail_repair(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, told_to_ann(10, 0));
    broker_says(p, told_to_ann(50, 40));
    assert_int_equal(told(p, CONFAB_TELL)->seq, 10);
    told_nothing(p);
    pretend_wait(p, 200);
    broker_pages(p, (struct page){.ref = sent(p, OP_HISTORY)->ref.num,
                                  .first = 20,
                                  .count = 2,
                                  .upto = 30,
                                  .more = true});
    const struct message *m = sent(p, OP_HISTORY);
    assert_int_equal(m->after, 30);
    broker_pages(
        p,
        (struct page){.ref = m->ref.num, .first = 40, .count = 1, .upto = 40});
    for (uint64_t seq = 20; seq <= 50; seq += 10)
        assert_int_equal(told(p, CONFAB_TELL)->seq, seq);
    told_nothing(p);
    sent_nothing(p);
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mail),
        cmocka_unit_test(test_mail_after_reconnect),
        cmocka_unit_test(test_ack_refused),
        cmocka_unit_test(test_mail_gap),
        cmocka_unit_test(test_mail_repair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
