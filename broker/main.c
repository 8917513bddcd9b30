/* SPDX-License-Identifier: MPL-2.0 */
/*
 * confabd: start, run, stop.
 *
 * main reads options and configuration, makes the parts (logger, net, log, hub)
 * in the order in which they need each other, says that it is ready, and waits
 * for the signal that ends it. It decides nothing about messages.
 *
 * The options are one table of its own and, for every key of the configuration
 * that has one, the row of config_schema.c. The command line wins over the
 * file.
 */
#define _DEFAULT_SOURCE /* srandom */

#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>

#include "config.h"
#include "hub.h"
#include "net.h"

enum {
    EXIT_USAGE = 2,
    ROWS_MAX = 64,    /* options of the configuration */
    OWN_MAX = 16,     /* options of main */
    ROW_OPTION = 256, /* getopt's value of the first row */
    COME_BACK = 1000, /* ms that clients wait after `bye restart` */
};

enum action {
    ACT_FILE = 'c',
    ACT_HELP = 'h',
    ACT_QUIET = 'q',
    ACT_VERBOSE = 'v',
    ACT_VERSION = 'V',
    ACT_CHECK = 1,
    ACT_PRINT,
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
    {ACT_VERBOSE, "verbose", NULL, "Log everything (log-level debug)."},
    {ACT_QUIET, "quiet", NULL, "Log errors only (log-level error)."},
    {ACT_VERSION, "version", NULL, "Print the version and stop."},
    {ACT_HELP, "help", NULL, "Print this and stop."},
};

enum { OWNS = sizeof owns / sizeof *owns };

struct program {
    const char *file;
    const char *given[ROWS_MAX]; /* what the command line set, by row */
    bool check, print;
    struct config config;
    struct logger *logger;
    struct net *net;
    struct hub *hub;
    int signals;
};

static const char *
argument_name(const struct config_row *row)
{
    static const char *const names[] = {
        [CONFIG_INT] = "N",           [CONFIG_DURATION] = "TIME",
        [CONFIG_ENUM] = "NAME",       [CONFIG_ENDPOINT] = "ENDPOINT",
        [CONFIG_LOG] = "memory:SIZE", [CONFIG_BOOL] = NULL,
    };
    return names[row->type];
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
    printf("  %-26s %s\n", text, help);
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
         "\n"
         "Options:");
    for (size_t i = 0; i < OWNS; i++) {
        print_option(owns[i].name, owns[i].argument, (int)owns[i].action,
                     owns[i].help);
    }
    puts("\nThese win over the file:");
    for (size_t i = 0; i < count; i++) {
        if (rows[i].option) {
            print_option(rows[i].option, argument_name(&rows[i]), 0,
                         rows[i].help);
        }
    }
    puts("\nWhen it is ready it prints one line: ready bind=ENDPOINT "
         "pub=ENDPOINT\n"
         "SIGTERM and SIGINT stop it, SIGHUP reads the file again. "
         "--print-config shows\nevery key of the file.");
}

/* What getopt_long needs, from both tables. */
static void
options_build(struct option *options, char *letters)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
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
give(struct program *program, const char *key, const char *value)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    program->given[config_find(key) - rows] = value;
}

/* -1: go on; else the exit code. */
static int
take_option(struct program *program, int option)
{
    switch (option) {
    case ACT_FILE:
        program->file = optarg;
        return -1;
    case ACT_CHECK:
        program->check = true;
        return -1;
    case ACT_PRINT:
        program->print = true;
        return -1;
    case ACT_VERBOSE:
        give(program, "log-level", "debug");
        return -1;
    case ACT_QUIET:
        give(program, "log-level", "error");
        return -1;
    case ACT_VERSION:
        puts("confabd " CONFAB_VERSION);
        return EXIT_SUCCESS;
    case ACT_HELP:
        print_help();
        return EXIT_SUCCESS;
    default:
        break;
    }
    if (option < ROW_OPTION) {
        return EXIT_USAGE; /* getopt has said why */
    }
    program->given[option - ROW_OPTION] = optarg ? optarg : "yes";
    return -1;
}

static int
read_options(struct program *program, int argc, char **argv)
{
    struct option options[OWN_MAX + ROWS_MAX];
    char letters[2 * OWN_MAX];
    int option, code = -1;
    options_build(options, letters);
    while (code < 0 &&
           (option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
        code = take_option(program, option);
    }
    if (code < 0 && optind < argc) {
        fprintf(stderr, "%s: '%s' is not an option\n", argv[0], argv[optind]);
        code = EXIT_USAGE;
    }
    if (code == EXIT_USAGE) {
        fprintf(stderr, "Try '%s --help'.\n", argv[0]);
    }
    return code;
}

/* Defaults, then the file, then the command line. */
static bool
configure(const struct program *program, struct config *config,
          struct config_error *error)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    config_defaults(config);
    if (program->file && !config_load(config, program->file, error)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct config_error why;
        if (program->given[i] &&
            !config_set(config, &rows[i], program->given[i], &why)) {
            config_fail(error, "%s: %s", rows[i].key, why.text);
            return false;
        }
    }
    return config_check(config, error);
}

static bool
same_value(const struct config_row *row, const struct config *a,
           const struct config *b)
{
    size_t size = row->text ? (size_t)CONFIG_TEXT : sizeof(uint64_t);
    return !memcmp((const char *)a + row->offset, (const char *)b + row->offset,
                   size);
}

/* SIGHUP: takes over what can be, and says what cannot. */
static void
reload(struct program *program)
{
    size_t count;
    struct config fresh;
    struct config_error error;
    const struct config_row *rows = config_rows(&count);
    if (!configure(program, &fresh, &error)) {
        LOG(program->logger, LOG_ERROR, "config.refused",
            LOG_TEXT("why", error.text));
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!rows[i].reloads &&
            !same_value(&rows[i], &fresh, &program->config)) {
            LOG(program->logger, LOG_WARN, "config.needs-restart",
                LOG_TEXT("key", rows[i].key));
        }
    }
    program->config.log_level = fresh.log_level;
    program->config.connections = fresh.connections;
    logger_set_level(program->logger, (enum log_level)fresh.log_level);
    net_limit(program->net, fresh.connections);
    LOG(program->logger, LOG_INFO, "config.reloaded",
        LOG_TEXT("file", program->file ? program->file : ""));
}

/* Before any thread is there, so that none of them gets one. */
static int
open_signals(void)
{
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    if (sigprocmask(SIG_BLOCK, &set, NULL) != 0) {
        return -1;
    }
    return signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
}

/* libzmq takes the first routing id it gives from rand(), which it never seeds;
 * who can guess the next one can abort a ROUTER. */
static bool
seed_random(void)
{
    unsigned seed;
    if (sodium_init() < 0 ||
        getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed) {
        return false;
    }
    srandom(seed);
    return true;
}

static void
make_hub(struct program *program)
{
    struct hub_options options;
    const struct config *config = &program->config;
    struct now now = net_now();
    hub_defaults(&options);
    options.sink = net_sink(program->net);
    options.log = log_memory_new(config_log_bound(config), now.wall * 1000);
    options.logger = program->logger;
    options.pub = net_pub_told(program->net);
    options.beat = (unsigned)config->beat;
    options.sessions = (unsigned)config->sessions;
    options.rooms = (unsigned)config->rooms;
    options.joined = (unsigned)config->joined;
    options.ids = (unsigned)config->ids;
    options.random = randombytes_buf;
    program->hub = hub_new(&options, now);
}

static bool
start(struct program *program, struct config_error *error)
{
    const struct config *config = &program->config;
    program->signals = open_signals();
    if (program->signals < 0 || !seed_random()) {
        config_fail(error, "the system gives no signals or no random bytes");
        return false;
    }
    program->logger = logger_new(STDERR_FILENO,
                                 (enum log_level)config->log_level,
                                 (enum log_format)config->log_format);
    program->net = net_new(config, program->signals, program->logger, error);
    if (!program->net) {
        return false;
    }
    make_hub(program);
    LOG(program->logger, LOG_INFO, "broker.start",
        LOG_TEXT("version", CONFAB_VERSION),
        LOG_TEXT("bind", net_bind(program->net)),
        LOG_TEXT("pub", net_pub(program->net)), LOG_TEXT("log", config->log));
    printf("ready bind=%s pub=%s\n", net_bind(program->net),
           net_pub(program->net));
    (void)fflush(stdout);
    return true;
}

static void
run(struct program *program)
{
    int signal;
    while ((signal = net_run(program->net, program->hub)) == SIGHUP) {
        reload(program);
    }
    LOG(program->logger, LOG_INFO, "broker.stop",
        LOG_TEXT("signal", signal == SIGINT ? "SIGINT" : "SIGTERM"));
    hub_stop(program->hub, COME_BACK, net_now());
}

int
main(int argc, char **argv)
{
    static struct program program;
    struct config_error error;
    int code = read_options(&program, argc, argv);
    if (code >= 0) {
        return code;
    }
    if (!configure(&program, &program.config, &error)) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        return EXIT_FAILURE;
    }
    if (program.print) {
        config_print(&program.config, stdout);
    }
    if (program.print || program.check) {
        return EXIT_SUCCESS;
    }
    bool started = start(&program, &error);
    if (started) {
        run(&program);
    } else {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
    }
    if (program.hub) {
        hub_free(&program.hub);
    }
    net_free(&program.net);
    logger_free(&program.logger);
    return started ? EXIT_SUCCESS : EXIT_FAILURE;
}
