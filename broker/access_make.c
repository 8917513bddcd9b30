/* SPDX-License-Identifier: MPL-2.0 */
/*
 * access_make: see access_make.h.
 *
 * With access open the file of users is not even opened: nobody could prove
 * that he is in it, and a broker for one machine should start whatever lies
 * there. On such a machine nobody is held back either, who can open a local
 * endpoint can keep the machine busy without it.
 */
#include "access_make.h"

#include <stdlib.h>

#include "xmem.h"

static bool
is_bounded(const struct config *config)
{
    return config->access != ACCESS_OPEN || !config_is_local(config->bind) ||
           !config_is_local(config->pub);
}

static bool
load_users(struct users *users, const struct config *config,
           struct config_error *error)
{
    char path[CONFIG_PATH];
    return config->access == ACCESS_OPEN ||
           (config_users_path(config, path, error) &&
            users_load(users, path, error));
}

struct access *
access_make(const struct config *config, struct config_error *error)
{
    struct access *access = xcalloc(1, sizeof *access);
    access->mode = (enum access_mode)config->access;
    access->rules = config->rules;
    if (is_bounded(config)) {
        access->rates[PACE_SAY] = config->rate_say;
        access->rates[PACE_ASK] = config->rate_ask;
        access->rates[PACE_CHANGE] = config->rate_change;
    }
    if (!load_users(&access->users, config, error)) {
        access_free(&access);
    }
    return access;
}

void
access_free(struct access **access)
{
    if (*access) {
        users_free(&(*access)->users);
        free(*access);
        *access = NULL;
    }
}
