/* SPDX-License-Identifier: MPL-2.0 */
/*
 * options_command: the words of the command line.
 *
 * A command is one word or two, and takes some words more: all of it is a row
 * of one table, from which --help and the complaints come.
 */
#include "options_inner.h"

#include <stdio.h>
#include <string.h>

static const struct command_row {
    const char *name; /* a word, or two */
    enum command command;
    unsigned least, most; /* words behind it */
    const char *takes;    /* these, in help */
    const char *help;
} commands[] = {
    {"dump", COMMAND_DUMP, 0, 1, "[ROOM]",
     "Print what is kept, of this room alone, a line a message."},
    {"verify", COMMAND_VERIFY, 0, 0, "", "Check the database, every message."},
    {"backup", COMMAND_BACKUP, 1, 1, "FILE",
     "Copy the database; a broker may be using it."},
    {"audit", COMMAND_AUDIT, 0, 0, "", "Print what was ruled, a line each."},
    {"address", COMMAND_ADDRESS, 0, 0, "",
     "Print the confab:// address to give to those who are to connect."},
    {"user add", COMMAND_USER_ADD, 1, 1 + USER_KEYS, "ID [KEY...]",
     "Let somebody in, with the public key of `confab keygen`."},
    {"user remove", COMMAND_USER_REMOVE, 1, 2, "ID [KEY]",
     "Shut somebody out, or one key of his."},
    {"user roles", COMMAND_USER_ROLES, 2, 2, "ID ROLE",
     "Make him member, moderator or admin."},
    {"user list", COMMAND_USER_LIST, 0, 0, "",
     "Print who is listed, a line a user."},
};

enum { COMMANDS = sizeof commands / sizeof *commands };

void
options_print_commands(void)
{
    puts("\nCommands; a broker may be running meanwhile:");
    for (size_t i = 0; i < COMMANDS; i++) {
        char text[32];
        (void)snprintf(text, sizeof text, "%s %s", commands[i].name,
                       commands[i].takes);
        options_print_left(text);
        options_print_wrapped(commands[i].help);
    }
}

static int
unknown_command(const char *self, const struct options *given)
{
    const char *second = given->words[1];
    bool user = second && !strcmp(given->words[0], "user");
    fprintf(stderr, "%s: '%s%s%s' is not a command: ", self, given->words[0],
            user ? " " : "", user ? second : "");
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(stderr, "%s%s", i ? ", " : "", commands[i].name);
    }
    fputc('\n', stderr);
    return OPTIONS_USAGE;
}

/* How many of the words are the command's name; 0: it is another one. */
static unsigned
match(const struct command_row *row, const struct options *given)
{
    const char *name = row->name;
    for (unsigned i = 0; i < given->word_count; i++) {
        size_t len = strcspn(name, " ");
        if (strlen(given->words[i]) != len ||
            memcmp(given->words[i], name, len) != 0) {
            return 0;
        }
        name += len;
        if (!*name) {
            return i + 1;
        }
        name++;
    }
    return 0;
}

static int
wrong_count(const char *self, const struct command_row *row,
            const char *too_much)
{
    const char *space = *row->takes ? " " : "";
    if (too_much) {
        fprintf(stderr, "%s: '%s' is too much: %s%s%s\n", self, too_much,
                row->name, space, row->takes);
    } else {
        fprintf(stderr, "%s: %s needs %s%s\n", self, row->name,
                strchr(row->takes, ' ') ? "" : "a ", row->takes);
    }
    return OPTIONS_USAGE;
}

/* -1: go on. */
static int
take_command(struct options *given, const char *self)
{
    const struct command_row *row = commands;
    unsigned named = 0;
    while (row < commands + COMMANDS && !(named = match(row, given))) {
        row++;
    }
    if (row == commands + COMMANDS) {
        return unknown_command(self, given);
    }
    given->word_count -= named;
    memmove(given->words, given->words + named,
            given->word_count * sizeof *given->words);
    if (given->word_count < row->least) {
        return wrong_count(self, row, NULL);
    }
    if (given->word_count > row->most) {
        return wrong_count(self, row, given->words[row->most]);
    }
    for (unsigned i = given->word_count; i < OPTIONS_WORDS; i++) {
        given->words[i] = NULL;
    }
    given->command = row->command;
    return -1;
}

/* -1: go on. */
static int
check_together(const struct options *given, const char *self)
{
    if (given->command == COMMAND_USER_ADD ||
        !(given->role || given->password)) {
        return -1;
    }
    fprintf(stderr, "%s: --%s goes with user add\n", self,
            given->role ? "role" : "password");
    return OPTIONS_USAGE;
}

int
options_take_words(struct options *given, const char *self)
{
    int code = given->word_count > 0 ? take_command(given, self) : OPTIONS_RUN;
    return code == OPTIONS_RUN ? check_together(given, self) : code;
}
