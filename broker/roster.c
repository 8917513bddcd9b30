/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who is in a room: joining, leaving, being left behind.
 *
 * A membership belongs to the id, not to the connection. When a session breaks,
 * its memberships stay for a grace; a join within it takes them up again and
 * nobody hears of it. `rv` begins at the place in the log where the room got
 * its first member, so that it never goes back when a room is forgotten and
 * made anew, and then counts by one.
 */
#include <stdlib.h>
#include <utlist.h>

#include "core.h"
#include "listing.h"
#include "rights.h"
#include "roster.h"
#include "xmem.h"

static void
direct_set(struct room *room, struct membership *ms, bool direct)
{
    if (direct == (ms->direct != 0))
        return;
    if (!direct) {
        struct membership *last = room->directs[--room->direct_count];
        room->directs[ms->direct - 1] = last;
        last->direct = ms->direct;
        ms->direct = 0;
        return;
    }
    if (room->direct_count == room->direct_cap) {
        room->direct_cap = room->direct_cap ? 2 * room->direct_cap : 4;
        room->directs =
            xrealloc(room->directs, room->direct_cap * sizeof *room->directs);
    }
    room->directs[room->direct_count++] = ms;
    ms->direct = room->direct_count;
}

static struct membership *
membership_new(struct room *room, struct client *c)
{
    struct membership *ms = xcalloc(1, sizeof *ms);
    ms->room = room;
    ms->client = c;
    roll_add(&room->members, ms);
    room->roster_bytes += c->id.len + 2;
    if (c->room_count == c->room_cap) {
        c->room_cap = c->room_cap ? 2 * c->room_cap : 4;
        c->rooms = xrealloc(c->rooms, c->room_cap * sizeof *c->rooms);
    }
    ms->place = c->room_count;
    c->rooms[c->room_count++] = ms;
    return ms;
}

/* An id that is in no room keeps no memory for it: there are many ids. */
static void
client_remove(struct client *c, const struct membership *ms)
{
    struct membership *last = c->rooms[--c->room_count];
    c->rooms[ms->place] = last;
    last->place = ms->place;
    if (c->room_count)
        return;
    free(c->rooms);
    c->rooms = NULL;
    c->room_cap = 0;
}

static void
membership_free(struct membership *ms)
{
    struct client *c = ms->client;
    struct room *room = ms->room;
    direct_set(room, ms, false);
    roll_remove(&room->members, ms);
    room->roster_bytes -= c->id.len + 2;
    client_remove(c, ms);
    free(ms);
}

/* --- join --- */

static void
join_answer(struct hub *hub, struct peer *p, const struct record *r,
            const struct membership *ms)
{
    const struct room *room = ms->room;
    struct message m = reply_to_record(r, OP_JOINED);
    SET(&m, FIELD_ROOM, room, room->name);
    SET(&m, FIELD_TOPIC, topic, room->topic);
    SET(&m, FIELD_DIRECT, direct, ms->direct != 0);
    SET(&m, FIELD_HEAD, head, room->head);
    SET(&m, FIELD_FIRST, first, room->first);
    SET(&m, FIELD_RV, rv, room->rv);
    SET(&m, FIELD_COUNT_OF, count, room->members.count);
    if (room->about)
        SET(&m, FIELD_ABOUT, about, room_about(room));
    if (room->closed)
        SET(&m, FIELD_CLOSED, closed, true);
    if (room->members.count <= LIMIT_MEMBERS)
        SET(&m, FIELD_MEMBERS, members,
            listing_roll(hub, &room->members, 0, LIMIT_MEMBERS, NULL));
    peer_answer(hub, p, &m);
}

/* May it not have one more? What earlier sessions have left behind does not
 * count, unless that is as much again. */
static bool
join_is_too_much(const struct hub *hub, const struct client *c,
                 const struct membership *ms)
{
    unsigned limit = hub->options.joined;
    if (ms && !ms->left_by)
        return false;
    if (!ms && c->room_count >= 2 * limit)
        return true;
    unsigned count = 0;
    for (unsigned i = 0; i < c->room_count; i++)
        count += !c->rooms[i]->left_by;
    return count >= limit;
}

static void
join_refuse(struct hub *hub, struct peer *p, const struct record *r,
            const char *what, unsigned limit)
{
    struct message question = reply_to_record(r, OP_JOIN);
    peer_error(hub, p, &question, ERR_TOO_MANY, "%s: the limit is %u", what,
               limit);
}

static void
join_enter(struct hub *hub, struct room *room, struct client *c,
           const struct record *r)
{
    membership_new(room, c);
    room->rv = room->rv ? room->rv + 1 : r->seq;
    LOG(hub->options.logger, LOG_DEBUG, "room.enter",
        LOG_SLICE("room", room->name), LOG_SLICE("id", c->id),
        LOG_NUM("members", room->members.count));
    room_presence(hub, room, OP_ENTER, c, NULL);
}

/* The client whose inbox session asks through this record; NULL when that
 * session has ended meanwhile. A record from elsewhere names nobody's session.
 */
static struct client *
join_client(struct hub *hub, const struct record *r, struct peer **p)
{
    *p = peer_find(hub, r->origin);
    if (!r->origin)
        return client_get(hub, r->from);
    struct session *s = *p ? (*p)->session : NULL;
    bool own = s && s->inbox && slice_eq(s->client->id, r->from);
    return own ? s->client : NULL;
}

/* What was allowed when it was asked may not be by now. */
static bool
join_is_refused(struct hub *hub, struct peer *p, const struct record *r)
{
    struct refusal no = rights_join(hub, p->session, r->name);
    if (!no.code)
        no = rights_stay(hub, p->session, r->name);
    struct message question = reply_to_record(r, OP_JOIN);
    if (no.code)
        peer_error(hub, p, &question, no.code, "%s", no.text);
    return no.code;
}

void
roster_join(struct hub *hub, const struct record *r)
{
    struct peer *p;
    struct client *c = join_client(hub, r, &p);
    if (!c)
        return;
    if (p && join_is_refused(hub, p, r))
        return;
    struct room *room = room_find(hub, r->name);
    struct membership *ms = room ? room_member(room, c->id) : NULL;
    if (p && join_is_too_much(hub, c, ms)) {
        join_refuse(hub, p, r, "rooms joined by one session",
                    hub->options.joined);
        return;
    }
    room = room_get(hub, r->name);
    if (!room) {
        if (p)
            join_refuse(hub, p, r, "rooms of the broker", hub->options.rooms);
        return;
    }
    if (!ms)
        join_enter(hub, room, c, r);
    ms = room_member(room, c->id);
    ms->left_by = 0;
    ms->told = false;
    ms->skipped = false;
    direct_set(room, ms, r->direct || room->closed);
    client_touch(hub, c);
    if (p)
        join_answer(hub, p, r, ms);
}

/* --- leave --- */

static void
member_exit(struct hub *hub, struct membership *ms, const char *why)
{
    struct room *room = ms->room;
    struct client *c = ms->client;
    membership_free(ms);
    room->rv++;
    LOG(hub->options.logger, LOG_DEBUG, "room.exit",
        LOG_SLICE("room", room->name), LOG_SLICE("id", c->id),
        LOG_TEXT("why", why), LOG_NUM("members", room->members.count));
    room_presence(hub, room, OP_EXIT, c, why);
    room_check(hub, room);
}

void
roster_leave(struct hub *hub, const struct record *r)
{
    struct room *room = room_find(hub, r->name);
    struct membership *ms = room ? room_member(room, r->from) : NULL;
    struct peer *p = peer_find(hub, r->origin);
    if (ms) {
        struct client *c = ms->client;
        member_exit(hub, ms, "left");
        client_touch(hub, c);
    }
    if (!p || r->answer == ANSWER_NONE)
        return;
    struct message m = reply_to_record(r, OP_OK);
    peer_answer(hub, p, &m);
}

/* It has left when the others hear of it, so it is told apart, and always over
 * the DEALER: it may be behind on the topic. */
void
roster_kick(struct hub *hub, struct room *room, struct slice id)
{
    struct membership *ms = room_member(room, id);
    if (!ms)
        return;
    struct client *c = ms->client;
    struct session *s = ms->left_by ? NULL : c->inbox;
    member_exit(hub, ms, "kicked");
    if (s && !s->ending)
        room_exit_to(hub, room, s->peer, "kicked");
    client_touch(hub, c);
}

void
roster_direct(struct room *room)
{
    for (size_t i = 0; i < room->members.count; i++)
        direct_set(room, room->members.items[i], true);
}

void
roster_leave_all(struct hub *hub, struct client *c, const char *why)
{
    for (unsigned i = c->room_count; i-- > 0;) {
        if (!c->rooms[i]->left_by)
            member_exit(hub, c->rooms[i], why);
    }
}

/* --- the grace --- */

static void
grace_set(struct hub *hub, struct client *c)
{
    if (c->grace)
        DL_DELETE2(hub->graces, c, grace_prev, grace_next);
    c->grace = 0;
    for (unsigned i = 0; i < c->room_count; i++) {
        uint64_t by = c->rooms[i]->left_by;
        if (by && (!c->grace || by < c->grace))
            c->grace = by;
    }
    if (c->grace)
        DL_APPEND2(hub->graces, c, grace_prev, grace_next);
}

void
roster_abandon(struct hub *hub, struct client *c)
{
    for (unsigned i = 0; i < c->room_count; i++) {
        if (!c->rooms[i]->left_by)
            c->rooms[i]->left_by = hub->now.mono + hub->options.grace;
    }
    grace_set(hub, c);
}

void
roster_expire(struct hub *hub, struct client *c)
{
    for (unsigned i = c->room_count; i-- > 0;) {
        uint64_t by = c->rooms[i]->left_by;
        if (by && by <= hub->now.mono)
            member_exit(hub, c->rooms[i], "lost");
    }
    grace_set(hub, c);
    client_touch(hub, c);
}

void
roster_sweep(struct hub *hub)
{
    struct client *c, *next;
    DL_FOREACH_SAFE2 (hub->graces, c, next, grace_next) {
        if (c->grace > hub->now.mono)
            continue;
        DL_DELETE2(hub->graces, c, grace_prev, grace_next);
        c->grace = 0; /* until the record is back */
        struct record *r = log_record(hub->log, RECORD_GRACE, c->id.len);
        r->from = record_copy(r, c->id);
        hub_append(hub, r);
    }
}
