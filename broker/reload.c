/* SPDX-License-Identifier: MPL-2.0 */
/*
 * reload: see reload.h.
 *
 * Two configurations are made of what was read: the one that the file asks for,
 * which is checked, and the one that can be in force, in which the keys that
 * need a restart have the values they started with.
 */
#include "reload.h"

#include <string.h>

#include "access_make.h"
#include "configure.h"

static void
merge(struct config *config, const struct config *fresh)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (rows[i].reloads) {
            memcpy((char *)config + rows[i].offset,
                   (const char *)fresh + rows[i].offset,
                   config_bytes(&rows[i]));
        }
    }
    config->retention = fresh->retention;
    config->rules = fresh->rules;
}

static bool
refuse(const struct reload *reload, const struct config_error *error)
{
    LOG(reload->logger, LOG_ERROR, "config.refused",
        LOG_TEXT("why", error->text));
    return false;
}

/* Takes what it is given. */
static void
put_into_force(const struct reload *reload, struct access *access)
{
    struct access *old = *reload->access;
    reload_say_users(reload->logger, &old->users, &access->users);
    *reload->access = access;
    hub_access(reload->hub, access, net_now());
    access_free(&old);
}

/* That less is to be told from now on is told, too. */
static void
speak_at_least(const struct reload *reload, const struct config *config)
{
    if (config->log_level > reload->config->log_level) {
        logger_set_level(reload->logger, (enum log_level)config->log_level);
    }
}

bool
reload_all(const struct reload *reload, struct config_error *error)
{
    struct config fresh, merged;
    const char *file = reload->options->file;
    if (!configure(reload->options, &fresh, error)) {
        return refuse(reload, error);
    }
    merged = *reload->config;
    merge(&merged, &fresh);
    struct access *access = access_make(&merged, error);
    if (!access) {
        return refuse(reload, error);
    }
    speak_at_least(reload, &merged);
    reload_say_config(reload->logger, reload->config, &fresh);
    *reload->config = merged; /* the log and net look there */
    net_limit(reload->net, reload->config);
    put_into_force(reload, access);
    LOG(reload->logger, LOG_INFO, "config.reloaded",
        LOG_TEXT("file", file ? file : ""));
    logger_set_level(reload->logger, (enum log_level)merged.log_level);
    return true;
}

bool
reload_users(const struct reload *reload, struct config_error *error)
{
    struct access *access = access_make(reload->config, error);
    if (!access) {
        return refuse(reload, error);
    }
    put_into_force(reload, access);
    LOG(reload->logger, LOG_INFO, "users.reloaded",
        LOG_NUM("users", access->users.count));
    return true;
}
