/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args: the one loop that reads a command line by the table of options.
 *
 * getopt_long does the splitting; which options there are, which letter they
 * have, what their values look like and which command takes them all stands in
 * arg_options (args_table.c). Options may stand before the command, so all of
 * them are collected first, and looked at when the command is known. A value
 * that cannot be read is refused here, with the option's name and what it
 * should look like, before anything is connected or sent.
 */
#include "args.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "args_meant.h"

enum {
    LONG_ONLY = 256, /* getopt's value for row n is n + LONG_ONLY */
};

static int
option_fault(const struct arg_option *row, const char *where, const char *value,
             const char *fault)
{
    fprintf(stderr, "confab: %s%s: \"%s\" %s\n", where,
            *where == '-' ? row->name : "", value, fault);
    return row->type == ARG_NAME ? EXIT_INVALID : EXIT_USAGE;
}

static int
take_environment(struct args *args)
{
    for (size_t i = 0; i < arg_option_count; i++) {
        const struct arg_option *row = &arg_options[i];
        const char *value = row->env ? getenv(row->env) : NULL;
        if (!value || !*value || !args_first(args, row))
            continue;
        const char *fault = args_put(args, row, value);
        if (fault)
            return option_fault(row, row->env, value, fault);
    }
    return 0;
}

/* What getopt_long wants to know, from the rows. */
static void
getopt_tables(struct option *longs, char *shorts)
{
    *shorts++ = ':'; /* a missing value is told apart from an unknown option */
    for (size_t i = 0; i < arg_option_count; i++) {
        const struct arg_option *row = &arg_options[i];
        longs[i] = (struct option){
            .name = row->name,
            .has_arg = row->value ? required_argument : no_argument,
            .val = (int)i + LONG_ONLY,
        };
        if (row->letter) {
            *shorts++ = row->letter;
            if (row->value)
                *shorts++ = ':';
        }
    }
    *shorts = '\0';
    longs[arg_option_count] = (struct option){0};
}

/* The row of a letter: one that the command takes, if there is any. */
static const struct arg_option *
option_find(int val, const struct command *command)
{
    const struct arg_option *found = NULL;
    if (val >= LONG_ONLY)
        return &arg_options[val - LONG_ONLY];
    for (size_t i = 0; i < arg_option_count; i++) {
        const struct arg_option *row = &arg_options[i];
        if (row->letter != val)
            continue;
        if (!found || (command && args_takes(row, command)))
            found = row;
    }
    return found;
}

bool
args_first(struct args *args, const struct arg_option *row)
{
    bool *given = &args->given[row - arg_options];
    bool first = !*given;
    *given = true;
    return first;
}

/* An option as getopt saw it. */
struct seen {
    int val;
    const char *value;
};

/* What getopt_long has stopped at. Of letters that are written together it is
 * one, and the word is not yet behind it. */
static int
split_fault(char *const *argv, bool needs_value)
{
    char letter[] = {'-', (char)optopt, '\0'};
    bool is_known = optopt >= LONG_ONLY;
    const char *option = argv[optind - 1];
    if (optopt > ' ' && optopt < 0x7f)
        option = letter;
    else if (optopt && !is_known && !strchr(option, optopt) && argv[optind])
        option = argv[optind]; /* with a letter that is no ASCII */
    if (!needs_value && !is_known)
        return args_no_option(option);
    fprintf(stderr, "confab: %s %s; see confab --help\n", option,
            needs_value ? "needs a value" : "has a value, and takes none");
    return EXIT_USAGE;
}

/* Splits the command line into `seen` (room for argc of them) and words. A
 * value may begin with '-': getopt takes `--since -5` as it stands. */
static int
split(struct args *args, int argc, char **argv, struct seen *seen, int *count)
{
    struct option longs[ARG_OPTION_MAX + 1];
    char shorts[2 * ARG_OPTION_MAX + 2];
    getopt_tables(longs, shorts);
    opterr = 0;
    optind = 1; /* a completion reads a second line */
    for (int val; (val = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        if (val == '?' || val == ':')
            return split_fault(argv, val == ':');
        seen[(*count)++] = (struct seen){val, optarg};
    }
    args->words = (const char **)argv + optind;
    args->word_count = argc - optind;
    return 0;
}

/* The place of the first "--", argc when there is none. */
static int
find_dashes(int argc, char **argv)
{
    int at = 1;
    while (at < argc && strcmp(argv[at], "--") != 0)
        at++;
    return at;
}

/* What stands behind "--" is another program's command line. The `behind` words
 * there are the last ones, wherever getopt has moved the others. */
static void
take_program(struct args *args, int argc, char **argv, int behind)
{
    if (args->command - commands != COMMAND_RUN || behind > args->word_count)
        return;
    args->word_count -= behind;
    args->program = argv + argc - behind;
}

static int
take_options(struct args *args, const struct seen *seen, int count)
{
    for (int i = 0; i < count; i++) {
        const struct arg_option *row = option_find(seen[i].val, args->command);
        const char *fault = args_put(args, row, seen[i].value);
        if (fault)
            return option_fault(row, "--", seen[i].value, fault);
        args->has_after = args->has_after ||
                          row->offset == offsetof(struct args, after);
        (void)args_first(args, row); /* the last one counts */
    }
    return 0;
}

static int
take_command(struct args *args)
{
    if (args->word_count == 0)
        return 0;
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, args->words[0]) == 0)
            args->command = &commands[i];
    }
    if (!args->command)
        return args_no_command(args->words[0]);
    args->words++;
    args->word_count--;
    return 0;
}

/* `help say` is `say --help`, and `help` alone is --help. */
static int
take_help(struct args *args)
{
    args->help = true;
    args->command = NULL;
    return take_command(args);
}

bool
args_takes(const struct arg_option *option, const struct command *command)
{
    return !option->commands ||
           (option->commands & (1U << (unsigned)(command - commands)));
}

/* The options are the command's own, and the words so many as it takes. */
static int
check_command(const struct args *args)
{
    const struct command *command = args->command;
    for (size_t i = 0; i < arg_option_count; i++) {
        const struct arg_option *row = &arg_options[i];
        if (!args->given[i] || args_takes(row, command))
            continue;
        fprintf(stderr, "confab: %s takes no --%s; see confab %s --help\n",
                command->name, row->name, command->name);
        return EXIT_USAGE;
    }
    int words = args->word_count;
    if (words >= command->min_words &&
        (command->max_words < 0 || words <= command->max_words))
        return 0;
    fprintf(stderr, "confab: usage: confab %s%s%s; see confab %s --help\n",
            command->name, *command->words ? " " : "", command->words,
            command->name);
    return EXIT_USAGE;
}

/* What stands on the command line. */
static int
take_line(struct args *args, int argc, char **argv)
{
    int count = 0;
    int behind = argc - 1 - find_dashes(argc, argv);
    struct seen *seen = calloc((size_t)argc + 1, sizeof *seen);
    if (!seen) {
        fputs("confab: no memory\n", stderr);
        return EXIT_GENERAL;
    }
    int code = split(args, argc, argv, seen, &count);
    if (!code)
        code = take_command(args);
    if (!code)
        code = take_options(args, seen, count);
    if (!code && args->command && behind >= 0)
        take_program(args, argc, argv, behind);
    free(seen);
    return code;
}

int
args_parse(struct args *args, int argc, char **argv)
{
    *args = (struct args){
        .broker = "tcp://127.0.0.1:7480",
        .timeout = 5000,
        .keep = true,
    };
    int code = take_line(args, argc, argv);
    if (code || args->help || args->version)
        return code;
    if (args->command)
        code = check_command(args);
    if (!code && args->command == &commands[COMMAND_HELP])
        return take_help(args);
    if (!code)
        code = take_environment(args);
    if (!code)
        code = args_file(args);
    int names = args->command ? args->command->names : 0;
    for (int i = 0; !code && i < args->word_count && i != names; i++)
        args->words[i] = args_name(args, args->words[i]);
    return code;
}

void
args_fini(struct args *args)
{
    while (args->made) {
        struct made *made = args->made;
        args->made = made->next;
        free(made);
    }
}
