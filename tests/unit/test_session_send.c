/* SPDX-License-Identifier: MPL-2.0 */
/* What a client's session sends: once each, in order, and what is wrong. */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

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

/* What a loss of power takes back must not leave the broker's window: before a
 * message is sent that would move it, the answers are kept for certain. */
static void
test_answers_are_safe(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    for (int i = 0; i < LIMIT_WINDOW + 1; i++)
        say(p, "text");
    for (uint64_t n = 1; n <= LIMIT_WINDOW; n++)
        (void)sent(p, OP_SAY);
    broker_says(p, ok_of(1));
    assert_int_equal(sent(p, OP_SAY)->n, LIMIT_WINDOW + 1);
    const struct record *last = &p->kept[p->kept_count - 1];
    assert_int_equal(last->kind, KEEP_NEXT);
    assert_true(keep_is_urgent(last));
    assert_int_equal(last[-1].kind, KEEP_DONE);
    pretend_free(p);
}

/* After a bye the broker knows no n any more. */
static void
test_bye_is_safe(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    say(p, "text");
    (void)sent(p, OP_SAY);
    broker_says(p, ok_of(1));
    assert_int_equal(p->kept[p->kept_count - 1].kind, KEEP_DONE);
    assert_int_equal(session_say_bye(p->session), 0);
    pretend_turn(p);
    (void)sent(p, OP_BYE);
    assert_true(keep_is_urgent(&p->kept[p->kept_count - 1]));
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

/* A mailbox or a disk that is full: the user is told, once, and nothing but him
 * says it again. */
static void
test_refused(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    static const char *const codes[] = {"no-room",  "full",  "internal",
                                        "denied",   "later", "too-large",
                                        "bad-state"};
    for (uint64_t n = 1; n <= sizeof codes / sizeof *codes; n++) {
        uint64_t number = say(p, "text");
        assert_int_equal(sent(p, OP_SAY)->n, n);
        broker_says(p, error_of(codes[n - 1], 0, n, 0));
        const confab_event *e = told(p, CONFAB_REFUSED);
        assert_int_equal(e->number, number);
        assert_string_equal(e->code, codes[n - 1]);
        assert_string_equal(e->text, "because");
        assert_int_equal(p->kept[p->kept_count - 1].kind, KEEP_DONE);
        assert_int_equal(session_unsent(p->session), 0);
        pretend_wait(p, 1000);
    }
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    pretend_wait(p, 1000);
    sent_nothing(p);
    told_nothing(p);
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
    (void)told(p, CONFAB_OFFLINE);
    const confab_event *e =
        told(p, CONFAB_REFUSED); /* perhaps it arrived: not said twice */
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resend),
        cmocka_unit_test(test_window),
        cmocka_unit_test(test_answers_are_safe),
        cmocka_unit_test(test_bye_is_safe),
        cmocka_unit_test(test_outbox_is_bounded),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_rate),
        cmocka_unit_test(test_fleeting),
        cmocka_unit_test(test_questions_wait),
        cmocka_unit_test(test_blocked),
        cmocka_unit_test(test_bad_arguments),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
