/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_guess: what may stand where a command line is being typed.
 *
 * The shells ask confab itself (confab completion SHELL -- WORD...), so that
 * one reading of the tables serves all of them, and a new option or command is
 * completed without a new script. The line may be unfinished and wrong; what is
 * not understood is passed over, since a completion never complains.
 */
#ifndef CONFAB_ARGS_GUESS_H
#define CONFAB_ARGS_GUESS_H

#include "args.h"

enum guess_kind {
    GUESS_NOTHING, /* free text, a number: nobody knows */
    GUESS_COMMANDS,
    GUESS_OPTIONS, /* of `command` */
    GUESS_SUBS,    /* of `command` */
    GUESS_VALUES,  /* of `values`, "auto|always|never" */
    GUESS_ROOMS,
    GUESS_IDS,
    GUESS_PROFILES,
    GUESS_FILES,
};

struct guess {
    enum guess_kind kind;
    const struct command *command; /* NULL: there is none on the line yet */
    const char *values;
    const char *stem; /* what is typed of it, borrowed from the line */
    int before;       /* bytes in front of it in the same word: --color= */
};

/* The last of the words is being typed; the first is the program's name. */
struct guess args_guess(const char *const *words, int count);
/* The words that say which broker is meant, and as whom: options that all
 * commands take, with their values. Fills `argv` (room for `count` words and a
 * NULL), gives how many. */
int args_guess_where(const char *const *words, int count, char **argv);

#endif
