/* SPDX-License-Identifier: MPL-2.0 */
/* A conversation of texts as long as they may be: fewer of them are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/buffer.h"

static void
test_full_of_text(void **state)
{
    enum { MOST = BUFFER_TEXT / LIMIT_TEXT };
    static char text[LIMIT_TEXT + 1];
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    struct entry e = {.from = "bob", .text = text, .text_len = LIMIT_TEXT};
    struct entry between = {
        .seq = 10 * MOST + 15, .from = "bob", .text = "m", .text_len = 1};
    memset(text, 'x', LIMIT_TEXT);
    for (e.seq = 10; e.seq <= 20 * MOST; e.seq += 10)
        assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    assert_int_equal(buffer_len(b), MOST);
    assert_int_equal(b->text, BUFFER_TEXT);
    assert_int_equal(b->oldest, 10 * MOST + 10);
    e.seq = 5;
    assert_null(buffer_add(b, &e, BUFFER_HISTORY));
    assert_true(b->whole);
    assert_non_null(buffer_add(b, &between, BUFFER_HISTORY));
    assert_int_equal(buffer_len(b), MOST);
    buffer_redact(b, 20 * MOST);
    e.seq = 30 * MOST;
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    assert_int_equal(buffer_len(b), MOST + 1);
    buffer_clear(b);
    assert_int_equal(b->text, 0);
    buffer_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_full_of_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
