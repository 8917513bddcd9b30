/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_output: what is printed, and what the state file knows of it, as one.
 *
 * When stdout is a file, the cursors in the state file and the end of that file
 * belong together, and libconfab keeps them together (confab_done and its
 * mark). A command that was killed in between has printed more than its cursors
 * say; the next one cuts that off and prints it again. A pipe cannot be cut: a
 * reader of one gets the last messages twice.
 *
 * Printing goes in batches: what is there is printed, written out and synced,
 * and only then is it done with.
 */
#ifndef CONFAB_CMD_OUTPUT_H
#define CONFAB_CMD_OUTPUT_H

#include "cmd.h"

/* After confab_open and before anything is printed: goes on where the state
 * file says. 0, or an exit code after saying what does not fit together. */
[[nodiscard]] int output_open(struct cmd *cmd);
/* As cmd_next, for a command with a state file: all events given before are
 * done with before it waits. */
[[nodiscard]] int output_next(struct cmd *cmd, confab_event **event,
                              int64_t deadline);
/* Nothing will be printed any more. Gives `code`, or what went wrong now. */
[[nodiscard]] int output_close(struct cmd *cmd, int code);

#endif
