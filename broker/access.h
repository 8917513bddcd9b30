/* SPDX-License-Identifier: MPL-2.0 */
/*
 * access: who may do what, as the operator has set it.
 *
 * One immutable value made of the configuration and the file of users; a
 * reload makes another one and puts it in its place whole. What moderators
 * decide while the broker runs (bans, mutes, invitations) is not here:
 * ruling.h.
 *
 * Pure: no file, no clock, no hub.
 */
#ifndef CONFAB_ACCESS_H
#define CONFAB_ACCESS_H

#include "rules.h"
#include "users.h"

enum access_mode {
    ACCESS_OPEN,  /* whoever comes first; proves nothing */
    ACCESS_CLAIM, /* the first key to use an id owns it */
    ACCESS_KEYS,  /* the listed ones */
};

/* What a verb costs is taken from a bucket of its kind, an id's. */
enum pace_of { PACE_FREE, PACE_SAY, PACE_ASK, PACE_CHANGE, PACES };

struct access {
    enum access_mode mode;
    struct users users;
    struct rules rules;
    uint64_t rates[PACES]; /* tokens a second; 0: as much as it likes */
};

/* The role of an id; ROLE_MEMBER for who is not listed, and for all where ids
 * prove nothing (ACCESS_OPEN). */
enum role access_role(const struct access *access, struct slice id);
/* Whether a session with this role and id may do it: in the room `name`, or for
 * ACT_TELL to the id `name`. */
bool access_may(const struct access *access, enum role role, struct slice id,
                enum act act, struct slice name);
/* Only for those on its list, never published. */
bool access_is_closed(const struct access *access, struct slice room);

#endif
