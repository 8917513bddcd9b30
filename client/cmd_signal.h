/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_signal: signals as something that poll(2) can wait for.
 *
 * A handler may do next to nothing, and it may run in any thread; so it notes
 * the signal and rings a bell. cmd_sleep looks at it; cmd.h has what commands
 * ask.
 */
#ifndef CONFAB_CMD_SIGNAL_H
#define CONFAB_CMD_SIGNAL_H

#include <stdbool.h>

/* Readable when a signal came; -1 before cmd_signals. */
int signal_fd(void);
/* It was heard. */
void signal_drain(void);
/* From now on the second signal of a kind does not end us, but is told. */
void signal_keep(void);
bool signal_again(void);

#endif
