/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args: what the command line of `confab` asks for.
 *
 * Two tables say it all. `commands` (cmd_table.c) has a row per command, and
 * `arg_options` (args_table.c) a row per option: its name, letter and
 * environment variable, the field of struct args it fills, the commands that
 * take it, and one line of help. Parsing, --help and the shell completions come
 * from these rows and from nothing else, so they cannot disagree.
 *
 * An option's value is looked for on the command line, then in the environment,
 * then in the files of settings (args_file.c); then the default stands.
 * Options may stand before or behind the command.
 */
#ifndef CONFAB_ARGS_H
#define CONFAB_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define EXIT_TABLE(X)                                                          \
    X(EXIT_DONE, 0, "done")                                                    \
    X(EXIT_GENERAL, 1, "something else went wrong")                            \
    X(EXIT_USAGE, 2, "the command line is not valid")                          \
    X(EXIT_UNREACHABLE, 3, "the broker cannot be reached")                     \
    X(EXIT_REFUSED, 4, "the broker refused")                                   \
    X(EXIT_NOT_FOUND, 5, "no such room or client, not connected, not found")   \
    X(EXIT_INVALID, 6, "a name or message is not valid, or too large")         \
    X(EXIT_RATE, 7, "too much at once: try again later")                       \
    X(EXIT_TIMEOUT, 124, "the time was over (-t, -W)")                         \
    X(EXIT_NO_PROGRAM, 127, "run: CMD cannot be started")                      \
    X(EXIT_INTERRUPTED, 130, "interrupted (Ctrl-C)")

enum exit_code {
#define EXIT_ENUM(name, value, meaning) name = (value),
    EXIT_TABLE(EXIT_ENUM)
#undef EXIT_ENUM
};

enum command_id {
    COMMAND_CHAT,
    COMMAND_SAY,
    COMMAND_TELL,
    COMMAND_LISTEN,
    COMMAND_RUN,
    COMMAND_HISTORY,
    COMMAND_SEARCH,
    COMMAND_WHO,
    COMMAND_ROOMS,
    COMMAND_PING,
    COMMAND_STATS,
    COMMAND_PIPE,
    COMMAND_ADMIN,
    COMMAND_KEYGEN,
    COMMAND_COMPLETION,
    COMMAND_HELP,
    COMMAND_COUNT,
};

struct cmd;

/* One of the things that a command does, named by its first word. */
struct subcommand {
    const char *name;
    const char *words; /* what stands behind it */
    const char *summary;
};

struct command {
    const char *name;
    const char *words; /* what stands behind it: "ROOM [TEXT...|-]" */
    const char *summary;
    const char *examples; /* lines for --help */
    int min_words;
    int max_words;                 /* -1: any number */
    int names;                     /* so many of them are names; -1: all */
    int (*run)(struct cmd *);      /* NULL: of help, which is --help */
    const struct subcommand *subs; /* NULL, or up to one without a name */
};
extern const struct command commands[COMMAND_COUNT];

/* In the order in which the values stand in their row. */
enum color { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum theme { THEME_AUTO, THEME_DARK, THEME_LIGHT, THEME_MONO };

/* How long: --for. */
struct span {
    bool given;
    uint64_t ms;
};

/* Where to begin: --since. */
struct since {
    enum { SINCE_NOTHING, SINCE_SEQ, SINCE_NEWEST, SINCE_AGO, SINCE_AT } type;
    uint64_t value; /* a seq, a number of messages, ms, ms since 1970 */
};

enum { ARG_OPTION_MAX = 96 }; /* more rows than arg_options will have */

struct args {
    const struct command *command;
    const char *broker;
    const char *id;   /* NULL: none was given */
    unsigned timeout; /* ms */
    enum color color;
    enum theme theme;
    bool json, quiet, verbose, version, help;
    bool lines, end, follow, mail, receipt, direct, raw, manual_ack, keep;
    bool plain, reply, own;
    uint64_t parallel, retry;
    unsigned kill_after;  /* ms, 0: never */
    char *const *program; /* what stands behind --, for run */
    unsigned wait;        /* ms, 0: for ever */
    uint64_t count, re, after, before;
    bool has_after;
    const char *kind, *with, *state, *once;
    const char *key, *password_file, *profile, *format, *from;
    const char *room, *reason, *role, *public_key, *address;
    struct span lasts;
    struct since since;
    const char **words;
    int word_count;
    bool given[ARG_OPTION_MAX]; /* by row: the option has its value */
    char fault[96];             /* what args_put has said */
    struct made *made;          /* strings that are in no argument */
};

struct made {
    struct made *next;
    char text[];
};

enum arg_type {
    ARG_TRUE,
    ARG_FALSE,
    ARG_TEXT,
    ARG_NAME,    /* a name of PROTOCOL.md, brought to NFC */
    ARG_COUNT,   /* 1 ... */
    ARG_SEQ,     /* 0 ... 2^53-1 */
    ARG_SECONDS, /* with a fraction; kept as milliseconds */
    ARG_CHOICE,  /* one of those in its row's `value`; kept as its index */
    ARG_SINCE,
    ARG_SPAN,
};

struct arg_option {
    const char *name;
    char letter; /* 0: none */
    enum arg_type type;
    size_t offset;     /* in struct args */
    const char *value; /* what --help calls its value, NULL: takes none */
    const char *env;   /* NULL: none */
    unsigned commands; /* bit 1 << enum command_id; 0: all of them */
    const char *help;
};
extern const struct arg_option arg_options[];
extern const size_t arg_option_count;

/* Fills `args`, whose strings borrow argv and the environment; args_fini frees
 * it, whatever this returns. 0, or EXIT_USAGE or EXIT_INVALID after saying why
 * on stderr. With args->help or args->version nothing else need be valid. */
[[nodiscard]] int args_parse(struct args *args, int argc, char **argv);
void args_fini(struct args *args);

/* Fills the row's field with the value `text`, which is borrowed. NULL, or what
 * is wrong with it, until the next call. */
const char *args_put(struct args *args, const struct arg_option *row,
                     const char *text);
/* True, once, for an option that has no value yet. */
bool args_first(struct args *args, const struct arg_option *row);
/* Takes what is in the files of settings; the keys are the names of the options
 * that have an environment variable. 0, or an exit code after saying what is
 * wrong. */
[[nodiscard]] int args_file(struct args *args);
/* A copy that lives until args_fini; NULL: no memory. */
const char *args_copy(struct args *args, const char *text);
/* The name in NFC: a terminal may give another form, and the wire wants this
 * one. Lives until args_fini. */
const char *args_name(struct args *args, const char *name);

/* "10m", "2h", "7d", "30s" as milliseconds. False: it is no such thing. */
bool args_span(const char *text, uint64_t *ms);

/* True when `command` takes `option`. */
bool args_takes(const struct arg_option *option, const struct command *command);

/* The help of one command, or with NULL of the program. */
void args_help(FILE *out, const struct command *command);

/* Writes the names of all profiles, one a line. 0 or an exit code after saying
 * what is wrong in a file. */
[[nodiscard]] int args_profiles(FILE *out);

/* The completion script for "bash", "zsh" or "fish"; false: another shell. */
[[nodiscard]] bool args_completion(FILE *out, const char *shell);

#endif
