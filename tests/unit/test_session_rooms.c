/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a client's session receives: joins without a gap, repairs, mail, the
 * roster, another epoch. Seqs go in steps of 10, as the tests have it.
 */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

static const struct message tick = {.op = OP_TICK};

static struct message
tick_of(uint64_t head, uint64_t rv)
{
    struct message m = tick;
    m.room = slice_str("lobby");
    m.head = head;
    m.rv = rv;
    m.time = 1;
    return m;
}

/* In the room, with all up to `head`; nothing is left to be taken. */
static struct pretend *
in_lobby(uint64_t head)
{
    struct pretend *p = pretend_online();
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", head);
    (void)told(p, CONFAB_JOINED);
    topic_was(p, "+lobby ");
    assert_string_equal(p->publisher, "tcp://*:7481");
    (void)sent(p, OP_SYNC);
    topic_says(p, "lobby", tick_of(head, 5));
    pretend_wait(p, 200);
    sent_nothing(p);
    return p;
}

static void
test_join(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 100);
    const confab_event *e = told(p, CONFAB_JOINED);
    assert_string_equal(e->room, "lobby");
    assert_false(e->again);
    assert_int_equal(e->head, 100);
    topic_was(p, "+lobby ");
    for (int i = 0; i < 3; i++) {
        (void)sent(p, OP_SYNC);
        pretend_wait(p, 49);
        sent_nothing(p);
        pretend_wait(p, 1);
    }
    (void)sent(p, OP_SYNC);
    topic_says(p, "lobby", tick_of(90, 5)); /* it has not seen our join */
    pretend_wait(p, 50);
    (void)sent(p, OP_SYNC);
    topic_says(p, "lobby", tick_of(100, 5));
    pretend_wait(p, 2000);
    sent_nothing(p);
    told_nothing(p);
    pretend_free(p);
}

static void
test_join_where_no_topic_comes(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 100);
    pretend_wait(p, 6000);
    size_t syncs = p->sent_last - p->sent_first;
    assert_in_range(syncs, 40, 46); /* eager for two seconds, then slow */
    pretend_free(p);
}

static void
test_gap_at_join(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 100);
    (void)told(p, CONFAB_JOINED);
    (void)sent(p, OP_SYNC);
    topic_says(p, "lobby", said("lobby", 130, 120));
    const struct message *m = sent(p, OP_HISTORY); /* at once */
    assert_int_equal(m->after, 100);
    topic_says(p, "lobby", said("lobby", 140, 130));
    told_nothing(p);
    broker_pages(p, (struct page){.room = "lobby",
                                  .ref = m->ref.num,
                                  .first = 110,
                                  .count = 3,
                                  .upto = 130});
    told_says(p, 110, 140);
    pretend_wait(p, 5000);
    sent_nothing(p);
    told_nothing(p);
    pretend_free(p);
}

static void
test_in_order(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", said("lobby", 110, 100));
    topic_says(p, "lobby", said("lobby", 110, 100)); /* a repeat */
    topic_says(p, "lobby", said("lobby", 120, 110));
    topic_says(p, "lobby", said("lobby", 90, 80)); /* older */
    told_says(p, 110, 120);
    topic_says(p, "devops", said("lobby", 130, 120));  /* another's topic */
    topic_says(p, "devops", said("devops", 130, 120)); /* not joined */
    told_nothing(p);
    pretend_free(p);
}

static void
test_repair(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", said("lobby", 150, 140));
    topic_says(p, "lobby", said("lobby", 160, 150));
    told_nothing(p);
    pretend_wait(p, 200); /* at a random moment within */
    const struct message *m = sent(p, OP_HISTORY);
    assert_int_equal(m->after, 100);
    assert_int_equal(m->limit, LIMIT_PAGE);
    pretend_wait(p, 1000);
    sent_nothing(p); /* one at a time */
    broker_pages(p, (struct page){.room = "lobby",
                                  .ref = m->ref.num,
                                  .first = 110,
                                  .count = 2,
                                  .upto = 120,
                                  .more = true});
    told_says(p, 110, 120);
    m = sent(p, OP_HISTORY);
    assert_int_equal(m->after, 120);
    topic_says(p, "lobby", said("lobby", 170, 160));
    broker_pages(p, (struct page){.room = "lobby",
                                  .ref = m->ref.num,
                                  .first = 130,
                                  .count = 3,
                                  .upto = 150});
    told_says(p, 130, 170);
    told_nothing(p);
    pretend_free(p);
}

static void
test_lost(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", said("lobby", 190, 180));
    pretend_wait(p, 200);
    broker_pages(p, (struct page){.room = "lobby",
                                  .ref = sent(p, OP_HISTORY)->ref.num,
                                  .first = 170,
                                  .count = 2,
                                  .upto = 180,
                                  .incomplete = true});
    const confab_event *e = told(p, CONFAB_LOST);
    assert_string_equal(e->room, "lobby");
    assert_in_range(e->seq, 100, 169);
    told_says(p, 170, 190);
    pretend_free(p);
}

static void
test_all_lost(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", said("lobby", 190, 180));
    pretend_wait(p, 200);
    broker_pages(p, (struct page){.room = "lobby",
                                  .ref = sent(p, OP_HISTORY)->ref.num,
                                  .upto = 180,
                                  .incomplete = true});
    assert_int_equal(told(p, CONFAB_LOST)->seq, 180);
    told_says(p, 190, 190);
    pretend_free(p);
}

static void
test_repair_refused(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", said("lobby", 150, 140));
    pretend_wait(p, 200);
    struct message error = {
        .op = OP_ERROR,
        .ref = sent(p, OP_HISTORY)->ref,
        .code = slice_str("rate"),
        .text = slice_str("later"),
        .wait = 1000,
    };
    broker_says(p, error);
    pretend_wait(p, 1000);
    told_nothing(p);
    pretend_wait(p, 200);
    error.ref = sent(p, OP_HISTORY)->ref;
    error.code = slice_str("denied");
    broker_says(p, error);
    assert_int_equal(told(p, CONFAB_LOST)->seq, 140);
    told_says(p, 150, 150);
    pretend_free(p);
}

static void
test_heads(void **state)
{
    (void)state;
    static const uint8_t heads[] = {0x81, 0xa5, 'l',  'o', 'b',
                                    'b',  'y',  0x92, 120, 5};
    const struct message pong = {
        .op = OP_PONG,
        .time = 1,
        .heads = slice_of(heads, sizeof heads),
    };
    struct pretend *p = in_lobby(100);
    broker_says(p, pong);
    pretend_wait(p, 500);
    topic_says(p, "lobby", said("lobby", 110, 100));
    topic_says(p, "lobby", said("lobby", 120, 110));
    told_says(p, 110, 120);
    pretend_wait(p, 3000);
    sent_nothing(p); /* the topic came up to it */
    pretend_free(p);

    p = in_lobby(100);
    broker_says(p, pong);
    pretend_wait(p, 999);
    sent_nothing(p);
    pretend_wait(p, 201);
    assert_int_equal(sent(p, OP_HISTORY)->after, 100);
    pretend_free(p);
}

/* A burst on the topic ends: was that its end? */
static void
test_burst(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    for (uint64_t seq = 110; seq < 110 + 640; seq += 10)
        topic_says(p, "lobby", said("lobby", seq, seq - 10));
    pretend_wait(p, 499);
    sent_nothing(p);
    pretend_wait(p, 1);
    (void)sent(p, OP_PING);
    pretend_wait(p, 9999);
    sent_nothing(p);
    pretend_free(p);
}

static void
test_held_is_bounded(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    static char large[10000];
    memset(large, 'x', sizeof large);
    topic_says(p, "lobby", said("lobby", 120, 110));
    pretend_wait(p, 200);
    uint64_t ref = sent(p, OP_HISTORY)->ref.num;
    uint64_t seq = 130;
    for (; seq < 130 + 2000; seq += 10) {
        struct message m = said("lobby", seq, seq - 10);
        m.text = slice_of(large, sizeof large);
        topic_says(p, "lobby", m);
    }
    broker_pages(p, (struct page){.room = "lobby",
                                  .ref = ref,
                                  .first = 110,
                                  .count = 1,
                                  .upto = 110});
    told_says(p, 110, 110); /* 120 was dropped with the others */
    pretend_wait(p, 200);
    assert_int_equal(sent(p, OP_HISTORY)->after, 110);
    told_nothing(p);
    pretend_free(p);
}

static void
test_fleeting_keeps_its_place(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    struct message typing = said("lobby", 0, 120);
    typing.kind = slice_str("typing");
    topic_says(p, "lobby", typing);
    told_nothing(p); /* 110 and 120 come first */
    pretend_wait(p, 200);
    broker_pages(p, (struct page){.room = "lobby",
                                  .ref = sent(p, OP_HISTORY)->ref.num,
                                  .first = 110,
                                  .count = 2,
                                  .upto = 120});
    told_says(p, 110, 120);
    const confab_event *e = told(p, CONFAB_SAY);
    assert_string_equal(e->kind, "typing");
    assert_int_equal(e->seq, 0);
    topic_says(p, "lobby", typing);
    (void)told(p, CONFAB_SAY); /* never taken for a repeat */
    pretend_free(p);
}

static void
test_rejoin(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    topic_says(p, "lobby", said("lobby", 130, 120)); /* before `joined` */
    told_nothing(p);
    broker_joins(p, "lobby", 120);
    assert_true(told(p, CONFAB_JOINED)->again);
    uint64_t ref = 0;
    while (p->sent_first < p->sent_last) {
        const struct message *m = &p->sent[p->sent_first++];
        if (m->op == OP_HISTORY) {
            assert_int_equal(m->after, 100);
            ref = m->ref.num;
        }
    }
    assert_true(ref != 0);
    broker_pages(p, (struct page){.room = "lobby",
                                  .ref = ref,
                                  .first = 110,
                                  .count = 2,
                                  .upto = 120});
    told_says(p, 110, 130);
    assert_int_equal(p->topic_first, p->topic_last); /* still subscribed */
    pretend_free(p);
}

static void
test_direct(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    assert_int_equal(session_join(p->session, "lobby", CONFAB_DIRECT), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 100);
    (void)told(p, CONFAB_JOINED);
    sent_nothing(p);
    assert_int_equal(p->topic_last, 0);
    assert_string_equal(p->publisher, ""); /* one connection will do */
    broker_says(p, said("lobby", 110, 100));
    told_says(p, 110, 110);
    broker_says(p, said("lobby", 130, 120)); /* one was skipped */
    pretend_wait(p, 200);
    assert_int_equal(sent(p, OP_HISTORY)->after, 110);
    pretend_free(p);
}

static void
test_join_refused(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_says(p, (struct message){
                       .op = OP_ERROR,
                       .ref = sent(p, OP_JOIN)->ref,
                       .code = slice_str("denied"),
                       .text = slice_str("members only"),
                   });
    const confab_event *e = told(p, CONFAB_REFUSED);
    assert_string_equal(e->room, "lobby");
    assert_string_equal(e->code, "denied");
    pretend_wait(p, 3000);
    sent_nothing(p);
    pretend_free(p);
}

static void
test_leave(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    assert_int_equal(session_leave(p->session, "lobby"), 0);
    pretend_turn(p);
    topic_was(p, "-lobby ");
    struct ref ref = sent(p, OP_LEAVE)->ref;
    topic_says(p, "lobby", said("lobby", 110, 100));
    broker_says(p, (struct message){.op = OP_OK, .ref = ref});
    told_nothing(p);
    assert_int_equal(session_leave(p->session, "lobby"), 0); /* not in it */
    /* Left and joined in one breath: only the join is said. */
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 200);
    (void)told(p, CONFAB_JOINED);
    (void)sent(p, OP_SYNC);
    assert_int_equal(session_leave(p->session, "lobby"), 0);
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    (void)sent(p, OP_JOIN);
    sent_nothing(p);
    pretend_free(p);
}

static struct message
roster(enum op op, const char *id, uint64_t rv)
{
    return (struct message){
        .op = op,
        .room = slice_str("lobby"),
        .id = slice_str(id),
        .head = 100,
        .rv = rv,
        .count = 2,
        .why = op == OP_EXIT ? slice_str("left") : slice_of(NULL, 0),
    };
}

static void
test_roster(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100); /* rv 5 */
    topic_says(p, "lobby", roster(OP_ENTER, "ann", 5));
    told_nothing(p); /* `joined` knew it */
    topic_says(p, "lobby", roster(OP_ENTER, "bob", 6));
    const confab_event *e = told(p, CONFAB_ENTER);
    assert_string_equal(e->id, "bob");
    assert_true(e->complete);
    topic_says(p, "lobby", roster(OP_EXIT, "bob", 9));
    e = told(p, CONFAB_EXIT);
    assert_string_equal(e->why, "left");
    assert_false(e->complete);
    topic_says(p, "lobby", roster(OP_ENTER, "dan", 10));
    assert_false(told(p, CONFAB_ENTER)->complete); /* still not known */
    assert_int_equal(session_who(p->session, "lobby", NULL, NULL), 0);
    pretend_turn(p);
    static const uint8_t names[] = {0x91, 0xa3, 'a', 'n', 'n'};
    broker_says(p, (struct message){
                       .op = OP_WHO,
                       .ref = sent(p, OP_WHO)->ref,
                       .room = slice_str("lobby"),
                       .rv = 11,
                       .members = slice_of(names, sizeof names),
                       .count = 1,
                   });
    (void)told(p, CONFAB_WHO);
    topic_says(p, "lobby", roster(OP_ENTER, "eve", 12));
    assert_true(told(p, CONFAB_ENTER)->complete);
    pretend_free(p);
}

static struct message
mail(uint64_t seq, uint64_t prev)
{
    struct message m = said("", seq, prev);
    m.op = OP_TELL;
    m.room = slice_of(NULL, 0);
    m.to = slice_str("ann");
    return m;
}

static void
done(struct pretend *p)
{
    assert_true(p->shown->has_cursor && p->shown->mail);
    session_done(p->session, NULL, p->shown->cursor, p->now);
    pretend_turn(p);
}

static void
test_mail(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, mail(10, 0));
    broker_says(p, mail(20, 10));
    broker_says(p, mail(20, 10));
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
    broker_says(p, mail(10, 0));
    broker_says(p, mail(20, 10));
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
    broker_says(p, mail(10, 0));
    pretend_wait(p, 10);
    assert_int_equal(sent(p, OP_ACK)->seq, 10);
    broker_says(p, mail(20, 10));
    pretend_wait(p, 10);
    assert_int_equal(sent(p, OP_ACK)->seq, 20);
    told_nothing(p);
    pretend_free(p);
}

static void
test_mail_gap(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    broker_says(p, mail(30, 20));
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

static void
test_epoch(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e2");
    (void)told(p, CONFAB_EPOCH);
    broker_joins(p, "lobby", 50); /* the clock went back in between */
    (void)told(p, CONFAB_JOINED);
    topic_says(p, "lobby", said("lobby", 60, 50));
    told_says(p, 60, 60);
    pretend_free(p);
}

static bool
restore_to(void *owner, const struct record *record)
{
    struct pretend *p = owner;
    return session_restore(p->session, record) == 0;
}

/* What the user had not finished with comes again in the next run. */
static void
test_restored_cursor(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    for (uint64_t seq = 110; seq <= 130; seq += 10)
        topic_says(p, "lobby", said("lobby", seq, seq - 10));
    (void)told(p, CONFAB_SAY);
    session_done(p->session, "lobby", p->shown->cursor, p->now);
    struct session_options options = {.id = "ann", .lane = "l", .seed = 9};
    struct pretend *q = pretend_new_of(&options);
    assert_true(session_save(p->session, restore_to, q));
    session_connected(q->session, q->now);
    pretend_turn(q);
    broker_welcomes(q, "e1");
    sent_nothing(q); /* it was joined in another run, not in this one */
    assert_int_equal(session_join(q->session, "lobby", 0), 0);
    pretend_turn(q);
    broker_joins(q, "lobby", 130);
    assert_false(told(q, CONFAB_JOINED)->again);
    (void)sent(q, OP_SYNC);
    assert_int_equal(sent(q, OP_HISTORY)->after, 110);
    pretend_free(p);
    pretend_free(q);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_join),
        cmocka_unit_test(test_join_where_no_topic_comes),
        cmocka_unit_test(test_gap_at_join),
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_repair),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_all_lost),
        cmocka_unit_test(test_repair_refused),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_burst),
        cmocka_unit_test(test_held_is_bounded),
        cmocka_unit_test(test_fleeting_keeps_its_place),
        cmocka_unit_test(test_rejoin),
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_join_refused),
        cmocka_unit_test(test_leave),
        cmocka_unit_test(test_roster),
        cmocka_unit_test(test_mail),
        cmocka_unit_test(test_mail_after_reconnect),
        cmocka_unit_test(test_mail_gap),
        cmocka_unit_test(test_epoch),
        cmocka_unit_test(test_restored_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
