/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffers_mention: whether a text names us.
 *
 * An id is named where it stands as a word of its own, in any case: `@ann`,
 * `Ann:`, `ann's`, not `joann`. Scripts that put no spaces between words (Han,
 * kana, Hangul with its particles, Thai and its neighbours) have a boundary at
 * every character; only kana of one word of katakana hold together.
 *
 * Every message of every room comes here, so a text of ASCII, which most are,
 * is looked through by bytes. Else both are compared as sequences of decomposed
 * and folded characters; a text begins to be compared only where a word does.
 */
#include <utf8proc.h>

#include "buffers.h"
#include "proto/slice.h"

enum {
    FOLDED = 32,                 /* characters that one may become */
    NAMED = LIMIT_NAME * FOLDED, /* and an id */
};

static uint8_t
lower(char c)
{
    return (uint8_t)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static bool
in_word(char c)
{
    uint8_t small = lower(c);
    return (small >= 'a' && small <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool
ascii_at(const char *text, size_t left, const char *id, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(text[i]) != lower(id[i]))
            return false;
    }
    return left == len || !in_word(text[len]) || !in_word(id[len - 1]);
}

static bool
ascii_mentions(const char *text, size_t text_len, const char *id, size_t len)
{
    uint8_t first = lower(id[0]);
    for (size_t at = 0; at + len <= text_len; at++) {
        if (lower(text[at]) != first)
            continue;
        if (at && in_word(text[at - 1]) && in_word(id[0]))
            continue;
        if (ascii_at(text + at, text_len - at, id, len))
            return true;
    }
    return false;
}

/* The character at `*at`, which moves behind it; what is no UTF-8 is a space.
 */
static utf8proc_int32_t
take(struct slice text, size_t *at)
{
    utf8proc_int32_t c = -1;
    utf8proc_ssize_t n = utf8proc_iterate(
        text.data + *at, (utf8proc_ssize_t)(text.len - *at), &c);
    *at += n > 0 ? (size_t)n : 1;
    return n > 0 ? c : ' ';
}

/* Appends what the character is under canonical decomposition and folding. */
static size_t
fold(utf8proc_int32_t c, utf8proc_int32_t out[static FOLDED])
{
    int last = 0;
    utf8proc_ssize_t n = utf8proc_decompose_char(
        c, out, FOLDED, UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, &last);
    if (n > 0 && n <= FOLDED)
        return (size_t)n;
    out[0] = c;
    return 1;
}

enum script { SCRIPT_SPACED, SCRIPT_KATAKANA, SCRIPT_FREE };

static enum script
script_of(utf8proc_int32_t c)
{
    static const struct {
        utf8proc_int32_t first, last;
        enum script script;
    } ranges[] = {
        {0x0e00, 0x0eff, SCRIPT_FREE},     /* Thai, Lao */
        {0x1000, 0x109f, SCRIPT_FREE},     /* Myanmar */
        {0x1100, 0x11ff, SCRIPT_FREE},     /* Hangul */
        {0x1780, 0x17ff, SCRIPT_FREE},     /* Khmer */
        {0x3005, 0x3007, SCRIPT_FREE},     /* Han */
        {0x3040, 0x309f, SCRIPT_FREE},     /* hiragana */
        {0x30a0, 0x30ff, SCRIPT_KATAKANA}, /* and its lengthening sign */
        {0x31f0, 0x31ff, SCRIPT_KATAKANA}, {0x3400, 0x9fff, SCRIPT_FREE},
        {0xac00, 0xd7ff, SCRIPT_FREE},     {0xf900, 0xfaff, SCRIPT_FREE},
        {0xff66, 0xff9f, SCRIPT_KATAKANA}, {0x20000, 0x3ffff, SCRIPT_FREE},
    };
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++) {
        if (c >= ranges[i].first && c <= ranges[i].last)
            return ranges[i].script;
    }
    return SCRIPT_SPACED;
}

static bool
is_mark(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return c == 0x200d || (category >= UTF8PROC_CATEGORY_MN &&
                           category <= UTF8PROC_CATEGORY_ME);
}

static bool
is_word(utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    return (category >= UTF8PROC_CATEGORY_LU &&
            category <= UTF8PROC_CATEGORY_NO) ||
           category == UTF8PROC_CATEGORY_PC;
}

/* Whether two neighbours belong to one word. */
static bool
hold_together(utf8proc_int32_t left, utf8proc_int32_t right)
{
    if (is_mark(right))
        return true;
    if (!is_word(left) || !is_word(right))
        return false;
    enum script a = script_of(left);
    enum script b = script_of(right);
    return a == b && a != SCRIPT_FREE;
}

/* The end of the id that stands at `at` in the text, or `at`: it does not. */
static size_t
match(struct slice text, size_t at, const utf8proc_int32_t *id, size_t len)
{
    size_t start = at;
    size_t done = 0;
    while (done < len && at < text.len) {
        utf8proc_int32_t folded[FOLDED];
        size_t n = fold(take(text, &at), folded);
        for (size_t i = 0; i < n; i++, done++) {
            if (done == len || folded[i] != id[done])
                return start;
        }
    }
    return done == len ? at : start;
}

static size_t
fold_all(struct slice id, utf8proc_int32_t out[static NAMED])
{
    size_t len = 0;
    for (size_t at = 0; at < id.len && len + FOLDED <= NAMED;)
        len += fold(take(id, &at), out + len);
    return len;
}

static bool
wide_mentions(struct slice text, struct slice id)
{
    utf8proc_int32_t want[NAMED];
    size_t len = fold_all(id, want);
    utf8proc_int32_t before = ' ';
    for (size_t at = 0; at < text.len;) {
        size_t next = at;
        utf8proc_int32_t c = take(text, &next);
        size_t end = hold_together(before, c) ? at : match(text, at, want, len);
        if (end > at) {
            size_t behind = end;
            utf8proc_int32_t follows = end < text.len ? take(text, &behind) : 0;
            if (!follows || !hold_together(want[len - 1], follows))
                return true;
        }
        before = c;
        at = next;
    }
    return false;
}

bool
buffers_mentions(const struct buffers *bs, const char *text, size_t len)
{
    size_t id_len = strlen(bs->id);
    if (!id_len)
        return false;
    struct slice id = slice_of(bs->id, id_len);
    if (slice_is_ascii(slice_of(text, len)))
        return slice_is_ascii(id) && ascii_mentions(text, len, bs->id, id_len);
    return wide_mentions(slice_of(text, len), id);
}
