/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client's session and the gaps in what it receives.
 */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

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

/* Errors and messages that belong to nothing we asked for. */
static void
test_false_answers(void **state)
{
    (void)state;
    struct pretend *p = in_lobby(100);
    topic_says(p, "lobby", said("lobby", 150, 140));
    broker_says(p, (struct message){.op = OP_ERROR,
                                    .has = MESSAGE_BIT(FIELD_REF),
                                    .code = slice_str("denied"),
                                    .text = slice_str("no")});
    told_nothing(p);
    pretend_wait(p, 200);
    uint64_t ref = sent(p, OP_HISTORY)->ref.num;
    static uint8_t list[512] = {0x92};
    struct buffer out = {.data = list, .len = 1, .cap = sizeof list};
    struct message m = said("other", 110, 100);
    m.has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_FROM) |
            MESSAGE_BIT(FIELD_SEQ);
    assert_true(message_write(&out, SIDE_BROKER, &m));
    m.op = OP_TELL;
    m.to = slice_str("ann");
    m.has = MESSAGE_BIT(FIELD_TO) | MESSAGE_BIT(FIELD_FROM) |
            MESSAGE_BIT(FIELD_SEQ);
    assert_true(message_write(&out, SIDE_BROKER, &m));
    broker_says(p, (struct message){.op = OP_HISTORY,
                                    .ref = {.num = ref},
                                    .room = slice_str("lobby"),
                                    .messages = slice_of(list, out.len),
                                    .upto = 140,
                                    .complete = true});
    told_says(p, 150, 150);
    told_nothing(p);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_gap_at_join),
        cmocka_unit_test(test_in_order),
        cmocka_unit_test(test_repair),
        cmocka_unit_test(test_lost),
        cmocka_unit_test(test_all_lost),
        cmocka_unit_test(test_repair_refused),
        cmocka_unit_test(test_false_answers),
        cmocka_unit_test(test_heads),
        cmocka_unit_test(test_burst),
        cmocka_unit_test(test_held_is_bounded),
        cmocka_unit_test(test_fleeting_keeps_its_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
