/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Conversations beside each other: opened, closed, chosen; and whom a text
 * names.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/buffers.h"

/* The names, the one that is looked at in brackets. */
static void
assert_rows(const struct buffers *bs, const char *want)
{
    char found[256] = "";
    size_t at = 0;
    for (size_t i = 0; i < bs->len; i++)
        at += (size_t)snprintf(found + at, sizeof found - at,
                               i == bs->current ? "[%s]" : "%s ",
                               bs->rows[i]->name);
    assert_string_equal(found, want);
}

static struct chat_buffer *
open_room(struct buffers *bs, const char *name)
{
    struct chat_buffer *b = buffers_open(bs, BUFFER_ROOM, name);
    assert_non_null(b);
    return b;
}

static void
test_open_and_close(void **state)
{
    (void)state;
    struct buffers bs;
    assert_true(buffers_init(&bs, "ann"));
    assert_rows(&bs, "[]");
    struct chat_buffer *a = open_room(&bs, "a");
    struct chat_buffer *b = open_room(&bs, "b");
    struct chat_buffer *bob = buffers_open(&bs, BUFFER_PERSON, "a");
    assert_ptr_not_equal(bob, a);
    assert_ptr_equal(open_room(&bs, "a"), a);
    assert_null(buffers_find(&bs, BUFFER_PERSON, "b"));
    assert_rows(&bs, "[]a b a ");
    assert_true(buffers_show(&bs, b));
    assert_true(buffers_show(&bs, bob));
    assert_rows(&bs, " a b [a]");
    buffers_close(&bs, a);
    assert_rows(&bs, " b [a]");
    buffers_close(&bs, bob); /* the one before it */
    assert_rows(&bs, " [b]");
    open_room(&bs, "c");
    open_room(&bs, "d");
    assert_true(buffers_go(&bs, 3));
    assert_true(buffers_go(&bs, 2));
    buffers_close(&bs, b); /* all numbers behind it are one less */
    assert_rows(&bs, " [c]d ");
    assert_int_equal(bs.before, 2);
    buffers_close(&bs, bs.rows[1]);
    assert_rows(&bs, " [d]");
    buffers_close(&bs, bs.rows[1]);
    assert_rows(&bs, "[]");
    buffers_close(&bs, bs.rows[0]);
    assert_rows(&bs, "[]");
    buffers_fini(&bs);
}

static void
test_going(void **state)
{
    (void)state;
    struct buffers bs;
    assert_true(buffers_init(&bs, "ann"));
    buffers_next(&bs, 1);
    assert_rows(&bs, "[]");
    struct chat_buffer *a = open_room(&bs, "a");
    open_room(&bs, "b");
    a->newest = 7;
    a->unread = 2;
    a->activity = ACTIVITY_MESSAGE;
    buffers_next(&bs, 1);
    assert_rows(&bs, " [a]b ");
    assert_int_equal(a->activity, ACTIVITY_NONE);
    assert_int_equal(a->unread, 2);
    buffers_next(&bs, 1);
    assert_int_equal(a->read, 7);
    assert_int_equal(a->unread, 0);
    buffers_next(&bs, 1);
    assert_rows(&bs, "[]a b ");
    buffers_next(&bs, -1);
    assert_rows(&bs, " a [b]");
    assert_false(buffers_go(&bs, 3));
    assert_true(buffers_go(&bs, 2));
    assert_int_equal(bs.before, 0);
    buffers_fini(&bs);
}

static void
test_active(void **state)
{
    (void)state;
    struct buffers bs;
    assert_true(buffers_init(&bs, "ann"));
    assert_false(buffers_active(&bs));
    struct chat_buffer *a = open_room(&bs, "a");
    struct chat_buffer *b = open_room(&bs, "b");
    struct chat_buffer *c = open_room(&bs, "c");
    a->activity = ACTIVITY_COMING;
    b->activity = ACTIVITY_MENTION;
    c->activity = ACTIVITY_MENTION;
    assert_true(buffers_active(&bs));
    assert_rows(&bs, " a [b]c ");
    assert_true(buffers_active(&bs));
    assert_rows(&bs, " a b [c]");
    assert_true(buffers_active(&bs)); /* nothing was said any more: back */
    assert_rows(&bs, " a [b]c ");
    a->activity = ACTIVITY_MESSAGE;
    assert_true(buffers_active(&bs));
    assert_rows(&bs, " [a]b c ");
    buffers_fini(&bs);
}

static void
test_bounds(void **state)
{
    (void)state;
    struct buffers bs;
    char name[LIMIT_NAME + 1];
    assert_true(buffers_init(&bs, "ann"));
    for (int i = 0; i < LIMIT_JOINED; i++) {
        snprintf(name, sizeof name, "r%d", i);
        open_room(&bs, name);
    }
    assert_null(buffers_open(&bs, BUFFER_ROOM, "one more"));
    assert_non_null(buffers_open(&bs, BUFFER_ROOM, "r7"));
    for (int i = 0; i < BUFFERS_PERSONS; i++) {
        snprintf(name, sizeof name, "p%d", i);
        assert_non_null(buffers_open(&bs, BUFFER_PERSON, name));
    }
    assert_null(buffers_open(&bs, BUFFER_PERSON, "one more"));
    assert_int_equal(bs.len, BUFFERS_MAX);
    for (int i = 0; i < BUFFERS_IGNORED; i++) {
        snprintf(name, sizeof name, "i%d", i);
        assert_true(buffers_ignore(&bs, name, true));
    }
    assert_false(buffers_ignore(&bs, "one more", true));
    buffers_fini(&bs);
}

static void
test_ignored(void **state)
{
    (void)state;
    struct buffers bs;
    assert_true(buffers_init(&bs, "ann"));
    assert_true(buffers_ignore(&bs, "eve", true));
    assert_true(buffers_ignore(&bs, "eve", true));
    assert_true(buffers_ignore(&bs, "joe", true));
    assert_true(buffers_ignores(&bs, "eve"));
    assert_false(buffers_ignores(&bs, "Eve"));
    assert_true(buffers_ignore(&bs, "eve", false));
    assert_true(buffers_ignore(&bs, "eve", false));
    assert_false(buffers_ignores(&bs, "eve"));
    assert_true(buffers_ignores(&bs, "joe"));
    buffers_fini(&bs);
}

static const struct {
    const char *id, *text;
    bool named;
} mentions[] = {
    {"ann", "ann", true},
    {"ann", "ANN", true},
    {"ann", "@ann", true},
    {"ann", "ann: look", true},
    {"ann", "that is ann's", true},
    {"ann", "(ann)", true},
    {"ann", "joann", false},
    {"ann", "annie, joann and ann", true},
    {"ann", "annie", false},
    {"ann", "ann2", false},
    {"ann", "ann_b", false},
    {"ann", "an n", false},
    {"ann", "", false},
    {"ann", "an", false},
    {"ann", "a\nann", true},
    {"ann", "你好ann，", true},
    {"ann", "ánn", false},
    {"ann", "éann", false},
    {"ann", "ann\xcc\x81", false},
    {"ann", "ann\xff", true},
    {"ann", "\xff\xfe", false},
    {"ann", "ünd ANN.", true},
    {"b-2", "to B-2", true},
    {"b-2", "bb-2", false},
    {"(x)", "a(x)b", true},
    {"zoë", "Zoë!", true},
    {"zoë", "ZOË", true},
    {"zoë", "zoe\xcc\x88", true},
    {"zoë", "zoe", false},
    {"zoë", "Zoës", false},
    {"straße", "STRASSE", false}, /* ASCII alone cannot be it */
    {"straße", "„STRASSE“", true},
    {"Анна", "привет, анна", true},
    {"Анна", "Иоанна", false},
    {"小明", "小明", true},
    {"小明", "你好小明，在吗", true},
    {"小明", "小 明", false},
    {"太郎", "太郎さん", true},
    {"タロ", "タロウ", false},
    {"タロ", "タロさん", true},
    {"철수", "철수야", true},
    {"สมชาย", "สวัสดีสมชายครับ", true},
    {"🦊", "🦊🦊", true},
    {"👩", "👩\xe2\x80\x8d👧", false},
};

static void
test_mentions(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mentions / sizeof *mentions; i++) {
        struct buffers bs;
        const char *text = mentions[i].text;
        assert_true(buffers_init(&bs, mentions[i].id));
        if (buffers_mentions(&bs, text, strlen(text)) != mentions[i].named)
            fail_msg("%s in \"%s\"", mentions[i].id, text);
        buffers_fini(&bs);
    }
}

/* Only `len` bytes are looked at. */
static void
test_mentions_length(void **state)
{
    (void)state;
    struct buffers bs;
    assert_true(buffers_init(&bs, "小明"));
    assert_false(buffers_mentions(&bs, "小明", 5));
    assert_true(buffers_mentions(&bs, "小明x", 6));
    buffers_fini(&bs);
    assert_true(buffers_init(&bs, "ann"));
    assert_false(buffers_mentions(&bs, "ann", 2));
    assert_true(buffers_mentions(&bs, "annie", 3));
    buffers_fini(&bs);
    char longest[LIMIT_NAME + 2];
    memset(longest, 'x', sizeof longest);
    longest[LIMIT_NAME + 1] = '\0';
    assert_false(buffers_init(&bs, longest));
    buffers_fini(&bs);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_and_close),  cmocka_unit_test(test_going),
        cmocka_unit_test(test_active),          cmocka_unit_test(test_bounds),
        cmocka_unit_test(test_ignored),         cmocka_unit_test(test_mentions),
        cmocka_unit_test(test_mentions_length),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
