/* SPDX-License-Identifier: MPL-2.0 */
/*
 * notice: where clients of this machine find the broker's key.
 *
 * A running broker has a file PORT.address with its confab:// address, so that
 * on the same machine `confab` needs no key to be told. It lies where only the
 * broker's owner can put one: $RUNTIME_DIRECTORY (the service: /run/confab),
 * else confab/ in $XDG_RUNTIME_DIR, else in $XDG_STATE_HOME, else in
 * ~/.local/state. The broker keeps it locked (flock); one that is not locked is
 * of a broker that was killed, and believed by nobody.
 */
#ifndef CONFAB_NOTICE_H
#define CONFAB_NOTICE_H

#include "config.h"
#include "logger.h"
#include "proto/keyfile.h"

struct notice {
    int fd; /* open and locked */
    bool posted;
    char path[CONFIG_PATH];
};

/* Posts it for the broker bound at `endpoint`, if that can be reached from this
 * machine as this machine. It serves convenience only: what is wrong goes to
 * the log. `pair` NULL: the broker has no key; what an earlier one has left
 * there is removed. */
void notice_post(struct notice *notice, const char *endpoint,
                 const struct keypair *pair, struct logger *logger);
void notice_remove(struct notice *notice);

#endif
