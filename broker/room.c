/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The rooms themselves: made by the first join or say, gone with the last
 * member and message; and what happens in them on its way to topic and members.
 *
 * `head` is what has been delivered, `placed` what has its place in the log but
 * may still be on its way there: the next message's `prev`.
 */
#include "room.h"

#include <stdlib.h>
#include <utlist.h>

#include "access.h"
#include "core.h"
#include "roster.h"
#include "xmem.h"

static struct slice
membership_name(const void *item)
{
    return ((const struct membership *)item)->client->id;
}

struct slice
room_name(const void *room)
{
    return ((const struct room *)room)->name;
}

struct slice
room_about(const struct room *room)
{
    return room->about ? room->about->value : slice_of(NULL, 0);
}

bool
room_is_made(const struct room *room)
{
    return room->listed || room->listing || room->first ||
           room->placed != room->head;
}

struct room *
room_find(struct hub *hub, struct slice name)
{
    if (hub->recent && slice_eq(hub->recent->name, name))
        return hub->recent;
    struct room *room = NULL;
    HASH_FIND(hh, hub->rooms, name.data, name.len, room);
    if (room)
        hub->recent = room;
    return room;
}

/* The list of rooms that it is in. */
static struct roll *
room_roll(struct hub *hub, const struct room *room)
{
    return room->closed ? &hub->closed_rooms : &hub->open_rooms;
}

static struct room *
room_new(struct hub *hub, struct slice name)
{
    struct room *room = xcalloc(1, sizeof *room + name.len + 1);
    memcpy(room->bytes, name.data, name.len);
    room->bytes[name.len] = ' ';
    room->name = slice_of(room->bytes, name.len);
    room->topic = slice_of(room->bytes, name.len + 1);
    room->members.name = membership_name;
    room->placed = room->head = hub->forgotten_head;
    room->closed = access_is_closed(hub->options.access, name);
    HASH_ADD_KEYPTR(hh, hub->rooms, room->name.data, room->name.len, room);
    roll_add(room_roll(hub, room), room);
    hub->stats.rooms++;
    room_check(hub, room);
    return room;
}

struct room *
room_get(struct hub *hub, struct slice name)
{
    struct room *room = room_find(hub, name);
    if (room || hub->stats.rooms >= hub->options.rooms)
        return room;
    return room_new(hub, name);
}

struct room *
room_restore(struct hub *hub, struct slice name)
{
    struct room *room = room_find(hub, name);
    return room ? room : room_new(hub, name);
}

struct membership *
room_member(const struct room *room, struct slice id)
{
    return roll_find(&room->members, id);
}

static void
room_free(struct hub *hub, struct room *room)
{
    if (room->tick_due)
        DL_DELETE2(hub->ticks, room, tick_prev, tick_next);
    if (hub->recent == room)
        hub->recent = NULL;
    HASH_DELETE(hh, hub->rooms, room);
    roll_remove(room_roll(hub, room), room);
    roll_fini(&room->members);
    outbox_fini(&room->batch);
    free(room->directs);
    free(room);
    hub->stats.rooms--;
}

void
room_check(struct hub *hub, struct room *room)
{
    if (room->dirty)
        return;
    room->dirty = true;
    room->next_dirty = hub->dirty_rooms;
    hub->dirty_rooms = room;
}

/* --- posting --- */

static void
room_publish(struct hub *hub, struct room *room, bool all)
{
    while (room->batch.first && (all || outbox_ripe(&room->batch))) {
        hub->options.sink.publish(hub->options.sink.self,
                                  outbox_frame(&room->batch));
        outbox_shift(&room->batch);
        hub->stats.published++;
    }
}

void
room_post(struct hub *hub, struct room *room, struct slice message)
{
    if (!room->closed) {
        outbox_add(&room->batch, room->topic, message);
        room_check(hub, room);
        if (outbox_ripe(&room->batch))
            room_publish(hub, room, false);
    }
    for (uint32_t i = 0; i < room->direct_count; i++) {
        struct membership *ms = room->directs[i];
        struct session *s = ms->client->inbox;
        if (!s || s->ending || ms->left_by || s->peer->gone)
            continue;
        if (!peer_offer(hub, s->peer, message))
            ms->skipped = s->peer->skipped = true;
    }
}

static struct message
room_state(const struct room *room, enum op op)
{
    struct message m = {.op = op};
    SET(&m, FIELD_ROOM, room, room->name);
    SET(&m, FIELD_HEAD, head, room->head);
    SET(&m, FIELD_RV, rv, room->rv);
    SET(&m, FIELD_COUNT_OF, count, room->members.count);
    return m;
}

/* With the subject, for those who came when it was set: nothing numbers them.
 */
static struct message
tick_of(struct hub *hub, const struct room *room)
{
    struct message m = room_state(room, OP_TICK);
    SET(&m, FIELD_TIME, time, hub->now.wall);
    if (room->about) {
        SET(&m, FIELD_ABOUT, about, room_about(room));
        SET(&m, FIELD_BY, by, room->about->by);
    }
    return m;
}

void
room_presence(struct hub *hub, struct room *room, enum op op, struct client *c,
              const char *why)
{
    if (room->members.count > LIMIT_MEMBERS)
        return;
    struct message m = room_state(room, op);
    SET(&m, FIELD_ID, id, c->id);
    if (why)
        SET(&m, FIELD_WHY, why, slice_str(why));
    room_post(hub, room, hub_encode(hub, &m));
}

void
room_tick(struct hub *hub, struct room *room)
{
    if (room->tick_due)
        DL_DELETE2(hub->ticks, room, tick_prev, tick_next);
    room->tick_due = false;
    room->ticked = hub->now.mono;
    struct message m = tick_of(hub, room);
    room_post(hub, room, hub_encode(hub, &m));
}

void
room_tick_to(struct hub *hub, struct room *room, struct peer *p)
{
    struct message m = tick_of(hub, room);
    peer_answer(hub, p, &m);
}

void
room_exit_to(struct hub *hub, struct room *room, struct peer *p,
             const char *why)
{
    struct message m = room_state(room, OP_EXIT);
    SET(&m, FIELD_ID, id, p->session->client->id);
    SET(&m, FIELD_WHY, why, slice_str(why));
    peer_answer(hub, p, &m);
}

void
room_sync(struct hub *hub, struct room *room)
{
    if (room->tick_due)
        return;
    if (!room->ticked || room->ticked + TICK_EVERY <= hub->now.mono) {
        room_tick(hub, room);
        return;
    }
    room->tick_due = true;
    DL_APPEND2(hub->ticks, room, tick_prev, tick_next);
}

void
room_sweep(struct hub *hub)
{
    struct room *room, *next;
    DL_FOREACH_SAFE2 (hub->ticks, room, next, tick_next)
        if (room->ticked + TICK_EVERY <= hub->now.mono)
            room_tick(hub, room);
}

void
room_tell_about(struct hub *hub, struct room *room, struct slice by)
{
    struct message m = {.op = OP_ABOUT};
    SET(&m, FIELD_ROOM, room, room->name);
    SET(&m, FIELD_ABOUT, about, room_about(room));
    SET(&m, FIELD_BY, by, by);
    SET(&m, FIELD_HEAD, head, room->head);
    room_post(hub, room, hub_encode(hub, &m));
}

/* --- rulings --- */

void
room_close(struct hub *hub, struct room *room)
{
    bool closed = access_is_closed(hub->options.access, room->name);
    if (closed == room->closed)
        return;
    roll_remove(room_roll(hub, room), room);
    room->closed = closed;
    roll_add(room_roll(hub, room), room);
    if (!closed)
        return;
    outbox_fini(&room->batch); /* a tick may have been on its way */
    roster_direct(room);
}

void
room_ruled(struct hub *hub, struct room *room, const struct ruling *ruling,
           bool in_force)
{
    if (ruling->kind != RULING_MEMBER) {
        room->about = in_force ? ruling : NULL;
    } else if (in_force) {
        room->listed++;
        listed_add(hub, ruling->subject, room);
    } else {
        room->listed--;
        listed_remove(hub, ruling->subject, room);
    }
    room->leaving = false;
    room_check(hub, room);
}

/* --- the turn's end --- */

static bool
room_is_empty(const struct room *room)
{
    return !room->members.count && !room->first && room->placed == room->head &&
           !room->listed && !room->listing && !room->placed_list;
}

/* A subject goes before the room does, through the log. */
static bool
room_keeps_about(struct hub *hub, struct room *room)
{
    if (room->about && !room->leaving)
        room->leaving = ruling_room_gone(hub, room);
    return room->about;
}

void
room_flush_all(struct hub *hub)
{
    while (hub->dirty_rooms) {
        struct room *room = hub->dirty_rooms;
        hub->dirty_rooms = room->next_dirty;
        room->dirty = false;
        room_publish(hub, room, true);
        if (!room_is_empty(room) || room_keeps_about(hub, room))
            continue;
        if (hub->forgotten_head < room->head)
            hub->forgotten_head = room->head;
        room_free(hub, room);
    }
}

void
room_fini(struct hub *hub)
{
    struct room *room, *next;
    HASH_ITER (hh, hub->rooms, room, next) {
        for (size_t i = 0; i < room->members.count; i++)
            free(room->members.items[i]);
        room_free(hub, room);
    }
}
