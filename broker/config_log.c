/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_log: where messages are kept.
 *
 * `memory:SIZE`, or `sqlite:PATH`, a file. Without a path the file has its
 * place: the service's own folder when systemd gave one, else where the user's
 * programs keep what outlives them. A path is a path: names that SQLite would
 * take for something else (a URI, a store in memory that is gone with the
 * broker) are refused, as is what only a shell would have understood.
 */
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "log.h"
#include "quantity.h"

enum { SCHEME = 7 }; /* bytes of either scheme */

static const char memory[] = "memory:";
static const char sqlite[] = "sqlite:";
static const char file_name[] = "confab.db";

static const uint64_t memory_most = UINT64_C(1) << 40;

static bool
check_memory(const char *value, struct config_error *error)
{
    uint64_t bound;
    if (!value[SCHEME]) {
        return true;
    }
    if (!quantity_read(QUANTITY_SIZE, value + SCHEME, &bound)) {
        config_fail(error, "'%s' is not a log: write memory: or memory:64M",
                    value);
        return false;
    }
    if (bound < LOG_MEMORY_LEAST || bound > memory_most) {
        config_fail(error, "'%s' is out of range: memory:%dM to memory:1024G",
                    value, LOG_MEMORY_LEAST >> 20);
        return false;
    }
    return true;
}

static bool
check_sqlite(const char *value, struct config_error *error)
{
    static const struct {
        const char *start, *why;
    } refused[] = {
        {":memory:", "it would be gone with the broker: write memory:SIZE"},
        {"file:", "no URI: write the path alone"},
        {"//", "no URI: write sqlite:/PATH"},
        {"~", "no shell has replaced the ~: write the whole path"},
    };
    const char *path = value + SCHEME;
    size_t len = strlen(path);
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        if (!strncmp(path, refused[i].start, strlen(refused[i].start))) {
            config_fail(error, "'%s': %s", value, refused[i].why);
            return false;
        }
    }
    if (len > 0 && path[len - 1] == '/') {
        config_fail(error, "'%s' is a folder: write sqlite:%s%s", value, path,
                    file_name);
        return false;
    }
    return true;
}

bool
config_log_check(const char *value, struct config_error *error)
{
    if (!strncmp(value, memory, SCHEME)) {
        return check_memory(value, error);
    }
    if (!strncmp(value, sqlite, SCHEME)) {
        return check_sqlite(value, error);
    }
    config_fail(error,
                "'%s' is not a log: write sqlite:PATH, sqlite: or memory:64M",
                value);
    return false;
}

enum config_log
config_log_kind(const struct config *config)
{
    return strncmp(config->log, memory, SCHEME) ? CONFIG_LOG_SQLITE
                                                : CONFIG_LOG_MEMORY;
}

uint64_t
config_log_bound(const struct config *config)
{
    uint64_t bound = UINT64_C(256) << 20; /* `memory:` alone */
    if (config_log_kind(config) == CONFIG_LOG_MEMORY) {
        (void)!quantity_read(QUANTITY_SIZE, config->log + SCHEME, &bound);
    }
    return bound;
}

/* A folder from the environment, NULL when it names none. */
static const char *
folder(const char *variable)
{
    const char *path = getenv(variable);
    return path && path[0] == '/' ? path : NULL;
}

/* Bytes that the path would have; path[0] is 0 when there is no place. */
static int
usual_path(char path[static CONFIG_PATH])
{
    const char *at = folder("STATE_DIRECTORY");
    if (at) { /* several folders are divided by colons */
        return snprintf(path, CONFIG_PATH, "%.*s/%s", (int)strcspn(at, ":"), at,
                        file_name);
    }
    at = folder("XDG_STATE_HOME");
    if (at) {
        return snprintf(path, CONFIG_PATH, "%s/confab/%s", at, file_name);
    }
    at = folder("HOME");
    if (at) {
        return snprintf(path, CONFIG_PATH, "%s/.local/state/confab/%s", at,
                        file_name);
    }
    path[0] = 0;
    return 0;
}

bool
config_log_path(const struct config *config, char path[static CONFIG_PATH],
                struct config_error *error)
{
    int len;
    if (config_log_kind(config) != CONFIG_LOG_SQLITE) {
        config_fail(error,
                    "log %s: nothing of it is on disk; name the database with "
                    "--log sqlite:PATH",
                    config->log);
        return false;
    }
    if (config->log[SCHEME]) {
        (void)snprintf(path, CONFIG_PATH, "%s", config->log + SCHEME);
        return true;
    }
    len = usual_path(path);
    if (!path[0]) {
        config_fail(error,
                    "log %s: neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME "
                    "names a folder; write the path, as in --log "
                    "sqlite:/var/lib/confab/%s",
                    config->log, file_name);
        return false;
    }
    if (len >= CONFIG_PATH) {
        config_fail(error,
                    "log %s: the path of the usual place is longer than %d "
                    "bytes; write another, as in --log sqlite:PATH",
                    config->log, CONFIG_PATH - 1);
        return false;
    }
    return true;
}
