/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffer_members: who is in a room, sorted, so that one is found by halving.
 *
 * The broker tells at most LIMIT_MEMBERS of a large room; who enters afterwards
 * is added, so the list may be a part of the room. `count` is the broker's.
 */
#include <stdlib.h>
#include <string.h>

#include "buffer_inner.h"

void
buffer_members_free(struct chat_buffer *b)
{
    for (size_t i = 0; i < b->member_count; i++)
        free(b->members[i]);
    free(b->members);
    b->members = NULL;
    b->member_count = b->member_room = 0;
}

/* Where the id is or would be; whether it is there. */
static bool
find(const struct chat_buffer *b, const char *id, size_t *at)
{
    size_t from = 0;
    size_t to = b->member_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (strcmp(b->members[middle], id) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    *at = from;
    return from < b->member_count && strcmp(b->members[from], id) == 0;
}

static bool
make_room(struct chat_buffer *b)
{
    if (b->member_count < b->member_room)
        return true;
    size_t room = b->member_room ? b->member_room * 2 : 16;
    char **members = realloc(b->members, room * sizeof *members);
    if (!members)
        return false;
    b->members = members;
    b->member_room = room;
    return true;
}

static bool
add(struct chat_buffer *b, const char *id)
{
    size_t at = 0;
    if (find(b, id, &at))
        return true;
    if (b->member_count == LIMIT_SESSIONS || !make_room(b))
        return false;
    char *copy = strdup(id);
    if (!copy)
        return false;
    memmove(b->members + at + 1, b->members + at,
            (b->member_count - at) * sizeof *b->members);
    b->members[at] = copy;
    b->member_count++;
    return true;
}

static void
set_count(struct chat_buffer *b, uint64_t count)
{
    b->count = count;
    b->members_known = count == b->member_count;
}

bool
buffer_members(struct chat_buffer *b, const char *const *ids, size_t len,
               uint64_t count)
{
    bool done = true;
    buffer_members_free(b);
    for (size_t i = 0; i < len && done; i++)
        done = add(b, ids[i]);
    set_count(b, count);
    return done;
}

bool
buffer_enter(struct chat_buffer *b, const char *id, uint64_t count)
{
    bool done = add(b, id);
    set_count(b, count);
    return done;
}

void
buffer_exit(struct chat_buffer *b, const char *id, uint64_t count)
{
    size_t at = 0;
    if (find(b, id, &at)) {
        free(b->members[at]);
        b->member_count--;
        memmove(b->members + at, b->members + at + 1,
                (b->member_count - at) * sizeof *b->members);
    }
    set_count(b, count);
}
