/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What is left of a redacted message, and which message a redaction means.
 */
#define _GNU_SOURCE /* memmem */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/tail.h"
#include "broker/xmem.h"

#define SEQ UINT64_C(1795000000000000)
#define PREV UINT64_C(1794000000000000)

static struct message
message(enum op op)
{
    return (struct message){
        .op = op,
        .has = MESSAGE_BIT(FIELD_SEQ) | MESSAGE_BIT(FIELD_PREV) |
               MESSAGE_BIT(FIELD_TIME) | MESSAGE_BIT(FIELD_FROM) |
               MESSAGE_BIT(op == OP_SAY ? FIELD_ROOM : FIELD_TO),
        .seq = SEQ,
        .prev = PREV,
        .time = 1795000000000,
        .from = slice_str("ann"),
        .room = slice_str("lobby"),
        .to = slice_str("bob"),
    };
}

static void
has_text(struct message *m, const char *text)
{
    m->has |= MESSAGE_BIT(FIELD_TEXT);
    m->text = slice_str(text);
}

static void
has_data(struct message *m, const char *data)
{
    m->has |= MESSAGE_BIT(FIELD_DATA);
    m->data = slice_str(data);
}

static void
has_kind(struct message *m, const char *kind)
{
    m->has |= MESSAGE_BIT(FIELD_KIND) | MESSAGE_BIT(FIELD_RE);
    m->kind = slice_str(kind);
    m->re = PREV;
}

/* Redacts it in a place as large as it is; gives the length. */
static size_t
redact(struct slice wire, uint8_t out[static LIMIT_FRAME])
{
    uint8_t *exact = xmalloc(wire.len);
    size_t len = log_gone(wire, exact);
    assert_true(len <= wire.len);
    memcpy(out, exact, len);
    free(exact);
    return len;
}

static void
check_gone(struct slice wire)
{
    struct message m;
    struct fault fault;
    struct reader reader = reader_open(wire);
    assert_int_equal(message_read(&reader, SIDE_BROKER, &m, &fault), ERR_NONE);
    assert_true(m.op == OP_SAY && m.seq == SEQ && m.prev == PREV);
    assert_true(m.time == 1795000000000 && m.gone);
    assert_true(slice_eq(m.from, slice_str("ann")));
    assert_true(slice_eq(m.room, slice_str("lobby")));
    assert_false(message_has(&m, FIELD_TEXT) || message_has(&m, FIELD_DATA));
    assert_false(message_has(&m, FIELD_KIND) || message_has(&m, FIELD_RE));
}

static void
test_only_the_frame_of_it_stays(void **state)
{
    (void)state;
    static const struct {
        const char *text, *data, *kind;
    } rows[] = {
        {"a secret", NULL, NULL}, {"", NULL, NULL},     {NULL, "\x01", NULL},
        {NULL, "\xa3key", "k"},   {"both", "\xc3", ""}, {"x", NULL, "redact"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        static uint8_t bytes[LIMIT_FRAME], once[LIMIT_FRAME],
            twice[LIMIT_FRAME];
        struct buffer out = {.data = bytes, .cap = sizeof bytes};
        struct message m = message(OP_SAY);
        if (rows[i].text)
            has_text(&m, rows[i].text);
        if (rows[i].data)
            has_data(&m, rows[i].data);
        if (rows[i].kind)
            has_kind(&m, rows[i].kind);
        assert_true(message_write(&out, SIDE_BROKER, &m));
        size_t len = redact(slice_of(bytes, out.len), once);
        assert_in_range(len, 1, out.len);
        check_gone(slice_of(once, len));
        assert_int_equal(redact(slice_of(once, len), twice), len);
        assert_memory_equal(once, twice, len);
    }
}

/* As the log stores them: with the integers of message_stamp. */
static void
test_a_stamped_message_is_one(void **state)
{
    (void)state;
    static uint8_t bytes[MESSAGE_HEADROOM + 256], out[LIMIT_FRAME];
    struct buffer body = {.data = bytes + MESSAGE_HEADROOM, .cap = 256};
    struct message m = message(OP_SAY);
    const struct stamp stamp = {
        .op = OP_SAY, .seq = &m.seq, .prev = &m.prev, .time = &m.time};
    unsigned pairs;
    has_text(&m, "");
    m.has &= ~(MESSAGE_BIT(FIELD_SEQ) | MESSAGE_BIT(FIELD_PREV) |
               MESSAGE_BIT(FIELD_TIME));
    assert_true(message_write_body(&body, SIDE_BROKER, &m, &pairs));
    uint8_t *at = message_stamp(body.data, pairs, &stamp);
    size_t len = redact(slice_of(at, (size_t)(body.data + body.len - at)), out);
    check_gone(slice_of(out, len));
}

static void
test_nothing_else_is_one(void **state)
{
    (void)state;
    static uint8_t bytes[LIMIT_FRAME], out[LIMIT_FRAME];
    struct buffer buffer = {.data = bytes, .cap = sizeof bytes};
    struct message m = message(OP_TELL);
    has_text(&m, "for bob");
    assert_true(message_write(&buffer, SIDE_BROKER, &m));
    assert_int_equal(redact(slice_of(bytes, buffer.len), out), 0);
    buffer.len = 0;
    m = message(OP_SAY);
    has_text(&m, "for all");
    assert_true(message_write(&buffer, SIDE_BROKER, &m));
    for (size_t len = 0; len < buffer.len; len++)
        assert_int_equal(redact(slice_of(bytes, len), out), 0);
    assert_int_equal(redact(slice_of(bytes, buffer.len + 1), out), 0);
}

/* In memory, where it lies; its neighbours stay as they are. */
static void
test_in_the_tail(void **state)
{
    (void)state;
    static const char *const texts[] = {"one", "a secret", "three"};
    struct log log = {.arena = {.newest = NULL}};
    struct tail tail = {.channels = NULL};
    struct record *all[3];
    for (unsigned i = 0; i < 3; i++) {
        static uint8_t bytes[LIMIT_FRAME];
        struct buffer out = {.data = bytes, .cap = sizeof bytes};
        struct message m = message(OP_SAY);
        has_text(&m, texts[i]);
        m.seq = SEQ + i;
        assert_true(message_write(&out, SIDE_BROKER, &m));
        all[i] = log_record(&log, RECORD_SAY, out.len + 64);
        all[i]->name = record_copy(all[i], m.room);
        all[i]->wire = record_copy(all[i], slice_of(bytes, out.len));
        all[i]->seq = SEQ + i;
        assert_true(tail_add(&tail, all[i]));
    }
    const uint8_t *at = all[1]->wire.data;
    size_t len = all[1]->wire.len;
    tail_redact(&tail, slice_str("lobby"), SEQ + 1);
    tail_redact(&tail, slice_str("lobby"), SEQ + 3);
    tail_redact(&tail, slice_str("elsewhere"), SEQ);
    assert_null(memmem(at, len, texts[1], strlen(texts[1])));
    assert_non_null(memmem(at, len, "gone", 4));
    for (unsigned i = 0; i < 3; i += 2)
        assert_non_null(memmem(all[i]->wire.data, all[i]->wire.len, texts[i],
                               strlen(texts[i])));
    tail_fini(&tail);
    log_fini(&log);
}

static void
test_what_a_redaction_means(void **state)
{
    (void)state;
    static const struct {
        enum record_kind kind;
        enum ruling_kind ruling;
        const char *token;
        uint64_t seq;
    } rows[] = {
        {RECORD_RULING, RULING_REDACT, "1795000000000001", 1795000000000001},
        {RECORD_RULING, RULING_REDACT, "7", 7},
        {RECORD_RULING, RULING_REDACT, "", 0},
        {RECORD_RULING, RULING_REDACT, "0", 0},
        {RECORD_RULING, RULING_REDACT, "12x", 0},
        {RECORD_RULING, RULING_REDACT, "-1", 0},
        {RECORD_RULING, RULING_REDACT, "99999999999999999", 0},
        {RECORD_RULING, RULING_KICK, "12", 0},
        {RECORD_SAY, RULING_REDACT, "12", 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct record r = {.kind = rows[i].kind,
                           .ruling = rows[i].ruling,
                           .token = slice_str(rows[i].token)};
        assert_int_equal(log_redacted(&r), rows[i].seq);
    }
}

static void
test_every_kind_has_a_word(void **state)
{
    (void)state;
    unsigned lasting = 0;
    for (int i = 0; i < RULING_KINDS; i++) {
        assert_int_not_equal(ruling_word((enum ruling_kind)i)[0], '\0');
        lasting += ruling_lasts((enum ruling_kind)i);
    }
    assert_string_equal(ruling_word(RULING_CLAIM), "claim");
    assert_string_equal(ruling_word(RULING_RELOAD), "reload");
    assert_int_equal(lasting, 5);
    assert_true(ruling_lasts(RULING_ABOUT) && !ruling_lasts(RULING_KICK));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_only_the_frame_of_it_stays),
        cmocka_unit_test(test_a_stamped_message_is_one),
        cmocka_unit_test(test_nothing_else_is_one),
        cmocka_unit_test(test_in_the_tail),
        cmocka_unit_test(test_what_a_redaction_means),
        cmocka_unit_test(test_every_kind_has_a_word),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
