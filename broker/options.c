/* SPDX-License-Identifier: MPL-2.0 */
/*
 * options: the command line of confabd.
 *
 * Two tables make the options: one here, of those that say what to do, and for
 * every key of the configuration that has an option, its row in
 * config_rows.c. getopt_long's array and --help are made from both, so
 * neither can forget one. Values of keys are only collected; they are checked
 * when they are set, after the file, which they win over.
 *
 * Words that are no options are a command and what it takes
 * (options_command.c); options may stand between them. A key of a user may
 * begin with a -, as if it were an option: behind `user` it is taken for what
 * it is.
 */
#include "options_inner.h"

#include <assert.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/z85.h"

enum {
    OWN_MAX = 16,     /* options of this table */
    ARGUMENT = 32,    /* bytes of what help calls a value */
    ROW_OPTION = 256, /* getopt's value of the first row */
};

enum action {
    ACT_FILE = 'c',
    ACT_HELP = 'h',
    ACT_QUIET = 'q',
    ACT_VERBOSE = 'v',
    ACT_VERSION = 'V',
    ACT_WORD = 1, /* what getopt calls a word that is no option */
    ACT_CHECK,
    ACT_PRINT,
    ACT_DEFAULT,
    ACT_ROLE,
    ACT_PASSWORD,
};

static const struct own {
    enum action action; /* its letter, where it has one */
    const char *name;
    const char *argument;
    const char *help;
} owns[] = {
    {ACT_FILE, "config", "FILE", "Read this configuration file."},
    {ACT_CHECK, "check-config", NULL, "Check the configuration and stop."},
    {ACT_PRINT, "print-config", NULL, "Print the configuration and stop."},
    {ACT_DEFAULT, "default-config", NULL,
     "Print a configuration file to begin with and stop."},
    {ACT_ROLE, "role", "ROLE", "With user add: member, moderator or admin."},
    {ACT_PASSWORD, "password", NULL,
     "With user add: ask for a password, or read it from standard input."},
    {ACT_VERBOSE, "verbose", NULL, "Log everything (log-level debug)."},
    {ACT_QUIET, "quiet", NULL, "Log errors only (log-level error)."},
    {ACT_VERSION, "version", NULL, "Print the version and stop."},
    {ACT_HELP, "help", NULL, "Print this and stop."},
};

enum { OWNS = sizeof owns / sizeof *owns };

/* What --help calls the value of a row's option, in `text`; NULL: it has none.
 */
static const char *
argument_name(const struct config_row *row, char text[static ARGUMENT])
{
    static const char *const names[] = {
        [CONFIG_INT] = "N",     [CONFIG_DURATION] = "TIME",
        [CONFIG_SIZE] = "SIZE", [CONFIG_ENUM] = NULL,
        [CONFIG_LOG] = "LOG",   [CONFIG_ENDPOINT] = "ENDPOINT",
        [CONFIG_FILE] = "FILE", [CONFIG_BOOL] = NULL,
    };
    size_t len = 0;
    if (row->type != CONFIG_ENUM) {
        return names[row->type];
    }
    for (size_t i = 0; row->names[i] && len < ARGUMENT; i++) {
        len += (size_t)snprintf(text + len, ARGUMENT - len, "%s%s",
                                i ? "|" : "", row->names[i]);
    }
    return text;
}

void
options_print_left(const char *text)
{
    enum { LEFT = 26 };
    if (strlen(text) > LEFT) {
        printf("  %s\n%*s", text, LEFT + 3, "");
    } else {
        printf("  %-*s ", LEFT, text);
    }
}

/* Words from HELP_COLUMN on, as many to a line as a terminal has room for. */
void
options_print_wrapped(const char *words)
{
    enum { HELP_COLUMN = 29, WIDTH = 79 };
    size_t column = HELP_COLUMN;
    while (*words) {
        size_t len = strcspn(words, " ");
        if (column > HELP_COLUMN && column + 1 + len > WIDTH) {
            printf("\n%*s", HELP_COLUMN, "");
            column = HELP_COLUMN;
        }
        bool first = column == HELP_COLUMN;
        printf("%s%.*s", first ? "" : " ", (int)len, words);
        column += len + !first;
        words += len + (words[len] == ' ');
    }
    putchar('\n');
}

static void
print_option(const char *name, const char *argument, int letter,
             const char *help)
{
    char text[64];
    bool has_letter = letter > ' ';
    (void)snprintf(text, sizeof text, "%s%c%s --%s%s%s", has_letter ? "-" : " ",
                   has_letter ? letter : ' ', has_letter ? "," : " ", name,
                   argument ? " " : "", argument ? argument : "");
    options_print_left(text);
    options_print_wrapped(help);
}

static void
print_help(void)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    puts("confabd is a broker for people and programs that talk in rooms.\n"
         "\n"
         "  confabd                            on this machine only\n"
         "  confabd --bind 'tcp://127.0.0.1:*' --pub 'tcp://127.0.0.1:*'\n"
         "  confabd -c /etc/confab/confab.conf\n"
         "  confabd --log memory:              nothing on disk\n"
         "  confabd backup /mnt/confab.db      while the broker runs\n"
         "  confabd dump lobby --log sqlite:/mnt/confab.db\n"
         "  confabd user add ann 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'\n"
         "\n"
         "Options:");
    for (size_t i = 0; i < OWNS; i++) {
        print_option(owns[i].name, owns[i].argument, (int)owns[i].action,
                     owns[i].help);
    }
    puts("\nThese win over the file:");
    for (size_t i = 0; i < count; i++) {
        char text[ARGUMENT];
        if (rows[i].option) {
            print_option(rows[i].option, argument_name(&rows[i], text), 0,
                         rows[i].help);
        }
    }
    options_print_commands();
    puts("\nWhen it is ready it prints one line: ready bind=ENDPOINT "
         "pub=ENDPOINT\n"
         "SIGTERM and SIGINT stop it, SIGHUP reads the files again. "
         "--print-config shows\nevery key of the file.");
}

/* What getopt_long needs, from both tables. */
static void
options_build(struct option *options, char *letters)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    *letters++ = '-'; /* words in their place, too: ACT_WORD */
    for (size_t i = 0; i < OWNS; i++) {
        int has = owns[i].argument ? required_argument : no_argument;
        *options++ =
            (struct option){owns[i].name, has, NULL, (int)owns[i].action};
        if (owns[i].action > ' ') {
            *letters++ = (char)owns[i].action;
            *letters = ':';
            letters += has == required_argument;
        }
    }
    *letters = 0;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].option) {
            bool bare = rows[i].type == CONFIG_BOOL;
            *options++ = (struct option){rows[i].option,
                                         bare ? no_argument : required_argument,
                                         NULL, ROW_OPTION + (int)i};
        }
    }
    *options = (struct option){0};
}

static void
give(struct options *given, const char *key, const char *value)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    given->values[config_find(key) - rows] = value;
}

/* What is too much is dropped: one too many is complained about. */
static void
add_word(struct options *given, const char *word)
{
    if (given->word_count < OPTIONS_WORDS) {
        given->words[given->word_count++] = word;
    }
}

int
options_printed(void)
{
    if (fflush(stdout) == 0 && !ferror(stdout)) {
        return EXIT_SUCCESS;
    }
    perror("confabd: cannot write to standard output");
    return EXIT_FAILURE;
}

/* -1: go on; else the exit code. */
static int
take_option(struct options *given, int option)
{
    switch (option) {
    case ACT_WORD:
        add_word(given, optarg);
        return -1;
    case ACT_ROLE:
        given->role = optarg;
        return -1;
    case ACT_PASSWORD:
        given->password = true;
        return -1;
    case ACT_FILE:
        given->file = optarg;
        return -1;
    case ACT_CHECK:
        given->check = true;
        return -1;
    case ACT_PRINT:
        given->print = true;
        return -1;
    case ACT_VERBOSE:
        give(given, "log-level", "debug");
        return -1;
    case ACT_QUIET:
        give(given, "log-level", "error");
        return -1;
    case ACT_DEFAULT:
        config_print_default(stdout);
        return options_printed();
    case ACT_VERSION:
        puts("confabd " CONFAB_VERSION);
        return options_printed();
    case ACT_HELP:
        print_help();
        return options_printed();
    default:
        break;
    }
    if (option < ROW_OPTION) {
        return OPTIONS_USAGE; /* getopt has said why */
    }
    given->values[option - ROW_OPTION] = optarg ? optarg : "yes";
    return -1;
}

/* A key that looks like options; who means an option that long (-cFILE, --log=)
 * gets it, and who has such a key writes -- before it. */
static bool
is_key(const struct options *given, const char *word)
{
    uint8_t key[KEY_BYTES];
    return given->word_count > 0 && !strcmp(given->words[0], "user") &&
           word[0] == '-' && word[1] != '-' && word[1] != ACT_FILE &&
           z85_decode(slice_str(word), key);
}

/* getopt's next option; -1: there is none left. */
static int
next_option(struct options *given, int argc, char **argv,
            const struct option *options, const char *letters)
{
    while (optind < argc && is_key(given, argv[optind])) {
        add_word(given, argv[optind++]);
    }
    return getopt_long(argc, argv, letters, options, NULL);
}

int
options_read(struct options *given, int argc, char **argv)
{
    struct option options[OWN_MAX + OPTIONS_ROWS];
    char letters[2 * OWN_MAX];
    int option, code = -1;
    options_build(options, letters);
    while (code < 0 &&
           (option = next_option(given, argc, argv, options, letters)) != -1) {
        code = take_option(given, option);
    }
    while (code < 0 && optind < argc) {
        add_word(given, argv[optind++]);
    }
    if (code < 0) {
        code = options_take_words(given, argv[0]);
    }
    if (code == OPTIONS_USAGE) {
        fprintf(stderr, "Try '%s --help'.\n", argv[0]);
    }
    return code;
}
