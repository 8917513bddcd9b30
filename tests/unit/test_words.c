/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_words: texts as words, and what is looked for as terms.
 *
 * Rows for each kind of character; for the pieces that utf8proc is given, at
 * whose borders nothing may change; and for what is written in a query. Then
 * queries made of signs by chance: whatever somebody writes, only quotes around
 * letters and digits get into the question to the index.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "broker/terms.h"
#include "broker/xmem.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* What does not fit is left out. */
static void
add(char *text, size_t size, const char *more)
{
    size_t len = strlen(text);
    if (strlen(more) < size - len)
        memcpy(text + len, more, strlen(more) + 1);
}

static const struct {
    const char *text, *words;
} texts[] = {
    {"", ""},
    {" .,;-_!", ""},
    {"Hello, World", " hello world "},
    {"a_b c", " a b c "},
    {"x1 2.50", " x1 2 50 "},
    {"Grüße ÉCOLE", " grusse ecole "},
    {"cafe\u0301", " cafe "},
    {"\u0301", ""},
    {"a\u0301\u0302b", " ab "},
    {"İI", " ii "},
    {"ﬁ ｆｕｌｌ ² Ⅳ", " fi full 2 iv "},
    {"Ελληνικά", " ελληνικα "},
    {"й ё", " и е "},
    {"会议室", " 会 议 室 "},
    {"会議 は12時", " 会 議 は 12 時 "},
    {"が か\u3099 ｶﾞ", " が が ガ "},
    {"한글 \u1112\u1161\u11ab", " 한 글 한 "},
    {"ไทย", " ไ ท ย "},
    {"v2版", " v2 版 "},
    {"go🚀now 👍🏽", " go 🚀 now 👍 "},
    {"שלום עולם", " שלום עולם "},
    {"हिन्दी", " हिन्दी "},
    {"a\xff"
     "b",
     " a b "},
    {"\xe4\xbc", ""},
    {"\xed\xa0\x80x", " x "},
    {"a\u200bb", " ab "},
};

static void
test_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct words words = {.len = 0};
        words_add(&words, slice_str(texts[i].text));
        struct slice all = words_all(&words);
        if (!slice_eq(all, slice_str(texts[i].words)))
            fail_msg("\"%s\" is \"%.*s\", not \"%s\"", texts[i].text,
                     SLICE_ARG(all), texts[i].words);
        words_fini(&words);
    }
}

/* A word is the same wherever it stands. */
static void
test_borders_of_pieces(void **state)
{
    (void)state;
    enum { MOST = 300 };
    for (size_t before = 0; before < MOST; before++) {
        char text[2 * MOST + 64] = "";
        struct words words = {.len = 0};
        for (size_t i = 0; i < before; i++)
            add(text, sizeof text, "é");
        add(text, sizeof text, " москва会");
        words_add(&words, slice_str(text));
        assert_int_equal(words.count, (before > 0) + 2u);
        static const char end[] = " москва 会 ";
        assert_true(words.len >= sizeof end - 1);
        assert_memory_equal(words.data + words.len - (sizeof end - 1), end,
                            sizeof end - 1);
        words_fini(&words);
    }
}

/* Nor does a character fall apart that is written in several. */
static void
test_borders_in_characters(void **state)
{
    (void)state;
    enum { MOST = 64 };
    static const char *const written[] = {"\u1112\u1161\u11ab", "\u314e\u314f",
                                          "か\u3099", "ｶﾞ", "은\u200d"};
    for (size_t i = 0; i < COUNT(written); i++)
        for (size_t before = 0; before < MOST; before++) {
            char text[16 * MOST + 16] = "";
            struct words words = {.len = 0};
            for (size_t j = 0; j < MOST; j++)
                add(text, sizeof text, j < before ? "会" : written[i]);
            words_add(&words, slice_str(text));
            assert_int_equal(words.count, MOST);
            words_fini(&words);
        }
}

/* One letter that becomes eighteen, as often as a text may have it. */
static void
test_the_longest(void **state)
{
    (void)state;
    char *text = xmalloc(LIMIT_TEXT + 1);
    struct words words = {.len = 0};
    size_t len = 0;
    while (len + 3 <= LIMIT_TEXT) {
        memcpy(text + len, "\ufdfa", 3);
        len += 3;
    }
    words_add(&words, slice_of(text, len));
    assert_true(words.len > len && words.count > 1);
    words_fini(&words);
    free(text);
}

static const struct {
    const char *query, *text;
    bool match;
} rows[] = {
    {"fox", "the fox", true},
    {"fox", "foxes", false},
    {"fo*", "the fox", true},
    {"ox*", "the fox", false},
    {"fox the", "the fox", true},
    {"\"fox the\"", "the fox", false},
    {"\"the fox\"", "the fox", true},
    {"\"the fo\"*", "the fox", true},
    {"\"the fo\" *", "the fox", false},
    {"the -fox", "the fox", false},
    {"the -cat", "the fox", true},
    {"the -fo*", "the fox", false},
    {"the -\"fox the\"", "the fox", true},
    {"a-b", "a b", true},
    {"a-b", "a x b", false},
    {"--fox the", "the", true},
    {"--fox the", "the fox", false},
    {"\"the", "the fox", true},
    {"the\"fox", "the fox", true},
    {"议室", "会议室", true},
    {"室议", "会议室", false},
    {"会 室", "会议室", true},
    {"会　室", "会议室", true},
    {"会议*", "会议室", true},
    {"* the ** *", "the", true},
    {"THE\tFÖX", "the fox", true},
};

static void
test_queries(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++) {
        struct terms terms;
        struct words words = {.len = 0};
        char fault[TERMS_FAULT];
        assert_int_equal(terms_read(&terms, slice_str(rows[i].query), fault),
                         ERR_NONE);
        words_add(&words, slice_str(rows[i].text));
        if (terms_match(&terms, words_all(&words)) != rows[i].match)
            fail_msg("%s in \"%s\"", rows[i].query, rows[i].text);
        terms_fini(&terms);
        words_fini(&words);
    }
}

static void
test_refused(void **state)
{
    (void)state;
    static const char *const none[] = {"",  " ",    "-x",  "...", "\"\"",
                                       "*", "-\"x", "- -", "-会", "　"};
    struct terms terms;
    char fault[TERMS_FAULT];
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_int_equal(terms_read(&terms, slice_str(none[i]), fault),
                         ERR_BAD_STATE);
        assert_non_null(strstr(fault, "word"));
        terms_fini(&terms);
    }
    char many[LIMIT_QUERY + 1] = "";
    for (int i = 0; i < LIMIT_TERMS; i++)
        add(many, sizeof many, "x ");
    assert_int_equal(terms_read(&terms, slice_str(many), fault), ERR_NONE);
    assert_int_equal(terms.count, LIMIT_TERMS);
    terms_fini(&terms);
    add(many, sizeof many, "x");
    assert_int_equal(terms_read(&terms, slice_str(many), fault), ERR_TOO_MANY);
    terms_fini(&terms);
}

static const struct {
    const char *query, *ask;
} asks[] = {
    {"fox", "\" fox \""},
    {"Fox* \"a b\"", "\" fox\"* AND \" a b \""},
    {"the -fox", "\" the \""},
    {"-fox the", "\" the \""},
    {"会议*", "\" 会 议\"*"},
    {"\"x\"\"y\" NEAR(", "\" x \" AND \" y \" AND \" near \""},
};

static void
test_asks(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(asks); i++) {
        struct terms terms;
        char fault[TERMS_FAULT];
        assert_int_equal(terms_read(&terms, slice_str(asks[i].query), fault),
                         ERR_NONE);
        char *ask = terms_ask(&terms);
        assert_string_equal(ask, asks[i].ask);
        free(ask);
        terms_fini(&terms);
    }
}

/* Between quotes no sign at all; outside of them a star, AND, spaces. */
static void
check_ask(const char *query, const char *ask)
{
    bool inside = false;
    for (const char *at = ask; *at; at++) {
        unsigned char c = (unsigned char)*at;
        bool letter = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                      c >= 0x80 || c == ' ';
        inside = c == '"' ? !inside : inside;
        bool right = c == '"' || (inside ? letter : strchr(" AND*", c) != NULL);
        if (!right)
            fail_msg("%s becomes %s", query, ask);
    }
    assert_false(inside);
}

static void
test_signs(void **state)
{
    (void)state;
    static const char *const parts[] = {
        "\"", "*", "-", " ",  "x",   "(",    ")",    ":",    "^",
        "+",  "{", "}", "'",  "AND", "NOT ", "NEAR", "会",   "é",
        "\\", "%", "_", "\t", ";",   ",",    "?",    "\x01",
    };
    unsigned dice = 1;
    for (int round = 0; round < 20000; round++) {
        char query[64] = "";
        struct terms terms;
        char fault[TERMS_FAULT];
        for (int i = 0; i < 12; i++) {
            dice = dice * 1103515245u + 12345u;
            const char *part = parts[(dice >> 16) % COUNT(parts)];
            add(query, sizeof query, part);
        }
        if (!terms_read(&terms, slice_str(query), fault)) {
            char *ask = terms_ask(&terms);
            check_ask(query, ask);
            free(ask);
        }
        terms_fini(&terms);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_texts),
        cmocka_unit_test(test_borders_of_pieces),
        cmocka_unit_test(test_borders_in_characters),
        cmocka_unit_test(test_the_longest),
        cmocka_unit_test(test_queries),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_asks),
        cmocka_unit_test(test_signs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
