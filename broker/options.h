/* SPDX-License-Identifier: MPL-2.0 */
/*
 * options: the command line of confabd, read.
 */
#ifndef CONFAB_OPTIONS_H
#define CONFAB_OPTIONS_H

#include "config.h"

enum {
    OPTIONS_ROWS = 64, /* rows of the configuration, at most */

    OPTIONS_RUN = -1,
    OPTIONS_USAGE = 2, /* the exit code for a wrong command line */
};

/* What confabd is to do. */
enum command {
    COMMAND_SERVE, /* without a word: be the broker */
    COMMAND_DUMP,
    COMMAND_VERIFY,
    COMMAND_BACKUP,
    COMMAND_AUDIT,
};

/* Strings are borrowed from argv. */
struct options {
    enum command command;
    const char *argument;             /* of the command, NULL: none */
    const char *file;                 /* NULL: none */
    const char *values[OPTIONS_ROWS]; /* by row of config_rows, NULL: not set */
    bool check, print;
};

/* Fills zeroed `given`. OPTIONS_RUN, or the exit code: all is said then. */
int options_read(struct options *given, int argc, char **argv);

#endif
