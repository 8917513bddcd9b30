/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Where the parts of the screen are, and which of them there are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "client/screen_inner.h"

/* What is left of the screen when it gets smaller. */
static void
test_parts(void **state)
{
    static const struct {
        int rows, columns, subject, status, text, text_rows, members;
    } sizes[] = {
        {40, 120, 0, 38, 1, 37, 102}, {24, 90, 0, 22, 1, 21, 72},
        {24, 89, 0, 22, 1, 21, -1},   {10, 40, 0, 8, 1, 7, -1},
        {8, 40, 0, 6, 1, 5, -1},      {7, 40, -1, 5, 0, 5, -1},
        {6, 40, -1, 4, 0, 4, -1},     {5, 40, -1, -1, 0, 4, -1},
        {4, 20, -1, -1, 0, 3, -1},
    };
    (void)state;
    struct buffers *bs = malloc(sizeof *bs);
    assert_true(bs && buffers_init(bs, "ann"));
    struct chat_buffer *b = buffers_open(bs, BUFFER_ROOM, "lobby");
    assert_true(b && buffers_show(bs, b));
    b->joined = true;
    struct scene scene = {.buffers = bs, .members = true};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct screen_parts p;
        screen_parts(&p, &scene, sizes[i].rows, sizes[i].columns);
        assert_int_equal(p.subject, sizes[i].subject);
        assert_int_equal(p.status, sizes[i].status);
        assert_int_equal(p.text, sizes[i].text);
        assert_int_equal(p.text_rows, sizes[i].text_rows);
        assert_int_equal(p.members, sizes[i].members);
        assert_int_equal(p.input, sizes[i].rows - 1);
        assert_int_equal(p.text_columns,
                         p.members < 0 ? sizes[i].columns : p.members - 1);
    }
    buffers_fini(bs);
    free(bs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
