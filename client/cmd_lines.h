/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_lines: the lines of an input, as they come, in bounded memory.
 *
 * Reading is split from waiting: lines_next gives what is there, lines_fill
 * does one read(2) when poll(2) says that there is more. A line longer than
 * `max` is dropped and told as such, and the next one is read as usual.
 */
#ifndef CONFAB_CMD_LINES_H
#define CONFAB_CMD_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct lines {
    int fd;
    size_t max; /* bytes of a line, without its line feed */
    char *data;
    size_t start, len, cap;
    uint64_t number; /* of the line given last, from 1 */
    bool eof;
    int error;     /* errno of a read that failed, which is an end, too */
    bool dropping; /* inside a line that is too long */
};

enum lines_state {
    LINES_LINE, /* *line is valid until the next call, and ends in a NUL */
    LINES_LONG, /* the line was longer than max */
    LINES_WAIT, /* call lines_fill when the input is readable */
    LINES_END,
};

[[nodiscard]] bool lines_init(struct lines *l, int fd, size_t max);
void lines_fini(struct lines *l);
enum lines_state lines_next(struct lines *l, char **line, size_t *len);
/* Blocks unless the input is readable. */
void lines_fill(struct lines *l);

#endif
