/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args: the table of options, and the one loop that reads a command line by it.
 *
 * getopt_long does the splitting; which options there are, which letter they
 * have, what their values look like and which command takes them all stands in
 * arg_options. A new option is a new row and a field of struct args. A value
 * that cannot be read is refused here, with the option's name and what it
 * should look like, before anything is connected or sent.
 */
#include "args.h"

#include <assert.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#define AT(member) offsetof(struct args, member)
#define FOR(command) (1U << COMMAND_##command)
#define FOR_SENDING (FOR(SAY) | FOR(TELL))
#define FOR_READING (FOR(LISTEN) | FOR(HISTORY))
#define FOR_MEMBERS (FOR(LISTEN) | FOR(CHAT))

const struct arg_option arg_options[] = {
    {"broker", 'b', ARG_TEXT, AT(broker), "URL", "CONFAB_BROKER", 0,
     "the broker: tcp://... or confab://..."},
    {"id", 'i', ARG_NAME, AT(id), "ID", "CONFAB_ID", 0,
     "who you are (your user name, a number)"},
    {"key", 'k', ARG_TEXT, AT(key), "FILE", "CONFAB_KEY", 0,
     "the file of your keys (made at need)"},
    {"password-file", 0, ARG_TEXT, AT(password_file), "FILE",
     "CONFAB_PASSWORD_FILE", 0, "has a password; -: ask it"},
    {"json", 'j', ARG_TRUE, AT(json), NULL, NULL, 0,
     "every line a message of the protocol, in JSON"},
    {"timeout", 't', ARG_SECONDS, AT(timeout), "SEC", "CONFAB_TIMEOUT", 0,
     "how long to wait for the broker (5)"},
    {"quiet", 'q', ARG_TRUE, AT(quiet), NULL, NULL, 0,
     "no notices on stderr, only errors"},
    {"verbose", 'v', ARG_TRUE, AT(verbose), NULL, NULL, 0,
     "say more: seq numbers, who comes and goes"},
    {"color", 0, ARG_COLOR, AT(color), "auto|always|never", "CONFAB_COLOR", 0,
     "colours (auto: not with NO_COLOR)"},
    {"version", 'V', ARG_TRUE, AT(version), NULL, NULL, 0, "print the version"},
    {"help", 'h', ARG_TRUE, AT(help), NULL, NULL, 0, "print this help"},
    {"lines", 'l', ARG_TRUE, AT(lines), NULL, NULL, FOR_SENDING,
     "each line of stdin is a message"},
    {"kind", 0, ARG_TEXT, AT(kind), "KIND", NULL, FOR_SENDING,
     "the message's kind: action, notice, ..."},
    {"re", 0, ARG_SEQ, AT(re), "SEQ", NULL, FOR_SENDING,
     "the message that this one answers"},
    {"keep", 0, ARG_TRUE, AT(keep), NULL, NULL, FOR_SENDING,
     "store it (the default)"},
    {"no-keep", 0, ARG_FALSE, AT(keep), NULL, NULL, FOR_SENDING,
     "do not store it: who is not there misses it"},
    {"once", 0, ARG_NAME, AT(once), "KEY", NULL, FOR_SENDING,
     "said again under this key, it is not stored again"},
    {"receipt", 0, ARG_TRUE, AT(receipt), NULL, NULL, FOR(TELL),
     "tell the inbox of your id when it was received"},
    {"count", 'C', ARG_COUNT, AT(count), "COUNT", NULL, FOR(LISTEN) | FOR(PING),
     "stop after so many"},
    {"number", 'n', ARG_COUNT, AT(count), "COUNT", NULL, FOR(HISTORY),
     "how many messages at most"},
    {"wait", 'W', ARG_SECONDS, AT(wait), "SEC", NULL, FOR(LISTEN),
     "stop after so many seconds, with exit code 124"},
    {"end", 'e', ARG_TRUE, AT(end), NULL, NULL, FOR(LISTEN),
     "print what is there, and stop"},
    {"follow", 'f', ARG_TRUE, AT(follow), NULL, NULL, FOR_READING,
     "go on with what comes (listen does anyway)"},
    {"since", 0, ARG_SINCE, AT(since), "SEQ|-N|10m|TIME|begin", NULL,
     FOR_READING, "behind SEQ, the newest N, from 10 minutes ago on"},
    {"state", 0, ARG_TEXT, AT(state), "FILE", NULL, FOR_READING,
     "remember in FILE what was printed, go on behind it"},
    {"after", 0, ARG_SEQ, AT(after), "SEQ", NULL, FOR(HISTORY),
     "only messages behind SEQ, the oldest first"},
    {"before", 0, ARG_SEQ, AT(before), "SEQ", NULL, FOR(HISTORY),
     "only messages before SEQ, the newest of them"},
    {"with", 0, ARG_NAME, AT(with), "ID", NULL, FOR(HISTORY),
     "the direct messages between you and ID"},
    {"mail", 0, ARG_TRUE, AT(mail), NULL, NULL, FOR_READING,
     "direct messages to you"},
    {"raw", 'r', ARG_TRUE, AT(raw), NULL, NULL, FOR_READING,
     "only the text of each message"},
    {"direct", 0, ARG_TRUE, AT(direct), NULL, NULL, FOR_MEMBERS,
     "everything over one connection, no second socket"},
    {"manual-ack", 0, ARG_TRUE, AT(manual_ack), NULL, NULL, FOR(PIPE),
     "direct messages wait for your ack lines"},
    {"room", 0, ARG_NAME, AT(room), "ROOM", NULL, FOR(ADMIN),
     "in this room alone, not everywhere"},
    {"for", 0, ARG_SPAN, AT(lasts), "10m|2h|7d", NULL, FOR(ADMIN),
     "how long (for ever)"},
    {"reason", 0, ARG_TEXT, AT(reason), "TEXT", NULL, FOR(ADMIN),
     "why; it is kept, and told to whom it is about"},
    {"role", 0, ARG_TEXT, AT(role), "member|owner", NULL, FOR(ADMIN),
     "invite: owners may invite others, too"},
    {"public-key", 0, ARG_TEXT, AT(public_key), "KEY", NULL, FOR(ADMIN),
     "ban, unban: a key, whatever id it takes"},
    {"address", 0, ARG_TEXT, AT(address), "IP[/BITS]", NULL, FOR(ADMIN),
     "ban, unban: an IP address or a network"},
};
const size_t arg_option_count = sizeof arg_options / sizeof *arg_options;

enum {
    OPTION_MAX = 48, /* more rows than arg_options will have */
    LONG_ONLY = 256, /* getopt's value for row n is n + LONG_ONLY */
};
static_assert(sizeof arg_options / sizeof *arg_options < OPTION_MAX,
              "getopt's tables have OPTION_MAX rows");

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

static const struct arg_option *
option_find(int val)
{
    if (val >= LONG_ONLY)
        return &arg_options[val - LONG_ONLY];
    for (size_t i = 0; i < arg_option_count; i++) {
        if (arg_options[i].letter == val)
            return &arg_options[i];
    }
    return NULL;
}

bool
args_first(struct args *args, const struct arg_option *row)
{
    uint64_t bit = UINT64_C(1) << (row - arg_options);
    bool first = !(args->given & bit);
    args->given |= bit;
    return first;
}

/* A value may begin with '-': getopt takes `--since -5` as it stands. */
static int
take_options(struct args *args, int argc, char **argv)
{
    struct option longs[OPTION_MAX];
    char shorts[2 * OPTION_MAX + 2];
    getopt_tables(longs, shorts);
    opterr = 0;
    for (int val; (val = getopt_long(argc, argv, shorts, longs, NULL)) != -1;) {
        if (val == '?' || val == ':') {
            fprintf(stderr, "confab: %s %s; see confab --help\n",
                    argv[optind - 1],
                    val == ':' ? "needs a value" : "is not an option");
            return EXIT_USAGE;
        }
        const struct arg_option *row = option_find(val);
        const char *fault = args_put(args, row, optarg);
        if (fault)
            return option_fault(row, "--", optarg, fault);
        args->has_after = args->has_after || row->offset == AT(after);
        (void)args_first(args, row); /* the last one counts */
    }
    args->words = (const char **)argv + optind;
    args->word_count = argc - optind;
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
    if (!args->command) {
        fprintf(stderr, "confab: \"%s\" is not a command; see confab --help\n",
                args->words[0]);
        return EXIT_USAGE;
    }
    args->words++;
    args->word_count--;
    return 0;
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
        if (!(args->given & UINT64_C(1) << i) || args_takes(row, command))
            continue;
        fprintf(stderr, "confab: %s takes no --%s; see confab %s --help\n",
                command->name, row->name, command->name);
        return EXIT_USAGE;
    }
    int words = args->word_count;
    if (words >= command->min_words &&
        (command->max_words < 0 || words <= command->max_words))
        return 0;
    fprintf(stderr, "confab: usage: confab %s %s; see confab %s --help\n",
            command->name, command->words, command->name);
    return EXIT_USAGE;
}

int
args_parse(struct args *args, int argc, char **argv)
{
    *args = (struct args){
        .broker = "tcp://127.0.0.1:7480",
        .timeout = 5000,
        .keep = true,
    };
    int code = take_options(args, argc, argv);
    if (!code)
        code = take_command(args);
    if (code || args->help || args->version)
        return code;
    if (args->command)
        code = check_command(args);
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
