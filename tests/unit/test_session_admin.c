/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A client's session and what it asks as a moderator, owner or admin.
 */
#include <stdlib.h>

#include "client/session.h"
#include "pretend.h"

/* Each act, with all that it takes. */
static const struct row {
    struct confab_order order;
    enum op op;
    uint64_t has; /* beside ref */
} rows[] = {
    {{.act = CONFAB_DO_INVITE,
      .room = "staff",
      .id = "bob",
      .role = "owner",
      .lasts = 1000},
     OP_INVITE,
     MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_ID) | MESSAGE_BIT(FIELD_ROLE) |
         MESSAGE_BIT(FIELD_FOR)},
    {{.act = CONFAB_DO_INVITE, .room = "staff", .id = "bob", .limited = true},
     OP_INVITE,
     MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_ID) | MESSAGE_BIT(FIELD_FOR)},
    {{.act = CONFAB_DO_KICK, .id = "eve", .text = "why"},
     OP_KICK,
     MESSAGE_BIT(FIELD_ID) | MESSAGE_BIT(FIELD_TEXT)},
    {{.act = CONFAB_DO_KICK, .id = "eve", .room = "lobby"},
     OP_KICK,
     MESSAGE_BIT(FIELD_ID) | MESSAGE_BIT(FIELD_ROOM)},
    {{.act = CONFAB_DO_BAN, .id = "eve", .lasts = 60000},
     OP_BAN,
     MESSAGE_BIT(FIELD_ID) | MESSAGE_BIT(FIELD_FOR)},
    {{.act = CONFAB_DO_BAN, .address = "10.1.0.0/16"},
     OP_BAN,
     MESSAGE_BIT(FIELD_ADDRESS)},
    {{.act = CONFAB_DO_BAN, .key = "k", .text = "t", .limited = true},
     OP_BAN,
     MESSAGE_BIT(FIELD_KEY) | MESSAGE_BIT(FIELD_TEXT) | MESSAGE_BIT(FIELD_FOR)},
    {{.act = CONFAB_DO_MUTE, .id = "eve", .room = "lobby", .lasts = 1},
     OP_MUTE,
     MESSAGE_BIT(FIELD_ID) | MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_FOR)},
    {{.act = CONFAB_DO_REDACT,
      .room = "lobby",
      .seq = 10,
      .text = "t",
      .id = "not looked at"},
     OP_REDACT,
     MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_SEQ) |
         MESSAGE_BIT(FIELD_TEXT)},
    {{.act = CONFAB_DO_ABOUT, .room = "lobby", .about = ""},
     OP_ABOUT,
     MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_ABOUT)},
    {{.act = CONFAB_DO_LIST, .kind = "ban", .seq = 7, .limit = 3},
     OP_RULINGS,
     MESSAGE_BIT(FIELD_KIND) | MESSAGE_BIT(FIELD_AFTER) |
         MESSAGE_BIT(FIELD_LIMIT)},
    {{.act = CONFAB_DO_RELOAD}, OP_RELOAD, 0},
};

static void
test_acts(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint64_t number = 0;
        assert_int_equal(session_admin(p->session, &rows[i].order, &number), 0);
        pretend_turn(p);
        const struct message *m = sent(p, rows[i].op);
        assert_int_equal(m->has, rows[i].has | MESSAGE_BIT(FIELD_REF));
        assert_int_equal(m->lasts, rows[i].order.lasts);
        if (rows[i].op == OP_RULINGS)
            continue;
        broker_says(p, (struct message){.op = OP_OK, .ref = m->ref});
        assert_int_equal(told(p, CONFAB_DONE)->number, number);
    }
    assert_int_equal(session_unsent(p->session), 0);
    told_nothing(p);
    pretend_free(p);
}

/* What no broker would take is refused before it is sent. */
static void
test_acts_that_are_none(void **state)
{
    (void)state;
    static const struct confab_order wrong[] = {
        {.act = 0},
        {.act = CONFAB_DO_RELOAD + 1},
        {.act = CONFAB_DO_KICK},
        {.act = CONFAB_DO_BAN},
        {.act = CONFAB_DO_BAN, .id = "eve", .address = "10.0.0.1"},
        {.act = CONFAB_DO_MUTE, .id = "@eve"},
        {.act = CONFAB_DO_REDACT, .room = "lobby"},
        {.act = CONFAB_DO_LIST},
    };
    struct pretend *p = pretend_online();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(session_admin(p->session, &wrong[i], NULL),
                         CONFAB_EINVALID);
        assert_true(session_fault(p->session)[0]);
    }
    pretend_turn(p);
    sent_nothing(p);
    pretend_free(p);
}

/* Nobody knows whether it was done; what was not sent yet is. */
static void
test_act_and_a_broken_connection(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    const struct confab_order kick = {.act = CONFAB_DO_KICK, .id = "eve"};
    const struct confab_order list = {.act = CONFAB_DO_LIST, .kind = "ban"};
    uint64_t number = 0;
    assert_int_equal(session_admin(p->session, &kick, &number), 0);
    assert_int_equal(session_admin(p->session, &list, NULL), 0);
    pretend_turn(p);
    (void)sent(p, OP_KICK);
    (void)sent(p, OP_RULINGS);
    session_disconnected(p->session, p->now);
    (void)told(p, CONFAB_OFFLINE);
    const confab_event *e = told(p, CONFAB_REFUSED);
    assert_int_equal(e->number, number);
    assert_string_equal(e->code, "offline");
    assert_int_equal(session_admin(p->session, &kick, NULL), 0);
    session_connected(p->session, p->now);
    pretend_turn(p);
    broker_welcomes(p, "e1");
    (void)sent(p, OP_RULINGS);
    (void)sent(p, OP_KICK);
    sent_nothing(p);
    pretend_free(p);
}

/* Who joins a closed room without a list is its owner, once he is in. */
static void
test_invite_behind_join(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    const struct confab_order invite = {
        .act = CONFAB_DO_INVITE, .room = "staff", .id = "bob"};
    assert_int_equal(session_join(p->session, "staff", 0), 0);
    assert_int_equal(session_admin(p->session, &invite, NULL), 0);
    pretend_turn(p);
    struct ref ref = sent(p, OP_JOIN)->ref;
    sent_nothing(p);
    broker_says(p, (struct message){.op = OP_JOINED,
                                    .ref = ref,
                                    .room = slice_str("staff"),
                                    .topic = slice_str("staff "),
                                    .head = 100,
                                    .rv = 5,
                                    .count = 1,
                                    .about = slice_str("us"),
                                    .closed = true,
                                    .has = MESSAGE_BIT(FIELD_DIRECT)});
    const confab_event *e = told(p, CONFAB_JOINED);
    assert_true(e->closed);
    assert_string_equal(e->about, "us");
    (void)sent(p, OP_INVITE);
    pretend_wait(p, 1000);
    sent_nothing(p); /* no sync: what is closed is not published */
    assert_int_equal(p->topic_first, p->topic_last);
    pretend_free(p);
}

static void
test_rulings(void **state)
{
    (void)state;
    struct pretend *p = pretend_online();
    const struct confab_order list = {.act = CONFAB_DO_LIST, .kind = "ban"};
    uint8_t bytes[256];
    struct buffer out = {.data = bytes, .cap = sizeof bytes};
    list_put_array(&out, 1);
    list_put_map(&out, 6);
    list_put_str(&out, slice_str("kind"));
    list_put_str(&out, slice_str("ban"));
    list_put_str(&out, slice_str("seq"));
    list_put_uint(&out, 70);
    list_put_str(&out, slice_str("time"));
    list_put_uint(&out, 1000);
    list_put_str(&out, slice_str("by"));
    list_put_str(&out, slice_str("ann"));
    list_put_str(&out, slice_str("address"));
    list_put_str(&out, slice_str("10.0.0.0/8"));
    list_put_str(&out, slice_str("text"));
    list_put_str(&out, slice_str("floods"));
    uint64_t number = 0;
    assert_int_equal(session_admin(p->session, &list, &number), 0);
    pretend_turn(p);
    broker_says(p, (struct message){.op = OP_RULINGS,
                                    .ref = sent(p, OP_RULINGS)->ref,
                                    .rulings = slice_of(out.data, out.len),
                                    .more = true});
    const confab_event *e = told(p, CONFAB_RULINGS);
    assert_int_equal(e->number, number);
    assert_true(e->more);
    assert_int_equal(e->rulings_len, 1);
    assert_int_equal(e->count, 1);
    const struct confab_ruling *r = &e->rulings[0];
    assert_string_equal(r->kind, "ban");
    assert_int_equal(r->seq, 70);
    assert_int_equal(r->until, 0);
    assert_null(r->id);
    assert_string_equal(r->address, "10.0.0.0/8");
    assert_string_equal(r->text, "floods");
    pretend_free(p);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_acts),
        cmocka_unit_test(test_acts_that_are_none),
        cmocka_unit_test(test_act_and_a_broken_connection),
        cmocka_unit_test(test_invite_behind_join),
        cmocka_unit_test(test_rulings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
