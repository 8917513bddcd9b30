/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Distances of words, both ways round.
 */
#include "proto/near.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define A64 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
test_distances(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
        size_t far;
    } rows[] = {
        {"", "", 0},
        {"", "abc", 3},
        {"ann", "ann", 0},
        {"ann", "anne", 1},
        {"ann", "an", 1},
        {"ann", "Ann", 1},
        {"ann", "nan", 2},
        {"kitten", "sitting", 3},
        {"abc", "xyz", 3},
        {A64, A64, 0},
        {A64, "", 64},
        {A64, "b" A64, NEAR_FAR},
        {A64 "b", "", NEAR_FAR},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct slice from = slice_str(rows[i].from), to = slice_str(rows[i].to);
        assert_int_equal(near_distance(from, to), rows[i].far);
        assert_int_equal(near_distance(to, from), rows[i].far);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_distances),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
