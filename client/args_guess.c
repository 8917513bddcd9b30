/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_guess: see args_guess.h.
 *
 * The words before the one being typed are gone through as getopt would. Which
 * letter is meant may depend on a command that comes later, but rows that share
 * a letter both take a value or neither does (args_table.c), and more is not
 * asked here. What a word is for says its name in the tables: ROOM, ID, FILE.
 */
#include "args_guess.h"

#include <string.h>

/* How far a line was read. */
struct walk {
    const struct command *command;
    const char *first;              /* word behind the command */
    int operands;                   /* words behind it, so far */
    bool dashes;                    /* "--" was there */
    const struct arg_option *wants; /* the next word is its value */
};

static bool
is(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && strncmp(name, text, len) == 0;
}

static const struct arg_option *
find_long(const char *name, size_t len)
{
    for (size_t i = 0; i < arg_option_count; i++) {
        if (is(arg_options[i].name, name, len))
            return &arg_options[i];
    }
    return NULL;
}

static const struct arg_option *
find_letter(char letter, const struct command *command)
{
    const struct arg_option *found = NULL;
    for (size_t i = 0; i < arg_option_count; i++) {
        const struct arg_option *row = &arg_options[i];
        bool better = !found || (command && args_takes(row, command));
        if (row->letter == letter && better)
            found = row;
    }
    return found;
}

/* "-qb": the b wants a value, which is the next word. */
static const struct arg_option *
letters_want(const char *letters, const struct command *command)
{
    for (const char *at = letters; *at; at++) {
        const struct arg_option *row = find_letter(*at, command);
        if (!row)
            return NULL;
        if (row->value)
            return at[1] ? NULL : row;
    }
    return NULL;
}

static void
walk_word(struct walk *w, const char *word)
{
    if (w->wants) {
        w->wants = NULL;
    } else if (!w->dashes && strcmp(word, "--") == 0) {
        w->dashes = true;
    } else if (!w->dashes && strncmp(word, "--", 2) == 0) {
        const struct arg_option *row = find_long(word + 2, strlen(word + 2));
        w->wants = row && row->value ? row : NULL;
    } else if (!w->dashes && *word == '-' && word[1]) {
        w->wants = letters_want(word + 1, w->command);
    } else if (!w->command) {
        for (size_t i = 0; i < COMMAND_COUNT; i++) {
            if (strcmp(commands[i].name, word) == 0)
                w->command = &commands[i];
        }
    } else {
        w->first = w->operands++ ? w->first : word;
    }
}

/* "member|owner", but not "10m|2h|7d" and not "SEQ|-N". */
static bool
is_choice(const char *values, size_t len)
{
    return memchr(values, '|', len) &&
           strspn(values, "abcdefghijklmnopqrstuvwxyz|") >= len;
}

/* What a word of the tables stands for, "ROOM" or "[ROOM...]". */
static enum guess_kind
kind_of(const char *word, size_t len)
{
    static const struct {
        const char *word;
        enum guess_kind kind;
    } rows[] = {{"ROOM", GUESS_ROOMS}, {"ID", GUESS_IDS},
                {"FILE", GUESS_FILES}, {"COMMAND", GUESS_COMMANDS},
                {"CMD", GUESS_FILES},  {"ARG", GUESS_FILES}};
    while (len && *word == '[') {
        word++;
        len--;
    }
    if (is_choice(word, len))
        return GUESS_VALUES;
    len = strcspn(word, ".] ") < len ? strcspn(word, ".] ") : len;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        if (is(rows[i].word, word, len))
            return rows[i].kind;
    }
    return GUESS_NOTHING;
}

static void
guess_value(struct guess *g, const struct arg_option *row)
{
    g->values = row->value;
    g->kind = row->offset == offsetof(struct args, profile)
                  ? GUESS_PROFILES
                  : kind_of(row->value, strlen(row->value));
}

/* Word number `at` of "ROOM [TEXT...|-]"; one with dots stands for all that
 * follow. */
static void
guess_word(struct guess *g, const char *words, int at)
{
    for (;; at--) {
        size_t len = strcspn(words, " ");
        bool many = memchr(words, '.', len);
        if (at == 0 || many) {
            g->values = words;
            g->kind = kind_of(words, len);
            return;
        }
        if (!words[len])
            return;
        words += len + 1;
    }
}

static void
guess_operand(struct guess *g, const struct walk *w)
{
    const struct command *command = w->command;
    if (w->dashes && command - commands == COMMAND_RUN) {
        g->kind = GUESS_FILES;
    } else if (command->subs && w->operands == 0) {
        g->kind = GUESS_SUBS;
    } else if (command->subs) {
        for (const struct subcommand *sub = command->subs; sub->name; sub++) {
            if (strcmp(sub->name, w->first) == 0)
                guess_word(g, sub->words, w->operands - 1);
        }
    } else {
        guess_word(g, command->words, w->operands);
    }
}

struct guess
args_guess(const char *const *words, int count)
{
    struct walk w = {0};
    struct guess g = {.stem = ""};
    for (int i = 1; i < count - 1; i++)
        walk_word(&w, words[i]);
    if (count > 1)
        g.stem = words[count - 1];
    g.command = w.command;
    const char *equals = strchr(g.stem, '=');
    bool is_long = !w.dashes && strncmp(g.stem, "--", 2) == 0;
    if (w.wants) {
        guess_value(&g, w.wants);
    } else if (is_long && equals) {
        const struct arg_option *row =
            find_long(g.stem + 2, (size_t)(equals - g.stem - 2));
        g.before = (int)(equals + 1 - g.stem);
        g.stem = equals + 1;
        if (row && row->value)
            guess_value(&g, row);
    } else if (!w.dashes && *g.stem == '-') {
        g.kind = GUESS_OPTIONS;
    } else if (!w.command) {
        g.kind = GUESS_COMMANDS;
    } else {
        guess_operand(&g, &w);
    }
    return g;
}

/* Whether the word is an option that every command takes and that has a value,
 * "--broker", "--broker=URL", "-b" or "-bURL"; `*next`: the value is the next
 * word. */
static bool
says_where(const char *word, bool *next)
{
    const struct arg_option *row = NULL;
    size_t name = strcspn(word, "=");
    *next = false;
    if (strncmp(word, "--", 2) == 0) {
        row = find_long(word + 2, name - 2);
        *next = !word[name];
    } else if (*word == '-' && word[1]) {
        row = find_letter(word[1], NULL);
        *next = !word[2];
    }
    return row && row->value && !row->commands;
}

int
args_guess_where(const char *const *words, int count, char **argv)
{
    int found = 0;
    for (int i = 1; i < count - 1; i++) {
        bool next = false;
        if (strcmp(words[i], "--") == 0)
            break;
        if (!says_where(words[i], &next) || (next && i + 1 >= count - 1))
            continue;
        argv[found++] = (char *)words[i];
        if (next)
            argv[found++] = (char *)words[++i];
    }
    argv[found] = NULL;
    return found;
}
