/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_name: which names are valid, and which look the same.
 *
 * Rows for each kind of character that is refused, for each way a name can fail
 * to be in NFC (also the ways that the road without normalisation must not
 * miss), for the length at its border, and for scripts that must simply work.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/name.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static const char *const good[] = {
    "a",
    "ann",
    "Ann.Smith-42_x",
    "!~\"%&'()*+,-./:;<=>?[\\]^`{|}",
    "a@b",
    "a#$",
    "李雷",
    "会议室",
    "غرفة",
    "комната",
    "דנה",
    "ห้อง",
    "कमरा",
    "방",
    "\u1100", /* a leading jamo alone */
    "日本語",
    "🦊",
    "👋🏽", /* with a skin tone */
    "❤\ufe0f",  /* with a variation selector */
    "Zoë",      /* precomposed */
    "\u00c5",
    "ﬁ",      /* a ligature is NFC, though not NFKC */
    "\u0e49", /* a mark alone */
    "❄\ufe0f",
    "↔\ufe0fx", /* behind a mathematical symbol */
    "команда-dev",
    "dev_команда.Ελλάδα", /* word by word */
    "µTorrent",           /* the sign of micro is not Greek */
    "会议abc",
    "\u0430nn", /* a Cyrillic a: another name, and not ours to judge */
    "λprolog",
    "\u0915\u093c", /* ka with nukta: excluded from composition */
};

static const struct {
    const char *name, *why;
} bad[] = {
    {"", "is empty"},
    {"@ann", "begins with '@'"},
    {"#room", "begins with '#'"},
    {"$sys", "begins with '$'"},
    {"a b", "has a space"},
    {" ", "has a space"},
    {"a\tb", "has a space"},
    {"a\x7f", "has a space"},
    {"a\x1b[31m", "has a space"},
    {"a\xc2\x85", "has a space"}, /* a C1 control */
    {"a\u00a0b", "has a space"},  /* no-break space */
    {"a\u3000b", "has a space"},  /* ideographic space */
    {"a\u2028b", "has a space"},  /* line separator */
    {"a\u2029b", "has a space"},
    {"a\u00ad", "has a space"}, /* soft hyphen: format */
    {"a\u200b", "has a space"}, /* zero width space: format */
    {"a\u200d", "has a space"}, /* zero width joiner */
    {"a\u202e", "has a space"}, /* right-to-left override */
    {"\ufeff", "has a space"},  /* byte order mark */
    {"a\ue000", "has a space"}, /* private */
    {"a\U000f0000", "has a space"},
    {"a\u0378", "has a space"}, /* unassigned */
    {"a\uffff", "has a space"}, /* not a character */
    {"a\U0010ffff", "has a space"},
    {"a\U000e0001", "has a space"},     /* a tag: format */
    {"\u2800", "has a character that"}, /* the empty Braille cell */
    {"a\u2800b", "has a character that"},
    {"a\u034f", "has a character that"}, /* the grapheme joiner */
    {"\u115f", "has a character that"},  /* fillers of Hangul */
    {"\u1100\u1160", "has a character that"},
    {"\u3164", "has a character that"},
    {"\uffa0", "has a character that"},
    {"\u1780\u17b4", "has a character that"},
    {"\u17b5", "has a character that"},
    {"\u1820\u180b", "has a character that"}, /* selectors of Mongolian */
    {"\u1820\u180d", "has a character that"},
    {"\u1820\u180f", "has a character that"},
    {"\U00013441", "has a character that"},
    {"\U00013442", "has a character that"},
    {"\U00016fe4", "has a character that"},
    {"\U0001d159", "has a character that"},
    {"葛\U000e0100", "has a character that"},
    {"葛\U000e01ef", "has a character that"},
    {"\ufe0f", "has a character that"}, /* a selector, and no symbol */
    {"ann\ufe0f", "has a character that"},
    {"1\ufe00", "has a character that"},
    {"❤\ufe0f\ufe0f", "has a character that"},
    {"\xff", "is not valid UTF-8"},
    {"a\xc3", "is not valid UTF-8"},
    {"\xed\xa0\x80", "is not valid UTF-8"},
    {"\xc0\x80", "is not valid UTF-8"},
    {"e\u0301", "is not in"},       /* composes to é */
    {"\u212b", "is not in"},        /* Angstrom sign */
    {"\u2126", "is not in"},        /* Ohm sign */
    {"\uf900", "is not in"},        /* compatibility ideograph */
    {"\u1100\u1161", "is not in"},  /* jamo that make a syllable */
    {"\uac00\u11a8", "is not in"},  /* a syllable and its final */
    {"\u0958", "is not in"},        /* excluded from composition */
    {"\u0340", "is not in"},        /* a singleton mark */
    {"a\u0301\u0323", "is not in"}, /* marks in the wrong order */
    {"\u09c7\u09be", "is not in"},  /* composes, class 0 */
    {"\u0b47\u0b3e", "is not in"},
    {"\u1025\u102e", "is not in"},
    {"\u30ab\u3099", "is not in"}, /* ka and a sound mark */
};

static void
test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        const char *why = name_fault(slice_str(good[i]));
        if (why)
            fail_msg("%s: %s", good[i], why);
    }
}

static void
test_bad(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *why = name_fault(slice_str(bad[i].name));
        if (!why || strncmp(why, bad[i].why, strlen(bad[i].why)) != 0)
            fail_msg("row %zu, %s: %s", i, bad[i].name, why ? why : "valid");
    }
}

/* A NUL in it is a control character, not an end. */
static void
test_nul(void **state)
{
    (void)state;
    assert_non_null(name_fault(slice_of("a\0b", 3)));
    assert_non_null(name_fault(slice_of("\0", 1)));
}

static void
test_length(void **state)
{
    char name[LIMIT_NAME + 1];
    (void)state;

    memset(name, 'x', sizeof name);
    assert_null(name_fault(slice_of(name, LIMIT_NAME - 1)));
    assert_null(name_fault(slice_of(name, LIMIT_NAME)));
    assert_string_equal(name_fault(slice_of(name, LIMIT_NAME + 1)),
                        "is longer than 64 bytes");
    /* In bytes, not characters: 21 of 3 bytes and one, or two. */
    for (unsigned i = 0; i < 63; i += 3)
        memcpy(name + i, "\u4f60", 3);
    assert_null(name_fault(slice_of(name, 64)));
    assert_non_null(name_fault(slice_of(name, 65)));
    /* Cut within a character. */
    assert_non_null(name_fault(slice_of(name, 62)));
}

/* 64 bytes of what NFC lengthens or shortens the most. */
static void
test_normalised_length(void **state)
{
    static const char *const units[] = {"\u0390", "\u1f82", "\u1e69", "\u0344"};
    char name[LIMIT_NAME];
    (void)state;

    for (size_t i = 0; i < COUNT(units); i++) {
        size_t size = strlen(units[i]), len = 0;
        while (len + size <= sizeof name) {
            memcpy(name + len, units[i], size);
            len += size;
        }
        const char *why = name_fault(slice_of(name, len));
        bool singleton = !strcmp(units[i], "\u0344");
        assert_int_equal(why != NULL, singleton);
    }
}

static struct slice
fold_of(const char *name, uint8_t fold[static NAME_FOLD_MAX])
{
    return slice_of(fold, name_fold(slice_str(name), fold));
}

static const struct {
    const char *a, *b;
    bool same;
} folds[] = {
    {"ann", "ann", true},    {"Ann", "aNN", true},
    {"ann", "anna", false},  {"Zoë", "ZOË", true},
    {"Zoë", "zoe", false},   {"Straße", "STRASSE", true},
    {"ﬁsh", "fish", true},   {"ａｎｎ", "ann", true}, /* full width */
    {"x²", "x2", true},      {"ΑΣ", "ας", true},      /* final sigma */
    {"ПЕТЯ", "петя", true},  {"a", "а", false},       /* Latin and Cyrillic */
    {"❤\ufe0f", "❤", true}, /* a variation selector is ignorable */
    {"李雷", "李磊", false}, {"①", "1", true},
};

static void
test_fold(void **state)
{
    uint8_t a[NAME_FOLD_MAX], b[NAME_FOLD_MAX];
    (void)state;

    for (size_t i = 0; i < COUNT(folds); i++)
        if (slice_eq(fold_of(folds[i].a, a), fold_of(folds[i].b, b)) !=
            folds[i].same)
            fail_msg("%s and %s", folds[i].a, folds[i].b);
}

/* The longest fold there is: one character of 3 bytes becomes 33. */
static void
test_fold_longest(void **state)
{
    uint8_t fold[NAME_FOLD_MAX];
    char name[LIMIT_NAME];
    (void)state;

    for (unsigned i = 0; i < 63; i += 3)
        memcpy(name + i, "\ufdfa", 3);
    assert_null(name_fault(slice_of(name, 63)));
    assert_int_equal(name_fold(slice_of(name, 63), fold), 21 * 33);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_bad),
        cmocka_unit_test(test_nul),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_normalised_length),
        cmocka_unit_test(test_fold),
        cmocka_unit_test(test_fold_longest),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
