/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client's lane through its runs: the state file, an old copy of it, and the
 * lane of one message.
 */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

/* The same, by way of session_save. */
static struct pretend *
next_run_of_saved(const struct pretend *p)
{
    struct session_options options = {.id = "ann", .lane = "l", .seed = 9};
    struct pretend *q = pretend_new_of(&options);
    assert_true(session_save(p->session, restore_to, q));
    return q;
}

static void
welcome(struct pretend *p, uint64_t n)
{
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes_lane(p, "e1", n);
}

static void
sent_as(struct pretend *p, const char *text, uint64_t n)
{
    const struct message *m = sent(p, OP_SAY);
    assert_true(is(m->text, text));
    assert_int_equal(m->n, n);
}

/* Said four, the first two answered. */
static struct pretend *
two_unanswered(void)
{
    struct pretend *p = pretend_online();
    const char *texts[] = {"1", "2", "3", "4"};
    for (size_t i = 0; i < 4; i++)
        say(p, texts[i]);
    broker_says(p, ok_of(1));
    broker_says(p, ok_of(2));
    return p;
}

/* A lane for one message: it is said under n 1, whatever the broker has, and
 * again under n 1 when it met `rate`. */
static void
test_once(void **state)
{
    (void)state;
    struct session_options options = {
        .id = "ann", .lane = "key", .once = true, .sending = true, .seed = 1};
    for (uint64_t known = 0; known < 2; known++) {
        struct pretend *p = pretend_new_of(&options);
        const struct confab_extra fleeting = {.fleeting = true};
        assert_int_equal(session_say(p->session, "r", "t", &fleeting, NULL),
                         CONFAB_EINVALID);
        session_connected(p->session, p->now);
        pretend_turn(p);
        broker_welcomes_lane(p, "e1", known);
        uint64_t number = say(p, "text");
        assert_int_equal(sent(p, OP_SAY)->n, 1);
        broker_says(p, error_of("rate", 0, 1, 100));
        pretend_wait(p, 99);
        sent_nothing(p);
        pretend_wait(p, 1);
        assert_int_equal(sent(p, OP_SAY)->n, 1);
        sent_nothing(p);
        struct message ok = ok_of(1);
        ok.again = known;
        broker_says(p, ok);
        const confab_event *e = told(p, CONFAB_SENT);
        assert_int_equal(e->number, number);
        assert_int_equal(e->again, known);
        assert_int_equal(session_say(p->session, "r", "t", NULL, NULL),
                         CONFAB_EINVALID);
        pretend_free(p);
    }
}

/* The one before us has just ended, without a bye. */
static void
test_once_in_use(void **state)
{
    (void)state;
    struct session_options options = {
        .id = "ann", .lane = "key", .once = true, .sending = true, .seed = 1};
    struct pretend *p = pretend_new_of(&options);
    say(p, "text");
    session_connected(p->session, p->now);
    pretend_turn(p);
    for (int i = 0; i < 3; i++) {
        uint64_t ref = sent(p, OP_HELLO)->ref.num;
        broker_says(p, error_of("in-use", ref, 0, 30000));
        if (i == 0)
            assert_string_equal(told(p, CONFAB_REFUSED)->code, "in-use");
        told_nothing(p);
        pretend_wait(p, 99);
        sent_nothing(p);
        pretend_wait(p, 1);
    }
    broker_welcomes(p, "e1");
    assert_int_equal(sent(p, OP_SAY)->n, 1);
    pretend_free(p);
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

/* The usual case: the broker has nothing that we do not know. */
static void
test_said_before_welcome(void **state)
{
    (void)state;
    for (uint64_t n = 2; n <= 4; n++) {
        struct pretend *p = two_unanswered(), *q = next_run(p);
        say(q, "5");
        assert_int_equal(q->kept[0].kind, KEEP_QUEUED);
        welcome(q, n);
        sent_as(q, "3", 3);
        sent_as(q, "4", 4);
        sent_as(q, "5", 5);
        struct pretend *r = next_run(p); /* knows that 5 was sent */
        for (size_t i = 0; i < q->kept_count; i++)
            assert_true(restore_to(r, &q->kept[i]));
        welcome(r, 9);
        sent_as(r, "3", 3);
        sent_as(r, "4", 4);
        sent_as(r, "5", 5);
        pretend_free(r);
        say(q, "6");
        assert_int_equal(q->kept[q->kept_count - 1].kind, KEEP_MESSAGE);
        sent_as(q, "6", 6);
        sent_nothing(q);
        pretend_free(q);
        pretend_free(p);
    }
}

/* The lane went on to 9 without us: what may have been sent is said as it was,
 * what is new under numbers that nobody has used. When we were killed before
 * we could know, nobody does, and the user is told. */
static void
test_old_copy(void **state)
{
    (void)state;
    struct pretend *p = two_unanswered(), *q = next_run(p);
    say(q, "5");
    for (size_t i = 0; i < q->kept_count; i++)
        assert_int_not_equal(q->kept[i].kind, KEEP_NEXT);
    struct pretend *runs[] = {next_run_of_saved(q), q};
    for (size_t i = 0; i < 2; i++) {
        struct pretend *r = runs[i];
        say(r, "6");
        welcome(r, 9);
        assert_int_equal(r->rewrites, 1);
        sent_as(r, "3", 3);
        sent_as(r, "4", 4);
        if (i == 0)
            assert_string_equal(told(r, CONFAB_REFUSED)->code, "bad-state");
        else
            sent_as(r, "5", 10);
        told_nothing(r);
        sent_as(r, "6", 10 + i);
        say(r, "7");
        sent_as(r, "7", 11 + i);
        sent_nothing(r);
        struct message again = ok_of(3);
        again.again = true;
        broker_says(r, again);
        assert_true(told(r, CONFAB_SENT)->again);
        struct pretend *next = next_run_of_saved(r);
        welcome(next, 11 + i);
        sent_as(next, "4", 4);
        sent_as(next, i ? "5" : "6", 10);
        pretend_free(next);
        pretend_free(r);
    }
    pretend_free(p);
}

static void
test_old_copy_with_nothing_unanswered(void **state)
{
    (void)state;
    struct pretend *p = two_unanswered();
    broker_says(p, ok_of(3));
    broker_says(p, ok_of(4));
    struct pretend *q = next_run(p);
    say(q, "5");
    welcome(q, 10000000000);
    sent_as(q, "5", 10000000001);
    say(q, "6");
    sent_as(q, "6", 10000000002);
    pretend_free(q);
    pretend_free(p);
}

/* Beyond the window nobody knows; the user is told, and nothing is said twice.
 */
static void
test_old_copy_beyond_the_window(void **state)
{
    (void)state;
    struct pretend *p = two_unanswered(), *q = next_run(p);
    say(q, "5");
    welcome(q, LIMIT_WINDOW + 3);
    assert_string_equal(told(q, CONFAB_REFUSED)->code, "bad-state");
    told_nothing(q);
    sent_as(q, "4", 4);
    sent_nothing(q); /* the window */
    broker_says(q, ok_of(4));
    sent_as(q, "5", LIMIT_WINDOW + 4);
    pretend_free(q);
    q = next_run(p);
    welcome(q, 10000000000);
    (void)told(q, CONFAB_REFUSED);
    (void)told(q, CONFAB_REFUSED);
    sent_nothing(q);
    assert_int_equal(session_unsent(q->session), 0);
    pretend_free(q);
    pretend_free(p);
}

/* While we were away, the copy of us spoke. */
static void
test_copy_of_us(void **state)
{
    (void)state;
    struct pretend *p = two_unanswered();
    for (int i = 0; i < 4; i++)
        (void)sent(p, OP_SAY);
    for (int i = 0; i < 2; i++)
        (void)told(p, CONFAB_SENT);
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    say(p, "5");
    welcome(p, 7);
    sent_as(p, "3", 3);
    sent_as(p, "4", 4);
    sent_as(p, "5", 8);
    pretend_free(p);
}

/* No number is left above this one. */
static void
test_absurd_lane(void **state)
{
    (void)state;
    struct pretend *p = pretend_new();
    say(p, "1");
    welcome(p, WIRE_INT_MAX);
    sent_as(p, "1", 1);
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_once),
        cmocka_unit_test(test_once_in_use),
        cmocka_unit_test(test_restore),
        cmocka_unit_test(test_restore_of_another),
        cmocka_unit_test(test_said_before_welcome),
        cmocka_unit_test(test_old_copy),
        cmocka_unit_test(test_old_copy_with_nothing_unanswered),
        cmocka_unit_test(test_old_copy_beyond_the_window),
        cmocka_unit_test(test_copy_of_us),
        cmocka_unit_test(test_absurd_lane),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
