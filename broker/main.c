/* SPDX-License-Identifier: MPL-2.0 */
/*
 * confabd: start, run, stop.
 *
 * main reads options and configuration, makes the parts (logger, net, log, hub)
 * in the order in which they need each other, says that it is ready, and waits
 * for the signal that ends it. It decides nothing about messages.
 *
 * The options are one table of its own and, for every key of the configuration
 * that has one, the row of config_rows.c. The command line wins over the
 * file.
 */
#define _DEFAULT_SOURCE /* srandom */

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sodium.h>

#include "access_make.h"
#include "configure.h"
#include "errands.h"
#include "hub.h"
#include "log_sqlite.h"
#include "net.h"
#include "notice.h"
#include "options.h"
#include "proto/os.h"
#include "serverkey.h"
#include "tool.h"

enum { COME_BACK = 1000 }; /* ms that clients wait after `bye restart` */

struct program {
    struct options options;
    struct config config;
    struct access *access;
    struct logger *logger;
    struct keypair key; /* where access needs one */
    struct notice notice;
    struct net *net;
    struct hub *hub;
    struct errands errands;
    char log_path[CONFIG_PATH]; /* for people */
};

/* libzmq takes the first routing id it gives from rand(), which it never seeds;
 * who can guess the next one can abort a ROUTER. */
static bool
seed_random(void)
{
    unsigned seed;
    if (sodium_init() < 0 || !os_random(&seed, sizeof seed)) {
        return false;
    }
    srandom(seed);
    return true;
}

static bool
open_search(struct program *program, struct log *log,
            struct config_error *error)
{
    char fault[LOG_FAULT];
    int fd;
    if (!log_sqlite_search(log, true, &fd, fault)) {
        config_fail(error, "search: %s", fault);
        return false;
    }
    errands_found(&program->errands, fd);
    return true;
}

/* NULL: `error` says why. */
static struct log *
open_log(struct program *program, struct now now, struct config_error *error)
{
    const struct config *config = &program->config;
    char fault[LOG_FAULT];
    char *path = program->log_path;
    if (config_log_kind(config) == CONFIG_LOG_MEMORY) {
        (void)snprintf(path, CONFIG_PATH, "%s", config->log);
        uint64_t bound = config_log_bound(config);
        struct log *log = log_memory_new(
            bound < SIZE_MAX ? (size_t)bound : SIZE_MAX, now.wall * 1000);
        log->finds = config->search;
        return log;
    }
    if (!config_log_path(config, path, error)) {
        return NULL;
    }
    const struct log_sqlite_options options = {
        .path = path,
        .make_folder = !strcmp(config->log, "sqlite:"),
        .sync = (enum log_sync)config->sync,
        .logger = program->logger,
        .now_us = now.wall * 1000,
    };
    struct log *log = log_sqlite_new(&options, fault);
    if (!log) {
        config_fail(error, "log: %s", fault);
        return NULL;
    }
    log_sqlite_retain(log, &config->retention);
    if (!config->search || open_search(program, log, error)) {
        return log;
    }
    log_free(&log);
    return NULL;
}

static bool
make_hub(struct program *program, struct config_error *error)
{
    struct hub_options options;
    const struct config *config = &program->config;
    struct now now = net_now();
    hub_defaults(&options);
    if (!errands_host(&program->errands, config, &options.host, error)) {
        return false;
    }
    struct log *log = open_log(program, now, error);
    if (!log) {
        return false;
    }
    options.sink = net_sink(program->net);
    options.access = program->access;
    options.log = log;
    options.logger = program->logger;
    options.pub = net_pub_told(program->net);
    options.beat = (unsigned)config->beat;
    options.sessions = (unsigned)config->sessions;
    options.rooms = (unsigned)config->rooms;
    options.joined = (unsigned)config->joined;
    options.ids = (unsigned)config->ids;
    options.rulings = (unsigned)config->rulings;
    options.mail =
        (struct quota_limits){config->mail_count, config->mail_bytes};
    options.expire = config->ids_expire;
    options.random = randombytes_buf;
    program->hub = hub_new(&options, now);
    if (!program->hub) {
        config_fail(error, "log: %s", log->fault);
        log_free(&log);
    }
    return program->hub;
}

/* NULL: this broker has none. */
static const struct keypair *
own_key(const struct program *program)
{
    return program->config.access == ACCESS_OPEN ? NULL : &program->key;
}

static bool
make_net(struct program *program, struct config_error *error)
{
    char path[CONFIG_PATH];
    const struct config *config = &program->config;
    if (own_key(program) && (!config_key_path(config, path, error) ||
                             !serverkey_load(path, &program->key, error))) {
        return false;
    }
    program->net = net_new(config, own_key(program), &program->errands.wakes,
                           program->logger, error);
    return program->net != NULL;
}

static void
print_ready(const struct program *program)
{
    const struct net *net = program->net;
    const struct keypair *key = own_key(program);
    printf("ready bind=%s pub=%s", net_bind(net), net_pub(net));
    if (key) {
        printf(" key=%s", key->public_key);
    }
    if (*net_plain_bind(net)) {
        printf(" plain-bind=%s plain-pub=%s", net_plain_bind(net),
               net_plain_pub(net));
    }
    putchar('\n');
    (void)fflush(stdout);
}

/* To the log, to clients of this machine, and to who has started us. */
static void
announce(struct program *program)
{
    const struct keypair *key = own_key(program);
    const char *bind = net_bind(program->net), *pub = net_pub(program->net);
    char address[ADDRESS_TEXT];
    serverkey_address(bind, key, address);
    notice_post(&program->notice, bind, key, program->logger);
    if (!os_counts_are_told()) {
        LOG(program->logger, LOG_WARN, "guard.blind",
            LOG_TEXT("why", "this system does not tell what it has received"),
            LOG_TEXT("help", "let in only whom you trust: a message that has "
                             "no end is not noticed"));
    }
    LOG(program->logger, LOG_INFO, "broker.start",
        LOG_TEXT("version", CONFAB_VERSION), LOG_TEXT("bind", bind),
        LOG_TEXT("pub", pub), LOG_TEXT("log", program->log_path),
        LOG_TEXT("address", address));
    print_ready(program);
    service_ready(&program->errands.service, bind, pub);
}

static bool
start(struct program *program, struct config_error *error)
{
    const struct config *config = &program->config;
    if (!errands_open(&program->errands, error)) {
        return false;
    }
    if (!seed_random()) {
        config_fail(error, "the system gives no random bytes");
        return false;
    }
    program->logger = logger_new(STDERR_FILENO,
                                 (enum log_level)config->log_level,
                                 (enum log_format)config->log_format);
    errands_serve(&program->errands, program->logger);
    if (!make_net(program, error)) { /* and the folder of the key */
        return false;
    }
    errands_watch(&program->errands, config, program->logger);
    program->access = access_make(config, error);
    if (!program->access || !make_hub(program, error)) {
        return false;
    }
    program->errands.reload = (struct reload){
        .options = &program->options,
        .config = &program->config,
        .access = &program->access,
        .logger = program->logger,
        .net = program->net,
        .hub = program->hub,
    };
    announce(program);
    return true;
}

static void
run(struct program *program)
{
    while (!program->errands.ended) {
        net_run(program->net, program->hub);
        errands_run(&program->errands, net_now().mono);
    }
    LOG(program->logger, LOG_INFO, "broker.stop",
        LOG_TEXT("signal",
                 program->errands.ended == SIGINT ? "SIGINT" : "SIGTERM"));
    service_stopping(&program->errands.service);
    hub_stop(program->hub, COME_BACK, net_now());
}

/* As a start would read them. */
static bool
check_users(const struct config *config, struct config_error *error)
{
    struct access *access = access_make(config, error);
    bool right = access;
    access_free(&access);
    return right;
}

int
main(int argc, char **argv)
{
    static struct program program;
    struct config_error error;
    os_keep_stdio();
    int code = options_read(&program.options, argc, argv);
    if (code != OPTIONS_RUN) {
        return code;
    }
    if (!configure(&program.options, &program.config, &error)) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        return EXIT_FAILURE;
    }
    if (program.options.check && !check_users(&program.config, &error)) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        return EXIT_FAILURE;
    }
    if (program.options.print) {
        config_print(&program.config, stdout);
    }
    if (program.options.print || program.options.check) {
        return options_printed();
    }
    if (program.options.command != COMMAND_SERVE) {
        return tool_run(&program.options, &program.config, argv[0]);
    }
    bool started = start(&program, &error);
    if (started) {
        run(&program);
    } else {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
    }
    notice_remove(&program.notice);
    if (program.hub) {
        hub_free(&program.hub);
    }
    net_free(&program.net);
    errands_close(&program.errands);
    sodium_memzero(&program.key, sizeof program.key);
    access_free(&program.access);
    logger_free(&program.logger);
    return started ? EXIT_SUCCESS : EXIT_FAILURE;
}
