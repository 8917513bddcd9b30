/* SPDX-License-Identifier: MPL-2.0 */
/*
 * terms: what somebody looks for, taken apart.
 *
 *     green build      both words
 *     "green build"    one behind the other
 *     buil*            a word that begins so
 *     -red             not this one
 *
 * There is no syntax error: what is no word, or has a meaning here in another
 * place only, separates. Of what the index is asked nothing is the asker's own
 * but letters and digits, so nothing of its syntax can reach it.
 */
#ifndef CONFAB_TERMS_H
#define CONFAB_TERMS_H

#include "proto/err.h"
#include "proto/limits.h"
#include "words.h"

enum { TERMS_FAULT = 160 };

struct term {
    size_t at, len; /* in the words: with the space before it, and behind */
    bool without;   /* must not be there */
    bool begins;    /* the last word may go on */
};

struct terms {
    unsigned count;
    struct term all[LIMIT_TERMS];
    struct words words;
};

/* ERR_NONE; ERR_BAD_STATE (there is no word to look for) and ERR_TOO_MANY
 * (words), with a sentence. terms_fini is needed in any case. */
[[nodiscard]] enum err terms_read(struct terms *terms, struct slice text,
                                  char fault[static TERMS_FAULT]);
void terms_fini(struct terms *terms);
/* Is this text, as words, what is looked for? */
bool terms_match(const struct terms *terms, struct slice words);
/* The same question in the words of FTS5, as far as it can be asked of many
 * texts at once: all terms that must be there. Yours to free. */
char *terms_ask(const struct terms *terms);

#endif
