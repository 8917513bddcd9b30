/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One's own messages: they wait, are kept, are received; and comings and goings
 * that are folded into one entry.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/buffer.h"

/* Each entry: its text, its seq behind a colon if it has one, and how far it
 * has come: w, k, r. */
static void
assert_entries(const struct chat_buffer *b, const char *want)
{
    static const char ticks[] = {' ', 'w', 'k', 'r'};
    char found[1024] = "";
    size_t at = 0;
    for (size_t i = 0; i < buffer_len(b); i++) {
        const struct entry *e = buffer_at(b, i);
        at += (size_t)snprintf(found + at, sizeof found - at, "[%s", e->text);
        if (e->seq)
            at += (size_t)snprintf(found + at, sizeof found - at, ":%d",
                                   (int)e->seq);
        if (e->tick)
            found[at++] = ticks[e->tick];
        at += (size_t)snprintf(found + at, sizeof found - at, "]");
    }
    assert_string_equal(found, want);
}

static struct entry
said(uint64_t number, const char *text)
{
    return (struct entry){.kind = ENTRY_MESSAGE,
                          .number = number,
                          .own = true,
                          .from = "ann",
                          .text = text,
                          .text_len = strlen(text)};
}

static void
wait_for(struct chat_buffer *b, uint64_t number, const char *text)
{
    struct entry e = said(number, text);
    const struct entry *copy = buffer_wait(b, &e);
    assert_non_null(copy);
    assert_int_equal(buffer_where(b, copy->id), buffer_len(b) - 1);
}

static void
hear(struct chat_buffer *b, uint64_t seq, const char *text, bool own)
{
    struct entry e = said(0, text);
    e.seq = seq;
    e.own = own;
    assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
}

static void
test_to_a_person(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_PERSON, "bob");
    wait_for(b, 1, "a");
    wait_for(b, 2, "b");
    wait_for(b, 3, "c");
    hear(b, 10, "x", false);
    assert_entries(b, "[x:10][aw][bw][cw]");
    b->bottom = buffer_at(b, 3)->id;
    assert_true(buffer_sent(b, 1, 9, 90));
    assert_true(buffer_sent(b, 2, 0, 0));
    assert_false(buffer_sent(b, 2, 11, 0));
    assert_entries(b, "[a:9k][x:10][cw]");
    assert_string_equal(buffer_at(b, buffer_where(b, b->bottom))->text, "c");
    assert_int_equal(buffer_at(b, 0)->time, 90);
    assert_true(buffer_sent(b, 3, 12, 0));
    assert_entries(b, "[a:9k][x:10][c:12k]");
    buffer_received(b, 9);
    assert_entries(b, "[a:9r][x:10][c:12k]");
    buffer_received(b, 12);
    buffer_received(b, 1);
    assert_entries(b, "[a:9r][x:10][c:12r]");
    assert_int_equal(b->unread, 1);
    buffer_free(b);
}

/* What is refused goes, and what is at the bottom of the window stays there. */
static void
test_bottom_among_waiting(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_PERSON, "bob");
    wait_for(b, 1, "a");
    wait_for(b, 2, "b");
    wait_for(b, 3, "c");
    b->bottom = buffer_at(b, 1)->id;
    assert_true(buffer_sent(b, 1, 0, 0));
    assert_int_equal(buffer_where(b, b->bottom), 0);
    assert_true(buffer_sent(b, 3, 0, 0));
    assert_int_equal(buffer_where(b, b->bottom), 0);
    assert_entries(b, "[bw]");
    buffer_free(b);
}

/* A receipt that is here before the ok, and before a page of history. */
static void
test_received_early(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_PERSON, "bob");
    wait_for(b, 1, "a");
    buffer_received(b, 20);
    assert_true(buffer_sent(b, 1, 20, 0));
    wait_for(b, 2, "b");
    assert_true(buffer_sent(b, 2, 21, 0));
    struct entry old = said(0, "old");
    old.seq = 5;
    assert_non_null(buffer_add(b, &old, BUFFER_HISTORY));
    assert_entries(b, "[old:5r][a:20r][b:21k]");
    buffer_free(b);
}

/* One to a room comes back from the room, before or behind its ok. */
static void
test_to_a_room(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    wait_for(b, 1, "a");
    wait_for(b, 2, "b");
    hear(b, 10, "a", true);
    assert_true(buffer_sent(b, 1, 10, 0));
    assert_true(buffer_sent(b, 2, 11, 0));
    assert_entries(b, "[a:10][b:11]");
    struct entry echo = said(0, "b");
    echo.seq = 11;
    assert_null(buffer_add(b, &echo, BUFFER_LIVE));
    assert_entries(b, "[a:10][b:11]");
    wait_for(b, 3, "c");
    hear(b, 13, "d", false);
    assert_true(buffer_sent(b, 3, 12, 0));
    assert_entries(b, "[a:10][b:11][c:12][d:13]");
    buffer_free(b);
}

static void
test_many_wait(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_PERSON, "bob");
    struct entry e = said(1, "x");
    for (unsigned i = 0; i < BUFFER_ENTRIES; i++)
        assert_non_null(buffer_wait(b, &e));
    assert_null(buffer_wait(b, &e));
    buffer_clear(b);
    assert_int_equal(buffer_len(b), BUFFER_ENTRIES);
    buffer_free(b);
}

/* --- comings and goings ----------------------------------------------------
 */

static const struct {
    const char *acts, *want; /* +id enters, -id leaves, .text is said */
} folds[] = {
    {"+bob", "[bob enters]"},
    {"-bob", "[bob leaves]"},
    {"+bob +eve -joe", "[bob, eve enter; joe leaves]"},
    {"-joe +bob", "[bob enters; joe leaves]"},
    {"+a +b -c -d -e", "[a, b enter; c, d, e leave]"},
    {"+a +b -c -d -e +f", "[3 enter, 3 leave]"},
    {"+a +b +c +d +e -f", "[5 enter, 1 leaves]"},
    {"+a +b +c +d +e +f", "[6 enter]"},
    {"+a +b +c +d +e +f -f", "[a, b, c, d, e enter]"},
    {"-bob +bob", ""},
    {"+bob -bob +bob", "[bob enters]"},
    {"+bob +bob", "[bob enters]"},
    {"+eve -bob +bob", "[eve enters]"},
    {".hi +bob -bob", "[hi]"},
    {"+bob .hi -bob", "[bob enters][hi][bob leaves]"},
    {"+bob -bob .hi +bob", "[hi][bob enters]"},
    {"+bob .hi +eve +joe", "[bob enters][hi][eve, joe enter]"},
};

static void
act(struct chat_buffer *b, const char *word)
{
    struct entry e = said(0, word + 1);
    if (*word == '.')
        assert_non_null(buffer_add(b, &e, BUFFER_LIVE));
    else
        buffer_coming(b, word + 1, *word == '+', 1);
}

static void
test_folds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof folds / sizeof *folds; i++) {
        struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
        char acts[128];
        snprintf(acts, sizeof acts, "%s", folds[i].acts);
        for (char *word = acts; word;) {
            char *blank = strchr(word, ' ');
            if (blank)
                *blank = '\0';
            act(b, word);
            word = blank ? blank + 1 : NULL;
        }
        assert_entries(b, folds[i].want);
        buffer_free(b);
    }
}

/* History is put in front of a fold and does not end it. */
static void
test_fold_and_history(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    assert_non_null(buffer_coming(b, "bob", true, 100));
    struct entry e = said(0, "old");
    e.seq = 5;
    e.time = 50;
    assert_non_null(buffer_add(b, &e, BUFFER_HISTORY));
    const struct entry *fold = buffer_coming(b, "eve", true, 101);
    assert_string_equal(fold->text, "bob, eve enter");
    assert_int_equal(buffer_where(b, fold->id), 1);
    assert_entries(b, "[old:5][bob, eve enter]");
    buffer_free(b);
}

static void
test_fold_of_a_crowd(void **state)
{
    (void)state;
    struct chat_buffer *b = buffer_new(BUFFER_ROOM, "lobby");
    char id[LIMIT_NAME + 1];
    for (int i = 0; i < 3000; i++) {
        snprintf(id, sizeof id, "%064d", i); /* as long as an id can be */
        assert_non_null(buffer_coming(b, id, true, 1));
        if (i == BUFFER_FOLD - 1)
            assert_int_equal(buffer_at(b, 0)->text_len,
                             BUFFER_FOLD * (LIMIT_NAME + 2) - 2 +
                                 strlen(" enter"));
    }
    assert_entries(b, "[3000 enter]");
    buffer_free(b);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_to_a_person),
        cmocka_unit_test(test_bottom_among_waiting),
        cmocka_unit_test(test_received_early),
        cmocka_unit_test(test_to_a_room),
        cmocka_unit_test(test_many_wait),
        cmocka_unit_test(test_folds),
        cmocka_unit_test(test_fold_and_history),
        cmocka_unit_test(test_fold_of_a_crowd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
