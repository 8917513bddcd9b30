/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_frame: frames from end to end, and the lists inside answers.
 *
 * What may be opened, at the borders of its count and size; what is left behind
 * the last message; a frame built the way the broker builds it; the name before
 * a PUB frame; and each list written, read back, and read when it is wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/message.h"
#include "tests/unit/bytes.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const struct {
    const char *hex;
    uint32_t count; /* 0: cannot be opened */
} frames[] = {
    {"", 0},
    {"90", 0},
    {"dc 0000", 0},
    {"91 80", 1},
    {"dc 0001 80", 1},
    {"dd 00000002 80 80", 2},
    {"91", 0}, /* promised, not there */
    {"92 80", 0},
    {"80", 0}, /* a map, not an array */
    {"81 a26f70 a470696e67", 0},
    {"a3 616263", 0},
    {"c0", 0},
    {"c1", 0},
    {"dd ffffffff", 0},
    {"dc 01", 0},
};

static void
test_open(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(frames); i++) {
        struct bytes bytes = bytes_of_hex(frames[i].hex);
        struct fault fault;
        struct reader r;
        uint32_t count;
        enum err err = frame_open(bytes_slice(&bytes), &r, &count, &fault);
        if ((err == ERR_NONE) != (frames[i].count > 0))
            fail_msg("%s: %s", frames[i].hex, fault.text);
        if (err == ERR_NONE)
            assert_int_equal(count, frames[i].count);
        else
            assert_true(err == ERR_BAD_MESSAGE && fault.broken &&
                        fault.text[0]);
        bytes_free(&bytes);
    }
}

/* `count` empty maps in a frame of `len` bytes, the rest being zeros. */
static enum err
open_sized(uint16_t count, size_t len, struct fault *fault)
{
    uint8_t *frame = calloc(1, len);
    struct reader r;
    uint32_t found;

    memset(frame, 0x80, len < count + 3u ? len : count + 3u);
    frame_close(frame, count);
    enum err err = frame_open(slice_of(frame, len), &r, &found, fault);
    free(frame);
    return err;
}

static void
test_limits(void **state)
{
    struct fault fault;
    (void)state;

    assert_int_equal(open_sized(LIMIT_BATCH - 1, 300, &fault), ERR_NONE);
    assert_int_equal(open_sized(LIMIT_BATCH, 300, &fault), ERR_NONE);
    assert_int_equal(open_sized(LIMIT_BATCH + 1, 300, &fault), ERR_BAD_MESSAGE);
    assert_non_null(strstr(fault.text, "256"));
    assert_int_equal(open_sized(1, LIMIT_FRAME - 1, &fault), ERR_NONE);
    assert_int_equal(open_sized(1, LIMIT_FRAME, &fault), ERR_NONE);
    assert_int_equal(open_sized(1, LIMIT_FRAME + 1, &fault), ERR_TOO_LARGE);
    assert_true(fault.broken);
    assert_non_null(strstr(fault.text, "65537"));
    assert_non_null(strstr(fault.text, "65536"));
}

static void
test_end(void **state)
{
    struct bytes bytes = bytes_of_hex("91 81 a26f70 a470696e67 00");
    struct message m;
    struct fault fault;
    struct reader r;
    uint32_t count;
    (void)state;

    assert_int_equal(frame_open(bytes_slice(&bytes), &r, &count, &fault), 0);
    assert_int_equal(message_read(&r, SIDE_CLIENT, &m, &fault), ERR_NONE);
    assert_int_equal(frame_end(&r, &fault), ERR_BAD_MESSAGE);
    assert_true(fault.broken);
    bytes.len--;
    assert_int_equal(frame_open(bytes_slice(&bytes), &r, &count, &fault), 0);
    assert_int_equal(message_read(&r, SIDE_CLIENT, &m, &fault), ERR_NONE);
    assert_int_equal(frame_end(&r, &fault), ERR_NONE);
    bytes_free(&bytes);
}

/* As the broker builds one: header reserved, messages, header written. */
static void
test_build(void **state)
{
    uint8_t data[256];
    struct buffer out = {.data = data, .len = FRAME_HEADER, .cap = 256};
    struct message m = {.op = OP_OK, .has = MESSAGE_BIT(FIELD_N)};
    struct fault fault;
    struct reader r;
    uint32_t count;
    (void)state;

    for (m.n = 0; message_write(&out, SIDE_BROKER, &m);)
        m.n++;
    assert_true(out.overflow && out.len <= out.cap && m.n > 20);
    frame_close(data, (unsigned)m.n);
    assert_int_equal(frame_open(slice_of(data, out.len), &r, &count, &fault),
                     ERR_NONE);
    assert_int_equal(count, m.n);
    for (uint64_t n = 0; n < count; n++) {
        struct message in;
        assert_int_equal(message_read(&r, SIDE_BROKER, &in, &fault), ERR_NONE);
        assert_int_equal(in.n, n);
    }
    assert_int_equal(frame_end(&r, &fault), ERR_NONE);
}

static const struct {
    const char *pub, *room, *frame; /* room NULL: cannot be split */
} pubs[] = {
    {"lobby \x91\x80", "lobby", "\x91\x80"},
    {"大厅 \x91", "大厅", "\x91"},
    {"a b c", "a", "b c"},
    {"a  b", "a", " b"},
    {"a ", "a", ""},
    {"", NULL, NULL},
    {" ", NULL, NULL},
    {" x", NULL, NULL},
    {"lobby", NULL, NULL},
    {"\xff\xfe x", NULL, NULL},
};

static void
test_split(void **state)
{
    char longest[LIMIT_NAME + 2];
    struct slice room, frame;
    (void)state;

    for (size_t i = 0; i < COUNT(pubs); i++) {
        bool split = frame_split(slice_str(pubs[i].pub), &room, &frame);
        if (split != (pubs[i].room != NULL))
            fail_msg("%s", pubs[i].pub);
        if (pubs[i].room)
            assert_true(slice_eq(room, slice_str(pubs[i].room)) &&
                        slice_eq(frame, slice_str(pubs[i].frame)));
    }
    memset(longest, 'x', sizeof longest);
    longest[LIMIT_NAME] = ' ';
    assert_true(frame_split(slice_of(longest, LIMIT_NAME + 1), &room, &frame));
    longest[LIMIT_NAME] = 'x';
    longest[LIMIT_NAME + 1] = ' ';
    assert_false(frame_split(slice_of(longest, LIMIT_NAME + 2), &room, &frame));
}

static void
test_names(void **state)
{
    uint8_t data[64];
    struct buffer out = {.data = data, .cap = sizeof data};
    struct slice name;
    struct reader r;
    uint32_t count;
    (void)state;

    list_put_array(&out, 2);
    list_put_str(&out, slice_str("ann"));
    list_put_str(&out, slice_str("李雷"));
    assert_false(out.overflow);
    assert_true(list_open(slice_of(data, out.len), &r, &count));
    assert_int_equal(count, 2);
    assert_true(list_name(&r, &name) && slice_eq(name, slice_str("ann")));
    assert_true(list_name(&r, &name) && slice_eq(name, slice_str("李雷")));
    assert_false(list_name(&r, &name));
    assert_null(r.fault);
}

static void
test_rooms(void **state)
{
    uint8_t data[128];
    struct buffer out = {.data = data, .cap = sizeof data};
    const uint64_t has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_COUNT_OF) |
                         MESSAGE_BIT(FIELD_HEAD);
    struct message row = {.room = slice_str("lobby"), .count = 2, .head = 77};
    struct message in;
    struct reader r;
    uint32_t count;
    (void)state;

    list_put_array(&out, 2);
    row.has = has;
    list_put_room(&out, &row);
    row.has = has | MESSAGE_BIT(FIELD_ABOUT);
    row.about = slice_str("where it begins");
    list_put_room(&out, &row);
    assert_false(out.overflow);
    assert_true(list_open(slice_of(data, out.len), &r, &count));
    assert_int_equal(count, 2);
    assert_true(list_room(&r, &in));
    assert_true(in.has == has && in.count == 2 && in.head == 77);
    assert_true(in.about.len == 0);
    assert_true(list_room(&r, &in));
    assert_true(slice_eq(in.about, row.about));
    assert_false(list_room(&r, &in));
    assert_null(r.fault);
}

static void
test_heads(void **state)
{
    uint8_t data[64];
    struct buffer out = {.data = data, .cap = sizeof data};
    uint64_t head, rv, value;
    struct slice name;
    struct reader r;
    uint32_t count;
    (void)state;

    list_put_map(&out, 1);
    list_put_head(&out, slice_str("lobby"), WIRE_INT_MAX, 9);
    assert_true(list_open(slice_of(data, out.len), &r, &count));
    assert_true(list_head(&r, &name, &head, &rv));
    assert_true(head == WIRE_INT_MAX && rv == 9);
    assert_false(list_head(&r, &name, &head, &rv));
    assert_null(r.fault);

    out.len = 0;
    list_put_map(&out, 1);
    list_put_str(&out, slice_str("text"));
    list_put_uint(&out, 16384);
    assert_true(list_open(slice_of(data, out.len), &r, &count));
    assert_true(list_limit(&r, &name, &value) && value == 16384);
    assert_true(slice_eq(name, slice_str("text")));
    assert_false(list_limit(&r, &name, &value));
    assert_null(r.fault);
}

/* An absent field is an empty list; a wrong one is a fault, never a crash. */
static void
test_wrong_lists(void **state)
{
    static const char *const wrong[] = {"91 01",    "91 a1ff",
                                        "91 80",    "91 91 01",
                                        "81 01 02", "91 82 a4726f6f6d a161"};
    struct message row;
    struct slice name;
    struct reader r;
    uint64_t a, b;
    uint32_t count;
    (void)state;

    assert_true(list_open(slice_of(NULL, 0), &r, &count));
    assert_int_equal(count, 0);
    assert_false(list_name(&r, &name));
    assert_null(r.fault);
    assert_false(list_open(slice_str("\x07"), &r, &count));
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct bytes bytes = bytes_of_hex(wrong[i]);
        struct slice raw = bytes_slice(&bytes);
        assert_true(list_open(raw, &r, &count));
        assert_false(list_name(&r, &name));
        assert_non_null(r.fault);
        assert_true(list_open(raw, &r, &count));
        assert_false(list_room(&r, &row));
        assert_non_null(r.fault);
        assert_true(list_open(raw, &r, &count));
        assert_false(list_head(&r, &name, &a, &b));
        assert_non_null(r.fault);
        assert_true(list_open(raw, &r, &count));
        assert_false(list_limit(&r, &name, &a));
        assert_non_null(r.fault);
        bytes_free(&bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open),        cmocka_unit_test(test_limits),
        cmocka_unit_test(test_end),         cmocka_unit_test(test_build),
        cmocka_unit_test(test_split),       cmocka_unit_test(test_names),
        cmocka_unit_test(test_rooms),       cmocka_unit_test(test_heads),
        cmocka_unit_test(test_wrong_lists),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
