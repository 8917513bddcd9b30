/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The broker's outbox (messages packed into frames) and roll (sorted names).
 * Every frame must open as what was put in, in order, within the limits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/outbox.h"
#include "broker/roll.h"

/* A `tick`-sized message with a number in it; returns its bytes. */
static struct slice
numbered(uint8_t *bytes, size_t cap, uint64_t number, size_t text)
{
    static char filler[LIMIT_TEXT];
    struct message m = {.op = OP_ERROR, .n = number};
    m.code = slice_str("internal");
    m.text = slice_of(memset(filler, 'x', text), text);
    m.has = MESSAGE_BIT(FIELD_N) | MESSAGE_BIT(FIELD_CODE) |
            MESSAGE_BIT(FIELD_TEXT);
    struct buffer out = {.data = bytes, .cap = cap};
    assert_true(message_write(&out, SIDE_BROKER, &m));
    return slice_of(bytes, out.len);
}

/* Reads one frame; its messages must be numbered from *next on. */
static void
check_frame(struct slice frame, uint64_t *next)
{
    struct reader r;
    struct fault fault;
    uint32_t count;
    struct message m;
    assert_true(frame.len <= LIMIT_FRAME);
    assert_int_equal(frame_open(frame, &r, &count, &fault), ERR_NONE);
    assert_in_range(count, 1, LIMIT_BATCH);
    for (; count > 0; count--) {
        assert_int_equal(message_read(&r, SIDE_BROKER, &m, &fault), ERR_NONE);
        assert_int_equal(m.n, (*next)++);
    }
    assert_true(reader_done(&r));
}

static void
fill_and_check(size_t text, uint64_t messages, const char *topic)
{
    static uint8_t bytes[LIMIT_FRAME];
    struct outbox box = {.first = NULL};
    struct slice prefix = slice_str(topic);
    for (uint64_t n = 0; n < messages; n++)
        outbox_add(&box, prefix, numbered(bytes, sizeof bytes, n, text));
    uint64_t next = 0;
    while (box.first) {
        struct slice frame = outbox_frame(&box);
        assert_true(frame.len <= LIMIT_FRAME);
        assert_memory_equal(frame.data, prefix.data, prefix.len);
        check_frame(slice_of(frame.data + prefix.len, frame.len - prefix.len),
                    &next);
        outbox_shift(&box);
    }
    assert_int_equal(next, messages);
    assert_int_equal(box.bytes, 0);
    assert_null(outbox_frame(&box).data);
}

static void
test_frames(void **state)
{
    (void)state;
    static const size_t texts[] = {0, 1, 100, 230, 1000, 5000, 16000};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        fill_and_check(texts[i], 1, "");
        fill_and_check(texts[i], 257, "");
        fill_and_check(texts[i], 1000, "lobby ");
    }
}

/* A frame that could not be sent may be added to and asked for again. */
static void
test_frame_again(void **state)
{
    (void)state;
    uint8_t bytes[1024];
    struct outbox box = {.first = NULL};
    struct slice none = slice_of(NULL, 0);
    outbox_add(&box, none, numbered(bytes, sizeof bytes, 0, 10));
    uint64_t next = 0;
    check_frame(outbox_frame(&box), &next);
    outbox_add(&box, none, numbered(bytes, sizeof bytes, 1, 10));
    next = 0;
    check_frame(outbox_frame(&box), &next);
    assert_int_equal(next, 2);
    assert_false(outbox_ripe(&box));
    outbox_fini(&box);
}

static struct slice
text_name(const void *item)
{
    return slice_str(item);
}

static void
test_roll(void **state)
{
    (void)state;
    static const char *const names[] = {"b", "a", "张伟", "ab", "c", "A"};
    static const char *const order[] = {"A", "a", "ab", "b", "c", "张伟"};
    struct roll roll = {.name = text_name};
    for (size_t i = 0; i < 6; i++)
        roll_add(&roll, (void *)(uintptr_t)names[i]);
    for (size_t i = 0; i < 6; i++)
        assert_string_equal(roll.items[i], order[i]);
    assert_int_equal(roll_after(&roll, slice_str("")), 0);
    assert_int_equal(roll_after(&roll, slice_str("a")), 2);
    assert_int_equal(roll_after(&roll, slice_str("aa")), 2);
    assert_int_equal(roll_after(&roll, slice_str("张伟")), 6);
    assert_ptr_equal(roll_find(&roll, slice_str("ab")), names[3]);
    assert_null(roll_find(&roll, slice_str("aa")));
    roll_remove(&roll, names[3]);
    roll_remove(&roll, "zz");
    assert_int_equal(roll.count, 5);
    assert_null(roll_find(&roll, slice_str("ab")));
    roll_fini(&roll);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),
        cmocka_unit_test(test_frame_again),
        cmocka_unit_test(test_roll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
