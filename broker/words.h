/* SPDX-License-Identifier: MPL-2.0 */
/*
 * words: a text as the words that it is found by.
 *
 * What is searched and what is searched for are brought into one form: small
 * letters, without accents, one space before and behind each word and nothing
 * else. So whether a phrase is in a text is whether one string is in the other.
 *
 *     "Grüße, Zoë: 会議は12時"  ->  " grusse zoe 会 議 は 12 時 "
 *
 * Scripts that are written without spaces (Chinese, Japanese, Korean, Thai ...)
 * have a word per character, and so have pictures (emoji): one character can be
 * looked for, several of them are a phrase. Everything else that is neither
 * letter nor digit only separates.
 */
#ifndef CONFAB_WORDS_H
#define CONFAB_WORDS_H

#include "proto/slice.h"

struct words {
    uint8_t *data;
    size_t len, cap;
    unsigned count; /* of words */
    bool inside;    /* the last one may still go on */
};

/* Zeroed is empty. A word ends where a text ends. */
void words_add(struct words *words, struct slice text);
/* Puts a word that is none of a text's: `_` and these letters and digits. */
void words_mark(struct words *words, const char *word);
void words_clear(struct words *words);
void words_fini(struct words *words);

static inline struct slice
words_all(const struct words *words)
{
    return slice_of(words->data, words->len);
}

#endif
