/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ASCII, which most text is, goes byte by byte; the rest in pieces through
 * utf8proc: decomposed and folded, so that é and É are an e with an accent, the
 * accents taken out, and what is left composed again, or the syllables of
 * Korean and the voiced kana of Japanese would fall apart.
 */
#include "words.h"

#include <stdlib.h>
#include <utf8proc.h>

#include "xmem.h"

enum {
    PIECE = 120,         /* bytes of a text that utf8proc is given at once */
    PIECE_POINTS = 2048, /* what they become: at most 18 for 3 bytes */
    WORDS_LEAST = 4096,
};

enum class {
    CLASS_GAP,
    CLASS_LETTER, /* part of a word */
    CLASS_LONE,   /* a word by itself */
    CLASS_ACCENT, /* not there */
};

/* First and last of each; ascending. */
static const struct range {
    utf8proc_int32_t first, last;
} lone[] = {
    {0x0e00, 0x0eff},   /* Thai, Lao */
    {0x1000, 0x109f},   /* Burmese */
    {0x1100, 0x11ff},   /* Korean */
    {0x1780, 0x17ff},   /* Khmer */
    {0x2e80, 0x2fdf},   /* parts of Chinese characters */
    {0x3005, 0x3007},   /* repetition, zero */
    {0x3040, 0x318f},   /* kana, bopomofo, Korean */
    {0x31a0, 0x31ff},   /* more of them */
    {0x3400, 0x4dbf},   /* Chinese */
    {0x4e00, 0x9fff},   /* Chinese */
    {0xa960, 0xa97f},   /* Korean */
    {0xac00, 0xd7ff},   /* Korean */
    {0xf900, 0xfaff},   /* Chinese */
    {0x1b000, 0x1b16f}, /* kana */
    {0x20000, 0x3ffff}, /* Chinese */
};
static const struct range accents[] = {
    {0x0300, 0x036f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff},
    {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f},
};
/* May become one character with what is before it, and is no mark. */
static const struct range joining[] = {
    {0x1160, 0x11ff}, /* Korean vowels, and what stands behind them */
    {0x3133, 0x3133}, /* the same, */
    {0x3135, 0x3136}, /* each with */
    {0x313a, 0x313f}, /* a form */
    {0x314f, 0x318e}, /* of its own */
    {0xd7b0, 0xd7ff}, /* more of them */
    {0xff9e, 0xffdc}, /* narrow ones, and narrow marks of kana */
};

static bool
is_among(const struct range *ranges, size_t count, utf8proc_int32_t point)
{
    size_t i = 0;
    while (i < count && point > ranges[i].last)
        i++;
    return i < count && point >= ranges[i].first;
}
#define AMONG(ranges, point)                                                   \
    is_among(ranges, sizeof(ranges) / sizeof *(ranges), point)

static enum class class_of(utf8proc_int32_t point) {
    utf8proc_category_t category = utf8proc_category(point);
    bool letter = (category >= UTF8PROC_CATEGORY_LU &&
                   category <= UTF8PROC_CATEGORY_NO);
    if (category == UTF8PROC_CATEGORY_SO) return CLASS_LONE;
    if (AMONG(accents, point)) return CLASS_ACCENT;
    if (!letter) return CLASS_GAP;
    return AMONG(lone, point) ? CLASS_LONE : CLASS_LETTER;
}

static uint8_t *
room_for(struct words *words, size_t bytes)
{
    if (words->cap - words->len < bytes) {
        size_t cap = words->cap ? words->cap : WORDS_LEAST;
        while (cap - words->len < bytes)
            cap *= 2;
        words->data = xrealloc(words->data, cap);
        words->cap = cap;
    }
    return words->data + words->len;
}

/* Every word has a space behind it; before the first one is one, too. */
static void
word_end(struct words *words)
{
    if (words->inside)
        *room_for(words, 1) = ' ', words->len++;
    words->inside = false;
}

static void
word_begin(struct words *words)
{
    if (words->inside)
        return;
    if (!words->len)
        *room_for(words, 1) = ' ', words->len++;
    words->inside = true;
    words->count++;
}

static void
put_point(struct words *words, utf8proc_int32_t point)
{
    enum class class = class_of(point);
    if (class == CLASS_ACCENT)
        return;
    if (class != CLASS_LETTER)
        word_end(words);
    if (class == CLASS_GAP)
        return;
    word_begin(words);
    words->len += (size_t)utf8proc_encode_char(point, room_for(words, 4));
    if (class == CLASS_LONE)
        word_end(words);
}

/* Does a character begin there that nothing before it can take in? */
static bool
begins_anew(struct slice text, size_t at)
{
    utf8proc_int32_t point;
    if (utf8proc_iterate(text.data + at, (utf8proc_ssize_t)(text.len - at),
                         &point) < 0)
        return false;
    const utf8proc_property_t *property = utf8proc_get_property(point);
    bool mark = property->category >= UTF8PROC_CATEGORY_MN &&
                property->category <= UTF8PROC_CATEGORY_ME;
    return !mark && !property->ignorable && !AMONG(joining, point);
}

/* The bytes of what is not ASCII at the start of `text`, where something is: at
 * most PIECE, and if possible nothing that belongs together is cut; in any case
 * no character. */
static size_t
piece_len(struct slice text)
{
    size_t most = text.len < PIECE ? text.len : PIECE;
    size_t len = 0;
    while (len < most && text.data[len] >= 0x80)
        len++;
    if (len < PIECE || len == text.len)
        return len;
    size_t cut = len, whole = len;
    while (cut && !begins_anew(text, cut))
        cut--;
    while (whole && (text.data[whole] & 0xc0) == 0x80)
        whole--;
    return cut ? cut : whole ? whole : len;
}

/* What is not UTF-8 separates. */
static void
put_piece(struct words *words, struct slice piece)
{
    utf8proc_int32_t points[PIECE_POINTS];
    utf8proc_ssize_t count = utf8proc_decompose(
        piece.data, (utf8proc_ssize_t)piece.len, points, PIECE_POINTS,
        UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE |
            UTF8PROC_DECOMPOSE);
    if (count < 0 || count > PIECE_POINTS) {
        word_end(words);
        return;
    }
    utf8proc_ssize_t kept = 0;
    for (utf8proc_ssize_t i = 0; i < count; i++) {
        points[kept] = points[i];
        kept += !AMONG(accents, points[i]);
    }
    kept = utf8proc_normalize_utf32(points, kept,
                                    UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    for (utf8proc_ssize_t i = 0; i < kept; i++)
        put_point(words, points[i]);
}

/* What a byte of ASCII becomes; 0: it separates. */
static uint8_t
small(uint8_t byte)
{
    if (byte >= 'A' && byte <= 'Z')
        return byte | 0x20;
    bool letter = (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
    return letter ? byte : 0;
}

/* The most common of all: the bytes of ASCII at the start of a text, one by one
 * and without a call. Each leaves at most one byte, and a space before it. */
static size_t
put_ascii(struct words *words, struct slice text)
{
    size_t i = 0;
    uint8_t *to = room_for(words, text.len + 2);
    if (!words->len)
        *to++ = ' ';
    for (; i < text.len && text.data[i] < 0x80; i++) {
        uint8_t letter = small(text.data[i]);
        words->count += letter && !words->inside;
        if (letter)
            *to++ = letter;
        else if (words->inside)
            *to++ = ' ';
        words->inside = letter;
    }
    words->len = (size_t)(to - words->data);
    if (words->len == 1)
        words->len = 0;
    return i;
}

void
words_add(struct words *words, struct slice text)
{
    while (text.len) {
        bool ascii = text.data[0] < 0x80;
        size_t len = ascii ? put_ascii(words, text) : piece_len(text);
        if (!ascii)
            put_piece(words, slice_of(text.data, len));
        text = slice_of(text.data + len, text.len - len);
    }
    word_end(words);
}

void
words_mark(struct words *words, const char *word)
{
    word_begin(words);
    *room_for(words, 1) = '_';
    words->len++;
    (void)put_ascii(words, slice_str(word));
    word_end(words);
}

void
words_clear(struct words *words)
{
    words->len = 0;
    words->count = 0;
    words->inside = false;
}

void
words_fini(struct words *words)
{
    free(words->data);
    *words = (struct words){0};
}
