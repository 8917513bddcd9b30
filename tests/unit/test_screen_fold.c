/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How much of a window one message takes: a text of so many lines, and what is
 * shown of it from the top, in a high window and in one that cuts it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/screen_rows.h"

enum { HEIGHT = 40 };

/* "1", "2" ... for the lines of a text, "+N" for N more, "=" for a day. */
struct shown {
    char rows[HEIGHT][16];
    unsigned count;
};

static void
take_row(void *context, unsigned y, const struct rows_row *row)
{
    struct shown *s = context;
    char *to = s->rows[y];
    assert_true(y < HEIGHT);
    assert_string_equal(to, ""); /* each one once */
    s->count++;
    if (row->kind == ROWS_MORE)
        snprintf(to, sizeof s->rows[y], "+%u", row->more);
    else if (row->kind == ROWS_TEXT)
        snprintf(to, sizeof s->rows[y], "%.*s", (int)(row->end - row->start),
                 row->text + row->start);
    else
        snprintf(to, sizeof s->rows[y], "=");
    if (row->kind == ROWS_DAY) /* it has no text */
        return;
    bool ends = row->kind == ROWS_MORE || !row->text[row->end];
    assert_int_equal(row->last, ends);
}

/* A conversation with one entry of so many lines. */
static struct chat_buffer *
buffer_of(enum entry_kind kind, unsigned lines)
{
    char text[512];
    size_t len = 0;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    assert_non_null(b);
    for (unsigned i = 1; i <= lines; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%s%u",
                                i > 1 ? "\n" : "", i);
    const struct entry e = {
        .kind = kind, .seq = 1, .from = "eve", .text = text, .text_len = len};
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    return b;
}

static const struct {
    enum entry_kind kind;
    unsigned lines;
    bool unfolded;
    unsigned height, count; /* rows that are shown, the day among them */
    const char *top, *bottom;
} rows[] = {
    {ENTRY_MESSAGE, 1, false, 40, 2, "=", "1"},
    {ENTRY_MESSAGE, ROWS_MOST, false, 40, 13, "=", "12"},
    {ENTRY_MESSAGE, ROWS_MOST + 1, false, 40, 13, "=", "+2"},
    {ENTRY_MESSAGE, 100, false, 40, 13, "=", "+89"},
    {ENTRY_ACTION, 100, false, 40, 13, "=", "+89"},
    {ENTRY_NOTICE, 100, false, 40, 13, "=", "+89"},
    {ENTRY_NEWS, 100, false, 40, 13, "=", "+89"},
    {ENTRY_STATUS, 30, false, 40, 31, "=", "30"},
    {ENTRY_ERROR, 30, false, 40, 31, "=", "30"},
    {ENTRY_MESSAGE, 30, true, 40, 31, "=", "30"},
    {ENTRY_MESSAGE, 100, true, 40, 40, "61", "100"},
    {ENTRY_MESSAGE, 100, false, 12, 12, "1", "+89"},
    {ENTRY_MESSAGE, 100, false, 5, 5, "8", "+89"},
    {ENTRY_MESSAGE, 100, false, 1, 1, "+89", "+89"},
};

static void
test_fold(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct shown s = {0};
        struct rows_view v;
        struct chat_buffer *b = buffer_of(rows[i].kind, rows[i].lines);
        b->unfolded = rows[i].unfolded;
        rows_view(&v, b, rows[i].height, 80);
        rows_each(&v, rows_place(&v), take_row, &s);
        assert_int_equal(s.count, rows[i].count);
        assert_string_equal(s.rows[rows[i].height - s.count], rows[i].top);
        assert_string_equal(s.rows[rows[i].height - 1], rows[i].bottom);
        buffer_free(b);
    }
}

/* Up from its end, and folded while one is in the middle of it. */
static void
test_scroll(void **state)
{
    struct shown s = {0};
    struct rows_view v;
    struct chat_buffer *b = buffer_of(ENTRY_MESSAGE, 100);
    (void)state;
    rows_view(&v, b, 5, 80);
    rows_each(&v, rows_move(&v, rows_place(&v), 2), take_row, &s);
    assert_string_equal(s.rows[4], "10");
    b->unfolded = true;
    rows_keep(&v, rows_move(&v, rows_place(&v), 50), b);
    memset(&s, 0, sizeof s);
    rows_each(&v, rows_place(&v), take_row, &s);
    assert_string_equal(s.rows[4], "50");
    b->unfolded = false;
    memset(&s, 0, sizeof s);
    rows_each(&v, rows_place(&v), take_row, &s);
    assert_int_equal(s.count, 5);
    assert_string_equal(s.rows[0], "=");
    buffer_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_scroll),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
