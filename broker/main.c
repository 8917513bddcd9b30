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
#include <sys/random.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <sodium.h>

#include "access.h"
#include "config.h"
#include "hub.h"
#include "log_sqlite.h"
#include "net.h"
#include "notice.h"
#include "options.h"
#include "serverkey.h"
#include "tool.h"

enum { COME_BACK = 1000 }; /* ms that clients wait after `bye restart` */

struct program {
    struct options options;
    struct config config;
    struct logger *logger;
    struct keypair key; /* where access needs one */
    struct notice notice;
    struct net *net;
    struct hub *hub;
    int signals;
    char log_path[CONFIG_PATH]; /* for people */
};

/* Defaults, then the file, then the command line. */
static bool
configure(const struct options *options, struct config *config,
          struct config_error *error)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    config_defaults(config);
    if (options->file && !config_load(config, options->file, error)) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        struct config_error why;
        if (options->values[i] &&
            !config_set(config, &rows[i], options->values[i], &why)) {
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
    if (!configure(&program->options, &fresh, &error)) {
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
    program->config.retention = fresh.retention;
    logger_set_level(program->logger, (enum log_level)fresh.log_level);
    program->config.per_address = fresh.per_address;
    program->config.handshakes = fresh.handshakes;
    program->config.subscriptions = fresh.subscriptions;
    net_limit(program->net, &program->config);
    LOG(program->logger, LOG_INFO, "config.reloaded",
        LOG_TEXT("file", program->options.file ? program->options.file : ""));
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
    (void)signal(SIGXFSZ, SIG_IGN); /* a write fails instead */
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

/* NULL: `error` says why. */
static struct log *
open_log(struct program *program, struct now now, struct config_error *error)
{
    const struct config *config = &program->config;
    char fault[LOG_FAULT];
    char *path = program->log_path;
    if (config_log_kind(config) == CONFIG_LOG_MEMORY) {
        (void)snprintf(path, CONFIG_PATH, "%s", config->log);
        return log_memory_new(config_log_bound(config), now.wall * 1000);
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
    if (log) {
        log_sqlite_retain(log, &config->retention);
    } else {
        config_fail(error, "log: %s", fault);
    }
    return log;
}

static bool
make_hub(struct program *program, struct config_error *error)
{
    struct hub_options options;
    const struct config *config = &program->config;
    struct now now = net_now();
    struct log *log = open_log(program, now, error);
    if (!log) {
        return false;
    }
    hub_defaults(&options);
    options.sink = net_sink(program->net);
    options.log = log;
    options.logger = program->logger;
    options.pub = net_pub_told(program->net);
    options.beat = (unsigned)config->beat;
    options.sessions = (unsigned)config->sessions;
    options.rooms = (unsigned)config->rooms;
    options.joined = (unsigned)config->joined;
    options.ids = (unsigned)config->ids;
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
    program->net = net_new(config, own_key(program), program->signals,
                           program->logger, error);
    return program->net != NULL;
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
    LOG(program->logger, LOG_INFO, "broker.start",
        LOG_TEXT("version", CONFAB_VERSION), LOG_TEXT("bind", bind),
        LOG_TEXT("pub", pub), LOG_TEXT("log", program->log_path),
        LOG_TEXT("address", address));
    printf("ready bind=%s pub=%s%s%s\n", bind, pub, key ? " key=" : "",
           key ? key->public_key : "");
    (void)fflush(stdout);
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
    if (!make_net(program, error) || !make_hub(program, error)) {
        return false;
    }
    announce(program);
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
    int code = options_read(&program.options, argc, argv);
    if (code != OPTIONS_RUN) {
        return code;
    }
    if (!configure(&program.options, &program.config, &error)) {
        fprintf(stderr, "%s: %s\n", argv[0], error.text);
        return EXIT_FAILURE;
    }
    if (program.options.print) {
        config_print(&program.config, stdout);
    }
    if (program.options.print || program.options.check) {
        return EXIT_SUCCESS;
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
    sodium_memzero(&program.key, sizeof program.key);
    logger_free(&program.logger);
    return started ? EXIT_SUCCESS : EXIT_FAILURE;
}
