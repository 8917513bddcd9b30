/* SPDX-License-Identifier: MPL-2.0 */
/*
 * options_inner: what the two halves of the command line need of each other.
 */
#ifndef CONFAB_OPTIONS_INNER_H
#define CONFAB_OPTIONS_INNER_H

#include "options.h"

/* Makes a command of the words that were given, all of them, and leaves those
 * behind its name. OPTIONS_RUN, or the exit code: why is said then. */
int options_take_words(struct options *given, const char *self);
/* Their part of --help. */
void options_print_commands(void);
/* How an option or command is called; leaves the cursor where its help begins.
 */
void options_print_left(const char *text);
/* Help of one option or command, from its column on. */
void options_print_wrapped(const char *words);

#endif
