/* SPDX-License-Identifier: MPL-2.0 */
/* typed: see typed.h. */
#include "typed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

enum { SHOWN_MAX = 256 };

enum line_result
typed(struct line *l, const char *bytes)
{
    enum line_result result = LINE_NOTHING;
    for (; *bytes; bytes++)
        result = line_feed(l, (uint8_t)*bytes);
    return result;
}

void
assert_line(const struct line *l, const char *want)
{
    char found[SHOWN_MAX];
    assert_true(l->len < sizeof found - 1);
    snprintf(found, sizeof found, "%.*s|%s", (int)l->cursor, l->text,
             l->text + l->cursor);
    assert_string_equal(found, want);
    assert_int_equal(strlen(l->text), l->len);
}
