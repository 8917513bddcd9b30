/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The hub as net drives it: turns, frames, refusals, ends. What is said on the
 * wire is in tests/scenes; here is what a scene cannot see.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "local.h"

static struct hub_options
defaults(void)
{
    struct hub_options options;
    hub_defaults(&options);
    return options;
}

static struct local *
with_ann_and_bob(void)
{
    struct local *l = local_new(defaults());
    local_connect(l, 0, "ann");
    local_connect(l, 1, "bob");
    return l;
}

static void
ping(struct local *l, unsigned i)
{
    struct message m = {.op = OP_PING};
    local_feed(l, i, &m);
}

/* Nothing is delivered or answered by the verb that accepted it. */
static void
test_delivered_by_the_turn(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_join(l, 1, "dev", true);
    local_say(l, 0, "dev", "hi");
    assert_int_equal(l->boxes[1].frames, 0);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 0);
    local_turn(l);
    assert_int_equal(l->boxes[1].ops[OP_SAY], 1);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 1);
    local_turn(l);
    assert_int_equal(l->boxes[1].frames, 1);
    local_free(l);
}

static void
test_one_frame_a_turn(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_join(l, 1, "dev", true);
    for (unsigned i = 0; i < 50; i++) {
        ping(l, 1);
        local_say(l, 0, "dev", "hi");
    }
    local_turn(l);
    assert_int_equal(l->boxes[1].frames, 1);
    assert_int_equal(l->boxes[1].ops[OP_PONG], 50);
    assert_int_equal(l->boxes[1].ops[OP_SAY], 50);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 1);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 50);
    local_free(l);
}

/* No frame has more messages, or bytes, than may be in one. */
static void
test_full_frames(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_join(l, 1, "dev", true);
    for (unsigned i = 0; i < 1000; i++)
        local_say(l, 0, "dev", "x");
    local_turn(l);
    assert_int_equal(l->boxes[1].ops[OP_SAY], 1000);
    assert_true(l->boxes[1].frames >= 4); /* 256 in each at most */
    local_clear(l);
    static char text[10001];
    memset(text, 'x', 10000);
    for (unsigned i = 0; i < 60; i++)
        local_say(l, 0, "dev", text);
    local_turn(l);
    assert_int_equal(l->boxes[1].ops[OP_SAY], 60);
    assert_int_equal(l->boxes[1].frames, 10); /* 6 fit into one */
    assert_true(l->boxes[1].longest <= LIMIT_FRAME);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 10);
    assert_true(l->boxes[LOCAL_PUB].longest <= LIMIT_FRAME);
    local_free(l);
}

static void
test_stop(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_connect(l, 2, NULL);
    local_say(l, 0, "dev", "last words");
    hub_stop(l->hub, 1500, l->now);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 1);
    for (unsigned i = 0; i < 2; i++) {
        assert_int_equal(l->boxes[i].ops[OP_BYE], 1);
        assert_true(slice_eq(l->boxes[i].last.why, slice_str("restart")));
        assert_int_equal(l->boxes[i].last.wait, 1500);
    }
    assert_int_equal(l->boxes[2].frames, 0);
    local_free(l);
}

static void
test_timeout(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_pass(l, 1000);
    int idle = hub_timeout(l->hub, l->now);
    assert_true(idle > 50 && idle <= 1000);
    local_join(l, 0, "dev", false);
    struct message sync = {.op = OP_SYNC};
    WITH(&sync, FIELD_ROOM, room, slice_str("dev"));
    local_feed(l, 0, &sync);
    local_feed(l, 0, &sync);
    local_turn(l);
    /* Whoever looks when he is told to is there when the tick is due. */
    for (int passed = 0; passed < 50;) {
        int tick = hub_timeout(l->hub, l->now);
        assert_true(tick >= 1 && tick <= 50);
        assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_TICK], 1);
        local_pass(l, (unsigned)tick);
        passed += tick;
    }
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_TICK], 2);
    l->boxes[0].reply = SENT_AGAIN;
    ping(l, 0);
    local_turn(l);
    int retry = hub_timeout(l->hub, l->now);
    assert_true(retry >= 1 && retry <= 20);
    local_free(l);
}

static void
test_again(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    l->boxes[0].reply = SENT_AGAIN;
    ping(l, 0);
    local_turn(l);
    assert_int_equal(hub_stats(l->hub).blocked, 1);
    ping(l, 0);
    local_pass(l, 100);
    assert_int_equal(l->boxes[0].frames, 0);
    l->boxes[0].reply = SENT_OK;
    local_pass(l, 100);
    assert_int_equal(l->boxes[0].ops[OP_PONG], 2);
    assert_int_equal(hub_stats(l->hub).blocked, 0);
    local_free(l);
}

/* Answers that nobody takes are bounded, and others do not notice. */
static void
test_again_too_long(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_join(l, 1, "dev", false);
    l->boxes[0].reply = SENT_AGAIN;
    unsigned pings = 0;
    while (!l->boxes[0].kicked && pings < 100000) {
        ping(l, 0);
        local_turn(l);
        pings++;
    }
    assert_true(l->boxes[0].kicked);
    assert_true(pings > 1000);
    local_turn(l);
    assert_int_equal(hub_stats(l->hub).peers, 1);
    assert_int_equal(hub_stats(l->hub).blocked, 0);
    ping(l, 1);
    local_turn(l);
    assert_int_equal(l->boxes[1].ops[OP_PONG], 1);
    local_free(l);
}

static void
test_gone_while_handing_out(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_connect(l, 2, "cyd");
    for (unsigned i = 0; i < 3; i++)
        local_join(l, i, "dev", true);
    local_clear(l);
    l->boxes[1].reply = SENT_GONE;
    local_say(l, 0, "dev", "hi");
    local_turn(l);
    assert_int_equal(l->boxes[0].ops[OP_SAY], 1);
    assert_int_equal(l->boxes[2].ops[OP_SAY], 1);
    local_turn(l);
    assert_int_equal(hub_stats(l->hub).peers, 2);
    assert_int_equal(hub_stats(l->hub).sessions, 2);
    local_pass(l, 3000);
    assert_int_equal(l->boxes[0].ops[OP_EXIT], 1);
    local_free(l);
}

/* What was accepted is kept, though who said it is gone; and its answer does
 * not go to whoever has taken the place. */
static void
test_gone_before_the_turn(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_join(l, 1, "dev", true);
    struct message say = {.op = OP_SAY};
    WITH(&say, FIELD_ROOM, room, slice_str("dev"));
    WITH(&say, FIELD_TEXT, text, slice_str("still said"));
    WITH(&say, FIELD_REF, ref, ((struct ref){.num = 1}));
    local_feed(l, 0, &say);
    hub_disconnect(l->hub, l->boxes[0].peer);
    local_connect(l, 2, NULL);
    local_turn(l);
    assert_int_equal(l->boxes[1].ops[OP_SAY], 1);
    assert_int_equal(l->boxes[0].frames, 0);
    assert_int_equal(l->boxes[2].frames, 0);
    local_connect(l, 3, "ann");
    local_free(l);
}

static uint64_t
time_of_say(struct local *l)
{
    local_say(l, 0, "dev", "when?");
    local_turn(l);
    return l->boxes[LOCAL_PUB].last.time;
}

static void
test_time_never_goes_back(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    uint64_t first = time_of_say(l);
    assert_int_equal(first, l->now.wall);
    l->now.wall -= 5000;
    assert_int_equal(time_of_say(l), first);
    l->now.wall += 6000;
    assert_int_equal(time_of_say(l), first + 1000);
    local_free(l);
}

static void
test_stats(void **state)
{
    (void)state;
    struct local *l = with_ann_and_bob();
    local_connect(l, 2, NULL);
    local_join(l, 0, "dev", false);
    local_say(l, 1, "ops", "x");
    local_turn(l);
    struct hub_stats stats = hub_stats(l->hub);
    assert_int_equal(stats.peers, 3);
    assert_int_equal(stats.sessions, 2);
    assert_int_equal(stats.rooms, 2);
    assert_int_equal(stats.frames_in, 4);
    assert_int_equal(stats.messages_in, 4);
    assert_int_equal(stats.errors, 0);
    ping(l, 2);
    local_turn(l);
    assert_int_equal(hub_stats(l->hub).errors, 1);
    local_free(l);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_delivered_by_the_turn),
        cmocka_unit_test(test_one_frame_a_turn),
        cmocka_unit_test(test_full_frames),
        cmocka_unit_test(test_stop),
        cmocka_unit_test(test_timeout),
        cmocka_unit_test(test_again),
        cmocka_unit_test(test_again_too_long),
        cmocka_unit_test(test_gone_while_handing_out),
        cmocka_unit_test(test_gone_before_the_turn),
        cmocka_unit_test(test_time_never_goes_back),
        cmocka_unit_test(test_stats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
