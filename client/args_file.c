/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_file: settings in files: the user's, $XDG_CONFIG_HOME/confab/config, and
 * the machine's, /etc/confab/client.conf.
 *
 * Lines of `key = value`, as the broker's file has them; a value may stand in
 * quotes, `#` begins a comment. The keys are the options that may also stand in
 * the environment. A line `[work]` begins the profile work, which holds up to
 * the next such line and only counts with -p work. What is not understood is an
 * error that names the line, also in a profile that is not asked for: a
 * misspelt setting must not be a setting that is silently not there.
 *
 * A value that is there already wins, so the files are read from the strongest
 * to the weakest: the profile in the user's and in the machine's file, then
 * what stands above all profiles in both.
 */
#define _GNU_SOURCE /* getline, open_memstream */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"

#ifndef CONFAB_SYSCONFDIR
#define CONFAB_SYSCONFDIR "/etc"
#endif

/* One reading of one file. */
struct reading {
    struct args *args;
    const char *wanted; /* a profile; NULL: what stands above all of them */
    bool inside;        /* of what is wanted */
    bool found;         /* the profile is there */
    FILE *names;        /* of the profiles, one a line; NULL: not wanted */
    char fault[256];
};

static bool
user_path(char *path, size_t size)
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

static const char *
system_path(void)
{
    const char *path = getenv("CONFAB_SYSTEM_CONFIG");
    return path && *path ? path : CONFAB_SYSCONFDIR "/confab/client.conf";
}

/* Cuts off what is blank at the end. */
static void
cut_blanks(char *text)
{
    size_t len = strlen(text);
    while (len && strchr(" \t\r\n", text[len - 1]))
        text[--len] = '\0';
}

static bool
is_rest(const char *text)
{
    text += strspn(text, " \t");
    return *text == '\0' || *text == '#';
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
    *end = '\0';
    return is_rest(end + 1) ? text + 1 : NULL;
}

static bool
is_key(const struct arg_option *row)
{
    return row->env && row->offset != offsetof(struct args, profile);
}

static const struct arg_option *
key_find(const char *key)
{
    for (size_t i = 0; i < arg_option_count; i++) {
        if (is_key(&arg_options[i]) && strcmp(arg_options[i].name, key) == 0)
            return &arg_options[i];
    }
    return NULL;
}

static const char *
no_key(struct reading *r)
{
    size_t size = sizeof r->fault;
    size_t len = (size_t)snprintf(r->fault, size, "is not a key; there are");
    for (size_t i = 0; i < arg_option_count && len < size; i++) {
        if (is_key(&arg_options[i]))
            len += (size_t)snprintf(r->fault + len, size - len, " %s",
                                    arg_options[i].name);
    }
    return r->fault;
}

/* `[NAME]`; NULL, or what is wrong with it. */
static const char *
take_profile(struct reading *r, char *line)
{
    char *end = strchr(line, ']');
    if (!end || end == line + 1 || !is_rest(end + 1))
        return "is not `[PROFILE]`";
    *end = '\0';
    if (r->names)
        fprintf(r->names, "%s\n", line + 1);
    r->inside = r->wanted && strcmp(line + 1, r->wanted) == 0;
    r->found = r->found || r->inside;
    return NULL;
}

/* Takes one line; NULL, or what is wrong with it. */
static const char *
take_line(struct reading *r, char *line)
{
    cut_blanks(line);
    if (!*line || *line == '#')
        return NULL;
    if (*line == '[')
        return take_profile(r, line);
    char *equals = strchr(line, '=');
    if (!equals || *line == ' ' || *line == '\t')
        return "is not `key = value`";
    *equals = '\0';
    cut_blanks(line);
    const struct arg_option *row = key_find(line);
    const char *value = read_value(equals + 1);
    if (!row)
        return no_key(r);
    if (!value)
        return "has a value that cannot be read";
    if (!r->inside)
        return NULL;
    value = args_copy(r->args, value);
    if (!value)
        return "needs more memory than there is";
    return args_first(r->args, row) ? args_put(r->args, row, value) : NULL;
}

static int
take_lines(struct reading *r, FILE *file, const char *path)
{
    char *line = NULL;
    size_t room = 0;
    int code = 0;
    for (int number = 1; !code && getline(&line, &room, file) >= 0; number++) {
        const char *fault = take_line(r, line);
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

static int
take_file(struct reading *r, const char *path)
{
    FILE *file = fopen(path, "re");
    r->inside = !r->wanted;
    if (!file && (errno == ENOENT || errno == ENOTDIR))
        return 0;
    if (!file) {
        fprintf(stderr, "confab: cannot open %s: %s\n", path, strerror(errno));
        return EXIT_GENERAL;
    }
    int code = take_lines(r, file, path);
    fclose(file);
    return code;
}

/* What is wanted, from both files. */
static int
take_files(struct reading *r)
{
    char path[PATH_MAX];
    int code = user_path(path, sizeof path) ? take_file(r, path) : 0;
    return code ? code : take_file(r, system_path());
}

static int
no_profile(const char *profile, char *names)
{
    char path[PATH_MAX] = "the file of settings";
    char *at = NULL;
    (void)user_path(path, sizeof path);
    fprintf(stderr, "confab: there is no profile \"%s\"; ", profile);
    const char *name = strtok_r(names, "\n", &at);
    if (!name)
        fprintf(stderr, "one begins with the line [%s] in %s", profile, path);
    for (const char *before = "there are: "; name; before = ", ") {
        fprintf(stderr, "%s%s", before, name);
        name = strtok_r(NULL, "\n", &at);
    }
    fputc('\n', stderr);
    return EXIT_USAGE;
}

/* The profile that is asked for; the names of those that are there go to
 * `names`. */
static int
take_wanted(struct args *args, char **names)
{
    size_t len = 0;
    struct reading r = {.args = args,
                        .wanted = args->profile,
                        .names = open_memstream(names, &len)};
    if (!r.names)
        return EXIT_GENERAL;
    int code = take_files(&r);
    if (fclose(r.names) != 0)
        return EXIT_GENERAL;
    return code || r.found ? code : no_profile(args->profile, *names);
}

int
args_file(struct args *args)
{
    struct reading top = {.args = args};
    char *names = NULL;
    int code = 0;
    if (args->profile && *args->profile) /* -p '' is none */
        code = take_wanted(args, &names);
    free(names);
    return code ? code : take_files(&top);
}

int
args_profiles(FILE *out)
{
    struct args args = {0};
    struct reading r = {.args = &args, .wanted = "", .names = out};
    return take_files(&r);
}
