/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Moderators' verbs at the edges: several in one frame, without a ref, and when
 * what they are about has changed before the log has them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "court.h"

static const struct slice staff = {(const uint8_t *)"staff", 5};

/* Asked for in one turn, a kick takes the id off the list it is just being put
 * on. */
static void
test_kick_invited(void **state)
{
    (void)state;
    static const enum op ops[] = {OP_KICK, OP_BAN};
    for (size_t i = 0; i < 2; i++) {
        struct local *l = court_new(ACCESS_KEYS);
        court_everybody(l);
        assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
        local_clear(l);
        struct message invite = about_id(OP_INVITE, "staff", "eve");
        struct message out = about_id(ops[i], "staff", "eve");
        local_feed(l, BOB, &invite);
        local_feed(l, BOB, &out);
        local_turn(l);
        assert_int_equal(l->boxes[BOB].ops[OP_OK], 2);
        assert_false(ruling_is_listed(l->hub, staff, slice_str("eve")));
        assert_int_equal(court_join(l, EVE, "staff"), ERR_DENIED);
        court_free(l);
    }
}

/* One room's bans are bounded, and nobody's list is behind those of others. */
static void
test_shelves(void **state)
{
    (void)state;
    struct local *l = court_new(ACCESS_KEYS);
    char name[32];
    court_everybody(l);
    assert_int_equal(court_join(l, BOB, "staff"), ERR_NONE);
    assert_int_equal(court_join(l, EVE, "staff-x"), ERR_NONE);
    for (unsigned i = 0; i < RULING_LIST + 10; i++) {
        snprintf(name, sizeof name, "nobody%u", i);
        struct message m = about_id(OP_BAN, "staff", name);
        local_feed(l, BOB, &m);
    }
    local_turn(l);
    assert_int_equal(court_code(l, BOB), ERR_TOO_MANY);
    const struct shelf *shelf = shelf_find(l->hub, RULING_BAN, staff);
    assert_int_equal(shelf->count, RULING_LIST);
    assert_int_equal(shelf->placed, 0);
    assert_int_equal(court_rule(l, BOB, OP_MUTE, "staff", "eve"), ERR_NONE);
    assert_int_equal(court_rule(l, EVE, OP_BAN, "staff-x", "zed"), ERR_NONE);
    struct message list = about_room(OP_RULINGS, "staff-x");
    WITH(&list, FIELD_KIND, kind, slice_str("ban"));
    assert_int_equal(court_ask(l, EVE, &list), ERR_NONE);
    assert_false(l->boxes[EVE].last.more);
    list.room = staff;
    WITH(&list, FIELD_LIMIT, limit, 7);
    unsigned pages = 0;
    do {
        assert_int_equal(court_ask(l, BOB, &list), ERR_NONE);
        struct reader r;
        uint32_t rows;
        struct message row;
        assert_true(list_open(l->boxes[BOB].last.rulings, &r, &rows));
        while (rows-- && list_ruling(&r, &row))
            WITH(&list, FIELD_AFTER, after, row.seq);
        pages++;
    } while (l->boxes[BOB].last.more);
    assert_int_equal(pages, (RULING_LIST + 6) / 7);
    court_free(l);
}

/* What is refused is told also to who asked without a ref. */
static void
test_full_unasked(void **state)
{
    (void)state;
    struct hub_options options = court_options(ACCESS_KEYS);
    options.rulings = 0;
    struct local *l = local_new(options);
    court_everybody(l);
    struct message m = {.op = OP_MUTE};
    WITH(&m, FIELD_ID, id, slice_str("eve"));
    assert_int_equal(court_ask(l, MIA, &m), ERR_TOO_MANY);
    court_free(l);
}

static void
reload(void *self)
{
    (void)self;
}

/* Each has its answer. */
static void
test_reload_twice(void **state)
{
    (void)state;
    struct hub_options options = court_options(ACCESS_KEYS);
    options.host.reload = reload;
    struct local *l = local_new(options);
    struct message m = about_room(OP_RELOAD, NULL);
    court_everybody(l);
    assert_int_equal(court_ask(l, ANN, &m), ERR_NONE);
    m.ref.num = 8;
    assert_int_equal(court_ask(l, ANN, &m), ERR_RATE);
    m.has = 0;
    assert_int_equal(court_ask(l, ANN, &m), ERR_RATE);
    hub_reloaded(l->hub, NULL, l->now);
    local_turn(l);
    assert_int_equal(l->boxes[ANN].ops[OP_OK], 1);
    assert_int_equal(l->boxes[ANN].last.ref.num, 7);
    m = about_room(OP_RELOAD, NULL);
    assert_int_equal(court_ask(l, ANN, &m), ERR_NONE);
    court_free(l);
}

/* Why it was refused comes from a file: it may be long, and in any letters, or
 * in none. */
static void
test_reload_fault(void **state)
{
    (void)state;
    static const char *const units[] = {"\xc3\xa4", "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80", "\xe4", "x"};
    struct hub_options options = court_options(ACCESS_KEYS);
    options.host.reload = reload;
    struct local *l = local_new(options);
    const struct message m = about_room(OP_RELOAD, NULL);
    court_everybody(l);
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        char fault[400] = "";
        size_t len = 0, unit = strlen(units[i]);
        for (; len + unit < sizeof fault; len += unit)
            memcpy(fault + len, units[i], unit);
        assert_int_equal(court_ask(l, ANN, &m), ERR_NONE);
        hub_reloaded(l->hub, fault, l->now);
        local_turn(l);
        assert_int_equal(court_code(l, ANN), ERR_BAD_STATE);
        assert_true(l->boxes[ANN].last.text.len > 250);
    }
    court_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kick_invited),
        cmocka_unit_test(test_shelves),
        cmocka_unit_test(test_full_unasked),
        cmocka_unit_test(test_reload_twice),
        cmocka_unit_test(test_reload_fault),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
