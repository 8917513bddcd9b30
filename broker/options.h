/* SPDX-License-Identifier: MPL-2.0 */
/*
 * options: the command line of confabd, read.
 */
#ifndef CONFAB_OPTIONS_H
#define CONFAB_OPTIONS_H

#include "config.h"
#include "users.h"

enum {
    OPTIONS_ROWS = 64,             /* rows of the configuration, at most */
    OPTIONS_WORDS = 4 + USER_KEYS, /* `user add ID KEY...`, and one too many */

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
    COMMAND_ADDRESS,
    COMMAND_USER_ADD,
    COMMAND_USER_REMOVE,
    COMMAND_USER_LIST,
    COMMAND_USER_ROLES,
};

/* Strings are borrowed from argv. */
struct options {
    enum command command;
    const char *words[OPTIONS_WORDS]; /* behind those of the command, NULLs */
    unsigned word_count;
    const char *role; /* of `user add`, NULL: not said */
    bool password;
    const char *file;                 /* NULL: none */
    const char *values[OPTIONS_ROWS]; /* by row of config_rows, NULL: not set */
    bool check, print;
};

/* Fills zeroed `given`. OPTIONS_RUN, or the exit code: all is said then. */
int options_read(struct options *given, int argc, char **argv);

/* The exit code after something was printed and nothing else is to be done. */
int options_printed(void);

#endif
