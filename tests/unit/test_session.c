/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The client's session: becoming welcome, what it sends, beats, the end. What
 * it receives is in test_session_rooms.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

static bool
is(struct slice text, const char *expected)
{
    return slice_eq(text, slice_str(expected));
}

static struct message
error_of(const char *code, uint64_t ref, uint64_t n, uint64_t wait)
{
    return (struct message){
        .op = OP_ERROR,
        .ref = {.num = ref},
        .n = n,
        .code = slice_str(code),
        .text = slice_str("because"),
        .wait = wait,
    };
}

static struct message
ok_of(uint64_t n)
{
    return (struct message){.op = OP_OK, .n = n, .seq = 1000 + n, .time = 7};
}

static uint64_t
say(struct pretend *p, const char *text)
{
    uint64_t number = 0;
    assert_int_equal(session_say(p->session, "lobby", text, NULL, &number), 0);
    pretend_turn(p);
    return number;
}

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
    pretend_wait(p, 1999);
    sent_nothing(p); /* what is said before welcome is only hello */
    pretend_wait(p, 1);
    (void)sent(p, OP_HELLO); /* nobody answered */
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
test_resend(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    uint64_t numbers[4];
    for (int i = 0; i < 4; i++)
        numbers[i] = say(p, "text");
    for (uint64_t n = 1; n <= 4; n++)
        assert_int_equal(sent(p, OP_SAY)->n, n);
    broker_says(p, ok_of(2));
    assert_int_equal(told(p, CONFAB_SENT)->number, numbers[1]);
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    assert_int_equal(sent(p, OP_SAY)->n, 1);
    assert_int_equal(sent(p, OP_SAY)->n, 3);
    assert_int_equal(sent(p, OP_SAY)->n, 4);
    assert_int_equal(session_unsent(p->session), 3);
    for (uint64_t n = 4; n >= 1; n--) /* in any order, also once too often */
        broker_says(p, ok_of(n));
    assert_int_equal(told(p, CONFAB_SENT)->number, numbers[3]);
    assert_int_equal(told(p, CONFAB_SENT)->number, numbers[2]);
    assert_int_equal(told(p, CONFAB_SENT)->number, numbers[0]);
    told_nothing(p);
    assert_true(session_idle(p->session));
    pretend_free(p);
}

static void
test_window(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    for (int i = 0; i < 300; i++)
        say(p, "text");
    for (uint64_t n = 1; n <= LIMIT_WINDOW; n++)
        assert_int_equal(sent(p, OP_SAY)->n, n);
    sent_nothing(p);
    broker_says(p, ok_of(2)); /* the lowest is still 1 */
    sent_nothing(p);
    broker_says(p, ok_of(1));
    assert_int_equal(sent(p, OP_SAY)->n, LIMIT_WINDOW + 1);
    assert_int_equal(sent(p, OP_SAY)->n, LIMIT_WINDOW + 2);
    sent_nothing(p);
    pretend_free(p);
}

static void
test_outbox_is_bounded(void **state)
{
    (void)state;
    struct session_options options = {
        .id = "ann", .lane = "l", .outbox = 3, .seed = 1};
    struct pretend *p = pretend_new_of(&options);
    for (int i = 0; i < 3; i++)
        say(p, "text");
    assert_int_equal(session_say(p->session, "r", "t", NULL, NULL),
                     CONFAB_EFULL);
    assert_int_equal(session_unsent(p->session), 3);
    pretend_free(p);
}

static void
test_refused(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    uint64_t number = say(p, "text");
    (void)sent(p, OP_SAY);
    broker_says(p, error_of("no-room", 0, 1, 0));
    const confab_event *e = told(p, CONFAB_REFUSED);
    assert_int_equal(e->number, number);
    assert_string_equal(e->code, "no-room");
    say(p, "text");
    assert_int_equal(sent(p, OP_SAY)->n, 2);
    pretend_free(p);
}

/* What meets `rate` is said again, in the order in which it was said, under
 * numbers that were never used. */
static void
test_rate(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    const char *texts[] = {"a", "b", "c"};
    uint64_t numbers[3];
    for (int i = 0; i < 3; i++)
        numbers[i] = say(p, texts[i]);
    for (int i = 0; i < 3; i++)
        (void)sent(p, OP_SAY);
    broker_says(p, error_of("rate", 0, 2, 300));
    say(p, "d");
    sent_nothing(p);
    broker_says(p, ok_of(1));
    broker_says(p, error_of("rate", 0, 3, 100));
    (void)told(p, CONFAB_SENT);
    pretend_wait(p, 299);
    sent_nothing(p);
    pretend_wait(p, 1);
    const char *again[] = {"b", "c", "d"};
    for (uint64_t i = 0; i < 3; i++) {
        const struct message *m = sent(p, OP_SAY);
        assert_true(is(m->text, again[i]));
        assert_int_equal(m->n, 4 + i);
    }
    assert_int_equal(p->rewrites, 1);
    broker_says(p, ok_of(4));
    assert_int_equal(told(p, CONFAB_SENT)->number, numbers[1]);
    pretend_free(p);
}

static void
test_fleeting(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    struct confab_extra extra = {.fleeting = true, .kind = "typing"};
    uint64_t number, second;
    assert_int_equal(session_tell(p->session, "bob", "x", &extra, &number), 0);
    pretend_turn(p);
    const struct message *m = sent(p, OP_TELL);
    assert_true(message_has(m, FIELD_KEEP) && !m->keep);
    assert_false(message_has(m, FIELD_N));
    broker_says(p,
                (struct message){.op = OP_OK, .ref = m->ref, .online = true});
    assert_int_equal(told(p, CONFAB_SENT)->number, number);
    assert_int_equal(session_tell(p->session, "bob", "y", &extra, &second), 0);
    pretend_turn(p);
    (void)sent(p, OP_TELL);
    session_disconnected(p->session, p->now);
    const confab_event *e = told(p, CONFAB_OFFLINE);
    e = told(p, CONFAB_REFUSED); /* perhaps it arrived: not said twice */
    assert_int_equal(e->number, second);
    assert_string_equal(e->code, "offline");
    assert_int_equal(session_unsent(p->session), 0);
    pretend_free(p);
}

static void
test_questions_wait(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    uint64_t number;
    assert_int_equal(session_who(p->session, NULL, NULL, &number), 0);
    pretend_turn(p);
    (void)sent(p, OP_WHO);
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    const struct message *m = sent(p, OP_WHO);
    assert_int_equal(m->ref.num, number);
    static const uint8_t names[] = {0x92, 0xa3, 'a', 'n', 'n', 0xa1, 'b'};
    broker_says(p, (struct message){
                       .op = OP_WHO,
                       .ref = m->ref,
                       .members = slice_of(names, sizeof names),
                       .count = 2,
                   });
    const confab_event *e = told(p, CONFAB_WHO);
    assert_int_equal(e->number, number);
    assert_int_equal(e->list_len, 2);
    assert_string_equal(e->list[0], "ann");
    assert_string_equal(e->list[1], "b");
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

static void
test_blocked(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    p->refuse = true;
    for (int i = 0; i < 5; i++)
        say(p, "text");
    assert_true(session_blocked(p->session));
    sent_nothing(p);
    p->refuse = false;
    pretend_turn(p);
    for (uint64_t n = 1; n <= 5; n++)
        assert_int_equal(sent(p, OP_SAY)->n, n);
    assert_false(session_blocked(p->session));
    pretend_free(p);
}

static void
test_bad_arguments(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    struct session *s = p->session;
    static char large[LIMIT_TEXT + 2];
    memset(large, 'x', LIMIT_TEXT + 1);
    const struct confab_extra broken = {.data = "\xc1", .data_len = 1};
    const struct confab_extra two = {.data = "\x01\x02", .data_len = 2};
    const struct confab_extra none = {.kind = "k"};
    const struct {
        int error;
        int expected;
    } rows[] = {
        {session_say(s, "@room", "t", NULL, NULL), CONFAB_EINVALID},
        {session_say(s, "", "t", NULL, NULL), CONFAB_EINVALID},
        {session_say(s, NULL, "t", NULL, NULL), CONFAB_EINVALID},
        {session_say(s, "r", NULL, NULL, NULL), CONFAB_EINVALID},
        {session_say(s, "r", NULL, &none, NULL), CONFAB_EINVALID},
        {session_say(s, "r", "\xff", NULL, NULL), CONFAB_EINVALID},
        {session_say(s, "r", large, NULL, NULL), CONFAB_ETOOLARGE},
        {session_say(s, "r", "t", &broken, NULL), CONFAB_EINVALID},
        {session_say(s, "r", "t", &two, NULL), CONFAB_EINVALID},
        {session_tell(s, "a b", "t", NULL, NULL), CONFAB_EINVALID},
        {session_join(s, "#x", 0), CONFAB_EINVALID},
        {session_leave(s, NULL), CONFAB_EINVALID},
        {session_ack(s, 5, p->now), CONFAB_EINVALID},
        {session_history(s, &(struct confab_range){.room = "r", .with = "b"},
                         NULL),
         CONFAB_EINVALID},
        {session_history(
             s, &(struct confab_range){.room = "r", .after = 1, .before = 2},
             NULL),
         CONFAB_EINVALID},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].error != rows[i].expected)
            fail_msg("row %zu: %d", i, rows[i].error);
    assert_true(session_fault(s)[0] != '\0');
    pretend_turn(p);
    sent_nothing(p);
    say(p, "text");
    assert_int_equal(sent(p, OP_SAY)->n, 1); /* no number was used up */
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

static bool
restore_to(void *owner, const struct record *record)
{
    struct pretend *p = owner;
    return session_restore(p->session, record) == 0;
}

/* All that is kept, given to a session that begins, is the same client. */
static void
test_restore(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    for (int i = 0; i < 4; i++)
        say(p, "text");
    broker_says(p, ok_of(1));
    broker_says(p, ok_of(4));
    struct session_options options = {.id = "ann", .lane = "other", .seed = 9};
    struct pretend *journal = pretend_new_of(&options);
    for (size_t i = 0; i < p->kept_count; i++)
        assert_true(restore_to(journal, &p->kept[i]));
    struct pretend *saved = pretend_new_of(&options);
    assert_true(session_save(p->session, restore_to, saved));
    struct pretend *both[] = {journal, saved};
    for (int i = 0; i < 2; i++) {
        struct pretend *q = both[i];
        assert_int_equal(session_unsent(q->session), 2);
        session_connected(q->session, q->now);
        pretend_turn(q);
        assert_true(is(q->sent[0].resume, "feedbeef"));
        assert_true(is(q->sent[0].lane, i ? "00112233aabbccdd" : "other"));
        broker_welcomes(q, "e1");
        assert_int_equal(sent(q, OP_SAY)->n, 2);
        assert_int_equal(sent(q, OP_SAY)->n, 3);
        say(q, "new");
        assert_int_equal(sent(q, OP_SAY)->n, 5); /* 4 was used */
        pretend_free(q);
    }
    pretend_free(p);
}

static void
test_restore_of_another(void **state)
{
    (void)state;
    struct pretend *p = pretend_new();
    const struct record rows[] = {
        {.kind = KEEP_ID, .bytes = slice_str("bob")},
        {.kind = KEEP_MESSAGE, .number = 1, .bytes = slice_str("rubbish")},
        {.kind = KEEP_ROOM, .number = 1},
        {.kind = (enum keep)0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(session_restore(p->session, &rows[i]), CONFAB_ESTATE);
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_nothing_before_welcome),
        cmocka_unit_test(test_first_hello_in_use),
        cmocka_unit_test(test_later_hello_in_use),
        cmocka_unit_test(test_no_session),
        cmocka_unit_test(test_resend),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_outbox_is_bounded),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_fleeting),
        cmocka_unit_test(test_questions_wait),
        cmocka_unit_test(test_beat),
        cmocka_unit_test(test_stall),
        cmocka_unit_test(test_deaf),
        cmocka_unit_test(test_bye_from_the_broker),
        cmocka_unit_test(test_own_bye),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_bad_arguments),
        cmocka_unit_test(test_sending_session),
        cmocka_unit_test(test_rubbish),
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_of_another),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
