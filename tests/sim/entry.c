/* SPDX-License-Identifier: MPL-2.0 */
/* entry: see entry.h. */
#include "entry.h"

#include <stdlib.h>

#include "broker/access.h"
#include "broker/xmem.h"

struct access *
entry_new(unsigned mode, const char *users, const char *room)
{
    struct config_error error;
    struct access *access = xcalloc(1, sizeof *access);
    access->mode = (enum access_mode)mode;
    if (access->mode == ACCESS_OPEN)
        return access;
    if (!users_read(&access->users, slice_str(users), "users", &error) ||
        !rules_add_closed(&access->rules, "room", room, &error))
        abort();
    return access;
}

void
entry_free(struct access *access)
{
    users_free(&access->users);
    free(access);
}
