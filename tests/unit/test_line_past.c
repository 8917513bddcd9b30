/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The line among others: histories and drafts of several conversations, what it
 * was before, and the window on it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "typed.h"

static void
enter(struct line *l, const char *bytes)
{
    char text[LIMIT_TEXT + 1];
    assert_int_equal(typed(l, bytes), LINE_ENTER);
    line_take(l, text);
}

static void
test_histories(void **state)
{
    (void)state;
    struct past lobby = {0};
    struct past bob = {0};
    struct line *l = line_new();
    enter(l, "own\r");
    line_use(l, &lobby);
    enter(l, "one\r");
    enter(l, "two\r");
    line_use(l, &bob);
    typed(l, "\x1b[A");
    assert_line(l, "|");
    enter(l, "for bob\r");
    typed(l, "\x1b[A");
    assert_line(l, "for bob|");
    line_use(l, &lobby);
    typed(l, "\x1b[A\x1b[A\x1b[A");
    assert_line(l, "one|");
    line_use(l, NULL);
    typed(l, "\x1b[A");
    assert_line(l, "own|");
    assert_int_equal(lobby.len, 2);
    past_free(&lobby);
    past_free(&bob);
    past_free(&bob);
    line_free(l);
}

static void
test_drafts(void **state)
{
    (void)state;
    struct draft lobby = {0};
    struct draft bob = {0};
    struct line *l = line_new();
    typed(l, "half a \x1b\rline\x1b[D");
    assert_true(line_put_aside(l, &lobby));
    assert_line(l, "|");
    line_bring_back(l, &bob); /* none: an empty line */
    assert_line(l, "|");
    typed(l, "x");
    assert_true(line_put_aside(l, &bob));
    line_bring_back(l, &lobby);
    assert_null(lobby.text);
    assert_line(l, "half a \nlin|e");
    assert_true(line_put_aside(l, &bob)); /* in the place of the other */
    assert_true(line_put_aside(l, &bob)); /* and that of an empty line */
    assert_null(bob.text);
    typed(l, "old\x1b[D\x1b[D");
    assert_true(line_put_aside(l, &bob));
    typed(l, "\x1f");
    assert_line(l, "|"); /* nothing of the other conversation comes back */
    free(bob.text);
    line_free(l);
}

static void
test_undo_is_bounded(void **state)
{
    (void)state;
    struct line *l = line_new();
    for (int i = 0; i < LINE_UNDO * 2; i++)
        typed(l, "a ");
    assert_int_equal(l->undo_len, LINE_UNDO);
    for (int i = 0; i < LINE_UNDO * 4; i++)
        typed(l, "\x1f");
    assert_int_equal(l->undo_len, 0);
    assert_int_equal(l->len, LINE_UNDO * 2 + 1);
    line_free(l);
}

static void
assert_window(struct line *l, unsigned columns, const char *want,
              unsigned column)
{
    struct line_window w;
    char found[128];
    line_window(l, columns, &w);
    snprintf(found, sizeof found, "%.*s", (int)(w.end - w.start),
             l->text + w.start);
    assert_string_equal(found, want);
    assert_int_equal(w.column, column);
}

static void
test_window(void **state)
{
    (void)state;
    struct line *l = line_new();
    assert_window(l, 10, "", 0);
    typed(l, "0123\x1b\r5678");
    assert_window(l, 40, "0123\n5678", 9);
    assert_window(l, 10, "0123\n5678", 9);
    assert_window(l, 9, "123\n5678", 8);
    typed(l, "\x01");
    assert_window(l, 5, "0123", 0);
    typed(l, "\x05");
    assert_window(l, 5, "5678", 4);
    typed(l, "\x02");
    assert_window(l, 5, "5678", 3); /* no further than it must */
    typed(l, "\x15\x0b你好世界");
    assert_window(l, 6, "世界", 4);
    typed(l, "\x02");
    assert_window(l, 6, "世界", 2);
    assert_window(l, 9, "你好世界", 6); /* all fits: from its start */
    assert_window(l, 1, "", 0);
    assert_window(l, 0, "", 0);
    line_free(l);
}

/* A line as long as it can be is edited as quickly as a short one: this took
 * minutes when each place was found by trying all of them. */
static void
test_long_line(void **state)
{
    (void)state;
    struct line *l = line_new();
    struct line_window w;
    for (size_t i = 0; i + 3 <= LIMIT_TEXT; i += 3)
        typed(l, "你");
    for (int i = 0; i < 200; i++) {
        typed(l, "\x01");
        line_window(l, 80, &w);
        assert_int_equal(w.column, 0);
        typed(l, "\x05");
        line_window(l, 80, &w);
        assert_int_equal(w.column, 78);
    }
    line_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_histories),       cmocka_unit_test(test_drafts),
        cmocka_unit_test(test_undo_is_bounded), cmocka_unit_test(test_window),
        cmocka_unit_test(test_long_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
