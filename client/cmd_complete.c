/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_complete: `confab completion`: the scripts of the shells, and with words
 * behind the shell's name what may stand in place of the last of them.
 *
 * Rooms and ids are asked from the broker that the line means (-b, -p, ...). A
 * person waits for it who has only pressed a key: so it takes ASK_MS at most,
 * it complains of nothing, it asks for no password and it makes no key.
 *
 * Names are chosen by strangers, and a shell will read the line. zsh and fish
 * quote what they insert; for bash it is done here. What has a character that a
 * terminal must not see, or would be taken for an option, is not offered.
 */
#define _GNU_SOURCE /* strdup, open_memstream */
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>
#include <utf8proc.h>

#include "args_guess.h"
#include "cmd.h"
#include "cmd_text.h"

enum {
    ASK_MS = 1000,     /* until the broker has answered everything */
    NAMES_MAX = 20000, /* of rooms or ids that are looked at */
};

struct offer {
    struct guess guess;
    const char *line_word; /* the word as it is typed, in its quotes */
    bool bash;
    bool described; /* the shell shows descriptions */
    int64_t deadline;
    size_t looked_at;
    char *after; /* of names: where the next page begins, NULL: none */
};

/* --- one word, as a shell takes it ------------------------------------- */

static bool
is_clean(const char *word)
{
    const utf8proc_uint8_t *at = (const utf8proc_uint8_t *)word;
    while (*at) {
        utf8proc_int32_t point = 0;
        utf8proc_ssize_t n = utf8proc_iterate(at, -1, &point);
        if (n <= 0 || text_is_harmful(point))
            return false;
        at += n;
    }
    return true;
}

/* For bash: within quotes that were begun as it is, if it fits in there;
 * otherwise with a backslash before all that has a meaning. */
static void
put_bash(const struct offer *o, const char *word)
{
    char quote = *o->line_word;
    if (quote == '\'' || quote == '"') {
        fputs(word, stdout);
        return;
    }
    for (const char *at = word; *at; at++) {
        bool plain = (*at >= 'a' && *at <= 'z') || (*at >= 'A' && *at <= 'Z') ||
                     (*at >= '0' && *at <= '9') || (*at & 0x80) ||
                     strchr("_-./:=@%+,", *at);
        printf("%s%c", plain ? "" : "\\", *at);
    }
}

static bool
fits_quotes(const struct offer *o, const char *word)
{
    char quote = *o->line_word;
    if (!o->bash || (quote != '\'' && quote != '"'))
        return true;
    return !strpbrk(word, quote == '"' ? "\"$`\\!" : "'");
}

static void
put(const struct offer *o, const char *word, const char *description)
{
    const char *stem = o->guess.stem;
    if (strncmp(word, stem, strlen(stem)) != 0 || !fits_quotes(o, word))
        return;
    printf("%.*s", o->guess.before, stem - o->guess.before);
    if (o->bash)
        put_bash(o, word);
    else
        fputs(word, stdout);
    if (o->described && description)
        printf("\t%s", description);
    putchar('\n');
}

static void
put_name(const struct offer *o, const char *name)
{
    if (*name != '-' && is_clean(name))
        put(o, name, NULL);
}

/* --- what the tables know ---------------------------------------------- */

static void
put_option(const struct offer *o, const struct arg_option *row)
{
    char name[64];
    const struct command *command = o->guess.command;
    if (command ? !args_takes(row, command) : row->commands != 0)
        return;
    snprintf(name, sizeof name, "--%s", row->name);
    put(o, name, row->help);
    if (!row->letter)
        return;
    snprintf(name, sizeof name, "-%c", row->letter);
    put(o, name, row->help);
}

/* "auto|always|never". */
static void
put_values(const struct offer *o, const char *values)
{
    size_t len = 0;
    for (; values; values = values[len] == '|' ? values + len + 1 : NULL) {
        char value[32];
        len = strcspn(values, "| ]");
        snprintf(value, sizeof value, "%.*s", (int)len, values);
        put(o, value, NULL);
    }
}

static void
put_profiles(const struct offer *o)
{
    char *names = NULL;
    char *at = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&names, &len);
    if (!out)
        return;
    (void)args_profiles(out);
    if (fclose(out) == 0) {
        for (char *name = strtok_r(names, "\n", &at); name;
             name = strtok_r(NULL, "\n", &at))
            put_name(o, name);
    }
    free(names);
}

static void
put_known(const struct offer *o)
{
    const struct guess *g = &o->guess;
    const struct subcommand *sub = g->command ? g->command->subs : NULL;
    if (g->kind == GUESS_VALUES)
        put_values(o, g->values + (*g->values == '['));
    if (g->kind == GUESS_PROFILES)
        put_profiles(o);
    for (; g->kind == GUESS_SUBS && sub && sub->name; sub++)
        put(o, sub->name, sub->summary);
    for (size_t i = 0; g->kind == GUESS_OPTIONS && i < arg_option_count; i++)
        put_option(o, &arg_options[i]);
    for (size_t i = 0; g->kind == GUESS_COMMANDS && i < COMMAND_COUNT; i++)
        put(o, commands[i].name, commands[i].summary);
}

/* --- what the broker knows ---------------------------------------------- */

static void
tell_nobody(void *context, const char *line)
{
    (void)context;
    (void)line;
}

/* Whether a client can be opened without making a key or asking anything. */
static bool
is_at_hand(const struct args *args)
{
    char key[CONFAB_KEY_SIZE];
    char path[PATH_MAX];
    const char *id = args->id ? args->id : cmd_user();
    if (args->password_file)
        return strcmp(args->password_file, "-") != 0;
    if (confab_server_key(args->broker, key) != 0)
        return true; /* none is needed */
    if (!args->key && confab_key_path(id, path, sizeof path) != 0)
        return false;
    return access(args->key ? args->key : path, R_OK) == 0;
}

/* Where to begin, so that all names that begin with the stem come: the broker
 * gives those behind a name, in order. */
static char *
before_stem(const char *stem)
{
    size_t len = strlen(stem);
    char *after = len > 1 ? strdup(stem) : NULL;
    if (!after)
        return NULL;
    while (--len && (after[len] & 0xc0) == 0x80)
        continue; /* a whole character */
    after[len] = '\0';
    return after;
}

/* One page of them; false: that was all. */
static bool
ask_page(struct offer *o, struct cmd *cmd)
{
    bool rooms = o->guess.kind == GUESS_ROOMS;
    confab_event *e = NULL;
    uint64_t number = 0;
    const char *last = NULL;
    int error = rooms ? confab_rooms(cmd->c, o->after, &number)
                      : confab_who(cmd->c, NULL, o->after, &number);
    if (error || cmd_answer(cmd, number, "completion", &e))
        return false;
    for (size_t i = 0; i < e->list_len; i++)
        put_name(o, last = e->list[i]);
    for (size_t i = 0; i < e->rooms_len; i++)
        put_name(o, last = e->rooms[i].name);
    o->looked_at += e->list_len + e->rooms_len;
    free(o->after);
    o->after = last ? strdup(last) : NULL;
    bool more = e->more && o->after && o->looked_at < NAMES_MAX;
    confab_event_free(&e);
    return more;
}

static void
ask_names(struct offer *o, const struct args *where)
{
    struct args args = *where;
    struct cmd cmd = {.args = &args, .show = tell_nobody, .for_nobody = true};
    if (!is_at_hand(&args))
        return;
    args.timeout = ASK_MS;
    if (cmd_open(&cmd, CMD_SENDING, NULL, NULL) == 0) {
        o->after = before_stem(o->guess.stem);
        do {
            int64_t left = o->deadline - cmd_now();
            args.timeout = left > 0 ? (unsigned)left : 1;
        } while (ask_page(o, &cmd) && cmd_now() < o->deadline);
        free(o->after);
    }
    (void)cmd_close(&cmd, 0);
}

/* The broker that the line means, and as whom. */
static void
put_asked(struct offer *o, const char *const *words, int count)
{
    struct args where;
    char **argv = calloc((size_t)count + 3, sizeof *argv);
    if (!argv)
        return;
    argv[0] = (char *)"confab";
    int argc = 1 + args_guess_where(words, count, argv + 1);
    argv[argc++] = (char *)"rooms";
    argv[argc] = NULL;
    if (args_parse(&where, argc, argv) == 0)
        ask_names(o, &where);
    args_fini(&where);
    free(argv);
}

/* --- the line ------------------------------------------------------------ */

/* In place: what bash would make of the word, as far as it needs no shell. An
 * end in the middle of quotes is fine. */
static void
unquote(char *word)
{
    char *to = word;
    char quote = 0;
    for (const char *at = word; *at; at++) {
        bool ends = quote && *at == quote;
        bool begins = !quote && (*at == '\'' || *at == '"');
        if (ends || begins)
            quote = ends ? 0 : *at;
        else if (*at == '\\' && quote != '\'' && at[1])
            *to++ = *++at;
        else
            *to++ = *at;
    }
    *to = '\0';
}

static void
offer(const char *shell, const char **words, int count)
{
    struct offer o = {.deadline = cmd_now() + ASK_MS};
    char *typed = strdup(count ? words[count - 1] : "");
    if (!typed)
        return;
    o.line_word = typed;
    o.bash = strcmp(shell, "bash") == 0;
    o.described = !o.bash;
    for (int i = 0; o.bash && i < count; i++)
        unquote((char *)words[i]); /* they are our own arguments */
    o.guess = args_guess(words, count);
    puts(o.guess.kind == GUESS_FILES ? "files" : "words");
    if (o.guess.kind == GUESS_ROOMS || o.guess.kind == GUESS_IDS)
        put_asked(&o, words, count);
    else
        put_known(&o);
    free(typed);
}

int
cmd_completion(struct cmd *cmd)
{
    const struct args *args = cmd->args;
    const char *shell = args->words[0];
    bool known = strcmp(shell, "bash") == 0 || strcmp(shell, "zsh") == 0 ||
                 strcmp(shell, "fish") == 0;
    if (known && args->word_count > 1)
        offer(shell, args->words + 1, args->word_count - 1);
    else if (!args_completion(stdout, shell)) {
        cmd_error(cmd, "completion: \"%s\" is none of bash, zsh and fish",
                  shell);
        return EXIT_USAGE;
    }
    return 0;
}
