/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_buffer_bytes: how much a conversation may hold when a stranger fills it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/buffer.h"

/* A message of 16 KiB over and over: the bytes are bounded, too. */
static void
test_full_of_bytes(void **state)
{
    (void)state;
    static char text[16 << 10];
    enum { MANY = 2 * BUFFER_BYTES / sizeof text };
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    struct entry e = {.text = text, .text_len = sizeof text, .time = 1};
    memset(text, 'x', sizeof text);
    for (e.seq = 1000; e.seq < 1000 + MANY; e.seq++) {
        assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
        assert_in_range(b->bytes, 1, BUFFER_BYTES);
    }
    assert_in_range(buffer_len(b), MANY / 2 - MANY / 20, MANY / 2);
    assert_int_equal(b->newest, e.seq - 1);
    assert_int_equal(b->oldest, e.seq - buffer_len(b));
    assert_false(b->whole);
    e.seq = b->oldest - 1;
    assert_null(buffer_add(b, &e, BUFFER_HISTORY)); /* older than can be held */
    assert_true(b->whole);
    e = (struct entry){.seq = b->newest + 1, .text = text, .text_len = 1};
    buffer_redact(b, b->newest);
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    assert_in_range(b->bytes, 1, BUFFER_BYTES);
    buffer_clear(b);
    assert_int_equal(b->bytes, 0);
    assert_non_null(buffer_coming(b, "bob", true, 1));
    assert_non_null(buffer_coming(b, "eve", true, 1));
    assert_int_equal(b->bytes, buffer_at(b, 0)->size);
    assert_non_null(buffer_coming(b, "bob", false, 1));
    assert_null(buffer_coming(b, "eve", false, 1));
    assert_int_equal(b->bytes, 0);
    buffer_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_of_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
