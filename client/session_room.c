/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_room: being in a room, and being in it again after each hello.
 *
 * Joining without a gap: `joined` gives the head H, then the topic is
 * subscribed to, then `sync` is sent until something comes on the topic that
 * has seen H: only now is it certain that the subscription has arrived. What
 * was said in between, the chain notices. A room that comes over the DEALER
 * (direct) needs none of it.
 */
#include <assert.h>
#include <stdlib.h>

#include "session_state.h"
#include "store.h"

enum { ROOMS_FIRST = 8 };

struct room *
session_find_room(struct session *s, struct slice name)
{
    for (size_t i = 0; i < s->room_count; i++)
        if (slice_eq(slice_str(s->rooms[i]->name), name))
            return s->rooms[i];
    return NULL;
}

struct room *
room_add(struct session *s, struct slice name)
{
    assert(name.len && name.len <= LIMIT_NAME);
    if (s->room_count == s->room_cap) {
        size_t cap = s->room_cap ? 2 * s->room_cap : ROOMS_FIRST;
        struct room **rooms = realloc(s->rooms, cap * sizeof(struct room *));
        if (!rooms)
            return NULL;
        s->rooms = rooms;
        s->room_cap = cap;
    }
    struct room *room = calloc(1, sizeof *room);
    if (!room)
        return NULL;
    memcpy(room->name, name.data, name.len);
    chain_init(&room->chain, room->name);
    s->rooms[s->room_count++] = room;
    return room;
}

static void
subscribe(struct session *s, struct room *room, bool on)
{
    if (room->subscribed == on)
        return;
    room->subscribed = on;
    session_use_topics(s);
    s->sink.subscribe(s->sink.owner, slice_str(room->topic), on);
}

void
room_remove(struct session *s, struct room *room)
{
    size_t i = 0;
    while (s->rooms[i] != room)
        i++;
    s->rooms[i] = s->rooms[--s->room_count];
    subscribe(s, room, false);
    chain_reset(s, &room->chain);
    free(room);
}

void
room_reset(struct session *s, struct room *room)
{
    chain_reset(s, &room->chain);
    if (room->stage == ROOM_PARKED)
        return;
    room->stage = ROOM_WANTED;
    room->at = 0;
    room->unheard = false;
}

/* Another store: a cursor beyond its head is from the old one, and would hide
 * what is said from now on, in the next run, too. */
static void
rebase(struct session *s, struct room *room, uint64_t head)
{
    bool foreign = room->foreign;
    room->foreign = false;
    if (!foreign || head >= room->chain.last)
        return;
    room->chain.last = head;
    room->chain.head = head;
    if (room->done <= head)
        return;
    room->done = head;
    session_keep(s, &(struct record){.kind = KEEP_ROOM,
                                     .number = head,
                                     .name = slice_str(room->name)});
}

/* False after session_fail. */
static bool
tell_joined(struct session *s, struct room *room, const struct message *m,
            struct slice raw)
{
    struct event *e = session_event(s, CONFAB_JOINED, m, raw);
    if (!e)
        return false;
    e->user.again = room->told;
    room->told = true;
    if (!room->chain.known) {
        room->chain.known = true;
        room->chain.last = m->head;
        e->cursor = m->head;
        e->has_cursor = true;
    }
    session_give(s, e);
    return true;
}

/* The topic is kept by the room so that it can be left again. */
static bool
keep_topic(struct room *room, struct slice topic)
{
    if (!topic.len || topic.len >= sizeof room->topic)
        return false;
    if (room->subscribed)
        return true; /* a room's topic does not change */
    memcpy(room->topic, topic.data, topic.len);
    room->topic[topic.len] = '\0';
    return true;
}

void
room_on_joined(struct session *s, const struct message *m, struct slice raw,
               struct now now)
{
    struct room *room = session_find_room(s, m->room);
    if (!room || room->stage != ROOM_ASKED || m->ref.num != room->join_ref)
        return;
    bool direct = m->direct || m->closed; /* which is never published */
    if (!direct && !keep_topic(room, m->topic))
        return;
    rebase(s, room, m->head);
    room->direct = direct;
    room->rv = m->rv;
    room->stale = false;
    room->joined = m->head;
    room->about = store_checksum(m->about);
    if (!tell_joined(s, room, m, raw))
        return;
    subscribe(s, room, !direct);
    room->stage = direct ? ROOM_IN : ROOM_SYNC;
    room->at = now.ms;
    room->syncs = 0;
    room->chain.hurry = !direct;
    chain_open(s, &room->chain, m->head, now);
    s->work = true;
}

static void
on_roster(struct session *s, struct room *room, const struct message *m,
          struct slice raw)
{
    if (m->rv <= room->rv)
        return; /* `joined` knew it already */
    room->stale = room->stale || m->rv != room->rv + 1;
    room->rv = m->rv;
    struct event *e = session_event(
        s, m->op == OP_ENTER ? CONFAB_ENTER : CONFAB_EXIT, m, raw);
    if (!e)
        return;
    e->user.complete = !room->stale;
    session_give(s, e);
}

/* A subject comes without a number, so one that was missed (it was set in the
 * moment in which we joined, say) is told of by the next tick. */
static void
on_tick(struct session *s, struct room *room, const struct message *m)
{
    struct message about = {
        .op = OP_ABOUT,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_ABOUT) |
               MESSAGE_BIT(FIELD_BY) | MESSAGE_BIT(FIELD_HEAD),
        .room = m->room,
        .about = m->about.len ? m->about : slice_str(""),
        .by = m->by,
        .head = m->head,
    };
    struct buffer out = {.data = s->scratch, .cap = sizeof s->scratch};
    room->stale = room->stale || m->rv > room->rv;
    if (store_checksum(m->about) == room->about)
        return;
    room->about = store_checksum(m->about);
    bool fits = message_write(&out, SIDE_BROKER, &about);
    assert(fits);
    (void)fits;
    session_emit(s, CONFAB_ABOUT, &about, slice_of(out.data, out.len));
}

static void
on_about(struct session *s, struct room *room, const struct message *m,
         struct slice raw)
{
    room->about = store_checksum(m->about);
    session_emit(s, CONFAB_ABOUT, m, raw);
}

/* The subscription has arrived once something comes that has seen our join. */
static void
check_sync(struct session *s, struct room *room, const struct message *m,
           struct now now)
{
    uint64_t seen = message_has(m, FIELD_SEQ)    ? m->seq
                    : message_has(m, FIELD_HEAD) ? m->head
                                                 : m->prev;
    if (room->stage != ROOM_SYNC || seen < room->joined)
        return;
    if (message_has(m, FIELD_HEAD))
        chain_open(s, &room->chain, m->head, now);
    room->stage = ROOM_IN;
    room->chain.hurry = false;
}

void
room_live(struct session *s, struct room *room, const struct message *m,
          struct slice raw, struct now now)
{
    if (room->stage == ROOM_PARKED)
        return;
    if (m->op == OP_SAY)
        chain_live(s, &room->chain, m, raw, now);
    else if (m->op == OP_ABOUT)
        on_about(s, room, m, raw);
    else if (m->op == OP_TICK)
        on_tick(s, room, m);
    else if (room->chain.open)
        on_roster(s, room, m, raw);
    if (message_has(m, FIELD_HEAD))
        chain_heard(&room->chain, m->head, now);
    check_sync(s, room, m, now);
}

/* Not wanted any more, by the broker or by us; where we were is kept. */
static void
put_out(struct session *s, struct room *room)
{
    if (!room->chain.known) {
        room_remove(s, room);
        return;
    }
    subscribe(s, room, false);
    room_reset(s, room);
    room->stage = ROOM_PARKED;
}

/* While a join is under way its answer tells, which comes behind this. */
void
room_on_kicked(struct session *s, struct room *room, const struct message *m,
               struct slice raw)
{
    if (room->stage != ROOM_SYNC && room->stage != ROOM_IN)
        return;
    struct event *e = session_event(s, CONFAB_EXIT, m, raw);
    if (!e)
        return;
    e->user.complete = true;
    put_out(s, room);
    session_give(s, e);
}

static void
join_refused(struct session *s, struct room *room, const struct message *m,
             struct now now)
{
    enum err code = err_find(m->code);
    s->work = true; /* questions may have waited for it */
    if (code == ERR_RATE || code == ERR_INTERNAL) {
        room->stage = ROOM_WANTED;
        room->at = now.ms + session_wait(m);
        return;
    }
    struct message event = *m;
    event.room = slice_str(room->name);
    session_emit(s, CONFAB_REFUSED, &event, slice_of(NULL, 0));
    put_out(s, room);
}

/* Not being a member after all, we join again; too much is asked later. */
static void
sync_refused(struct room *room, const struct message *m, struct now now)
{
    if (room->stage != ROOM_SYNC)
        return;
    if (err_find(m->code) != ERR_RATE)
        room->stage = ROOM_WANTED;
    room->at = now.ms + (m->wait ? m->wait : RETRY_WAIT);
}

bool
room_on_error(struct session *s, const struct message *m, struct now now)
{
    uint64_t ref = m->ref.num;
    for (size_t i = 0; i < s->room_count; i++) {
        struct room *room = s->rooms[i];
        if (room->stage == ROOM_ASKED && room->join_ref == ref) {
            join_refused(s, room, m, now);
            return true;
        }
        if (room->sync_ref == ref) {
            sync_refused(room, m, now);
            return true;
        }
        if (chain_asked(&room->chain, ref)) {
            chain_refused(s, &room->chain, m, now);
            return true;
        }
    }
    return false;
}

static void
send_join(struct session *s, struct room *room)
{
    bool direct = room->ask_direct || room->unheard;
    struct message m = {
        .op = OP_JOIN,
        .has = MESSAGE_BIT(FIELD_REF) | MESSAGE_BIT(FIELD_ROOM),
        .ref = {.num = s->numbers + 1},
        .room = slice_str(room->name),
        .direct = direct,
    };
    if (direct)
        m.has |= MESSAGE_BIT(FIELD_DIRECT);
    if (!session_write(s, &m))
        return;
    room->join_ref = ++s->numbers;
    room->stage = ROOM_ASKED;
}

/* The syncs count on, so that a connection that is there for a moment again and
 * again (a broker that shuts who listens to too much) is given up, too. */
void
room_topic_lost(struct session *s, struct room *room, struct now now)
{
    if (room->stage != ROOM_IN || room->direct)
        return;
    room->stage = ROOM_SYNC;
    room->at = now.ms + SYNC_EVERY;
    room->chain.hurry = true;
    s->work = true;
}

/* Where the PUB socket cannot be reached (a firewall lets only one port pass),
 * the room comes over the connection that there is. */
static void
give_up_topic(struct room *room)
{
    room->unheard = true;
    room->stage = ROOM_WANTED;
    room->at = 0;
}

static void
send_sync(struct session *s, struct room *room, struct now now)
{
    struct message m = {
        .op = OP_SYNC,
        .has = MESSAGE_BIT(FIELD_REF) | MESSAGE_BIT(FIELD_ROOM),
        .ref = {.num = s->numbers + 1},
        .room = slice_str(room->name),
    };
    if (!session_write(s, &m))
        return;
    room->sync_ref = ++s->numbers;
    room->syncs++;
    room->at = now.ms + SYNC_EVERY;
}

void
room_pump(struct session *s, struct room *room, struct now now)
{
    bool due = now.ms >= room->at;
    if (due && room->stage == ROOM_SYNC && room->syncs == SYNC_MOST)
        give_up_topic(room);
    if (due && room->stage == ROOM_WANTED)
        send_join(s, room);
    else if (due && room->stage == ROOM_SYNC)
        send_sync(s, room, now);
    chain_pump(s, &room->chain, now);
}

uint64_t
room_deadline(const struct room *room)
{
    uint64_t at = chain_deadline(&room->chain);
    bool due = room->stage == ROOM_WANTED || room->stage == ROOM_SYNC;
    return due && room->at < at ? room->at : at;
}
