/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Keys that are not about the line, answers of the terminal that must not get
 * into it, and what is pasted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "typed.h"

#define PASTE "\x1b[200~"
#define END "\x1b[201~"

static const struct {
    const char *bytes;
    enum line_command command;
    unsigned go;
} commands[] = {
    {"\t", LINE_DO_COMPLETE, 0},
    {"\x1b[Z", LINE_DO_COMPLETE_BACK, 0},
    {"\x1b[5~", LINE_DO_PAGE_UP, 0},
    {"\x1b[6~", LINE_DO_PAGE_DOWN, 0},
    {"\x1b[<64;10;5M", LINE_DO_WHEEL_UP, 0},
    {"\x1b[<65;200;100M", LINE_DO_WHEEL_DOWN, 0},
    {"\x1b[1;5H", LINE_DO_TOP, 0},
    {"\x1b<", LINE_DO_TOP, 0},
    {"\x1b[7^", LINE_DO_TOP, 0},
    {"\x1b[1;5F", LINE_DO_BOTTOM, 0},
    {"\x1b>", LINE_DO_BOTTOM, 0},
    {"\x1b[8^", LINE_DO_BOTTOM, 0},
    {"\x0e", LINE_DO_NEXT, 0},
    {"\x10", LINE_DO_PREVIOUS, 0},
    {"\x1b"
     "a",
     LINE_DO_ACTIVE, 0},
    {"\x1b"
     "1",
     LINE_DO_GO, 1},
    {"\x1b"
     "9",
     LINE_DO_GO, 9},
    {"\x1b"
     "0",
     LINE_DO_GO, 10},
    {"\x0c", LINE_DO_REDRAW, 0},
    {"\x1b[20~", LINE_DO_MEMBERS, 0},
    {"\x1bn", LINE_DO_MEMBERS, 0},
    {"\x07", LINE_DO_CANCEL, 0},
};

static void
test_commands(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        struct line *l = line_new();
        typed(l, "ab\x02");
        assert_int_equal(typed(l, commands[i].bytes), LINE_COMMAND);
        assert_int_equal(l->command, commands[i].command);
        if (commands[i].go)
            assert_int_equal(l->go, commands[i].go);
        assert_line(l, "a|b");
        assert_false(line_waits(l));
        line_free(l);
    }
}

/* Nothing of these is seen; the z behind them is. */
static const char *const swallowed[] = {
    "\x1b[<0;10;5M",
    "\x1b[<64;10;5m",
    "\x1b[<66;10;5M",
    "\x1b[<64M",
    "\x1b[<;;M",
    "\x1b[<M",
    "\x1b[M !!",
    "\x1b[Mabc",
    "\x1b[[A",
    "\x1b[[E",
    "\x1b[I",
    "\x1b[O",
    "\x1b[?1;2c",
    "\x1b[?2026;2$y",
    "\x1b[3$",
    "\x1b[24;80R",
    "\x1b[24;80;1;2;3;4;5;6;7;8;9;10;11;12;13;14;15;16;17;18;19;20;21;22;23R",
    "\x1b]11;rgb:0000/0000/0000\x07",
    "\x1b]11;rgb:0000/0000/0000\x1b\\",
    "\x1bP1$r0m\x1b\\",
    "\x1b_Gi=1;OK\x1b\\",
    "\x1b]unending\x18",
    "\x1bOP",
    "\x1bO5P",
    "\x1b[\x1b[20;5~",
    "\x1bx",
    "\x1b\xc3",
    "\x1c\x1d\x1e\x13\x11\x16",
};

static void
test_swallowed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof swallowed / sizeof *swallowed; i++) {
        struct line *l = line_new();
        if (typed(l, swallowed[i]) != LINE_NOTHING)
            fail_msg("row %zu does something", i);
        assert_int_equal(typed(l, "z"), LINE_CHANGED);
        assert_line(l, "z|");
        line_free(l);
    }
}

/* A return is one, whatever began before it. */
static void
test_aborted(void **state)
{
    (void)state;
    struct line *l = line_new();
    assert_int_equal(typed(l, "a\x1b[\r"), LINE_ENTER);
    assert_int_equal(typed(l, "\x1b[1;\xe4\xbd\xa0"), LINE_CHANGED);
    assert_line(l, "a你|");
    assert_int_equal(typed(l, "\x1b\x1b[D"), LINE_CHANGED);
    assert_line(l, "a|你");
    line_free(l);
}

static void
test_escape_alone(void **state)
{
    (void)state;
    struct line *l = line_new();
    assert_false(line_waits(l));
    assert_int_equal(line_idle(l), LINE_NOTHING);
    assert_int_equal(typed(l, "a\x1b"), LINE_NOTHING);
    assert_true(line_waits(l));
    assert_int_equal(line_idle(l), LINE_COMMAND);
    assert_int_equal(l->command, LINE_DO_CANCEL);
    assert_false(line_waits(l));
    assert_int_equal(typed(l, "b"), LINE_CHANGED);
    assert_line(l, "ab|");
    static const char *const begun[] = {"\x1b[", "\x1b[1;", "\x1bO", "\x1b]x",
                                        "\x1b[Ma"};
    for (size_t i = 0; i < sizeof begun / sizeof *begun; i++) {
        typed(l, begun[i]);
        assert_true(line_waits(l));
        assert_int_equal(line_idle(l), LINE_NOTHING);
        assert_false(line_waits(l));
    }
    typed(l, "c");
    assert_line(l, "abc|");
    line_free(l);
}

/* --- what is pasted --------------------------------------------------------
 */

static const struct {
    const char *pasted, *want; /* in a line "xy", between its letters */
} single[] = {
    {"", "x|y"},
    {"one", "xone|y"},
    {"one\n", "xone|y"},
    {"one\r\n\r\n", "xone|y"},
    {"\n\n", "x|y"},
    {"a\tb", "xa\tb|y"},
    {"a\x01\x7f\x0c\x04q", "xaq|y"},
    {"a\x1b[31mred\x1b[0m", "xared|y"},
    {"a\x1b]0;title\x07z", "xaz|y"},
    {"a\x1b[200~b", "xb|y"},
    {"\xff\xfe你\xc2\x9b!", "x你!|y"},
    {"/quit", "x/quit|y"},
};

static void
test_paste_of_one_line(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof single / sizeof *single; i++) {
        struct line *l = line_new();
        typed(l, "xy\x02");
        typed(l, PASTE);
        assert_true(line_waits(l));
        assert_int_equal(typed(l, single[i].pasted), LINE_NOTHING);
        enum line_result result = typed(l, END);
        assert_true(result == LINE_CHANGED || result == LINE_NOTHING);
        assert_line(l, single[i].want);
        assert_false(line_waits(l));
        line_free(l);
    }
}

static const struct {
    const char *pasted, *want;
} several[] = {
    {"a\nb", "a\nb"},         {"a\r\nb\r\n", "a\nb\n"},
    {"a\rb\r", "a\nb\n"},     {"a\n\n\nb", "a\n\n\nb"},
    {"\na", "\na"},           {"a\x03\tb\x1b[2J\n/quit", "a\tb\n/quit"},
    {"你\n\xff好", "你\n好"},
};

static void
test_paste_of_several_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof several / sizeof *several; i++) {
        struct line *l = line_new();
        typed(l, "draft");
        typed(l, PASTE);
        assert_int_equal(typed(l, several[i].pasted), LINE_NOTHING);
        assert_int_equal(typed(l, END), LINE_PASTED);
        assert_string_equal(l->pasted, several[i].want);
        assert_int_equal(l->pasted_len, strlen(several[i].want));
        assert_false(l->pasted_cut);
        assert_line(l, "draft|");
        assert_int_equal(typed(l, "\r"), LINE_ENTER);
        line_free(l);
    }
}

static void
test_paste_bounds(void **state)
{
    (void)state;
    struct line *l = line_new();
    typed(l, PASTE);
    for (size_t i = 0; i < LIMIT_TEXT; i++)
        (void)line_feed(l, 'x');
    assert_int_equal(typed(l, END), LINE_CHANGED);
    assert_int_equal(l->len, LIMIT_TEXT);
    assert_int_equal(typed(l, PASTE "y" END),
                     LINE_PASTED); /* it does not fit */
    assert_string_equal(l->pasted, "y");
    assert_int_equal(l->len, LIMIT_TEXT);
    typed(l, "\x1f"); /* all of it is one step */
    assert_int_equal(l->len, 0);
    typed(l, "\x15" PASTE);
    for (size_t i = 0; i < PASTE_MAX; i++)
        (void)line_feed(l, i % 80 ? 'x' : '\n');
    assert_false(l->pasted_cut);
    (void)line_feed(l, 'y');
    assert_int_equal(typed(l, END), LINE_PASTED);
    assert_true(l->pasted_cut);
    assert_int_equal(l->pasted_len, PASTE_MAX);
    assert_int_equal(typed(l, PASTE "a\nb" END), LINE_PASTED);
    assert_false(l->pasted_cut);
    assert_string_equal(l->pasted, "a\nb");
    line_free(l);
}

static void
idle(struct line *l, int times, enum line_result last)
{
    for (int i = 1; i < times; i++)
        assert_int_equal(line_idle(l), LINE_NOTHING);
    assert_int_equal(line_idle(l), last);
}

/* The end never comes: after a while there is a keyboard again. */
static void
test_paste_without_end(void **state)
{
    (void)state;
    struct line *l = line_new();
    typed(l, PASTE "one\ntwo");
    idle(l, LINE_STALE - 1, LINE_NOTHING);
    typed(l, "!\x1b"); /* it goes on, with a pause in the mark */
    idle(l, LINE_STALE - 1, LINE_NOTHING);
    assert_int_equal(typed(l, "[201~"), LINE_PASTED);
    assert_string_equal(l->pasted, "one\ntwo!");

    typed(l, PASTE "one\ntwo");
    idle(l, LINE_STALE, LINE_PASTED);
    assert_string_equal(l->pasted, "one\ntwo");
    assert_false(line_waits(l));
    /* The rest of it after all: it must not be said line by line. */
    assert_int_equal(typed(l, "three\r"), LINE_CHANGED);
    assert_int_equal(typed(l, "four\r"), LINE_CHANGED);
    assert_int_equal(typed(l, END), LINE_NOTHING);
    assert_line(l, "three\nfour\n|");
    assert_int_equal(typed(l, "\r"), LINE_ENTER);

    typed(l, "\x15" PASTE "one");
    idle(l, LINE_STALE, LINE_CHANGED);
    typed(l, "!");
    assert_true(line_waits(l));
    assert_int_equal(line_idle(l), LINE_NOTHING);
    assert_false(line_waits(l));
    assert_int_equal(typed(l, "\r"), LINE_ENTER); /* a person, with a pause */
    assert_int_equal(typed(l, "x\r"), LINE_ENTER);
    typed(l, PASTE);
    idle(l, LINE_STALE, LINE_NOTHING);
    line_free(l);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_commands),
        cmocka_unit_test(test_swallowed),
        cmocka_unit_test(test_aborted),
        cmocka_unit_test(test_escape_alone),
        cmocka_unit_test(test_paste_of_one_line),
        cmocka_unit_test(test_paste_of_several_lines),
        cmocka_unit_test(test_paste_bounds),
        cmocka_unit_test(test_paste_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
