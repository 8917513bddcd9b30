/* SPDX-License-Identifier: MPL-2.0 */
/*
 * listed: see listed.h.
 */
#include "listed.h"

#include <stdlib.h>

#include "core.h"
#include "xmem.h"

static struct listed *
listed_find(const struct hub *hub, struct slice id)
{
    struct listed *listed = NULL;
    HASH_FIND(hh, hub->listed, id.data, id.len, listed);
    return listed;
}

void
listed_add(struct hub *hub, struct slice id, struct room *room)
{
    struct listed *listed = listed_find(hub, id);
    if (!listed) {
        listed = xcalloc(1, sizeof *listed + id.len);
        memcpy(listed->id, id.data, id.len);
        listed->rooms.name = room_name;
        HASH_ADD_KEYPTR(hh, hub->listed, listed->id, id.len, listed);
    }
    roll_add(&listed->rooms, room);
}

static void
listed_free(struct hub *hub, struct listed *listed)
{
    HASH_DELETE(hh, hub->listed, listed);
    roll_fini(&listed->rooms);
    free(listed);
}

void
listed_remove(struct hub *hub, struct slice id, const struct room *room)
{
    struct listed *listed = listed_find(hub, id);
    if (!listed)
        return;
    roll_remove(&listed->rooms, room);
    if (!listed->rooms.count)
        listed_free(hub, listed);
}

const struct roll *
listed_rooms(const struct hub *hub, struct slice id)
{
    static const struct roll none = {.count = 0};
    const struct listed *listed = listed_find(hub, id);
    return listed ? &listed->rooms : &none;
}

void
listed_fini(struct hub *hub)
{
    struct listed *listed = hub->listed;
    for (; listed; listed = listed->hh.next)
        roll_fini(&listed->rooms);
    HASH_FREE_ALL(struct listed, hub->listed);
}
