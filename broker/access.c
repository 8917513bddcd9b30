/* SPDX-License-Identifier: MPL-2.0 */
/*
 * access: see access.h.
 *
 * Where nobody can prove who he is, nobody is more than a member, whatever the
 * file of users says: it may be there from a time with keys.
 */
#include "access.h"

enum role
access_role(const struct access *access, struct slice id)
{
    if (access->mode == ACCESS_OPEN) {
        return ROLE_MEMBER;
    }
    const struct user *user = users_find(&access->users, id);
    return user ? user->role : ROLE_MEMBER;
}

bool
access_may(const struct access *access, enum role role, struct slice id,
           enum act act, struct slice name)
{
    return rules_may(&access->rules, role, id, act, name);
}

bool
access_is_closed(const struct access *access, struct slice room)
{
    return rules_is_closed(&access->rules, room);
}
