/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_path: where the broker's files are when nobody says where.
 *
 * In one folder: the service's own when systemd gave one, else where the user's
 * programs keep what outlives them. Whoever gives the database a place of its
 * own means the broker: its key and its users lie there, too, so that two
 * brokers of one user do not share them.
 */
#include <stdlib.h>
#include <string.h>

#include "config.h"

/* A folder from the environment, NULL when it names none. */
static const char *
folder(const char *variable)
{
    const char *path = getenv(variable);
    return path && path[0] == '/' ? path : NULL;
}

/* Bytes that the path would have; 0: there is no place. */
static int
usual_path(const char *name, char path[static CONFIG_PATH])
{
    const char *at = folder("STATE_DIRECTORY");
    if (at) { /* several folders are divided by colons */
        return snprintf(path, CONFIG_PATH, "%.*s/%s", (int)strcspn(at, ":"), at,
                        name);
    }
    at = folder("XDG_STATE_HOME");
    if (at) {
        return snprintf(path, CONFIG_PATH, "%s/confab/%s", at, name);
    }
    at = folder("HOME");
    if (at) {
        return snprintf(path, CONFIG_PATH, "%s/.local/state/confab/%s", at,
                        name);
    }
    return 0;
}

/* The same file in the folder of another. */
static int
path_beside(const char *other, const char *name, char path[static CONFIG_PATH])
{
    const char *slash = strrchr(other, '/');
    int len = slash ? (int)(slash - other) + 1 : 0;
    return snprintf(path, CONFIG_PATH, "%.*s%s", len, other, name);
}

/* `what` begins the words of an error, `how` is how to name another path. */
static bool
check_path(int len, const char *what, const char *how,
           struct config_error *error)
{
    if (len == 0) {
        config_fail(error,
                    "%s: neither STATE_DIRECTORY, XDG_STATE_HOME nor HOME "
                    "names a folder; write the path, as in %s",
                    what, how);
        return false;
    }
    if (len >= CONFIG_PATH) {
        config_fail(error,
                    "%s: the path of the usual place is longer than %d bytes; "
                    "write another, as in %s",
                    what, CONFIG_PATH - 1, how);
        return false;
    }
    return true;
}

bool
config_log_path(const struct config *config, char path[static CONFIG_PATH],
                struct config_error *error)
{
    char what[CONFIG_TEXT + 8];
    const char *named = config_log_file(config);
    if (config_log_kind(config) != CONFIG_LOG_SQLITE) {
        config_fail(error,
                    "log %s: nothing of it is on disk; name the database with "
                    "--log sqlite:PATH",
                    config->log);
        return false;
    }
    if (named) {
        (void)snprintf(path, CONFIG_PATH, "%s", named);
        return true;
    }
    (void)snprintf(what, sizeof what, "log %s", config->log);
    return check_path(usual_path("confab.db", path), what,
                      "--log sqlite:/var/lib/confab/confab.db", error);
}

/* What is set, or `name` beside a database that is, or in the usual place. */
static int
place_of(const struct config *config, const char *set, const char *name,
         char path[static CONFIG_PATH])
{
    const char *log = config_log_file(config);
    if (*set) {
        return snprintf(path, CONFIG_PATH, "%s", set);
    }
    return log ? path_beside(log, name, path) : usual_path(name, path);
}

bool
config_key_path(const struct config *config, char path[static CONFIG_PATH],
                struct config_error *error)
{
    return check_path(place_of(config, config->key, "server.key", path), "key",
                      "key = \"/var/lib/confab/server.key\"", error);
}

bool
config_users_path(const struct config *config, char path[static CONFIG_PATH],
                  struct config_error *error)
{
    return check_path(place_of(config, config->users, "users", path), "users",
                      "--users /var/lib/confab/users", error);
}
