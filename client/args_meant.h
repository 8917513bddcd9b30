/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_meant: the word of a list that was probably meant by one that is not in
 * it. For commands, options and what is typed behind a slash.
 */
#ifndef CONFAB_ARGS_MEANT_H
#define CONFAB_ARGS_MEANT_H

#include <stddef.h>

/* Begins as {.typed = ...}; all strings are borrowed. */
struct meant {
    const char *typed;
    const char *word; /* the best one so far, NULL: none is near */
    size_t far;
};
/* Looks at one word of the list. Of two that are as near the first stands. */
void args_meant_look(struct meant *meant, const char *word);

/* Say what is wrong on stderr, and what was probably meant; give EXIT_USAGE. */
int args_no_command(const char *word);
/* `option` is as it was typed, with its dashes. */
int args_no_option(const char *option);

#endif
