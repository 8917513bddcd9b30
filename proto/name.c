/* SPDX-License-Identifier: MPL-2.0 */
/*
 * name: what may be an id, a room or a lane, and when two look the same.
 *
 * Names are checked on every message, so there are three roads. Printable ASCII
 * is valid as it is. Characters that normalisation cannot touch (no
 * decomposition, no combining class, no mark, no Hangul jamo that joins its
 * neighbour) are valid in any row: that is Chinese, Cyrillic, Greek, Arabic,
 * Hangul syllables, emoji. Only what is left, such as accented Latin, is put
 * into NFC on the stack and compared. Nothing allocates.
 *
 * A name is to be seen, so what renders as nothing is no part of one. That it
 * cannot be mistaken for another is not tried: a Cyrillic `a` may stand among
 * Latin letters, as `1` may beside `l` (UTS #39 has thousands of such pairs).
 *
 * The tables of characters are utf8proc's; only the parts of its property
 * record that every version since 2.0 has are looked at.
 */
#include "name.h"

#include <assert.h>
#include <utf8proc.h>

#include "reader.h"

/* Canonical decomposition gives at most 4 characters for one, NFKC 18. */
enum { NFC_MAX = LIMIT_NAME * 4, FOLD_MAX = LIMIT_NAME * 18 };

enum verdict {
    VERDICT_PLAIN,
    VERDICT_MAY_CHANGE,
    VERDICT_BAD, /* this one and what follows is no name */
    VERDICT_UNSEEN,
};

/* What is blank or nothing, though neither a space nor of a format: fillers,
 * the empty Braille cell, selectors of Mongolian and of ideographs. */
static const struct {
    utf8proc_int32_t first, last;
} unseen[] = {
    {0x034f, 0x034f},   {0x115f, 0x1160},   {0x17b4, 0x17b5},
    {0x180b, 0x180f},   {0x2800, 0x2800},   {0x3164, 0x3164},
    {0xffa0, 0xffa0},   {0x13441, 0x13442}, {0x16fe4, 0x16fe4},
    {0x1d159, 0x1d159}, {0xe0100, 0xe01ef},
};

static bool
is_unseen(utf8proc_int32_t c)
{
    for (size_t i = 0; i < sizeof unseen / sizeof *unseen; i++)
        if (c >= unseen[i].first && c <= unseen[i].last)
            return true;
    return false;
}

/* It says how an emoji looks; behind anything else it is not to be seen. */
static bool
is_selector(utf8proc_int32_t c)
{
    return c >= 0xfe00 && c <= 0xfe0f;
}

static bool
ascii_printable(struct slice name)
{
    unsigned bad = 0;

    for (size_t i = 0; i < name.len; i++)
        bad |= (unsigned)(name.data[i] - 0x21u > 0x7eu - 0x21u);
    return !bad;
}

/* Vowel and final jamo: they have no combining class and join the left one. */
static bool
joins_left(utf8proc_int32_t c)
{
    return (c >= 0x1160 && c <= 0x11ff) || (c >= 0xd7b0 && c <= 0xd7ff);
}

static enum verdict
judge(utf8proc_int32_t c)
{
    const utf8proc_property_t *property = utf8proc_get_property(c);

    switch (property->category) {
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_ZS:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return VERDICT_BAD;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME:
        return VERDICT_MAY_CHANGE;
    default:
        break;
    }
    if (property->combining_class != 0 || joins_left(c) ||
        property->decomp_seqindex != UINT16_MAX)
        return VERDICT_MAY_CHANGE;
    return VERDICT_PLAIN;
}

/* The next character of a string that is valid UTF-8. */
static utf8proc_int32_t
next_char(struct slice *rest)
{
    utf8proc_int32_t c = -1;
    utf8proc_ssize_t size =
        utf8proc_iterate(rest->data, (utf8proc_ssize_t)rest->len, &c);

    *rest = slice_of(rest->data + size, rest->len - (size_t)size);
    return c;
}

/* `symbol`: what stands before it may be an emoji; becomes the same of it. */
static enum verdict
judge_behind(bool *symbol, utf8proc_int32_t c)
{
    utf8proc_category_t category = utf8proc_category(c);
    bool blank = is_unseen(c) || (is_selector(c) && !*symbol);

    *symbol = category == UTF8PROC_CATEGORY_SO ||
              category == UTF8PROC_CATEGORY_SM;
    return blank ? VERDICT_UNSEEN : judge(c);
}

static enum verdict
judge_all(struct slice name)
{
    enum verdict worst = VERDICT_PLAIN;
    bool symbol = false;

    while (name.len > 0 && worst < VERDICT_BAD) {
        enum verdict verdict = judge_behind(&symbol, next_char(&name));
        if (verdict > worst)
            worst = verdict;
    }
    return worst;
}

/* Normalises to characters; how many, or -1 when utf8proc will not. */
static utf8proc_ssize_t
normalise(struct slice name, utf8proc_option_t how, utf8proc_int32_t *chars,
          utf8proc_ssize_t max)
{
    how |= UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    utf8proc_ssize_t count = utf8proc_decompose(
        name.data, (utf8proc_ssize_t)name.len, chars, max, how);
    if (count < 0 || count > max)
        return -1;
    return utf8proc_normalize_utf32(chars, count, how);
}

static bool
is_nfc(struct slice name)
{
    utf8proc_int32_t chars[NFC_MAX];
    utf8proc_ssize_t count = normalise(name, 0, chars, NFC_MAX);

    for (utf8proc_ssize_t i = 0; i < count; i++)
        if (name.len == 0 || next_char(&name) != chars[i])
            return false;
    return count >= 0 && name.len == 0;
}

static const char *
wide_fault(struct slice name)
{
    if (!utf8_valid(name))
        return "is not valid UTF-8";
    switch (judge_all(name)) {
    case VERDICT_BAD:
        return "has a space, control, format or unassigned character";
    case VERDICT_UNSEEN:
        return "has a character that cannot be seen";
    case VERDICT_MAY_CHANGE:
        return is_nfc(name) ? NULL : "is not in Unicode form NFC";
    default:
        return NULL;
    }
}

const char *
name_fault(struct slice name)
{
    if (name.len == 0)
        return "is empty";
    if (name.len > LIMIT_NAME)
        return "is longer than 64 bytes";
    switch (name.data[0]) {
    case '@':
        return "begins with '@'";
    case '#':
        return "begins with '#'";
    case '$':
        return "begins with '$'";
    default:
        return ascii_printable(name) ? NULL : wide_fault(name);
    }
}

static_assert(LIMIT_NAME == 64, "name_fault says 64 bytes");

size_t
name_fold(struct slice name, uint8_t fold[static NAME_FOLD_MAX])
{
    utf8proc_int32_t chars[FOLD_MAX];
    utf8proc_ssize_t count =
        normalise(name, UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE,
                  chars, FOLD_MAX);
    size_t len = 0;

    for (utf8proc_ssize_t i = 0; i < count && len + 4 <= NAME_FOLD_MAX; i++)
        len += (size_t)utf8proc_encode_char(chars[i], fold + len);
    return len;
}
