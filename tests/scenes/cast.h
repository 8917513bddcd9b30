/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cast: who is who in scenes with keys.
 *
 * `option rights=keys` (or claim) gives the broker these users and rules:
 *
 *     ann is an admin, mia a moderator, bob and eve are listed (and ~, who is
 *     the driver itself)
 *     rooms staff* are closed; eve may not join staff-ops
 *     in news only moderators speak; eve may not make rooms made*, nor tell mia
 *
 * Everybody has a key pair made from a name, so that it is the same in every
 * run. An actor brings that of his own name without digits at its end: ann2 is
 * ann once more, at another machine. `key` gives him another one, or none.
 */
#ifndef SCENES_CAST_H
#define SCENES_CAST_H

#include <stdio.h>

#include "broker/access.h"

struct cast_key {
    char open[LIMIT_KEY + 1], secret[LIMIT_KEY + 1]; /* Z85 */
};

/* That of this actor, or of whom it is for. */
void cast_key(const char *name, struct cast_key *key);
/* The users, in the form of their file, and what the configuration says of
 * closed rooms and rules. */
void cast_users(FILE *file);
void cast_rules(FILE *file);
/* The same as a value; users_free it. */
void cast_access(enum access_mode mode, struct access *access);

#endif
