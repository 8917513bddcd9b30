/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_pipe: the two halves of `confab pipe`: lines in, lines out.
 */
#ifndef CONFAB_CMD_PIPE_H
#define CONFAB_CMD_PIPE_H

#include "cmd.h"
#include "cmd_lines.h"
#include "cmd_pending.h"

struct pipe {
    struct cmd *cmd;
    struct lines in;
    struct pending pending;
    bool bye; /* the program wants to end */
    /* What confab.h wants with a NUL at its end, of the line in hand. */
    char name[LIMIT_NAME + 1], with[LIMIT_NAME + 1], kind[LIMIT_KIND + 1];
    char text[LIMIT_TEXT + 1];
    char key[LIMIT_KEY + 1], address[LIMIT_ADDRESS + 1], role[16 + 1];
    char about[1024 + 1];
    uint8_t packed[LIMIT_FRAME];
};

/* One line of input: does it, or prints why not. An error of confab.h that is
 * not the line's fault (CONFAB_EFULL: try again later), else 0. */
[[nodiscard]] int pipe_line(struct pipe *p, const char *line, size_t len);
/* A line that is too long to be read. */
void pipe_long(struct pipe *p);

/* Prints what the event says, if it says anything to the program. */
void pipe_event(struct pipe *p, const confab_event *e);
/* Prints {"op":"ok"} with the ref (borrowed), unless there is none. */
void pipe_ok(json_t *ref);

#endif
