/* SPDX-License-Identifier: MPL-2.0 */
/*
 * reload: something else comes into force while the broker runs.
 *
 * What is written is read and checked whole first, the file and the users. If
 * anything is wrong with it, nothing has changed. Else all of it that may
 * change is in force at once, for those who are connected, too; the log says
 * what is different, and what waits for a restart.
 */
#ifndef CONFAB_RELOAD_H
#define CONFAB_RELOAD_H

#include "access.h"
#include "hub.h"
#include "net.h"
#include "options.h"

/* What a reload changes; all borrowed. */
struct reload {
    const struct options *options;
    struct config *config;  /* in force */
    struct access **access; /* in force; another one afterwards */
    struct logger *logger;
    struct net *net;
    struct hub *hub;
};

/* The file (if there is one), the command line and the users. False: all is as
 * it was, the log says why and so does `error`. */
[[nodiscard]] bool reload_all(const struct reload *reload,
                              struct config_error *error);
/* Only the users: whoever edits those need not be done with the file. */
[[nodiscard]] bool reload_users(const struct reload *reload,
                                struct config_error *error);

/* What is different, in the log. */
void reload_say_config(struct logger *logger, const struct config *from,
                       const struct config *to);
void reload_say_users(struct logger *logger, const struct users *from,
                      const struct users *to);

#endif
