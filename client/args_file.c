/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_file: the user's settings, in $XDG_CONFIG_HOME/confab/config.
 *
 * Lines of `key = value`, as the broker's file has them; a value may stand in
 * quotes, `#` begins a comment. The keys are the options that may also stand in
 * the environment. What is not understood is an error that names the line: a
 * misspelt setting must not be a setting that is silently not there.
 */
#define _GNU_SOURCE /* getline */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"

static bool
file_path(char *path, size_t size)
{
    const char *config = getenv("XDG_CONFIG_HOME");
    const char *home = getenv("HOME");
    bool named = config && *config == '/';
    if (!named && (!home || *home != '/'))
        return false;
    int n = snprintf(path, size, "%s%s/confab/config", named ? config : home,
                     named ? "" : "/.config");
    return n > 0 && (size_t)n < size;
}

/* Cuts off what is blank at the end. */
static void
cut_blanks(char *text)
{
    size_t len = strlen(text);
    while (len && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
}

/* The value without quotes and comment; NULL when it is not well formed. */
static char *
read_value(char *text)
{
    text += strspn(text, " \t");
    if (*text != '"' && *text != '\'') {
        text[strcspn(text, "#")] = '\0';
        cut_blanks(text);
        return *text ? text : NULL;
    }
    char *end = strchr(text + 1, *text);
    if (!end)
        return NULL;
    const char *rest = end + 1 + strspn(end + 1, " \t");
    *end = '\0';
    return *rest == '\0' || *rest == '#' ? text + 1 : NULL;
}

static const struct arg_option *
key_find(const char *key)
{
    for (size_t i = 0; i < arg_option_count; i++) {
        if (arg_options[i].env && strcmp(arg_options[i].name, key) == 0)
            return &arg_options[i];
    }
    return NULL;
}

/* Takes one line; NULL, or what is wrong with it. */
static const char *
take_line(struct args *args, char *line)
{
    cut_blanks(line);
    if (!*line || *line == '#')
        return NULL;
    char *equals = strchr(line, '=');
    if (!equals || *line == ' ' || *line == '\t')
        return "is not `key = value`";
    *equals = '\0';
    cut_blanks(line);
    const struct arg_option *row = key_find(line);
    const char *value = read_value(equals + 1);
    if (!row)
        return "is not a key: there are broker, id, key, password-file, "
               "timeout, color and theme";
    if (!value)
        return "has a value that cannot be read";
    value = args_copy(args, value);
    if (!value)
        return "needs more memory than there is";
    return args_first(args, row) ? args_put(args, row, value) : NULL;
}

static int
take_lines(struct args *args, FILE *file, const char *path)
{
    char *line = NULL;
    size_t room = 0;
    int code = 0;
    for (int number = 1; !code && getline(&line, &room, file) >= 0; number++) {
        const char *fault = take_line(args, line);
        if (!fault)
            continue;
        fprintf(stderr, "confab: %s:%d: \"%s\" %s\n", path, number, line,
                fault);
        code = EXIT_USAGE;
    }
    if (!code && ferror(file)) {
        fprintf(stderr, "confab: cannot read %s: %s\n", path, strerror(errno));
        code = EXIT_GENERAL;
    }
    free(line);
    return code;
}

int
args_file(struct args *args)
{
    char path[PATH_MAX];
    if (!file_path(path, sizeof path))
        return 0;
    FILE *file = fopen(path, "re");
    if (!file && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!file) {
        fprintf(stderr, "confab: cannot open %s: %s\n", path, strerror(errno));
        return EXIT_GENERAL;
    }
    int code = take_lines(args, file, path);
    fclose(file);
    return code;
}
