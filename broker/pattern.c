/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pattern: see pattern.h.
 *
 * A pattern is matched from left to right, and only the last * is tried again:
 * what an earlier one took can never have been too little. So the worst pattern
 * costs its length times the name's, never more.
 */
#include "pattern.h"

/* Bytes of the character at the text's beginning. */
static size_t
character(struct slice text)
{
    size_t len = 1;
    while (len < text.len && (text.data[len] & 0xc0) == 0x80) {
        len++;
    }
    return len;
}

static struct slice
skip(struct slice text, size_t len)
{
    return slice_of(text.data + len, text.len - len);
}

bool
pattern_match(enum pattern kind, struct slice pattern, struct slice text)
{
    bool starred = false;
    struct slice star = pattern, from = text; /* behind the last *; its end */
    while (text.len > 0) {
        uint8_t next = pattern.len > 0 ? pattern.data[0] : 0;
        if (next == '*') {
            starred = true;
            star = pattern = skip(pattern, 1);
            from = text;
        } else if (next == '?' && kind == PATTERN_MARKS) {
            pattern = skip(pattern, 1);
            text = skip(text, character(text));
        } else if (pattern.len > 0 && next == text.data[0]) {
            pattern = skip(pattern, 1);
            text = skip(text, 1);
        } else if (starred) {
            pattern = star;
            text = from = skip(from, character(from));
        } else {
            return false;
        }
    }
    while (pattern.len > 0 && pattern.data[0] == '*') {
        pattern = skip(pattern, 1);
    }
    return pattern.len == 0;
}

/* A * of `inner` is text that only a * of `outer` takes; so it is any text. */
bool
pattern_covers(struct slice outer, struct slice inner)
{
    return pattern_match(PATTERN_STARS, outer, inner);
}
