/* SPDX-License-Identifier: MPL-2.0 */
/* Slash commands: the words of a line, the table, and what was meant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "client/chat_slash.h"

static const struct {
    const char *text, *word, *rest;
} words[] = {
    {"", "", ""},
    {"   ", "", ""},
    {"bob", "bob", ""},
    {"bob ", "bob", ""},
    {"  bob  hello you", "bob", "hello you"},
    {"bob  hello  you ", "bob", "hello  you "},
    {"小明 你好", "小明", "你好"},
    {"e\u0301ve e\u0301", "\u00e9ve", "e\u0301"},
    {"\u0958 x", "\u0958", "x"}, /* longer in NFC */
    {"\xff\xfe x", "\xff\xfe", "x"},
};

static void
test_words(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        char text[64];
        char *rest = NULL;
        snprintf(text, sizeof text, "%s", words[i].text);
        assert_string_equal(slash_word(text, &rest), words[i].word);
        assert_string_equal(rest, words[i].rest);
    }
}

static const struct {
    const char *typed, *want; /* NULL: no guess */
} guesses[] = {
    {"jion", "join"},
    {"jo", "join"},
    {"hlep", "help"},
    {"histroy", "history"},
    {"quti", "quit"},
    {"redcat", "redact"},
    {"wo", "who"},
    {"whoo", "who"},
    {"nmaes", "names"},
    {"topik", "topic"},
    {"dance", NULL},
    {"xx", NULL},
    {"", NULL},
    {"/", NULL},
    {"an awfully long word that nobody can have meant for a command at all",
     NULL},
};

static void
test_guess(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof guesses / sizeof *guesses; i++) {
        const char *guess = slash_guess(guesses[i].typed);
        if (!guesses[i].want)
            assert_null(guess);
        else
            assert_string_equal(guess, guesses[i].want);
    }
}

/* Names and aliases are one word each, no two the same, and are found. */
static void
test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < slash_count; i++) {
        const struct slash *row = &slashes[i];
        assert_non_null(row->run);
        assert_true(*row->help);
        assert_ptr_equal(slash_find(row->name), row);
        if (row->alias)
            assert_ptr_equal(slash_find(row->alias), row);
    }
    assert_null(slash_find(""));
    assert_null(slash_find("joi"));
    assert_null(slash_find("JOIN"));
}

/* What irssi's and weechat's users type. */
static void
test_habits(void **state)
{
    static const char *const habits[] = {
        "join",  "leave", "part",   "msg",   "query",  "me",
        "names", "who",   "topic",  "rooms", "search", "help",
        "clear", "close", "ignore", "quit",  "history"};
    (void)state;
    for (size_t i = 0; i < sizeof habits / sizeof *habits; i++)
        assert_non_null(slash_find(habits[i]));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_guess),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_habits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
