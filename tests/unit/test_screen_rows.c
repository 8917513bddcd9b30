/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Conversations as rows of a window. A row is written as "14:25 <ann> text";
 * where a text goes on, with the column it begins in; "=" is a new day, "new"
 * the line between read and unread.
 */
#define _GNU_SOURCE /* setenv, asprintf */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "client/screen_rows.h"

enum {
    HEIGHT_MOST = 600,
    ROW_BYTES = 256,
    DAY_MS = 86400000,
};

/* 2026-11-26 14:25 */
static const uint64_t start = UINT64_C(1795703100000);

static int
in_utc(void **state)
{
    (void)state;
    setenv("TZ", "UTC", 1);
    tzset();
    return 0;
}

/* What a window shows, from the top. */
struct shown {
    char rows[HEIGHT_MOST][ROW_BYTES];
    unsigned height, columns;
};
static struct shown window, whole;

static void
take_row(void *context, unsigned y, const struct rows_row *row)
{
    struct shown *s = context;
    struct rows_head head;
    assert_true(y < s->height);
    assert_string_equal(s->rows[y], ""); /* each one once */
    if (row->kind != ROWS_TEXT) {
        snprintf(s->rows[y], ROW_BYTES, "%s",
                 row->kind == ROWS_DAY ? "=" : "new");
        return;
    }
    assert_true(row->indent + row->columns <= s->columns);
    int len = (int)(row->end - row->start);
    rows_head(row->entry, s->columns, &head);
    if (row->first)
        snprintf(s->rows[y], ROW_BYTES, "14:25 %s%.*s%s%s %.*s", head.before,
                 (int)head.id_len, head.id ? head.id : "", head.cut ? "…" : "",
                 head.behind, len, row->text + row->start);
    else
        snprintf(s->rows[y], ROW_BYTES, "%u:%.*s", row->indent, len,
                 row->text + row->start);
    assert_int_equal(row->first, row->start == 0);
}

static void
show_at(struct shown *s, const struct rows_view *v, struct rows_place p)
{
    memset(s->rows, 0, sizeof s->rows);
    s->height = v->height;
    s->columns = v->columns;
    rows_each(v, p, take_row, s);
}

static void
show(struct shown *s, const struct chat_buffer *b, unsigned height,
     unsigned columns)
{
    struct rows_view v;
    rows_view(&v, b, height, columns);
    show_at(s, &v, rows_place(&v));
}

static void
assert_rows(const struct shown *s, const char *const *rows)
{
    unsigned count = 0;
    while (rows[count])
        count++;
    assert_true(count <= s->height);
    for (unsigned y = 0; y < s->height - count; y++)
        assert_string_equal(s->rows[y], "");
    for (unsigned i = 0; i < count; i++)
        assert_string_equal(s->rows[s->height - count + i], rows[i]);
}

/* Like `e`, with its text. */
static void
add(struct chat_buffer *b, struct entry e, const char *text)
{
    e.text = text;
    e.text_len = strlen(text);
    e.time = e.time ? e.time : start;
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
}

static struct chat_buffer *
room_of(unsigned count)
{
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    assert_non_null(b);
    for (unsigned i = 1; i <= count; i++) {
        char text[32];
        snprintf(text, sizeof text, "message %u", i);
        add(b, (struct entry){.seq = 1000 + i, .from = "bob"}, text);
    }
    return b;
}

static void
test_heads(void **state)
{
    static const struct {
        enum entry_kind kind;
        const char *from;
        unsigned columns;
        const char *head;
        unsigned wide;
    } rows[] = {
        {ENTRY_MESSAGE, "ann", 80, "<ann>", 5},
        {ENTRY_ACTION, "ann", 80, "* ann", 5},
        {ENTRY_NOTICE, "ann", 80, "-ann-", 5},
        {ENTRY_COMING, NULL, 80, "--", 2},
        {ENTRY_NEWS, "ann", 80, "--", 2},
        {ENTRY_STATUS, NULL, 80, "--", 2},
        {ENTRY_ERROR, NULL, 80, "--", 2},
        {ENTRY_MESSAGE, NULL, 80, "<?>", 3},
        {ENTRY_MESSAGE, "0123456789", 80, "<0123456789>", 12},
        {ENTRY_MESSAGE, "0123456789a", 80, "<012345678…>", 12},
        {ENTRY_MESSAGE, "0123456789a", 59, "<012345678…>", 12},
        {ENTRY_MESSAGE, "0123456789a", 20, "<0123…>", 7},
        {ENTRY_MESSAGE, "你好世界你好", 80, "<你好世界…>", 11},
        {ENTRY_MESSAGE, "e\u0301e\u0301", 80, "<e\u0301e\u0301>", 4},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct entry e = {.kind = rows[i].kind, .from = rows[i].from};
        struct rows_head head;
        char found[64];
        rows_head(&e, rows[i].columns, &head);
        snprintf(found, sizeof found, "%s%.*s%s%s", head.before,
                 (int)head.id_len, head.id ? head.id : "", head.cut ? "…" : "",
                 head.behind);
        assert_string_equal(found, rows[i].head);
        assert_int_equal(head.columns, rows[i].wide);
    }
}

static void
test_layout(void **state)
{
    static const char text[] = "one two three four five six seven eight nine "
                               "ten eleven twelve thirteen";
    static const struct {
        unsigned columns;
        bool own;
        const char *rows[6];
    } layouts[] = {
        {120,
         false,
         {"=", "14:25 <ann> one two three four five six seven "
               "eight nine ten eleven twelve thirteen"}},
        {60,
         false,
         {"=", "14:25 <ann> one two three four five six seven eight",
          "19:nine ten eleven twelve thirteen"}},
        {59,
         false,
         {"=",
          "14:25 <ann> one two three four five six seven "
          "eight nine",
          "6:ten eleven twelve thirteen"}},
        {40,
         false,
         {"=", "14:25 <ann> one two three four five six",
          "6:seven eight nine ten eleven twelve", "6:thirteen"}},
        {39,
         false,
         {"=", "14:25 <ann> one two three four five six",
          "2:seven eight nine ten eleven twelve", "2:thirteen"}},
        /* three columns are kept free for the tick */
        {39,
         true,
         {"=", "14:25 <ann> one two three four five",
          "2:six seven eight nine ten eleven", "2:twelve thirteen"}},
    };
    (void)state;
    struct shown *s = &window;
    for (size_t i = 0; i < sizeof layouts / sizeof *layouts; i++) {
        struct chat_buffer *b = room_of(0);
        add(b, (struct entry){.from = "ann", .own = layouts[i].own, .seq = 1},
            text);
        show(s, b, 8, layouts[i].columns);
        assert_rows(s, layouts[i].rows);
        buffer_free(b);
    }
}

static void
test_lines_between(void **state)
{
    (void)state;
    struct shown *s = &window;
    struct chat_buffer *b = room_of(2);
    b->read = 1002;
    add(b, (struct entry){.from = "eve", .seq = 2001, .time = start + DAY_MS},
        "next day");
    add(b, (struct entry){.seq = 2002, .from = "eve", .time = start + DAY_MS},
        "two\nlines");
    show(s, b, 9, 80);
    assert_rows(s, (const char *const[]){"=", "14:25 <bob> message 1",
                                         "14:25 <bob> message 2", "=", "new",
                                         "14:25 <eve> next day",
                                         "14:25 <eve> two", "19:lines", NULL});
    /* a window that is smaller cuts at its top */
    show(s, b, 4, 80);
    assert_rows(s, (const char *const[]){"new", "14:25 <eve> next day",
                                         "14:25 <eve> two", "19:lines", NULL});
    buffer_redact(b, 2002);
    show(s, b, 2, 80);
    assert_rows(s, (const char *const[]){"14:25 <eve> next day",
                                         "14:25 <eve> (removed)", NULL});
    buffer_free(b);
    b = room_of(0);
    show(s, b, 4, 80);
    assert_rows(s, (const char *const[]){NULL});
    buffer_free(b);
}

/* Wherever it is moved to, a window is a part of all rows. */
static void
test_moving(void **state)
{
    (void)state;
    struct shown *all = &whole;
    struct shown *part = &window;
    struct chat_buffer *b = room_of(0);
    struct rows_view v;
    for (unsigned i = 1; i <= 60; i++) {
        char text[64 * 7 + 1] = "";
        for (unsigned k = 0; k < (i * 7) % 23; k++)
            snprintf(text + strlen(text), 8, "word%02u ", k);
        add(b,
            (struct entry){
                .seq = i, .from = "bob", .time = start + i * 9000000},
            text);
    }
    rows_view(&v, b, HEIGHT_MOST, 60);
    show_at(all, &v, rows_bottom(&v));
    unsigned count = 0;
    while (count < HEIGHT_MOST && all->rows[HEIGHT_MOST - 1 - count][0])
        count++;
    assert_true(count > 100 && count < HEIGHT_MOST);
    for (unsigned height = 1; height < 40; height += 6) {
        rows_view(&v, b, height, 60);
        struct rows_place p = rows_bottom(&v);
        unsigned most = count - height;
        unsigned up = 0;
        for (unsigned step = 1; step < 120; step++) {
            int by = (int)((step * 37) % 53) - (step % 40 < 25 ? 10 : 42);
            int to = (int)up + by;
            up = to < 0 ? 0 : to > (int)most ? most : (unsigned)to;
            p = rows_move(&v, p, by);
            show_at(part, &v, p);
            for (unsigned y = 0; y < height; y++)
                assert_string_equal(part->rows[y],
                                    all->rows[HEIGHT_MOST - height - up + y]);
            assert_int_equal(rows_follows(&v, p), up == 0);
            assert_int_equal(rows_at_top(&v, p), up == most);
            rows_keep(&v, p, b); /* and the buffer keeps it */
            struct rows_place kept = rows_place(&v);
            assert_int_equal(kept.at, p.at);
            assert_int_equal(kept.below, p.below);
            assert_int_equal(b->bottom == 0, up == 0);
        }
        p = rows_top(&v);
        show_at(part, &v, p);
        assert_string_equal(part->rows[0], "=");
        assert_true(rows_at_top(&v, p));
    }
    buffer_free(b);
}

static void
scroll(struct chat_buffer *b, unsigned height, int rows)
{
    struct rows_view v;
    rows_view(&v, b, height, 80);
    rows_keep(&v, rows_move(&v, rows_place(&v), rows), b);
}

/* Scrolled back: it stays there whatever happens. */
static void
test_stays(void **state)
{
    static const char *const want[] = {"14:25 <bob> message 19",
                                       "14:25 <bob> message 20", NULL};
    (void)state;
    struct shown *s = &window;
    struct chat_buffer *b = room_of(40);
    scroll(b, 2, 20);
    show(s, b, 2, 80);
    assert_rows(s, want);
    for (unsigned i = 1; i <= 100; i++) {
        add(b, (struct entry){.seq = 2000 + i, .from = "eve"}, "more");
        show(s, b, 2, 80);
        assert_rows(s, want);
    }
    for (unsigned i = 1; i <= 100; i++) { /* history, in front of it */
        struct entry e = {.seq = i,
                          .time = start,
                          .from = "eve",
                          .text = "older",
                          .text_len = 5};
        assert_non_null(buffer_add(b, &e, BUFFER_HISTORY));
        show(s, b, 2, 80);
        assert_rows(s, want);
    }
    buffer_redact(b, 1010);
    buffer_redact(b, 1030);
    show(s, b, 2, 80);
    assert_rows(s, want);
    show(s, b, 2, 40);
    assert_rows(s, want);
    /* a room that is read on: its oldest entries go, then those in the window;
     * then it shows the oldest that are left */
    for (unsigned i = 1; i <= BUFFER_ENTRIES - 160; i++)
        add(b, (struct entry){.seq = 3000 + i, .from = "eve"}, "more");
    show(s, b, 2, 80);
    assert_rows(s, want);
    for (unsigned i = 1; i <= 160; i++)
        add(b, (struct entry){.seq = 30000 + i, .from = "joe"}, "more");
    show(s, b, 3, 80);
    assert_rows(s, (const char *const[]){"=", "14:25 <eve> more",
                                         "14:25 <eve> more", NULL});
    /* down to the end: it follows again */
    scroll(b, 2, -20000);
    assert_int_equal(b->bottom, 0);
    add(b, (struct entry){.seq = 50000, .from = "mia"}, "the end");
    show(s, b, 1, 80);
    assert_rows(s, (const char *const[]){"14:25 <mia> the end", NULL});
    buffer_free(b);
}

/* What is in the window takes fewer rows now. */
static void
test_shrinks(void **state)
{
    (void)state;
    struct shown *s = &window;
    struct chat_buffer *b = room_of(4);
    add(b, (struct entry){.seq = 2000, .from = "eve"}, "1\n2\n3\n4\n5");
    add(b, (struct entry){.seq = 2001, .from = "joe"}, "last");
    scroll(b, 2, 4);
    show(s, b, 2, 80);
    assert_rows(s, (const char *const[]){"14:25 <eve> 1", "19:2", NULL});
    buffer_redact(b, 2000);
    show(s, b, 2, 80);
    assert_rows(s, (const char *const[]){"14:25 <bob> message 4",
                                         "14:25 <eve> (removed)", NULL});
    scroll(b, 2, -1);
    assert_int_equal(b->bottom, 0);
    buffer_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),         cmocka_unit_test(test_layout),
        cmocka_unit_test(test_lines_between), cmocka_unit_test(test_moving),
        cmocka_unit_test(test_stays),         cmocka_unit_test(test_shrinks),
    };
    return cmocka_run_group_tests(tests, in_utc, NULL);
}
