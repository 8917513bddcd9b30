/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_query_search: what a search brings back too late.
 *
 * The engine keeps each search until the test answers it, with messages that
 * the asker might have had when he asked: by then one was redacted, or he was
 * put out of the room, or is somebody else. And who may look where, as the
 * search itself says.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/search.h"
#include "broker/verbs.h"
#include "court.h"

enum { KEPT = 16 };

static struct log_engine engine;
static struct log_search *kept[KEPT];
static unsigned kept_count;
static bool full;

static bool
keep(struct log *log, struct log_search *search)
{
    (void)log;
    if (full || kept_count == KEPT)
        return false;
    kept[kept_count++] = search;
    return true;
}

static struct local *
town(void)
{
    struct local *l = court_new(ACCESS_KEYS);
    engine = *l->hub->log->engine;
    engine.search = keep;
    l->hub->log->engine = &engine;
    kept_count = 0;
    full = false;
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "dev"), ERR_NONE);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    local_clear(l);
    return l;
}

static void
ask(struct local *l, unsigned who, const char *room)
{
    struct message m = about_room(OP_SEARCH, room);
    WITH(&m, FIELD_TEXT, text, slice_str("word"));
    local_feed(l, who, &m);
    local_turn(l);
}

static uint64_t
say(struct local *l, unsigned who, const char *room)
{
    assert_int_equal(court_say(l, who, room), ERR_NONE);
    return l->boxes[who].last.seq;
}

/* What was found: a message of the room (or told to `to`), as it was. */
static struct slice
wire_of(const char *room, const char *to, uint64_t seq)
{
    static uint8_t bytes[512];
    struct buffer out = {.data = bytes, .cap = sizeof bytes};
    struct message m = {.op = room ? OP_SAY : OP_TELL};
    WITH(&m, FIELD_SEQ, seq, seq);
    WITH(&m, FIELD_FROM, from, slice_str("bob"));
    WITH(&m, FIELD_TEXT, text, slice_str("a word"));
    if (room)
        WITH(&m, FIELD_ROOM, room, slice_str(room));
    else
        WITH(&m, FIELD_TO, to, slice_str(to));
    assert_true(message_write(&out, SIDE_BROKER, &m));
    return slice_of(out.data, out.len);
}

/* The first that is kept is answered; gives how many messages its asker got,
 * KEPT: he got no answer. */
static unsigned
answer(struct local *l, unsigned who, struct slice wire)
{
    struct log_search *search = kept[0];
    const struct log_found found = {
        .messages = &wire, .count = 1, .complete = true};
    struct reader r;
    uint32_t count;
    memmove(kept, kept + 1, --kept_count * sizeof *kept);
    local_clear(l);
    search_found(l->hub, search, &found);
    search_free(&search);
    local_turn(l);
    if (!l->boxes[who].ops[OP_FOUND])
        return KEPT;
    assert_true(list_open(l->boxes[who].last.messages, &r, &count));
    return count;
}

static void
town_free(struct local *l)
{
    for (unsigned i = 0; i < kept_count; i++)
        search_free(&kept[i]);
    court_free(l);
}

static void
test_as_it_was(void **state)
{
    (void)state;
    struct local *l = town();
    uint64_t seq = say(l, BOB, "staff");
    ask(l, BOB, "staff");
    assert_int_equal(answer(l, BOB, wire_of("staff", NULL, seq)), 1);
    town_free(l);
}

static void
test_redacted_meanwhile(void **state)
{
    (void)state;
    struct local *l = town();
    uint64_t seq = say(l, BOB, "dev");
    struct message redact = about_room(OP_REDACT, "dev");
    WITH(&redact, FIELD_SEQ, seq, seq);
    ask(l, EVE, "dev");
    assert_int_equal(court_ask(l, BOB, &redact), ERR_NONE);
    assert_int_equal(answer(l, EVE, wire_of("dev", NULL, seq)), 0);
    /* Who asks afterwards is given what the log has, which has no text. */
    ask(l, EVE, "dev");
    assert_int_equal(kept[0]->redactions, 1);
    /* More than are remembered: he is to ask again. */
    ask(l, EVE, "dev");
    for (uint64_t i = 0; i <= HUB_GONE; i++)
        search_redacted(l->hub, i + 1);
    assert_int_equal(answer(l, EVE, wire_of("dev", NULL, seq)), KEPT);
    assert_int_equal(court_code(l, EVE), ERR_RATE);
    town_free(l);
}

static void
test_put_out_meanwhile(void **state)
{
    (void)state;
    struct local *l = town();
    uint64_t seq = say(l, BOB, "staff");
    struct message invite = about_id(OP_INVITE, "staff", "eve");
    assert_int_equal(court_ask(l, BOB, &invite), ERR_NONE);
    ask(l, EVE, NULL);
    assert_int_equal(kept[0]->veil.count, 0);
    assert_int_equal(court_rule(l, BOB, OP_BAN, "staff", "eve"), ERR_NONE);
    assert_int_equal(answer(l, EVE, wire_of("staff", NULL, seq)), 0);
    town_free(l);
}

static void
test_somebody_else_meanwhile(void **state)
{
    (void)state;
    struct local *l = town();
    uint64_t seq = say(l, BOB, "dev");
    ask(l, EVE, NULL);
    ask(l, EVE, NULL);
    struct message bye = {.op = OP_BYE};
    local_feed(l, EVE, &bye);
    local_turn(l);
    assert_int_equal(answer(l, EVE, wire_of("dev", NULL, seq)), KEPT);
    struct log_search *search = kept[0];
    memcpy(search->query.name, "eva", 3); /* who asked was she */
    assert_int_equal(court_enter(l, EVE, EVE_KEY, "eve"), OP_WELCOME);
    assert_int_equal(answer(l, EVE, wire_of("dev", NULL, seq)), KEPT);
    town_free(l);
}

/* Whatever the engine brings. */
static void
test_mail_of_others(void **state)
{
    (void)state;
    struct local *l = town();
    ask(l, EVE, NULL);
    ask(l, MIA, NULL);
    uint64_t late = UINT64_C(1) << 52;
    assert_int_equal(answer(l, EVE, wire_of(NULL, "mia", late)), 0);
    assert_int_equal(answer(l, MIA, wire_of(NULL, "mia", late)), 1);
    ask(l, MIA, NULL);
    assert_int_equal(answer(l, MIA, wire_of(NULL, "mia", 1)), 0); /* before */
    town_free(l);
}

/* Rooms that he may not read are in the veil, whoever he is. */
static void
test_veils(void **state)
{
    (void)state;
    struct local *l = town();
    assert_int_equal(court_join(l, EVE, "staff-x"), ERR_NONE);
    static const struct {
        unsigned who;
        bool staff, staff_x; /* may be looked into */
    } rows[] = {{BOB, true, false},
                {EVE, false, true},
                {MIA, false, false},
                {ANN, false, false}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice none = {0};
        ask(l, rows[i].who, NULL);
        const struct log_search *search = kept[kept_count - 1];
        assert_true(search_wants(search, CHANNEL_ROOM, slice_str("dev"), none));
        assert_int_equal(
            search_wants(search, CHANNEL_ROOM, slice_str("staff"), none),
            rows[i].staff);
        assert_int_equal(
            search_wants(search, CHANNEL_ROOM, slice_str("staff-x"), none),
            rows[i].staff_x);
        assert_false(
            search_wants(search, CHANNEL_MAIL, slice_str("bob"), none));
        assert_int_equal(search_wants(search, CHANNEL_TALK, slice_str("bob"),
                                      slice_str("zed")),
                         rows[i].who == BOB);
    }
    town_free(l);
}

/* Four at once; and what the engine has no room for costs nothing. */
static void
test_too_many(void **state)
{
    (void)state;
    struct local *l = town();
    for (unsigned i = 0; i < PEER_SEARCHES; i++)
        ask(l, BOB, "dev");
    assert_int_equal(kept_count, PEER_SEARCHES);
    local_clear(l);
    ask(l, BOB, "dev");
    assert_int_equal(kept_count, PEER_SEARCHES);
    assert_int_equal(court_code(l, BOB), ERR_RATE);
    assert_int_equal(answer(l, BOB, wire_of("dev", NULL, 1)), 0);
    ask(l, BOB, "dev");
    assert_int_equal(kept_count, PEER_SEARCHES);
    full = true;
    for (unsigned i = 0; i < 10; i++) {
        local_clear(l);
        ask(l, EVE, "dev");
        assert_int_equal(court_code(l, EVE), ERR_RATE);
    }
    full = false;
    ask(l, EVE, "dev");
    assert_int_equal(kept_count, PEER_SEARCHES + 1);
    l->hub->log->finds = false;
    ask(l, MIA, "dev");
    assert_int_equal(court_code(l, MIA), ERR_BAD_STATE);
    town_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_as_it_was),
        cmocka_unit_test(test_redacted_meanwhile),
        cmocka_unit_test(test_put_out_meanwhile),
        cmocka_unit_test(test_somebody_else_meanwhile),
        cmocka_unit_test(test_mail_of_others),
        cmocka_unit_test(test_veils),
        cmocka_unit_test(test_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
