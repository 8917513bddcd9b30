/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term: the terminal, byte by byte instead of line by line, and surely given
 * back as it was: at the end, when we are stopped or killed, and on a crash.
 */
#ifndef CONFAB_TERM_H
#define CONFAB_TERM_H

#include <stdbool.h>

/* Stdin and stdout are the terminal. False, and nothing changed, when it cannot
 * be set; errno says why. Ctrl-C and Ctrl-Z keep sending their signals. */
[[nodiscard]] bool term_init(void);
/* Again, after a stop (SIGCONT): the shell may have changed it. */
void term_again(void);
void term_fini(void);
/* Columns of the terminal; 80 when it does not tell. */
unsigned term_columns(void);

#endif
