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

/* One `say` in an array. */
static struct slice
one_message(uint8_t *bytes, size_t size)
{
    struct buffer out = {.data = bytes, .cap = size};
    struct message m = {
        .op = OP_SAY,
        .has = MESSAGE_BIT(FIELD_SEQ) | MESSAGE_BIT(FIELD_ROOM) |
               MESSAGE_BIT(FIELD_FROM) | MESSAGE_BIT(FIELD_TEXT),
        .seq = 70,
        .room = slice_str("lobby"),
        .from = slice_str("bob"),
        .text = slice_str("green build")};
    list_put_array(&out, 1);
    assert_true(message_write(&out, SIDE_BROKER, &m));
    return slice_of(out.data, out.len);
}

static void
test_search(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    const struct confab_search search = {.text = "green -red",
                                         .room = "lobby",
                                         .from = "bob",
                                         .before = 100,
                                         .since = 5,
                                         .limit = 7};
    uint64_t number = 0;
    uint8_t bytes[256];
    assert_int_equal(session_search(p->session, &search, &number), 0);
    pretend_turn(p);
    const struct message *m = sent(p, OP_SEARCH);
    assert_int_equal(m->has, message_shape(SIDE_CLIENT, OP_SEARCH)->takes &
                                 ~MESSAGE_BIT(FIELD_WITH));
    assert_true(slice_eq(m->text, slice_str("green -red")));
    assert_true(m->before == 100 && m->since == 5 && m->limit == 7);
    broker_says(p,
                (struct message){.op = OP_FOUND,
                                 .ref = m->ref,
                                 .messages = one_message(bytes, sizeof bytes),
                                 .upto = 70,
                                 .more = true});
    const confab_event *e = told(p, CONFAB_FOUND);
    assert_int_equal(e->number, number);
    assert_true(e->more && !e->complete);
    assert_int_equal(e->upto, 70);
    assert_int_equal(e->messages_len, 1);
    assert_int_equal(e->count, 1);
    assert_int_equal(e->messages[0].type, CONFAB_SAY);
    assert_string_equal(e->messages[0].room, "lobby");
    assert_string_equal(e->messages[0].text, "green build");
    pretend_free(p);
}

static void
test_search_for_nothing(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    char much[LIMIT_QUERY + 2] = "";
    memset(much, 'x', LIMIT_QUERY + 1);
    const struct confab_search wrong[] = {
        {.room = "lobby"},
        {.text = "x", .room = "lobby", .with = "bob"},
        {.text = "x", .from = "no name"},
        {.text = "\xff"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(session_search(p->session, &wrong[i], NULL),
                         CONFAB_EINVALID);
        assert_true(session_fault(p->session)[0]);
    }
    const struct confab_search large = {.text = much};
    assert_int_equal(session_search(p->session, &large, NULL),
                     CONFAB_ETOOLARGE);
    pretend_turn(p);
    sent_nothing(p);
    pretend_free(p);
}

static void
test_stats(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    uint64_t number = 0;
    uint8_t bytes[64];
    struct buffer out = {.data = bytes, .cap = sizeof bytes};
    list_put_map(&out, 2);
    list_put_str(&out, slice_str("sessions"));
    list_put_uint(&out, 3);
    list_put_str(&out, slice_str("log-bytes"));
    list_put_uint(&out, UINT64_C(1) << 40);
    assert_int_equal(session_stats(p->session, &number), 0);
    pretend_turn(p);
    broker_says(p, (struct message){.op = OP_STATS,
                                    .ref = sent(p, OP_STATS)->ref,
                                    .time = 5,
                                    .counters = slice_of(out.data, out.len)});
    const confab_event *e = told(p, CONFAB_STATS);
    assert_int_equal(e->number, number);
    assert_int_equal(e->time, 5);
    assert_int_equal(e->counters_len, 2);
    assert_int_equal(e->count, 2);
    assert_string_equal(e->counters[0].name, "sessions");
    assert_int_equal(e->counters[0].value, 3);
    assert_string_equal(e->counters[1].name, "log-bytes");
    assert_true(e->counters[1].value == UINT64_C(1) << 40);
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
        cmocka_unit_test(test_search),
        cmocka_unit_test(test_search_for_nothing),
        cmocka_unit_test(test_stats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
