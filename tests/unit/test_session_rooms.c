/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client's session in rooms: joining, being there again, the roster, another
 * epoch. Repairs are in test_session_repair.c. Seqs go in steps of 10.
 */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

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

/* Where we were before, the next join goes on where we were. */
static void
test_rejoin_refused(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    broker_says(p, (struct message){
                       .op = OP_ERROR,
                       .ref = sent(p, OP_JOIN)->ref,
                       .code = slice_str("too-many"),
                       .text = slice_str("too many rooms"),
                   });
    (void)told(p, CONFAB_REFUSED);
    topic_was(p, "-lobby ");
    pretend_wait(p, 3000);
    sent_nothing(p);
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 120);
    (void)told(p, CONFAB_JOINED);
    topic_was(p, "+lobby ");
    (void)sent(p, OP_SYNC);
    assert_int_equal(sent(p, OP_HISTORY)->after, 100);
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

/* The broker has the first join; to join again and leave in one breath must not
 * leave us in. */
static void
test_join_again_leave(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    assert_int_equal(session_leave(p->session, "lobby"), 0);
    pretend_turn(p);
    topic_was(p, "-lobby ");
    (void)sent(p, OP_LEAVE);
    sent_nothing(p);
    pretend_free(p);
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

/* The clock went back, and so did the cursors, for the next run, too; once. */
static void
test_epoch_in_state(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", said("lobby", 110, 100));
    pretend_done(p, "lobby", 110);
    session_disconnected(p->session, p->now);
    session_connected(p->session, p->now);
    pretend_turn(p);
    told_says(p, 110, 110);
    (void)told(p, CONFAB_OFFLINE);
    broker_welcomes(p, "e2");
    (void)told(p, CONFAB_EPOCH);
    broker_joins(p, "lobby", 50);
    (void)told(p, CONFAB_JOINED);
    pretend_done(p, "lobby", 110); /* of before */
    const struct record *last = &p->kept[p->kept_count - 1];
    assert_int_equal(last->kind, KEEP_ROOM);
    assert_int_equal(last->number, 50);
    (void)sent(p, OP_SYNC);
    topic_says(p, "lobby", said("lobby", 60, 50));
    told_says(p, 60, 60);
    assert_int_equal(session_join(p->session, "lobby", 0), 0);
    pretend_turn(p);
    broker_joins(p, "lobby", 50); /* answered before 60 was said */
    (void)told(p, CONFAB_JOINED);
    topic_says(p, "lobby", said("lobby", 60, 50));
    told_nothing(p);
    pretend_free(p);
}

/* A room in which nothing was said yet has a cursor, too. */
static void
test_cursor_of_an_empty_room(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(0);
    pretend_done(p, "lobby", 0);
    struct session_options options = {.id = "ann", .lane = "l", .seed = 9};
    struct pretend *q = pretend_new_of(&options);
    assert_true(session_save(p->session, restore_to, q));
    session_connected(q->session, q->now);
    pretend_turn(q);
    broker_welcomes(q, "e1");
    assert_int_equal(session_join(q->session, "lobby", 0), 0);
    pretend_turn(q);
    broker_joins(q, "lobby", 10);
    (void)told(q, CONFAB_JOINED);
    (void)sent(q, OP_SYNC);
    assert_int_equal(sent(q, OP_HISTORY)->after, 0);
    pretend_free(p);
    pretend_free(q);
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
    pretend_done(p, "lobby", p->shown->cursor);
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
        cmocka_unit_test(test_rejoin),
        cmocka_unit_test(test_direct),
        cmocka_unit_test(test_join_refused),
        cmocka_unit_test(test_rejoin_refused),
        cmocka_unit_test(test_leave),
        cmocka_unit_test(test_join_again_leave),
        cmocka_unit_test(test_roster),
        cmocka_unit_test(test_epoch),
        cmocka_unit_test(test_epoch_in_state),
        cmocka_unit_test(test_cursor_of_an_empty_room),
        cmocka_unit_test(test_restored_cursor),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
