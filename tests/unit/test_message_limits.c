/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_message_limits: each limit of a message one below, at, and one above;
 * and what the writer does where there is no room.
 *
 * Messages are packed here by msgpack-c directly, not by the writer under test.
 * A limit that is passed must be told with the field's name, the size and the
 * limit; ref and n must be there all the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <msgpack.h>

#include "proto/message.h"
#include "proto/name.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static msgpack_sbuffer packed;
static msgpack_packer pk;

static void
begin(const char *op, unsigned pairs)
{
    msgpack_sbuffer_clear(&packed);
    msgpack_pack_map(&pk, pairs + 1);
    msgpack_pack_str_with_body(&pk, "op", 2);
    msgpack_pack_str_with_body(&pk, op, strlen(op));
}

static void
key(const char *name)
{
    msgpack_pack_str_with_body(&pk, name, strlen(name));
}

static void
put_text(const char *name, const char *text)
{
    key(name);
    msgpack_pack_str_with_body(&pk, text, strlen(text));
}

static void
put_num(const char *name, uint64_t num)
{
    key(name);
    msgpack_pack_uint64(&pk, num);
}

static void
put_long(const char *name, size_t len)
{
    char *text = malloc(len + 1);

    memset(text, 'x', len);
    key(name);
    msgpack_pack_str_with_body(&pk, text, len);
    free(text);
}

/* `len` bytes of encoding in all: a bin of that size with its header. */
static void
put_data(size_t len)
{
    size_t head = len <= 257 ? 2 : len <= 65538 ? 3 : 5;
    char *bytes = calloc(1, len);

    key("data");
    msgpack_pack_bin_with_body(&pk, bytes, len - head);
    free(bytes);
}

static struct message m;
static struct fault fault;

static enum err
read_packed(enum side from)
{
    uint8_t *bytes = malloc(packed.size);
    struct reader r = reader_open(slice_of(bytes, packed.size));

    memcpy(bytes, packed.data, packed.size);
    enum err err = message_read(&r, from, &m, &fault);
    assert_true(fault.broken || reader_done(&r));
    free(bytes); /* nothing behind this looks at m's slices */
    return err;
}

static const struct {
    const char *op, *need, *name;
    size_t limit;
    enum err over;
} sizes[] = {
    {"say", "room", "text", LIMIT_TEXT, ERR_TOO_LARGE},
    {"say", "room", "kind", LIMIT_KIND, ERR_TOO_LARGE},
    {"tell", "to", "text", LIMIT_TEXT, ERR_TOO_LARGE},
    {"tell", "to", "kind", LIMIT_KIND, ERR_TOO_LARGE},
    {"ping", "", "ref", LIMIT_REF, ERR_TOO_LARGE},
    {"hello", "id", "resume", 64, ERR_TOO_LARGE},
    {"hello", "id", "agent", 128, ERR_TOO_LARGE},
    {"hello", "id", "password", 1024, ERR_TOO_LARGE},
    {"hello", "id", "lane", LIMIT_NAME, ERR_BAD_NAME},
    {"join", "", "room", LIMIT_NAME, ERR_BAD_NAME},
    {"tell", "", "to", LIMIT_NAME, ERR_BAD_NAME},
    {"history", "", "with", LIMIT_NAME, ERR_BAD_NAME},
    {"who", "", "after", LIMIT_NAME, ERR_BAD_NAME},
};

static void
pack_size(size_t i, size_t len)
{
    const char *op = sizes[i].op;
    bool speech = !strcmp(op, "say") || !strcmp(op, "tell");
    bool hello = !strcmp(op, "hello");
    bool need = sizes[i].need[0] != '\0';

    begin(op, 1u + (need ? 1 : 0) + (speech ? 2 : 0) + (hello ? 1 : 0));
    put_long(sizes[i].name, len);
    if (need)
        put_text(sizes[i].need, "ann");
    if (hello)
        put_num("v", 1);
    if (speech) {
        put_num("n", 7);
        key("data");
        msgpack_pack_true(&pk);
    }
}

static void
test_sizes(void **state)
{
    char number[32];
    (void)state;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        for (size_t len = sizes[i].limit - 1; len <= sizes[i].limit; len++) {
            pack_size(i, len);
            if (read_packed(SIDE_CLIENT) != ERR_NONE)
                fail_msg("%s.%s of %zu: %s", sizes[i].op, sizes[i].name, len,
                         fault.text);
        }
        pack_size(i, sizes[i].limit + 1);
        assert_int_equal(read_packed(SIDE_CLIENT), sizes[i].over);
        assert_int_equal(m.n, message_has(&m, FIELD_N) ? 7 : 0);
        assert_non_null(strstr(fault.text, sizes[i].name));
        snprintf(number, sizeof number, "%zu", sizes[i].limit);
        assert_non_null(strstr(fault.text, number));
    }
}

static enum err
read_body(size_t text, size_t data)
{
    begin("say", 2u + (text > 0 ? 1 : 0) + (data > 0 ? 1 : 0));
    put_text("room", "lobby");
    if (text > 0)
        put_long("text", text);
    if (data > 0)
        put_data(data);
    put_num("n", 7);
    enum err err = read_packed(SIDE_CLIENT);
    assert_int_equal(m.n, 7);
    return err;
}

static void
test_body(void **state)
{
    (void)state;
    assert_int_equal(read_body(0, LIMIT_BODY - 1), ERR_NONE);
    assert_int_equal(read_body(0, LIMIT_BODY), ERR_NONE);
    assert_int_equal(read_body(0, LIMIT_BODY + 1), ERR_TOO_LARGE);
    assert_non_null(strstr(fault.text, "data is 49153 bytes"));
    assert_int_equal(read_body(1000, LIMIT_BODY - 1000), ERR_NONE);
    assert_int_equal(read_body(1000, LIMIT_BODY - 999), ERR_TOO_LARGE);
    assert_non_null(strstr(fault.text, "text and data"));
    assert_int_equal(read_body(LIMIT_TEXT, LIMIT_BODY - LIMIT_TEXT), ERR_NONE);
    assert_int_equal(read_body(LIMIT_TEXT, LIMIT_BODY - LIMIT_TEXT + 1),
                     ERR_TOO_LARGE);
}

/* 31, 32 and 33 keys: ping and so many that nobody knows. */
static void
test_keys(void **state)
{
    char name[8];
    (void)state;

    for (unsigned keys = LIMIT_KEYS - 1; keys <= LIMIT_KEYS + 1; keys++) {
        begin("ping", keys - 1);
        for (unsigned i = 0; i < keys - 2; i++) {
            snprintf(name, sizeof name, "k%u", i);
            put_num(name, i);
        }
        put_num("ref", 5);
        enum err err = read_packed(SIDE_CLIENT);
        assert_int_equal(err, keys > LIMIT_KEYS ? ERR_BAD_MESSAGE : ERR_NONE);
        assert_int_equal(m.ref.num, 5);
    }
    assert_non_null(strstr(fault.text, "33"));
    assert_non_null(strstr(fault.text, "32"));
}

/* What a stranger sent appears in the fault escaped and cut. */
static void
test_quoted(void **state)
{
    (void)state;
    begin("\x1b[31m\"\\\n大", 1);
    put_num("ref", 5);
    assert_int_equal(read_packed(SIDE_CLIENT), ERR_UNKNOWN_OP);
    assert_non_null(strstr(fault.text, "\"\\x1b[31m\\x22\\x5c\\x0a\\xe5"));
    assert_int_equal(m.ref.num, 5);

    char op[1000];
    memset(op, '\n', sizeof op - 1);
    op[sizeof op - 1] = '\0';
    begin(op, 0);
    assert_int_equal(read_packed(SIDE_CLIENT), ERR_UNKNOWN_OP);
    assert_true(strlen(fault.text) < 100);
    assert_non_null(strstr(fault.text, "...\""));
}

/* A client takes names that its own Unicode does not know. */
static void
test_lenient_names(void **state)
{
    (void)state;
    assert_non_null(name_fault(slice_str("\u0378")));
    begin("exit", 5);
    put_text("room", "\u0378");
    put_text("id", "@x y");
    put_num("head", 1);
    put_num("rv", 1);
    put_num("count", 1);
    assert_int_equal(read_packed(SIDE_BROKER), ERR_NONE);
}

/* Every capacity too small: false, marked, and nothing changed. */
static void
test_no_room(void **state)
{
    const struct message say = {
        .op = OP_SAY,
        .room = slice_str("lobby"),
        .text = slice_str("a text of more than 31 bytes, so str 8"),
        .ref = {.is_str = true, .str = slice_str("r-1")},
        .n = 70000,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TEXT) |
               MESSAGE_BIT(FIELD_REF) | MESSAGE_BIT(FIELD_N)};
    struct buffer out = {.data = malloc(256), .cap = 256};
    (void)state;

    assert_true(message_write(&out, SIDE_CLIENT, &say));
    size_t whole = out.len;
    free(out.data);
    for (size_t cap = 1; cap <= whole + 1; cap++) {
        const size_t before = 1;
        out = (struct buffer){.data = malloc(cap), .len = 1, .cap = cap};
        bool fits = message_write(&out, SIDE_CLIENT, &say);
        assert_int_equal(fits, cap >= before + whole);
        assert_int_equal(out.overflow, !fits);
        assert_int_equal(out.len, fits ? cap : before);
        free(out.data);
    }
}

/* All ways to stamp are what message_write writes. */
static void
test_stamp(void **state)
{
    const enum field stamps[] = {FIELD_SEQ, FIELD_PREV, FIELD_TIME};
    struct message say = {.op = OP_SAY,
                          .room = slice_str("lobby"),
                          .from = slice_str("ann"),
                          .text = slice_str("hi"),
                          .seq = WIRE_INT_MAX,
                          .prev = WIRE_INT_MAX - 1,
                          .time = UINT64_C(1795355500123)};
    (void)state;

    for (unsigned which = 0; which < 8; which++) {
        uint8_t whole[256], parts[256];
        struct buffer one = {.data = whole, .cap = 256};
        struct buffer two = {
            .data = parts, .len = MESSAGE_HEADROOM, .cap = 256};
        unsigned pairs;
        say.has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_FROM) |
                  MESSAGE_BIT(FIELD_TEXT);
        for (unsigned i = 0; i < 3; i++)
            if (which & 1u << i)
                say.has |= MESSAGE_BIT(stamps[i]);
        assert_true(message_write(&one, SIDE_BROKER, &say));
        assert_true(message_write_body(&two, SIDE_BROKER, &say, &pairs));
        assert_int_equal(pairs, 3);
        const struct stamp stamp = {.op = OP_SAY,
                                    .seq = which & 1 ? &say.seq : NULL,
                                    .prev = which & 2 ? &say.prev : NULL,
                                    .time = which & 4 ? &say.time : NULL};
        const uint8_t *start =
            message_stamp(parts + MESSAGE_HEADROOM, pairs, &stamp);
        assert_int_equal(parts + two.len - start, one.len);
        assert_memory_equal(start, whole, one.len);
    }
}

/* Names and meanings are there, differ, and are found again. */
static void
test_tables(void **state)
{
    (void)state;
    for (unsigned i = 1; i < ERR_COUNT; i++) {
        const char *name = err_name((enum err)i);
        assert_int_equal(err_find(slice_str(name)), i);
        assert_true(strlen(err_meaning((enum err)i)) > 0);
    }
    assert_int_equal(err_find(slice_str("")), ERR_COUNT);
    assert_int_equal(err_find(slice_str("bad-messag")), ERR_COUNT);
    assert_string_equal(err_name(ERR_NONE), "");
    for (unsigned i = 1; i < OP_COUNT; i++)
        assert_int_equal(op_find(slice_str(op_name((enum op)i))), i);
    assert_int_equal(op_find(slice_str("")), OP_NONE);
    assert_int_equal(op_find(slice_str("sa")), OP_NONE);
    assert_int_equal(op_find(slice_str("says")), OP_NONE);
    assert_string_equal(op_name(OP_NONE), "");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes),  cmocka_unit_test(test_body),
        cmocka_unit_test(test_keys),   cmocka_unit_test(test_quoted),
        cmocka_unit_test(test_stamp),  cmocka_unit_test(test_lenient_names),
        cmocka_unit_test(test_tables), cmocka_unit_test(test_no_room),
    };
    msgpack_sbuffer_init(&packed);
    msgpack_packer_init(&pk, &packed, msgpack_sbuffer_write);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    msgpack_sbuffer_destroy(&packed);
    return failed;
}
