/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_message: the vectors, and each limit of a message on both its sides.
 *
 * proto/vectors/ was packed by another implementation. A vector that is
 * accepted must read to exactly its JSON, key for key, and write back to the
 * same bytes (one that is not canonical: to bytes that read to the same). A
 * vector that is refused must give its code and, where they can be read, ref
 * and n. Every vector is also read cut short at each byte, and with its keys
 * turned round.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/message.h"
#include "tests/unit/bytes.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const char *const files[] = {
    "proto/vectors/client.json",
    "proto/vectors/broker.json",
    "proto/vectors/edges.json",
    "proto/vectors/faults.json",
};

static const char *
text_of(const json_t *row, const char *key)
{
    const char *text = json_string_value(json_object_get(row, key));
    return text ? text : "";
}

static enum side
side_of(const json_t *row)
{
    return strcmp(text_of(row, "from"), "broker") ? SIDE_CLIENT : SIDE_BROKER;
}

/* The value of a JSON key as the field's bytes on the wire. */
static struct bytes
wanted_bytes(const json_t *message, const char *key)
{
    json_t *value = json_object_get(message, key);
    struct bytes raw, bytes;

    if (value)
        return bytes_of_json(value);
    raw = bytes_of_base64(text_of(message, "data64"));
    assert_true(raw.len < 256);
    bytes = (struct bytes){.data = malloc(raw.len + 2), .len = raw.len + 2};
    bytes.data[0] = 0xc4; /* bin 8 */
    bytes.data[1] = (uint8_t)raw.len;
    memcpy(bytes.data + 2, raw.data, raw.len);
    bytes_free(&raw);
    return bytes;
}

static bool
field_is_raw(const struct field_row *row, const void *member,
             const json_t *message)
{
    struct bytes bytes = wanted_bytes(message, row->key);
    bool same = slice_eq(*(const struct slice *)member, bytes_slice(&bytes));

    bytes_free(&bytes);
    return same;
}

static bool
ref_is(const struct ref *ref, const json_t *value)
{
    if (json_is_string(value))
        return ref->is_str &&
               slice_eq(ref->str, slice_str(json_string_value(value)));
    return !ref->is_str && json_is_integer(value) &&
           ref->num == (uint64_t)json_integer_value(value);
}

static bool
field_is(const struct message *m, const struct field_row *row,
         const json_t *message)
{
    const void *member = (const char *)m + row->offset;
    const json_t *value = json_object_get(message, row->key);

    switch (row->type) {
    case TYPE_UINT:
        return json_is_integer(value) &&
               *(const uint64_t *)member == (uint64_t)json_integer_value(value);
    case TYPE_BOOL:
        return json_is_boolean(value) &&
               *(const bool *)member == json_is_true(value);
    case TYPE_NAME:
    case TYPE_STR:
        return json_is_string(value) &&
               slice_eq(*(const struct slice *)member,
                        slice_str(json_string_value(value)));
    case TYPE_REF:
        return ref_is(member, value);
    default:
        return field_is_raw(row, member, message);
    }
}

/* All fields of the JSON are in `m`, and no other; presets are what they are.
 */
static void
check_fields(const struct message *m, enum side side, const json_t *row)
{
    const json_t *message = json_object_get(row, "message");
    const struct shape *shape = message_shape(side, m->op);
    size_t there = 1;

    assert_string_equal(op_name(m->op), text_of(message, "op"));
    for (unsigned i = 0; i < shape->count; i++) {
        enum field field = (enum field)shape->fields[i].field;
        if (!message_has(m, field))
            continue;
        there++;
        if (!field_is(m, &field_rows[field], message))
            fail_msg("%s: %s is another one", text_of(row, "name"),
                     field_rows[field].key);
    }
    assert_int_equal(there, json_object_size(message));
    assert_true(message_has(m, FIELD_KEEP) || m->keep);
    assert_true(message_has(m, FIELD_INBOX) || m->inbox);
    assert_true(message_has(m, FIELD_BEAT) || m->beat == BEAT_DEFAULT);
    assert_true(message_has(m, FIELD_LIMIT) || m->limit == 0);
}

static void
check_written(const struct message *m, enum side side, const json_t *row,
              struct slice bytes)
{
    uint8_t *data = malloc(bytes.len);
    struct buffer out = {.data = data, .cap = bytes.len};
    bool canonical = !json_is_false(json_object_get(row, "canonical"));

    assert_true(message_write(&out, side, m));
    if (canonical && !slice_eq(bytes, slice_of(out.data, out.len)))
        fail_msg("%s: written otherwise", text_of(row, "name"));
    struct reader r = reader_open(slice_of(out.data, out.len));
    struct message again;
    struct fault fault;
    assert_int_equal(message_read(&r, side, &again, &fault), ERR_NONE);
    check_fields(&again, side, row);
    free(data);
}

static void
check_accepted(const json_t *row, struct slice bytes)
{
    struct reader r = reader_open(bytes);
    enum side side = side_of(row);
    struct message m;
    struct fault fault;

    if (message_read(&r, side, &m, &fault) != ERR_NONE)
        fail_msg("%s: %s", text_of(row, "name"), fault.text);
    assert_true(reader_done(&r));
    assert_string_equal(fault.text, "");
    check_fields(&m, side, row);
    check_written(&m, side, row, bytes);
}

static void
check_refused(const json_t *row, struct slice bytes)
{
    const json_t *answer = json_object_get(row, "answer");
    const json_t *ref = json_object_get(answer, "ref");
    const json_t *n = json_object_get(answer, "n");
    struct reader r = reader_open(bytes);
    struct message m;
    struct fault fault;
    enum err err = message_read(&r, side_of(row), &m, &fault);

    if (strcmp(err_name(err), text_of(row, "code")) != 0)
        fail_msg("%s: %s, %s", text_of(row, "name"), err_name(err), fault.text);
    assert_int_equal(err, fault.code);
    assert_true(fault.text[0]);
    assert_true(fault.broken || reader_done(&r));
    assert_int_equal(message_has(&m, FIELD_REF), ref != NULL);
    assert_int_equal(message_has(&m, FIELD_N), n != NULL);
    if (ref)
        assert_true(ref_is(&m.ref, ref));
    if (n)
        assert_int_equal(m.n, json_integer_value(n));
}

static void
each_vector(void (*check)(const json_t *row, struct slice bytes))
{
    for (size_t i = 0; i < COUNT(files); i++) {
        json_t *rows = vectors_load(files[i]);
        for (size_t j = 0; j < json_array_size(rows); j++) {
            const json_t *row = json_array_get(rows, j);
            struct bytes bytes = bytes_of_hex(text_of(row, "hex"));
            check(row, bytes_slice(&bytes));
            bytes_free(&bytes);
        }
        json_decref(rows);
    }
}

static void
check_vector(const json_t *row, struct slice bytes)
{
    if (json_is_false(json_object_get(row, "accept")))
        check_refused(row, bytes);
    else
        check_accepted(row, bytes);
}

static void
test_vectors(void **state)
{
    (void)state;
    each_vector(check_vector);
}

static void
check_cut(const json_t *row, struct slice bytes)
{
    for (size_t len = 0; len < bytes.len; len++) {
        uint8_t *part = malloc(len ? len : 1);
        memcpy(part, bytes.data, len);
        struct reader r = reader_open(slice_of(part, len));
        struct message m;
        struct fault fault;
        assert_int_not_equal(message_read(&r, side_of(row), &m, &fault),
                             ERR_NONE);
        free(part);
    }
}

static void
test_cut(void **state)
{
    (void)state;
    each_vector(check_cut);
}

/* The same pairs from the last to the first: the order says nothing. */
static void
check_turned(const json_t *row, struct slice bytes)
{
    struct reader r = reader_open(bytes);
    uint8_t *data = malloc(bytes.len), *to = data + bytes.len;
    uint32_t pairs;

    if (json_is_false(json_object_get(row, "accept"))) {
        free(data);
        return;
    }
    assert_true(reader_map(&r, &pairs));
    while (pairs-- > 0) {
        const uint8_t *start = r.at;
        assert_true(reader_pass(&r) && reader_pass(&r));
        to -= r.at - start;
        memcpy(to, start, (size_t)(r.at - start));
    }
    memcpy(data, bytes.data, (size_t)(to - data));
    r = reader_open(slice_of(data, bytes.len));
    struct message m;
    struct fault fault;
    assert_int_equal(message_read(&r, side_of(row), &m, &fault), ERR_NONE);
    check_fields(&m, side_of(row), row);
    free(data);
}

static void
test_turned(void **state)
{
    (void)state;
    each_vector(check_turned);
}

/* Every op that a side sends has a vector, and so has every field of it. */
static uint64_t covered[SIDE_COUNT][OP_COUNT];

static void
check_cover(const json_t *row, struct slice bytes)
{
    struct reader r = reader_open(bytes);
    struct message m;
    struct fault fault;

    if (message_read(&r, side_of(row), &m, &fault) == ERR_NONE)
        covered[side_of(row)][m.op] |= m.has | UINT64_C(1) << 63;
}

static void
check_op_covered(enum side side, enum op op)
{
    const struct shape *shape = message_shape(side, op);
    uint64_t missing = shape->takes & ~covered[side][op];

    if (shape->count > 0 && !covered[side][op])
        fail_msg("no vector of %s, side %u", op_name(op), side);
    for (unsigned field = FIELD_REF + 1; field < FIELD_COUNT; field++)
        if (missing & MESSAGE_BIT(field))
            fail_msg("no vector of %s, side %u, with %s", op_name(op), side,
                     field_rows[field].key);
}

static void
test_cover(void **state)
{
    (void)state;
    each_vector(check_cover);
    for (unsigned side = 0; side < SIDE_COUNT; side++)
        for (unsigned op = 1; op < OP_COUNT; op++)
            check_op_covered((enum side)side, (enum op)op);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_turned),
        cmocka_unit_test(test_cover),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
