/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The line editor: bytes of a terminal go in, and a line comes out. Rows are
 * what is typed and what must stand there, with `|` for the cursor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "typed.h"

#define UP "\x1b[A"
#define DOWN "\x1b[B"
#define RIGHT "\x1b[C"
#define LEFT "\x1b[D"

static void
type(struct line *l, const char *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        char text[LIMIT_TEXT + 1];
        if (line_feed(l, (uint8_t)bytes[i]) == LINE_ENTER)
            line_take(l, text);
    }
}

static const struct {
    const char *typed, *want;
} rows[] = {
    {"abc", "abc|"},
    {"abc" LEFT LEFT "X", "aX|bc"},
    {"abc\x01X", "X|abc"},
    {"abc\x01\x05X", "abcX|"},
    {"abc\x01\x06\x06X\x02Y", "abY|Xc"},
    {"abc\x1b[HX\x1b[FY", "XabcY|"},
    {"abc\x1bOHX\x1bOFY", "XabcY|"},
    {"abc\x1b[1~X\x1b[4~Y\x1b[7~Z\x1b[8~", "ZXabcY|"},
    {"abc\x7f\x08", "a|"},
    {"\x7f\x17\x15\x0b\x19" LEFT RIGHT, "|"},
    {"abc\x01\x04\x1b[3~", "|c"},
    {"one two  three\x17", "one two  |"},
    {"one two\x17\x17", "|"},
    {"one two\x1b\x7f", "one |"},
    {"one two\x01\x1b"
     "d",
     "| two"},
    {"one two\x15\x19\x19", "one twoone two|"},
    {"one two\x01\x1b"
     "f\x0b",
     "one|"},
    {"one two\x1b"
     "bX",
     "one X|two"},
    {"one two\x1b[1;5DX\x1b[1;3D\x1b[1;5CY", "one XtwoY|"},
    {"你好" LEFT "X", "你X|好"},
    {"你好\x7f", "你|"},
    {"e\xcc\x81x" LEFT LEFT "Y", "Y|e\xcc\x81x"},
    {"ae\xcc\x81\x7f", "a|"},
    {"👩‍👩‍👧x" LEFT "\x7f", "|x"},
    {"🇩🇪🇫🇷" LEFT "|", "🇩🇪||🇫🇷"},
    {"a\xff\xfe\x80z", "az|"},
    {"a\xe4\xbdz", "az|"},
    {"a\xed\xa0\x80z", "az|"},
    {"a\x1b[99;99;99;99;99;99;99;99;99~z", "az|"},
    {"a\x1b[15~\x1bOP\x1bxz", "az|"},
    {"ab\x1b\rc\x1b\nd", "ab\nc\nd|"},
    {"ab\x1b[13;3uc\x1b[27;2;13~d", "ab\nc\nd|"},
    {"one\x1b\rtwo\x17\x17", "|"},
    {"one\x1b\rtwo\x1b"
     "bX",
     "one\nX|two"},
    {"ab\x14", "ba|"},
    {"abc" LEFT "\x14", "acb|"},
    {"abc\x01\x14", "|abc"},
    {"a\x14\x14", "a|"},
    {"\x14", "|"},
    {"ab" LEFT "\x14\x14", "ab|"},
    {"你e\xcc\x81\x14", "e\xcc\x81你|"},
    {"abc\x1f", "|"},
    {"abc def\x1f", "abc|"},
    {"abc def\x1f\x1f\x1f", "|"},
    {"abc def\x17\x1f", "abc def|"},
    {"abc\x01\x0b\x1f", "|abc"},
    {"abc" LEFT LEFT RIGHT "\x7f\x1f", "ab|c"},
    {"old\rnew" UP "\x1f", "old|"},
    {"a\x1b[1;5CX\x1bOdY\x1bOcZ", "YaXZ|"},
    {"a b\x01\x1b[3;5~", "| b"},
    {"\xcc\x81\x01z", "z\xcc\x81|"},
    {"a\xc2\x85z", "az|"},
    {"a\xf4\x90\x80\x80z", "az|"},
    {"a\xf0\x9f\x98z", "az|"},
    {"a\xc0\xafz", "az|"},
    {"a\x07\x0e\x10z", "az|"},
    {"first\rsecond\rdraft" UP, "second|"},
    {"first\rsecond\rdraft" UP UP UP, "first|"},
    {"first\rsecond\rdraft" UP UP DOWN DOWN DOWN, "draft|"},
    {"same\rsame\r" UP UP, "same|"},
    {"\r\r" UP, "|"},
    {"one\r\ntwo", "two|"},
    {"\x1b[200~a\tb\x01\x1b[201~\x01X", "X|a\tb"},

};

static void
test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct line *l = line_new();
        assert_non_null(l);
        type(l, rows[i].typed, strlen(rows[i].typed));
        assert_line(l, rows[i].want);
        line_free(l);
    }
}

static void
test_results(void **state)
{
    (void)state;
    struct line *l = line_new();
    assert_int_equal(line_feed(l, 4), LINE_CLOSE);
    assert_int_equal(line_feed(l, 'a'), LINE_CHANGED);
    assert_int_equal(line_feed(l, 4), LINE_CHANGED);
    assert_int_equal(line_feed(l, 12), LINE_COMMAND);
    assert_int_equal(line_feed(l, '\r'), LINE_ENTER);
    assert_int_equal(line_feed(l, '\n'), LINE_NOTHING);
    assert_int_equal(line_feed(l, 0xe4), LINE_NOTHING);
    assert_int_equal(line_feed(l, 0xbd), LINE_NOTHING);
    assert_int_equal(line_feed(l, 0xa0), LINE_CHANGED);
    line_free(l);
}

/* No more than a text may have, wherever it is put in. */
static void
test_limit(void **state)
{
    (void)state;
    struct line *l = line_new();
    for (int i = 0; i < LIMIT_TEXT + 10; i++)
        (void)line_feed(l, 'x');
    assert_int_equal(l->len, LIMIT_TEXT);
    type(l, "\x15\x19\x19", 3);
    assert_int_equal(l->len, LIMIT_TEXT);
    line_free(l);
}

static void
test_history_is_bounded(void **state)
{
    (void)state;
    struct line *l = line_new();
    for (int i = 0; i < LINE_HISTORY + 50; i++) {
        char text[16];
        int n = snprintf(text, sizeof text, "%d\r", i);
        type(l, text, (size_t)n);
    }
    assert_int_equal(l->past->len, LINE_HISTORY);
    for (int i = 0; i < LINE_HISTORY + 50; i++)
        type(l, UP, 3);
    assert_line(l, "50|");
    line_free(l);
}

static void
test_width(void **state)
{
    (void)state;
    assert_int_equal(line_width("abc", 0, 3), 3);
    assert_int_equal(line_width("你好", 0, 6), 4);
    assert_int_equal(line_width("e\xcc\x81", 0, 3), 1);
    assert_int_equal(line_width("\t", 0, 1), 1);
    assert_int_equal(line_width("\xe2\x80\xae", 0, 3), 6);
}

/* What is drawn into `columns`, without the escape sequences. */
static void
assert_drawn(struct line *l, unsigned columns, const char *want,
             unsigned cursor)
{
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);
    assert_int_equal(line_draw(l, out, "[r] ", columns), cursor);
    fclose(out);
    char plain[256];
    size_t at = 0;
    for (const char *c = text; *c; c++) {
        if (*c == '\x1b')
            c += c[1] == '[' ? 2 : 1;
        else if (*c != '\r')
            plain[at++] = *c;
    }
    plain[at] = '\0';
    assert_string_equal(plain, want);
    free(text);
}

static void
test_window(void **state)
{
    (void)state;
    struct line *l = line_new();
    type(l, "0123456789", 10);
    assert_drawn(l, 40, "[r] 0123456789", 14);
    assert_drawn(l, 10, "[r] 56789", 9);
    type(l, "\x01", 1);
    assert_drawn(l, 10, "[r] 01234", 4);
    type(l, "\x05\x7f\x7f\x7f\x7f\x7f\x7f", 7);
    assert_drawn(l, 10, "[r] 0123", 8);
    type(l, "你好世界", 12);
    assert_drawn(l, 10, "[r] 世界", 8);
    assert_drawn(l, 5, "> 界", 4);
    assert_drawn(l, 4, "> ", 2);
    assert_drawn(l, 1, "> ", 2);
    line_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),  cmocka_unit_test(test_results),
        cmocka_unit_test(test_limit), cmocka_unit_test(test_history_is_bounded),
        cmocka_unit_test(test_width), cmocka_unit_test(test_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
