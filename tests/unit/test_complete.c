/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Tab: what is typed, how often it is pressed, and what must stand there, with
 * `|` for the cursor.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/complete.h"
#include "typed.h"

static const char *const commands[] = {"join", "ignore", "invite", "msg", NULL};
static const char *const rooms[] = {"lobby", "logs", "lab", "面向对象", NULL};

/* bob spoke before eve, who spoke last; Émile, zoe and 小明 are there. */
static void
set_up(struct buffers *bs)
{
    static const char *const members[] = {"ann", "bob",   "eve",
                                          "zoe", "Émile", "小明"};
    static const char *const speakers[] = {"bertha", "bob", "ann",
                                           "bob",    "eve", "eve"};
    assert_true(buffers_init(bs, "ann"));
    struct chat_buffer *b = buffers_open(bs, BUFFER_ROOM, "lobby");
    assert_non_null(b);
    assert_true(buffers_show(bs, b));
    assert_true(buffer_members(b, members, 6, 6));
    for (size_t i = 0; i < sizeof speakers / sizeof *speakers; i++) {
        struct entry e = {.kind = ENTRY_MESSAGE,
                          .seq = i + 1,
                          .from = speakers[i],
                          .own = strcmp(speakers[i], "ann") == 0};
        assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    }
    assert_non_null(buffers_open(bs, BUFFER_PERSON, "robot"));
    assert_non_null(buffers_open(bs, BUFFER_ROOM, "logs"));
}

static const struct {
    enum complete_what what;
    const char *typed, *tabs, *want; /* t: Tab, s: Shift-Tab */
} rows[] = {
    {COMPLETE_IDS, "|", "t", "eve: |"},
    {COMPLETE_IDS, "|", "tt", "bob: |"},
    {COMPLETE_IDS, "|", "ttt", "bertha: |"},
    {COMPLETE_IDS, "|", "tttt", "zoe: |"},
    {COMPLETE_IDS, "|", "ttttttt", "robot: |"},
    {COMPLETE_IDS, "|", "tttttttt", "eve: |"},
    {COMPLETE_IDS, "|", "s", "robot: |"},
    {COMPLETE_IDS, "|", "tts", "eve: |"},
    {COMPLETE_IDS, "b|", "t", "bob: |"},
    {COMPLETE_IDS, "b|", "tt", "bertha: |"},
    {COMPLETE_IDS, "b|", "ts", "bertha: |"},
    {COMPLETE_IDS, "BE|", "t", "bertha: |"},
    {COMPLETE_IDS, "hi b|", "t", "hi bob |"},
    {COMPLETE_IDS, "hi b|, you", "t", "hi bob |, you"},
    {COMPLETE_IDS, "hi b| there", "t", "hi bob| there"},
    {COMPLETE_IDS, "hi b| there", "tt", "hi bertha| there"},
    {COMPLETE_IDS, "b| hi", "t", "bob:| hi"},
    {COMPLETE_IDS, "one\nb|", "t", "one\nbob |"},
    {COMPLETE_IDS, "@b|", "t", "@bob |"},
    {COMPLETE_IDS, "émi|", "t", "Émile: |"},
    {COMPLETE_IDS, "é|", "t", "Émile: |"},
    {COMPLETE_IDS, "e\xcc\x81|", "t", "Émile: |"},
    {COMPLETE_IDS, "小|", "t", "小明: |"},
    {COMPLETE_IDS, "a|", "t", "a|"}, /* not oneself */
    {COMPLETE_IDS, "nobody|", "t", "nobody|"},
    {COMPLETE_IDS, "\xe2\x80\x8b|", "t", "\xe2\x80\x8b|"},
    {COMPLETE_COMMANDS, "/|", "t", "/join |"},
    {COMPLETE_COMMANDS, "/i|", "t", "/ignore |"},
    {COMPLETE_COMMANDS, "/i|", "tt", "/invite |"},
    {COMPLETE_COMMANDS, "/M|", "t", "/msg |"},
    {COMPLETE_COMMANDS, "/x|", "t", "/x|"},
    {COMPLETE_ROOMS, "/join l|", "t", "/join lobby |"},
    {COMPLETE_ROOMS, "/join l|", "tt", "/join logs |"},
    {COMPLETE_ROOMS, "/join l|", "ttt", "/join lab |"},
    {COMPLETE_ROOMS, "/join l|", "tttt", "/join lobby |"},
    {COMPLETE_ROOMS, "/join 面|", "t", "/join 面向对象 |"},
};

static void
put(struct line *l, const char *typed)
{
    size_t before = strcspn(typed, "|");
    line_insert(l, (const uint8_t *)typed, before);
    line_insert(l, (const uint8_t *)typed + before + 1,
                strlen(typed) - before - 1);
    l->cursor = before;
}

static void
test_rows(void **state)
{
    (void)state;
    struct buffers bs;
    set_up(&bs);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct complete c = {0};
        struct complete_source source = {&bs, commands, rooms, rows[i].what};
        struct line *l = line_new();
        put(l, rows[i].typed);
        for (const char *tab = rows[i].tabs; *tab; tab++)
            complete_step(&c, l, *tab == 't' ? 1 : -1, &source);
        assert_line(l, rows[i].want);
        complete_end(&c);
        line_free(l);
    }
    buffers_fini(&bs);
}

/* Any other key keeps what stands there; the next Tab begins anew. */
static void
test_another_key(void **state)
{
    (void)state;
    struct buffers bs;
    set_up(&bs);
    struct complete c = {0};
    struct complete_source source = {&bs, commands, rooms, COMPLETE_IDS};
    struct line *l = line_new();
    put(l, "b|");
    assert_true(complete_step(&c, l, 1, &source));
    assert_int_equal(c.len, 2);
    assert_string_equal(c.found[c.at], "bob");
    line_insert(l, (const uint8_t *)"z", 1); /* nobody said complete_end */
    assert_true(complete_step(&c, l, 1, &source));
    assert_line(l, "bob: zoe |");
    complete_end(&c);
    assert_false(c.active);
    line_insert(l, (const uint8_t *)"q", 1);
    assert_false(complete_step(&c, l, 1, &source));
    assert_line(l, "bob: zoe q|");
    line_undo(l);
    assert_line(l, "bob: z|");
    assert_true(complete_step(&c, l, 1, &source)); /* another line, as long */
    assert_line(l, "bob: zoe |");
    (void)line_replace(l, 0, l->len, slice_str("bo\xe4\xbd\xa0 zo |"));
    l->cursor = l->len - 1;
    assert_int_equal(l->cursor, c.behind);
    assert_true(complete_step(&c, l, 1, &source));
    assert_line(l, "bo\xe4\xbd\xa0 zo eve ||");
    complete_end(&c);
    line_free(l);
    buffers_fini(&bs);
}

/* What a broker calls an id, and is none, is not put into the line. */
static void
test_hostile_names(void **state)
{
    (void)state;
    static const char *const members[] = {"x y", "x\x1b[2J", "x\n/quit",
                                          "x\xe2\x80\xae", "xok"};
    struct buffers bs;
    set_up(&bs);
    assert_true(buffer_members(buffers_current(&bs), members, 5, 5));
    struct complete c = {0};
    struct complete_source source = {&bs, commands, NULL, COMPLETE_IDS};
    struct line *l = line_new();
    put(l, "x|");
    assert_true(complete_step(&c, l, 1, &source));
    assert_int_equal(c.len, 1);
    assert_line(l, "xok: |");
    complete_end(&c);
    line_free(l);
    buffers_fini(&bs);
}

static void
test_bounds(void **state)
{
    (void)state;
    struct buffers bs;
    set_up(&bs);
    struct chat_buffer *b = buffers_current(&bs);
    char id[LIMIT_NAME + 1];
    for (int i = 0; i < COMPLETE_MAX + 10; i++) {
        snprintf(id, sizeof id, "m%04d", i);
        assert_true(buffer_enter(b, id, 1));
    }
    struct complete c = {0};
    struct complete_source source = {&bs, commands, rooms, COMPLETE_IDS};
    struct line *l = line_new();
    put(l, "m|");
    assert_true(complete_step(&c, l, 1, &source));
    assert_int_equal(c.len, COMPLETE_MAX);
    complete_end(&c);
    for (int i = 0; i <= LIMIT_TEXT; i++) /* a line that is full */
        line_insert(l, (const uint8_t *)"m", 1);
    assert_false(complete_step(&c, l, 1, &source)); /* a word, too long */
    l->cursor = 0;
    assert_true(complete_step(&c, l, 1, &source));
    assert_int_equal(l->len, LIMIT_TEXT);
    assert_false(c.active); /* it did not fit */
    complete_end(&c);
    line_free(l);
    buffers_fini(&bs);
}

/* Who spoke more entries ago than that is found as a member only. */
static void
test_looks_back_so_far(void **state)
{
    (void)state;
    struct buffers bs;
    assert_true(buffers_init(&bs, "ann"));
    struct chat_buffer *b = buffers_current(&bs);
    for (uint64_t i = 1; i <= COMPLETE_LOOK + 1; i++) {
        struct entry e = {.kind = ENTRY_MESSAGE,
                          .seq = i,
                          .from = i == 1   ? "early"
                                  : i == 2 ? "earlier"
                                           : "bob"};
        assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    }
    struct complete c = {0};
    struct complete_source source = {&bs, commands, rooms, COMPLETE_IDS};
    struct line *l = line_new();
    put(l, "e|");
    assert_true(complete_step(&c, l, 1, &source));
    assert_int_equal(c.len, 1);
    assert_line(l, "earlier: |");
    complete_end(&c);
    line_free(l);
    buffers_fini(&bs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows),
        cmocka_unit_test(test_another_key),
        cmocka_unit_test(test_hostile_names),
        cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_looks_back_so_far),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
