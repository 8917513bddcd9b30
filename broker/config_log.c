/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_log: where messages are kept.
 *
 * `memory:SIZE`, or `sqlite:PATH`, a file. Without a path the file has its
 * usual place (config_path.c). A path is a path: names that SQLite would take
 * for something else (a URI, a store in memory that is gone with the broker)
 * are refused, as is what only a shell would have understood.
 */
#include <string.h>

#include "config.h"
#include "log.h"
#include "quantity.h"

enum { SCHEME = 7 }; /* bytes of either scheme */

static const char memory[] = "memory:";
static const char sqlite[] = "sqlite:";

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
        config_fail(error, "'%s' is a folder: write sqlite:%sconfab.db", value,
                    path);
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

const char *
config_log_file(const struct config *config)
{
    bool named = config_log_kind(config) == CONFIG_LOG_SQLITE &&
                 config->log[SCHEME];
    return named ? config->log + SCHEME : NULL;
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
