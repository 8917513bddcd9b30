/* SPDX-License-Identifier: MPL-2.0 */
/*
 * shelf: see shelf.h.
 */
#include "shelf.h"

#include <assert.h>
#include <stdlib.h>

#include "core.h"
#include "xmem.h"

enum { KEY_MAX = 1 + LIMIT_NAME };

static size_t
key_of(enum ruling_kind kind, struct slice room, uint8_t key[static KEY_MAX])
{
    assert(room.len <= LIMIT_NAME);
    key[0] = (uint8_t)kind;
    if (room.len)
        memcpy(key + 1, room.data, room.len);
    return 1 + room.len;
}

struct shelf *
shelf_find(const struct hub *hub, enum ruling_kind kind, struct slice room)
{
    uint8_t key[KEY_MAX];
    size_t len = key_of(kind, room, key);
    struct shelf *shelf = NULL;
    HASH_FIND(hh, hub->rulings.shelves, key, len, shelf);
    return shelf;
}

struct shelf *
shelf_get(struct hub *hub, enum ruling_kind kind, struct slice room)
{
    struct shelf *shelf = shelf_find(hub, kind, room);
    if (shelf)
        return shelf;
    shelf = xcalloc(1, sizeof *shelf + KEY_MAX);
    size_t len = key_of(kind, room, shelf->key);
    HASH_ADD_KEYPTR(hh, hub->rulings.shelves, shelf->key, len, shelf);
    return shelf;
}

static void
shelf_free(struct hub *hub, struct shelf *shelf)
{
    HASH_DELETE(hh, hub->rulings.shelves, shelf);
    free(shelf);
}

void
shelf_check(struct hub *hub, struct shelf *shelf)
{
    if (!shelf->count && !shelf->placed)
        shelf_free(hub, shelf);
}

void
shelf_fini(struct hub *hub)
{
    HASH_FREE_ALL(struct shelf, hub->rulings.shelves);
}
