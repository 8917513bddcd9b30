/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rooms: what scenes are too small for (many members), and what they cannot
 * see (the frames of a topic, what is left of a room that went).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/core.h"
#include "local.h"

static struct local *
new_local(void)
{
    struct hub_options options;
    hub_defaults(&options);
    return local_new(options);
}

static struct room *
find(const struct local *l, const char *name)
{
    return room_find(l->hub, slice_str(name));
}

static void
leave(struct local *l, unsigned i, const char *room)
{
    struct message m = {.op = OP_LEAVE};
    WITH(&m, FIELD_ROOM, room, slice_str(room));
    local_feed(l, i, &m);
}

static void
test_one_frame_per_room(void **state)
{
    (void)state;
    struct local *l = new_local();
    local_connect(l, 0, "ann");
    for (unsigned i = 0; i < 30; i++)
        local_say(l, 0, i % 3 ? "dev" : "ops", "x");
    local_turn(l);
    assert_int_equal(l->boxes[LOCAL_PUB].frames, 2);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 30);
    local_free(l);
}

/* Members of a room are kept in places; one that goes must not take another's
 * place with it. */
static void
test_directs_in_any_order(void **state)
{
    (void)state;
    static const char *const ids[] = {"a", "b", "c", "d", "e", "f"};
    struct local *l = new_local();
    for (unsigned i = 0; i < 6; i++) {
        local_connect(l, i, ids[i]);
        local_join(l, i, "dev", true);
    }
    static const unsigned order[] = {0, 5, 2, 1, 4};
    for (unsigned gone = 0; gone < 5; gone++) {
        leave(l, order[gone], "dev");
        local_turn(l);
        local_clear(l);
        local_say(l, 0, "dev", "who is left?");
        local_turn(l);
        unsigned heard = 0;
        for (unsigned i = 0; i < 6; i++)
            heard += l->boxes[i].ops[OP_SAY];
        assert_int_equal(heard, 5 - gone);
        assert_int_equal(find(l, "dev")->direct_count, 5 - gone);
    }
    assert_int_equal(l->boxes[3].ops[OP_SAY], 1);
    local_free(l);
}

/* A room without members and messages goes; what it knew stays known. */
static void
test_forgotten(void **state)
{
    (void)state;
    struct local *l = new_local();
    local_connect(l, 0, "ann");
    local_join(l, 0, "dev", false);
    uint64_t rv = find(l, "dev")->rv;
    leave(l, 0, "dev");
    local_turn(l);
    assert_null(find(l, "dev"));
    assert_int_equal(hub_stats(l->hub).rooms, 0);
    local_join(l, 0, "dev", false);
    assert_true(find(l, "dev")->rv > rv);

    local_say(l, 0, "ops", "kept");
    local_turn(l);
    uint64_t head = find(l, "ops")->head;
    assert_true(head > 0);
    l->hub->log->owner.trimmed(l->hub, slice_str("ops"), 0);
    local_turn(l);
    assert_null(find(l, "ops"));
    local_say(l, 0, "new", "x");
    local_turn(l);
    assert_int_equal(l->boxes[LOCAL_PUB].last.prev, head);
    local_free(l);
}

/* What is not kept makes no room. */
static void
test_passing_words(void **state)
{
    (void)state;
    struct local *l = new_local();
    local_connect(l, 0, "ann");
    struct message say = {.op = OP_SAY};
    WITH(&say, FIELD_ROOM, room, slice_str("dev"));
    WITH(&say, FIELD_TEXT, text, slice_str("x"));
    WITH(&say, FIELD_KEEP, keep, false);
    local_feed(l, 0, &say);
    local_turn(l);
    assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_SAY], 1);
    assert_int_equal(hub_stats(l->hub).rooms, 0);
    local_free(l);
}

static void
test_ticks(void **state)
{
    (void)state;
    struct local *l = new_local();
    local_connect(l, 0, "ann");
    local_join(l, 0, "dev", false);
    struct message sync = {.op = OP_SYNC};
    WITH(&sync, FIELD_ROOM, room, slice_str("dev"));
    /* ms since the last step, ticks then */
    static const unsigned rows[][2] = {
        {0, 1}, {0, 0}, {10, 0}, {20, 0}, {19, 0}, {1, 1}, {49, 0}, {1, 1},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        local_clear(l);
        local_feed(l, 0, &sync);
        local_feed(l, 0, &sync);
        local_pass(l, rows[i][0]);
        assert_int_equal(l->boxes[LOCAL_PUB].ops[OP_TICK], rows[i][1]);
    }
    local_free(l);
}

static void
test_grace(void **state)
{
    (void)state;
    struct local *l = new_local();
    local_connect(l, 0, "ann");
    local_connect(l, 1, "bob");
    local_join(l, 0, "dev", true);
    local_join(l, 1, "dev", true);
    local_clear(l);
    hub_disconnect(l->hub, l->boxes[1].peer);
    local_turn(l);
    local_pass(l, 1990);
    assert_int_equal(l->boxes[0].ops[OP_EXIT], 0);
    assert_int_equal(find(l, "dev")->members.count, 2);
    local_pass(l, 300);
    assert_int_equal(l->boxes[0].ops[OP_EXIT], 1);
    assert_true(slice_eq(l->boxes[0].last.why, slice_str("lost")));
    assert_int_equal(find(l, "dev")->members.count, 1);
    local_free(l);
}

/* --- a crowd --- */

enum { CROWD = 510 };

/* All on one box: it counts what any of them gets. */
static void
crowd_enter(struct local *l, unsigned from, unsigned to, struct peer **peers)
{
    for (unsigned i = from; i < to; i++) {
        char id[16];
        snprintf(id, sizeof id, "id%04u", i);
        local_connect(l, 1, id);
        peers[i] = l->boxes[1].peer;
        local_join(l, 1, "dev", false);
    }
}

static void
test_crowd(void **state)
{
    (void)state;
    static struct peer *peers[CROWD];
    struct local *l = new_local();
    local_connect(l, 0, "ann");
    local_join(l, 0, "dev", true);
    crowd_enter(l, 0, LIMIT_MEMBERS - 1, peers);
    local_clear(l);

    /* The 501st and later are not announced. */
    struct message join = {.op = OP_JOIN};
    WITH(&join, FIELD_ROOM, room, slice_str("dev"));
    local_feed(l, 1, &join);
    local_turn(l);
    assert_int_equal(l->boxes[1].last.count, LIMIT_MEMBERS);
    assert_true(message_has(&l->boxes[1].last, FIELD_MEMBERS));
    crowd_enter(l, LIMIT_MEMBERS - 1, CROWD, peers);
    local_feed(l, 1, &join);
    local_turn(l);
    assert_int_equal(l->boxes[1].last.count, CROWD + 1);
    assert_false(message_has(&l->boxes[1].last, FIELD_MEMBERS));
    assert_int_equal(l->boxes[0].ops[OP_ENTER], 0);

    /* Nor are those who go, until there are few enough. */
    for (unsigned i = 0; i < CROWD - LIMIT_MEMBERS; i++) {
        l->boxes[1].peer = peers[i];
        leave(l, 1, "dev");
        local_turn(l);
        assert_int_equal(l->boxes[0].ops[OP_EXIT], 0);
    }
    l->boxes[1].peer = peers[CROWD - 1];
    leave(l, 1, "dev");
    local_turn(l);
    assert_int_equal(l->boxes[0].ops[OP_EXIT], 1);
    assert_int_equal(l->boxes[0].last.count, LIMIT_MEMBERS);
    local_free(l);
}

static void
test_crowd_pages(void **state)
{
    (void)state;
    static struct peer *peers[CROWD];
    struct local *l = new_local();
    local_connect(l, 0, "ann");
    crowd_enter(l, 0, CROWD, peers);
    struct message who = {.op = OP_WHO};
    WITH(&who, FIELD_ROOM, room, slice_str("dev"));
    local_feed(l, 0, &who);
    local_turn(l);
    const struct message *last = &l->boxes[0].last;
    assert_int_equal(last->count, CROWD);
    assert_true(last->more);
    struct reader r;
    uint32_t count;
    assert_true(list_open(last->members, &r, &count));
    assert_int_equal(count, LIMIT_MEMBERS);
    WITH(&who, FIELD_AFTER_NAME, after_name, slice_str("id0499"));
    local_feed(l, 0, &who);
    local_turn(l);
    assert_true(list_open(last->members, &r, &count));
    assert_int_equal(count, CROWD - 500);
    assert_false(last->more);
    local_free(l);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_frame_per_room),
        cmocka_unit_test(test_directs_in_any_order),
        cmocka_unit_test(test_forgotten),
        cmocka_unit_test(test_passing_words),
        cmocka_unit_test(test_ticks),
        cmocka_unit_test(test_grace),
        cmocka_unit_test(test_crowd),
        cmocka_unit_test(test_crowd_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
