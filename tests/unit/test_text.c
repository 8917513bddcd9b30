/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What others wrote, as it goes to a terminal and elsewhere: a row of the table
 * is a text, how much of the first row is taken, how wide the terminal is (0:
 * it is none), and what is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/cmd_text.h"

#define HANG "\n      "

static const struct {
    const char *text;
    unsigned used, columns;
    const char *want;
} rows[] = {
    /* no terminal: nothing is cut */
    {"", 20, 0, ""},
    {"one two three four", 20, 0, "one two three four"},
    {"one\ntwo\x1b[2J", 20, 0, "one\\u000atwo\\u001b[2J"},
    {"👩‍👧\ufe0f", 20, 0, "👩‍👧\ufe0f"},
    /* a terminal */
    {"", 20, 80, ""},
    {"one two", 20, 80, "one two"},
    {"one two three", 20, 30, "one two" HANG "three"},
    {"0123456789", 20, 30, "0123456789"},
    {"0123456789a", 20, 30, "0123456789" HANG "a"},
    {"0123456789                              14:25 r <bob> hi", 20, 40,
     "0123456789" HANG "14:25 r <bob> hi"},
    {"你好世界你好", 20, 30, "你好世界你" HANG "好"},
    {"one\ntwo\r\nthree", 0, 80, "one" HANG "two" HANG "three"},
    {"one\n\n\n\ntwo", 0, 80, "one" HANG HANG "two"},
    {"a\x1b[2Jb", 0, 80, "a\\u001b[2Jb"},
    {"a\xff", 0, 80, "a\ufffd"},
    {"👩‍👧\ufe0f", 0, 80, "👩"}, /* about which terminals agree */
    /* too little room, or none, is left in the first row */
    {"one two", 71, 80, HANG "one two"},
    {"one two", 70, 80, "one two"},
    {"one two", 80, 80, HANG "one two"},
    {"one two", 200, 80, HANG "one two"},
    {"0123456789a", 0, 10, "0123456789" HANG "a"},
    {"0123456789a", 1, 10, HANG "0123" HANG "4567" HANG "89a"},
    {"你好", 1, 8, HANG "你" HANG "好"},
    {"0123456789a", 0, 4, HANG "0123456789" HANG "a"},
};

static void
test_rows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char *made = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&made, &len);
        const struct text_look look = {.columns = rows[i].columns,
                                       .used = rows[i].used};
        assert_non_null(out);
        text_rows(out, slice_str(rows[i].text), &look);
        fclose(out);
        assert_string_equal(made, rows[i].want);
        free(made);
    }
}

/* A text of so many lines, and the last row of what is written. */
static const struct {
    unsigned lines;
    bool whole;
    unsigned columns, rows;
    const char *last;
} folds[] = {
    {TEXT_MOST, false, 80, TEXT_MOST, "      12"},
    {TEXT_MOST + 1, false, 80, TEXT_MOST, "      ... 2 more rows: /more"},
    {100, false, 80, TEXT_MOST, "      ... 89 more rows: /more"},
    {100, true, 80, 100, "      100"},
    {100, false, 0, 1, NULL}, /* no terminal */
};

static void
test_folds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        char text[512];
        char *made = NULL;
        size_t len = 0;
        size_t at = 0;
        unsigned count = 1;
        const struct text_look look = {.columns = folds[i].columns,
                                       .whole = folds[i].whole,
                                       .rest = ": /more"};
        for (unsigned k = 1; k <= folds[i].lines; k++)
            at += (size_t)snprintf(text + at, sizeof text - at, "%s%u",
                                   k > 1 ? " \n" : "", k);
        FILE *out = open_memstream(&made, &len);
        assert_non_null(out);
        text_rows(out, slice_str(text), &look);
        fclose(out);
        for (size_t k = 0; k < len; k++)
            count += made[k] == '\n';
        assert_int_equal(count, folds[i].rows);
        if (folds[i].last)
            assert_string_equal(strrchr(made, '\n') + 1, folds[i].last);
        free(made);
    }
}

/* The text begins behind what stands before it, however wide that is. */
static const struct {
    confab_event event;
    unsigned used;
    const char *want; /* behind the time */
} messages[] = {
    {{.room = "r", .from = "ann"}, 0, " r <ann> 0123456789ab" HANG "cdefghij"},
    {{.room = "r", .from = "ann", .kind = "action"},
     0,
     " r * ann 0123456789ab" HANG "cdefghij"},
    {{.to = "r", .from = "ann"}, 0, " @r <ann> 0123456789a" HANG "bcdefghij"},
    {{.room = "房", .from = "明"}, 0, " 房 <明> 0123456789ab" HANG "cdefghij"},
    {{.room = "r", .from = "ann"}, 3, " r <ann> " HANG "0123456789abcdefghij"},
};

static void
test_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        char *made = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&made, &len);
        const struct text_look look = {.columns = 26, .used = messages[i].used};
        assert_non_null(out);
        text_message(out, &messages[i].event, slice_str("0123456789abcdefghij"),
                     &look);
        fclose(out);
        assert_string_equal(made + strlen("12:34"), messages[i].want);
        free(made);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_messages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
