/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_value: one value, from text.
 *
 * One parser a type; each knows what a person can get wrong and answers with
 * what would have been right. Endpoints are held to the two transports that are
 * safe here: ws and wss skip authentication in libzmq, inproc and pgm make no
 * sense, abstract ipc names have no permissions.
 */
#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "log.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit durations[] = {
    {"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {NULL, 0},
};
static const struct unit sizes[] = {
    {"", 1},        {"K", 1 << 10}, {"k", 1 << 10}, {"M", 1 << 20},
    {"m", 1 << 20}, {"G", 1 << 30}, {"g", 1 << 30}, {NULL, 0},
};
static const struct unit none[] = {{"", 1}, {NULL, 0}};

enum {
    DIGITS_MAX = 12,    /* so that no unit makes it wrap */
    IPC_PATH_MAX = 100, /* sun_path has 108 bytes */
    PORT_MAX = 65535,
};

static const char log_memory[] = "memory:";

/* Digits, then one of the units, then nothing. */
static bool
parse_number(const char *text, const struct unit *units, uint64_t *number)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t value = 0;
    if (digits == 0 || digits > DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    for (; units->name; units++) {
        if (!strcmp(text + digits, units->name)) {
            *number = value * units->factor;
            return true;
        }
    }
    return false;
}

static bool
set_number(struct config *config, const struct config_row *row, uint64_t number)
{
    memcpy((char *)config + row->offset, &number, sizeof number);
    return true;
}

static bool
set_text(struct config *config, const struct config_row *row, const char *text)
{
    char *field = (char *)config + row->offset;
    memset(field, 0, CONFIG_TEXT);
    memcpy(field, text, strlen(text));
    return true;
}

static bool
set_ranged(struct config *config, const struct config_row *row,
           const char *value, struct config_error *error)
{
    bool duration = row->type == CONFIG_DURATION;
    const char *unit = duration ? "ms" : "";
    uint64_t number;
    if (!parse_number(value, duration ? durations : none, &number)) {
        config_fail(error, "'%s' is not %s", value,
                    duration ? "a duration (write 500ms, 10s, 5m or 1h)"
                             : "a number");
        return false;
    }
    if (number < row->least || number > row->most) {
        config_fail(error,
                    "'%s' is out of range: %" PRIu64 "%s to %" PRIu64 "%s",
                    value, row->least, unit, row->most, unit);
        return false;
    }
    return set_number(config, row, number);
}

static bool
set_bool(struct config *config, const struct config_row *row, const char *value,
         struct config_error *error)
{
    static const char *const words[] = {"no", "yes", "off",   "on",
                                        "0",  "1",   "false", "true"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if (!strcmp(value, words[i])) {
            return set_number(config, row, i % 2);
        }
    }
    config_fail(error, "'%s' is neither yes nor no", value);
    return false;
}

static bool
set_enum(struct config *config, const struct config_row *row, const char *value,
         struct config_error *error)
{
    char known[128] = "";
    for (size_t i = 0; row->names[i]; i++) {
        if (!strcmp(value, row->names[i])) {
            return set_number(config, row, i);
        }
        size_t len = strlen(known);
        (void)snprintf(known + len, sizeof known - len, "%s%s", i ? ", " : "",
                       row->names[i]);
    }
    config_fail(error, "'%s' is not available in this version: %s", value,
                known);
    return false;
}

static bool
set_log(struct config *config, const struct config_row *row, const char *value,
        struct config_error *error)
{
    size_t scheme = sizeof log_memory - 1;
    uint64_t bound;
    if (!strncmp(value, "sqlite:", 7)) {
        config_fail(error,
                    "'%s': this version keeps messages in memory only "
                    "(memory:SIZE)",
                    value);
        return false;
    }
    if (strncmp(value, log_memory, scheme) != 0 ||
        (value[scheme] && !parse_number(value + scheme, sizes, &bound))) {
        config_fail(error, "'%s' is not a log: write memory: or memory:64M",
                    value);
        return false;
    }
    if (value[scheme] &&
        (bound < LOG_MEMORY_LEAST || bound > UINT64_C(1) << 40)) {
        config_fail(error, "'%s' is out of range: memory:%dM to memory:1024G",
                    value, LOG_MEMORY_LEAST >> 20);
        return false;
    }
    return set_text(config, row, value);
}

uint64_t
config_log_bound(const struct config *config)
{
    uint64_t bound = UINT64_C(256) << 20; /* `memory:` alone */
    (void)parse_number(config->log + sizeof log_memory - 1, sizes, &bound);
    return bound;
}

static bool
check_tcp(const char *address, struct config_error *error)
{
    uint64_t port;
    const char *colon = strrchr(address, ':');
    if (!colon || colon == address) {
        config_fail(error, "'tcp://%s' has no port: write tcp://HOST:PORT",
                    address);
        return false;
    }
    size_t host = (size_t)(colon - address);
    bool bracketed = address[0] == '[' && address[host - 1] == ']';
    if (memchr(address, ':', host) && !bracketed) {
        config_fail(error, "'tcp://%s': write an IPv6 address in brackets",
                    address);
        return false;
    }
    if (strspn(address,
               "0123456789abcdefghijklmnopqrstuvwxyz"
               "ABCDEFGHIJKLMNOPQRSTUVWXYZ.-_*%[]:") != strlen(address)) {
        config_fail(error, "'tcp://%s' has characters no host has", address);
        return false;
    }
    if (strcmp(colon + 1, "*") != 0 &&
        (!parse_number(colon + 1, none, &port) || port > PORT_MAX)) {
        config_fail(error,
                    "'%s' is not a port: 1 to 65535, or * for a free one",
                    colon + 1);
        return false;
    }
    return true;
}

static bool
check_ipc(const char *path, struct config_error *error)
{
    if (path[0] != '/' || path[1] == 0 || strlen(path) > IPC_PATH_MAX) {
        config_fail(error,
                    "'ipc://%s': a whole path of at most %d bytes is needed, "
                    "as in ipc:///run/confab/broker",
                    path, IPC_PATH_MAX);
        return false;
    }
    return true;
}

static bool
set_endpoint(struct config *config, const struct config_row *row,
             const char *value, struct config_error *error)
{
    if (!strncmp(value, "tcp://", 6)) {
        return check_tcp(value + 6, error) && set_text(config, row, value);
    }
    if (!strncmp(value, "ipc://", 6)) {
        return check_ipc(value + 6, error) && set_text(config, row, value);
    }
    config_fail(error, "'%s' is not an endpoint: tcp://HOST:PORT or ipc://PATH",
                value);
    return false;
}

bool
config_set(struct config *config, const struct config_row *row,
           const char *value, struct config_error *error)
{
    static bool (*const setters[])(struct config *, const struct config_row *,
                                   const char *, struct config_error *) = {
        [CONFIG_BOOL] = set_bool,         [CONFIG_INT] = set_ranged,
        [CONFIG_DURATION] = set_ranged,   [CONFIG_ENUM] = set_enum,
        [CONFIG_ENDPOINT] = set_endpoint, [CONFIG_LOG] = set_log,
    };
    if (!value[0]) {
        config_fail(error, "it has no value");
        return false;
    }
    for (const char *c = value; *c; c++) {
        if ((unsigned char)*c < ' ' || *c == '"' || *c == 0x7f) {
            config_fail(error, "control characters and quotes cannot stand "
                               "in a value");
            return false;
        }
    }
    if (strlen(value) >= CONFIG_TEXT) {
        config_fail(error, "a value has at most %d bytes", CONFIG_TEXT - 1);
        return false;
    }
    return setters[row->type](config, row, value, error);
}

bool
config_is_local(const char *endpoint)
{
    static const char *const hosts[] = {
        "tcp://127.", "tcp://[::1]:", "tcp://localhost:", "tcp://lo:"};
    if (!strncmp(endpoint, "ipc://", 6)) {
        return true;
    }
    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        if (!strncmp(endpoint, hosts[i], strlen(hosts[i]))) {
            /* 127. must be an address, not the start of a name */
            return i > 0 || strspn(endpoint + 6, "0123456789.") ==
                                strcspn(endpoint + 6, ":");
        }
    }
    return false;
}

bool
config_check(const struct config *config, struct config_error *error)
{
    const char *const endpoints[] = {config->bind, config->pub};
    for (size_t i = 0; i < 2 && !config->insecure; i++) {
        if (!config_is_local(endpoints[i])) {
            config_fail(error,
                        "%s can be reached from other machines, and with "
                        "access open anybody there can speak under any free "
                        "id and read every public room, unencrypted. Bind "
                        "127.0.0.1 or an ipc path and let people come through "
                        "ssh or a VPN, or say --insecure (insecure = yes) if "
                        "everybody in that network may do that",
                        endpoints[i]);
            return false;
        }
    }
    if (!strcmp(config->bind, config->pub) && !strstr(config->bind, ":*")) {
        config_fail(error, "bind and pub are the same endpoint, %s",
                    config->bind);
        return false;
    }
    return true;
}
