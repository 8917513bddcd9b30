/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How far the user of a client's session is: cursors, his mark, and where a
 * room begins.
 */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

static void
go_online(struct pretend *p)
{
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
}

static uint64_t
cursor(const struct pretend *p, const char *room)
{
    uint64_t seq = 0;
    return session_cursor(p->session, room, &seq) ? seq : NEVER;
}

static int
done_with(struct pretend *p, const char *mark)
{
    struct slice bytes = slice_str(mark);
    return session_done(p->session, &bytes, p->now);
}

static bool
mark_is(const struct pretend *p, const char *mark)
{
    return slice_eq(session_mark(p->session), slice_str(mark));
}

/* Joined to two rooms, with something said in both and told by mail. */
static struct pretend *
in_two_rooms(void)
{
    struct pretend *p = in_lobby(100);
    assert_int_equal(session_join(p->session, "dev", CONFAB_DIRECT), 0);
    pretend_turn(p);
    broker_joins(p, "dev", 200);
    (void)told(p, CONFAB_JOINED);
    topic_says(p, "lobby", said("lobby", 110, 100));
    broker_says(p, said("dev", 210, 200));
    broker_says(p, told_to_ann(50, 0));
    return p;
}

/* All that the user is through with is one group: with its last record missing
 * nothing of it counts. */
static void
test_group(void **state)
{
    (void)state;
    struct pretend *p = in_two_rooms();
    session_given(p->session, "lobby", 110);
    session_given(p->session, "dev", 210);
    session_given(p->session, NULL, 50);
    session_given(p->session, "gone", 7);
    size_t before = p->kept_count;
    assert_int_equal(done_with(p, "4711"), 0);
    assert_int_equal(p->kept_count, before + 4);
    for (size_t i = before; i < p->kept_count; i++)
        assert_int_equal(p->kept[i].more, i + 1 < p->kept_count);
    assert_int_equal(p->kept[p->kept_count - 1].kind, KEEP_MARK);
    assert_int_equal(cursor(p, "lobby"), 110);
    assert_int_equal(cursor(p, "dev"), 210);
    assert_int_equal(cursor(p, NULL), 50);
    pretend_wait(p, 10);
    assert_int_equal(sent(p, OP_ACK)->seq, 50);
    struct pretend *q = next_run(p);
    assert_true(mark_is(q, "4711"));
    assert_int_equal(cursor(q, "dev"), 210);
    pretend_free(q);
    pretend_free(p);
}

/* Only what is new is kept. */
static void
test_nothing_new(void **state)
{
    (void)state;
    struct pretend *p = in_two_rooms();
    session_given(p->session, "lobby", 110);
    size_t before = p->kept_count;
    assert_int_equal(session_done(p->session, NULL, p->now), 0);
    assert_int_equal(p->kept_count, before + 1);
    assert_false(p->kept[before].more);
    assert_int_equal(session_done(p->session, NULL, p->now), 0);
    assert_int_equal(done_with(p, ""), 0);
    session_given(p->session, "lobby", 110); /* once more */
    session_given(p->session, "dev", 900);   /* of another store */
    session_given(p->session, NULL, 900);
    assert_int_equal(session_done(p->session, NULL, p->now), 0);
    assert_int_equal(p->kept_count, before + 1);
    pretend_wait(p, 100);
    sent_nothing(p);
    pretend_free(p);
}

static void
test_mark(void **state)
{
    (void)state;
    struct pretend *p = in_two_rooms();
    static char large[CONFAB_MARK_MAX + 2];
    memset(large, 'x', CONFAB_MARK_MAX + 1);
    assert_int_equal(done_with(p, large), CONFAB_EINVALID);
    assert_int_equal(done_with(p, large + 1), 0);
    assert_true(mark_is(p, large + 1));
    size_t before = p->kept_count;
    assert_int_equal(done_with(p, large + 1), 0);
    assert_int_equal(p->kept_count, before);
    session_given(p->session, "dev", 210);
    assert_int_equal(session_done(p->session, NULL, p->now), 0);
    assert_true(mark_is(p, large + 1)); /* stays */
    struct session_options options = {.id = "ann", .lane = "l", .seed = 9};
    struct pretend *saved = pretend_new_of(&options);
    assert_true(session_save(p->session, restore_to, saved));
    assert_true(mark_is(saved, large + 1));
    pretend_free(saved);
    assert_int_equal(done_with(p, ""), 0);
    struct pretend *q = next_run(p);
    assert_true(mark_is(q, ""));
    pretend_free(q);
    pretend_free(p);
}

/* Also when the session was taken over: it was printed. */
static void
test_done_after_the_end(void **state)
{
    (void)state;
    struct pretend *p = in_two_rooms();
    session_given(p->session, "lobby", 110);
    broker_says(p,
                (struct message){.op = OP_BYE, .why = slice_str("replaced")});
    assert_true(session_is_over(p->session));
    assert_int_equal(done_with(p, "m"), 0);
    assert_int_equal(cursor(p, "lobby"), 110);
    assert_true(mark_is(p, "m"));
    pretend_free(p);
}

static void
test_seek(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    assert_int_equal(cursor(p, "lobby"), NEVER);
    assert_int_equal(session_seek(p->session, "a b", 5), CONFAB_EINVALID);
    assert_int_equal(session_seek(p->session, "lobby", 80), 0);
    assert_int_equal(cursor(p, "lobby"), 80);
    struct pretend *q = next_run(p); /* killed at once: still there */
    go_online(q);
    struct pretend *both[] = {p, q};
    for (int i = 0; i < 2; i++) {
        assert_int_equal(session_join(both[i]->session, "lobby", 0), 0);
        pretend_turn(both[i]);
        broker_joins(both[i], "lobby", 100);
        (void)told(both[i], CONFAB_JOINED);
        (void)sent(both[i], OP_SYNC);
        assert_int_equal(sent(both[i], OP_HISTORY)->after, 80);
        assert_int_equal(session_seek(both[i]->session, "lobby", 1),
                         CONFAB_EINVALID); /* it is joined */
        pretend_free(both[i]);
    }
}

/* Back to the beginning, in a room whose cursor is known. */
static void
test_seek_back(void **state)
{
    (void)state;
    struct pretend *p = in_two_rooms();
    session_given(p->session, "lobby", 110);
    assert_int_equal(done_with(p, ""), 0);
    struct pretend *q = next_run(p);
    go_online(q);
    assert_int_equal(session_seek(q->session, "lobby", 0), 0);
    assert_int_equal(session_join(q->session, "lobby", CONFAB_DIRECT), 0);
    pretend_turn(q);
    broker_joins(q, "lobby", 110);
    (void)told(q, CONFAB_JOINED);
    const struct message *m = sent(q, OP_HISTORY);
    assert_true(message_has(m, FIELD_AFTER));
    assert_int_equal(m->after, 0);
    pretend_free(q);
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_group), cmocka_unit_test(test_nothing_new),
        cmocka_unit_test(test_mark),  cmocka_unit_test(test_done_after_the_end),
        cmocka_unit_test(test_seek),  cmocka_unit_test(test_seek_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
