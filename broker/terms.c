/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Each term is one piece of the words of all terms, its spaces included, so
 * that looking for it is memmem.
 */
#define _GNU_SOURCE /* memmem */
#include "terms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "xmem.h"

static enum err
refuse(enum err code, char fault[static TERMS_FAULT], const char *text)
{
    (void)snprintf(fault, TERMS_FAULT, "%s", text);
    return code;
}

/* Bytes of a space at the start, 0: there is none. U+3000 is how wide a space
 * is among Chinese characters. */
static size_t
space_len(struct slice text)
{
    static const uint8_t wide[] = {0xe3, 0x80, 0x80};
    if (text.len && (text.data[0] <= ' ' || text.data[0] == 0x7f))
        return 1;
    bool is_wide = text.len >= sizeof wide &&
                   !memcmp(text.data, wide, sizeof wide);
    return is_wide ? sizeof wide : 0;
}

static void
skip(struct slice *text, size_t bytes)
{
    *text = slice_of(text->data + bytes, text->len - bytes);
}

/* Takes what stands up to the quote, or the space, that ends it. */
static struct slice
take(struct slice *text, bool quoted)
{
    struct slice taken = slice_of(text->data, 0);
    while (text->len && (quoted ? text->data[0] != '"' : !space_len(*text))) {
        skip(text, 1);
        taken.len++;
    }
    return taken;
}

/* The next term as it was written, and what it means. */
static struct slice
term_next(struct slice *text, struct term *term)
{
    *term = (struct term){.without = text->data[0] == '-'};
    if (term->without)
        skip(text, 1);
    bool quoted = text->len && text->data[0] == '"';
    if (quoted)
        skip(text, 1);
    struct slice taken = take(text, quoted);
    if (quoted && text->len)
        skip(text, 1);
    bool star = quoted ? text->len && text->data[0] == '*'
                       : taken.len && taken.data[taken.len - 1] == '*';
    if (quoted && star)
        skip(text, 1);
    term->begins = star;
    return taken;
}

/* False: there are too many. */
static bool
term_add(struct terms *terms, struct term term, struct slice written)
{
    struct words *words = &terms->words;
    unsigned before = words->count;
    size_t at = words->len ? words->len - 1 : 0;
    words_add(words, written);
    if (words->count == before)
        return true;
    term.at = at;
    term.len = words->len - at - term.begins;
    if (words->count > LIMIT_TERMS)
        return false;
    terms->all[terms->count++] = term;
    return true;
}

enum err
terms_read(struct terms *terms, struct slice text,
           char fault[static TERMS_FAULT])
{
    bool any = false;
    *terms = (struct terms){.count = 0};
    while (text.len) {
        size_t space = space_len(text);
        struct term term;
        if (space) {
            skip(&text, space);
            continue;
        }
        unsigned before = terms->count;
        struct slice written = term_next(&text, &term);
        if (!term_add(terms, term, written)) {
            (void)snprintf(fault, TERMS_FAULT,
                           "text has more than %d words: look for fewer",
                           LIMIT_TERMS);
            return ERR_TOO_MANY;
        }
        any = any || (terms->count > before && !term.without);
    }
    if (!any)
        return refuse(ERR_BAD_STATE, fault,
                      "text has no word to look for: name at least one "
                      "without a - before it");
    return ERR_NONE;
}

void
terms_fini(struct terms *terms)
{
    words_fini(&terms->words);
}

bool
terms_match(const struct terms *terms, struct slice words)
{
    for (unsigned i = 0; i < terms->count; i++) {
        const struct term *term = &terms->all[i];
        const uint8_t *sought = terms->words.data + term->at;
        bool there = words.len &&
                     memmem(words.data, words.len, sought, term->len);
        if (there == term->without)
            return false;
    }
    return true;
}

static size_t
append(char *at, const char *text, size_t len)
{
    memcpy(at, text, len);
    return len;
}

char *
terms_ask(const struct terms *terms)
{
    enum { AROUND = 8 }; /* bytes: " AND ", quotes, star */
    const char *before = "";
    char *out = xmalloc(terms->words.len + (size_t)terms->count * AROUND + 1);
    size_t len = 0;
    for (unsigned i = 0; i < terms->count; i++) {
        const struct term *term = &terms->all[i];
        const char *sought = (const char *)terms->words.data + term->at;
        if (term->without)
            continue;
        len += append(out + len, before, strlen(before));
        len += append(out + len, "\"", 1);
        len += append(out + len, sought, term->len);
        len += append(out + len, "\"*", term->begins ? 2 : 1);
        before = " AND ";
    }
    out[len] = '\0';
    return out;
}
