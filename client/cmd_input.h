/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_input: all of stdin as one message.
 *
 * It is read as it comes, between events and signals, so that Ctrl-C ends a
 * command whenever it is pressed, and the session lives while somebody types.
 * What is too large is counted, for whoever has to make it smaller.
 */
#ifndef CONFAB_CMD_INPUT_H
#define CONFAB_CMD_INPUT_H

#include "cmd.h"

enum { INPUT_SIZE = LIMIT_TEXT + 2 }; /* with a line feed, and one too many */

struct input {
    struct cmd *cmd;
    const char *doing; /* for errors: "say to lobby" */
    /* Takes the events that came meanwhile; 0 or an exit code. */
    int (*take)(void *context);
    void *context;
};

/* Gives the text, without the line feed at its end, with a NUL. 0, or an exit
 * code after saying what is wrong with it. */
[[nodiscard]] int input_text(const struct input *in,
                             char text[static INPUT_SIZE]);

#endif
