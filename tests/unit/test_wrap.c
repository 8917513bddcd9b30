/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Texts cut into rows. A table row is a text, a width, and the rows, with `|`
 * between them; another one is a text and what is written of each cluster.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "client/wrap.h"

static const struct {
    const char *text;
    unsigned columns;
    const char *rows;
} wraps[] = {
    {"", 10, ""},
    {" ", 10, " "},
    {"one two three", 20, "one two three"},
    {"one two three", 13, "one two three"},
    {"one two three", 12, "one two|three"},
    {"one two three", 7, "one two|three"},
    {"one two three", 6, "one|two|three"},
    {"one two three", 3, "one|two|thr|ee"},
    {"one two three", 2, "on|e|tw|o|th|re|e"},
    {"one    two", 5, "one|two"},
    {"one    two", 8, "one|two"},
    {"one two   ", 7, "one two"},
    {"one two   ", 8, "one two"},
    {"one\ttwo", 4, "one|two"},
    {"one\ttwo", 10, "one\ttwo"},
    {"   indented", 6, "   ind|ented"},
    {"      ", 3, "   "},
    {"see https://example.org/long/path", 12,
     "see|https://exam|ple.org/long|/path"},
    /* line feeds */
    {"one\ntwo", 10, "one|two"},
    {"one\r\ntwo", 10, "one|two"},
    {"one\n", 10, "one"},
    {"one\n\n", 10, "one|"},
    {"\n", 10, ""},
    {"\n\none", 10, "|one"},
    {"one\n\n\n\r\n\ntwo", 9, "one||two"},
    {"one\ntwo", 3, "one|two"},
    {"one  \ntwo", 3, "one|two"},
    {"one \r\n\ntwo", 3, "one||two"},
    /* wide ones: a row may end at either side of them */
    {"你好世界", 4, "你好|世界"},
    {"你好世界", 5, "你好|世界"},
    {"你好世界", 2, "你|好|世|界"},
    {"a你好", 4, "a你|好"},
    {"hello 你好世界", 10, "hello 你好|世界"},
    {"你好hello", 6, "你好|hello"},
    {"wait한국", 5, "wait|한국"},
    /* clusters */
    {"e\u0301e\u0301e\u0301", 2, "e\u0301e\u0301|e\u0301"},
    {"👩‍👩‍👧👩‍👩‍👧", 3,
     "👩‍👩‍👧|👩‍👩‍👧"},
    {"🇩🇪🇫🇷🇮🇹", 4, "🇩🇪🇫🇷|🇮🇹"},
    {"👍🏽👍🏽", 2, "👍🏽|👍🏽"},
    {"नमस्ते नमस्ते", 6, "नमस्ते|नमस्ते"},
    {"각각", 2, "각|각"},
    {"\u200b\u200b", 2, "\u200b\u200b"},
    {"\u0301abc", 3, "\u0301ab|c"},
    /* what is harmful is as wide as \u001b */
    {"a\x1b[31mb", 8, "a\x1b[|31mb"},
    {"a\x1b[31mb", 6, "a|\x1b|[31mb"},
    {"\x1b\x1b", 3, "\x1b|\x1b"},
    {"ab\u202e"
     "cd",
     9,
     "ab\u202e"
     "c|d"},
    {"a\rb", 7, "a\r|b"},
    /* no UTF-8 */
    {"\xff\xfe\x80", 2, "\xff\xfe|\x80"},
    {"\xe4\xbd", 2, "\xe4\xbd"},
    {"\xed\xa0\x80z", 3, "\xed\xa0\x80|z"},
};

static void
test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof wraps / sizeof *wraps; i++) {
        char found[256] = "";
        size_t at = 0;
        size_t count = 0;
        size_t len = strlen(wraps[i].text);
        struct wrap_row row = {0};
        while (wrap_next(wraps[i].text, len, wraps[i].columns, &row)) {
            at += (size_t)snprintf(
                found + at, sizeof found - at, "%s%.*s", count++ ? "|" : "",
                (int)(row.end - row.start), wraps[i].text + row.start);
            assert_true(at < sizeof found);
            assert_true(row.columns <= wraps[i].columns);
        }
        if (strcmp(found, wraps[i].rows) != 0)
            print_message("row %zu\n", i);
        assert_string_equal(found, wraps[i].rows);
    }
}

static const struct {
    const char *text;
    unsigned columns;
    const char *written;
} glyphs[] = {
    {"a", 1, "a"},
    {"\t", 1, " "},
    {"\n", 1, "⏎"},
    {"\r\n", 1, "⏎"},
    {"\r", 6, "\\u000d"},
    {"\x1b", 6, "\\u001b"},
    {"\x7f", 6, "\\u007f"},
    {"\xc2\x9b", 6, "\\u009b"},
    {"\u202e", 6, "\\u202e"},
    {"\u2028", 6, "\\u2028"},
    {"\u2066", 6, "\\u2066"},
    {"\xff", 1, "\ufffd"},
    {"你", 2, "你"},
    {"é", 1, "é"},
    {"e\u0301\u0302", 1, "e\u0301\u0302"},
    {"e\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308\u0309", 1,
     "e\u0301\u0302\u0303\u0304\u0305\u0306\u0307"},
    {"\u0301", 1, " \u0301"},
    {"👩\u200d👩\u200d👧", 2, "👩"},
    {"🏃🏽\u200d♂\ufe0f", 2, "🏃"},
    {"👍🏽", 2, "👍"},
    {"🏽", 2, "🏽"},
    {"❤\ufe0f", 1, "❤"},
    {"1\ufe0f\u20e3", 1, "1\u20e3"},
    {"🇩🇪", 2, "🇩🇪"},
    {"🏴\U000e0067\U000e0062\U000e007f", 2, "🏴"},
    {"न\u093f", 2, "न\u093f"},
    {"\u1100\u1161\u11a8", 2, "\u1100\u1161\u11a8"},
    {"می\u200c", 2, "می\u200c"},
    {"\u200b", 0, ""},
    {"\u200d", 0, ""},
    {"\ufeff", 0, ""},
    {"\ufe0f", 0, ""},
};

/* What is written, cluster by cluster. */
static void
test_glyphs(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof glyphs / sizeof *glyphs; i++) {
        char found[256] = "";
        size_t filled = 0;
        unsigned columns = 0;
        size_t len = strlen(glyphs[i].text);
        for (size_t at = 0; at < len;) {
            struct wrap_glyph g;
            wrap_glyph(glyphs[i].text, len, at, &g);
            assert_true(g.end > at && g.end <= len);
            at = g.end;
            columns += g.columns;
            for (unsigned p = 0; p < g.count; p++)
                filled += (size_t)utf8proc_encode_char(
                    g.points[p], (utf8proc_uint8_t *)found + filled);
        }
        if (strcmp(found, glyphs[i].written) != 0 ||
            columns != glyphs[i].columns)
            print_message("row %zu: '%s', %u\n", i, found, columns);
        assert_string_equal(found, glyphs[i].written);
        assert_int_equal(columns, glyphs[i].columns);
        assert_int_equal(wrap_width(glyphs[i].text, len), columns);
    }
}

static void
test_cut(void **state)
{
    (void)state;
    assert_int_equal(wrap_cut("hello", 5, 3), 3);
    assert_int_equal(wrap_cut("hello", 5, 9), 5);
    assert_int_equal(wrap_cut("你好", 6, 3), 3);
    assert_int_equal(wrap_cut("你好", 6, 1), 0);
    assert_int_equal(wrap_cut("e\u0301x", 4, 1), 3);
    assert_int_equal(wrap_cut("", 0, 4), 0);
}

/* Whatever the bytes: rows follow each other, fit, and end; nothing but blanks
 * and line feeds lies between them. */
static void
test_any_bytes(void **state)
{
    static const char *const pieces[] = {
        "a",      " ",       "  ",
        "\n",     "\r\n",    "\t",
        "word",   "你",      "👩‍👩‍👧",
        "\u0301", "\x1b",    "\xff",
        "\u202e", "🇩🇪",      "\u200d",
        "\xe4",   "न\u093f", "\r"};
    (void)state;
    uint32_t dice = 1;
    for (unsigned trial = 0; trial < 20000; trial++) {
        char text[256] = "";
        size_t len = 0;
        size_t end = 0;
        struct wrap_row row = {0};
        for (unsigned i = trial % 30; i > 0; i--) {
            dice = dice * 1664525U + 1013904223U;
            const char *piece =
                pieces[(dice >> 16) % (sizeof pieces / sizeof *pieces)];
            memcpy(text + len, piece, strlen(piece));
            len += strlen(piece);
        }
        unsigned columns = 2 + trial % 17;
        while (wrap_next(text, len, columns, &row)) {
            for (; end < row.start; end++)
                assert_non_null(strchr(" \t\r\n", text[end]));
            assert_true(row.start <= row.end && row.end <= len);
            assert_true(row.next > row.start);
            assert_true(row.columns <= columns);
            assert_true(row.columns ==
                            wrap_width(text + row.start, row.end - row.start) ||
                        columns < 6);
            end = row.end;
        }
        for (; end < len; end++)
            assert_non_null(strchr(" \t\r\n", text[end]));
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_glyphs),
        cmocka_unit_test(test_cut),
        cmocka_unit_test(test_any_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
