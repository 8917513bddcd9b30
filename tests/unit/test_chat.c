/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A chat without a broker and without a screen: which pages of history are
 * taken, and what is told when there is no place for another conversation. A
 * question would need a client, and there is none: who asks, fails.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "client/chat_slash.h"

static void
see_entry(struct chat *ch, struct chat_buffer *b, const struct entry *e)
{
    (void)b;
    snprintf(ch->last_words, sizeof ch->last_words, "%s", e->text);
}

static const struct chat_view blind = {.history = true, .entry = see_entry};

static struct chat *
chat_new(void)
{
    static const struct args args;
    struct chat *ch = calloc(1, sizeof *ch);
    struct cmd *cmd = calloc(1, sizeof *cmd);
    assert_true(ch && cmd);
    cmd->args = &args;
    snprintf(cmd->id, sizeof cmd->id, "ann");
    ch->cmd = cmd;
    ch->view = &blind;
    assert_true(buffers_init(&ch->buffers, "ann"));
    return ch;
}

static void
chat_free(struct chat *ch)
{
    buffers_fini(&ch->buffers);
    free(ch->cmd);
    free(ch);
}

/* The answer to question `number`: one message. */
static void
page(struct chat *ch, struct chat_buffer *b, uint64_t number, uint64_t seq)
{
    const confab_event message = {.type = CONFAB_SAY,
                                  .room = b->name,
                                  .from = "bob",
                                  .seq = seq,
                                  .text = "hello",
                                  .text_len = 5};
    const confab_event e = {.type = CONFAB_HISTORY,
                            .number = number,
                            .messages = &message,
                            .messages_len = 1,
                            .more = true};
    chat_page(ch, b, &e);
}

static void
test_pages(void **state)
{
    (void)state;
    struct chat *ch = chat_new();
    struct chat_buffer *b = buffers_open(&ch->buffers, BUFFER_ROOM, "lobby");
    b->asked = 7;
    page(ch, b, 7, 100);
    assert_int_equal(buffer_len(b), 1);
    assert_int_equal(b->oldest, 100);
    page(ch, b, 7, 90); /* nobody waits for it any more */
    assert_int_equal(buffer_len(b), 1);
    assert_int_equal(b->oldest, 100);
    chat_free(ch);
}

/* /clear while an older page is under way: it would be the newest there. */
static void
test_clear_meanwhile(void **state)
{
    (void)state;
    struct chat *ch = chat_new();
    struct chat_buffer *b = buffers_open(&ch->buffers, BUFFER_ROOM, "lobby");
    b->asked = 7;
    buffer_clear(b);
    assert_int_equal(b->asked, 0); /* the newest page may be asked for */
    b->asked = 8;
    page(ch, b, 7, 100);
    assert_int_equal(buffer_len(b), 0);
    assert_int_equal(b->asked, 8);
    page(ch, b, 8, 200);
    assert_int_equal(buffer_len(b), 1);
    assert_int_equal(b->oldest, 200);
    chat_free(ch);
}

/* The reason is the true one, and the room is not joined behind it. */
static void
test_no_window(void **state)
{
    (void)state;
    struct chat *ch = chat_new();
    char name[16];
    for (int i = 0; i < LIMIT_JOINED; i++) {
        snprintf(name, sizeof name, "r%d", i);
        assert_non_null(buffers_open(&ch->buffers, BUFFER_ROOM, name));
    }
    chat_join(ch, "lobby", true);
    assert_string_equal(ch->last_words,
                        "lobby: 256 conversations in rooms are open, and no "
                        "more can be: /close one");
    assert_int_equal(ch->pending.len, 0);
    for (int i = 0; i < BUFFERS_PERSONS; i++) {
        snprintf(name, sizeof name, "p%d", i);
        assert_non_null(chat_person(ch, name));
    }
    assert_null(chat_person(ch, "bob"));
    assert_string_equal(ch->last_words,
                        "bob: 256 conversations with persons are open, and "
                        "no more can be: /close one, or * for all of them");
    assert_null(chat_person(ch, "a b"));
    assert_non_null(strstr(ch->last_words, "a b: this cannot be an id: it "));
    chat_join(ch, "a b", true);
    assert_non_null(strstr(ch->last_words, "a b: this cannot be a room: it "));
    chat_free(ch);
}

/* What /close PATTERN leaves of these windows, and where one is then. */
static const struct {
    const char *pattern, *left, *at, *told;
} closings[] = {
    {"spam1", "lobby eve spam2 s[1]", "lobby", "1 window closed"},
    {"spam*", "lobby eve s[1]", "lobby", "2 windows closed"},
    {"*", "lobby", "lobby", "4 windows closed"},
    {"s[1]", "lobby eve spam1 spam2", "spam1", "1 window closed"},
    {"e?e", "lobby spam1 spam2 s[1]", "spam1", "1 window closed"},
    {"lobby", "lobby eve spam1 spam2 s[1]", "spam1",
     "no window of a person is open for lobby"},
    {"spam", "lobby eve spam1 spam2 s[1]", "spam1",
     "no window of a person is open for spam"},
};

static void
test_close(void **state)
{
    static const char *const persons[] = {"eve", "spam1", "spam2", "s[1]"};
    (void)state;
    for (size_t i = 0; i < sizeof closings / sizeof *closings; i++) {
        struct chat *ch = chat_new();
        char words[16];
        char left[64] = "";
        (void)buffers_open(&ch->buffers, BUFFER_ROOM, "lobby");
        for (size_t k = 0; k < sizeof persons / sizeof *persons; k++)
            assert_non_null(chat_person(ch, persons[k]));
        buffers_go(&ch->buffers, 1);
        buffers_go(&ch->buffers, 3); /* spam1, from lobby */
        snprintf(words, sizeof words, "%s", closings[i].pattern);
        slash_close(ch, words);
        size_t len = 0;
        for (size_t k = 1; k < ch->buffers.len; k++)
            len += (size_t)snprintf(left + len, sizeof left - len, "%s%s",
                                    k > 1 ? " " : "",
                                    ch->buffers.rows[k]->name);
        assert_string_equal(left, closings[i].left);
        assert_string_equal(buffers_current(&ch->buffers)->name,
                            closings[i].at);
        assert_string_equal(ch->last_words, closings[i].told);
        chat_free(ch);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pages),
        cmocka_unit_test(test_clear_meanwhile),
        cmocka_unit_test(test_no_window),
        cmocka_unit_test(test_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
