/* SPDX-License-Identifier: MPL-2.0 */
/*
 * utf8: is this well-formed UTF-8?
 *
 * Every string of every message is asked, so text that is all ASCII must cost
 * next to nothing: it is looked at 32 and then 8 bytes at a time, by one test
 * of the high bits. What is not ASCII is taken one character at a time, by
 * Table 3-7 of the Unicode standard: the first byte tells how many follow, and
 * which range the second must be in, and that range is what keeps surrogates,
 * overlong forms and numbers above U+10FFFF out. It never looks past the end.
 */
#include "reader.h"

static uint64_t
load64(const uint8_t *at)
{
    uint64_t word;
    memcpy(&word, at, sizeof word);
    return word;
}

/* Steps over ASCII: all of it, or to somewhere before the first that is not. */
static const uint8_t *
ascii_end(const uint8_t *at, const uint8_t *end)
{
    const uint64_t high = UINT64_C(0x8080808080808080);

    if (end - at < 8)
        return ascii_short(slice_of(at, (size_t)(end - at))) ? end : at;
    while (end - at >= 32) {
        uint64_t all = load64(at) | load64(at + 8) | load64(at + 16) |
                       load64(at + 24);
        if (all & high)
            return at;
        at += 32;
    }
    while (end - at >= 8 && !(load64(at) & high))
        at += 8;
    return end - at < 8 && !(load64(end - 8) & high) ? end : at;
}

/* By first byte, from 0xc2 on: bytes that follow, range of the second. */
struct lead {
    uint8_t more, low, high;
};

static struct lead
lead_of(uint8_t first)
{
    if (first < 0xc2 || first > 0xf4)
        return (struct lead){0, 0, 0};
    if (first < 0xe0)
        return (struct lead){1, 0x80, 0xbf};
    if (first < 0xf0)
        return (struct lead){2, first == 0xe0 ? 0xa0 : 0x80,
                             first == 0xed ? 0x9f : 0xbf};
    return (struct lead){3, first == 0xf0 ? 0x90 : 0x80,
                         first == 0xf4 ? 0x8f : 0xbf};
}

/* Steps over one character that is not ASCII; NULL when it is malformed. */
static const uint8_t *
wide_end(const uint8_t *at, const uint8_t *end)
{
    struct lead lead = lead_of(at[0]);

    if (lead.more == 0 || end - at <= lead.more)
        return NULL;
    if (at[1] < lead.low || at[1] > lead.high)
        return NULL;
    for (unsigned i = 2; i <= lead.more; i++)
        if ((at[i] & 0xc0) != 0x80)
            return NULL;
    return at + lead.more + 1;
}

bool
utf8_valid(struct slice text)
{
    const uint8_t *at = text.data, *end = text.data + text.len;

    if (text.len == 0)
        return true;
    while ((at = ascii_end(at, end)) < end) {
        while (at < end && *at < 0x80)
            at++;
        while (at < end && *at >= 0x80)
            if (!(at = wide_end(at, end)))
                return false;
    }
    return true;
}
