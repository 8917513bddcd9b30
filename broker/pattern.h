/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pattern: names that an operator means by a pattern.
 *
 * * is any text, also none. Where marks are asked for, ? is one character;
 * everywhere else it is a character like any other, as [ and \ always are:
 * names may have them. No character escapes another.
 */
#ifndef CONFAB_PATTERN_H
#define CONFAB_PATTERN_H

#include "proto/slice.h"

enum pattern {
    PATTERN_STARS, /* only * is special */
    PATTERN_MARKS, /* and ? */
};

/* Costs at most the length of one times that of the other. `text` is UTF-8. */
bool pattern_match(enum pattern kind, struct slice pattern, struct slice text);
/* With stars alone: whatever `inner` matches, `outer` does. */
bool pattern_covers(struct slice outer, struct slice inner);

#endif
