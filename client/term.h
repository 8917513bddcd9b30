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
/* From here on the terminal shows more than lines. `leave` is what it is sent
 * to be as it was, whichever way we end or stop; `enter` to be ours again. Both
 * are copied; false: they are too long. Takes the signals back as well, which
 * curses has taken for itself. */
[[nodiscard]] bool term_screen(const char *enter, const char *leave);
/* Again, after a stop (SIGCONT): the shell may have changed it. */
void term_again(void);
void term_fini(void);
/* A handler of signals that end us (SA_RESETHAND): gives the terminal back, and
 * then it ends. */
void term_end(int number);
/* Columns of the terminal; 80 when it does not tell. */
unsigned term_columns(void);
/* Rows, too: 24. */
void term_size(unsigned *rows, unsigned *columns);

#endif
