/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Questions and their lists: history, who, rooms, ping.
 *
 * A list is charged to the asker's allowance of the turn as a whole frame,
 * before any work is done; what it did not need is given back when its size is
 * known. So what is refused costs nothing.
 */
#include "listing.h"
#include "rights.h"
#include "verbs.h"

bool
query_charge(struct hub *hub, struct peer *p, const struct message *m)
{
    if (peer_charge(hub, p, LIMIT_FRAME))
        return true;
    peer_error(hub, p, m, ERR_RATE,
               "more than %d bytes of lists and history at once", PEER_BULK);
    return false;
}

/* The answer's list is there. */
void
query_settle(struct hub *hub, struct peer *p, struct slice list)
{
    peer_refund(hub, p, LIMIT_FRAME - list.len);
}

unsigned
query_limit(const struct message *m, unsigned preset, unsigned most)
{
    if (!message_has(m, FIELD_LIMIT))
        return preset;
    return m->limit < 1 ? 1 : m->limit > most ? most : (unsigned)m->limit;
}

bool
query_refused(struct hub *hub, struct session *s, const struct message *m,
              struct refusal no)
{
    if (no.code == ERR_NO_ROOM)
        peer_error(hub, s->peer, m, no.code, "there is no room %.*s",
                   SLICE_ARG(m->room));
    else if (no.code)
        peer_error(hub, s->peer, m, no.code, "%s", no.text);
    return no.code;
}

/* --- history --- */

static void
query_range(struct log_query *q, const struct message *m)
{
    q->range = RANGE_NEWEST;
    if (message_has(m, FIELD_AFTER)) {
        q->range = RANGE_AFTER;
        q->bound = m->after;
    } else if (message_has(m, FIELD_BEFORE)) {
        q->range = RANGE_BEFORE;
        q->bound = m->before;
    } else if (message_has(m, FIELD_SINCE)) {
        q->range = RANGE_SINCE;
        q->bound = m->since;
    }
}

static void
query_names(struct log_query *q, const struct client *c,
            const struct message *m)
{
    struct slice name = c->id;
    q->channel = CHANNEL_MAIL;
    if (message_has(m, FIELD_ROOM)) {
        q->channel = CHANNEL_ROOM;
        name = m->room;
    }
    if (message_has(m, FIELD_WITH)) {
        q->channel = CHANNEL_TALK;
        q->with_len = (uint8_t)m->with.len;
        memcpy(q->with, m->with.data, m->with.len);
    }
    q->name_len = (uint8_t)name.len;
    memcpy(q->name, name.data, name.len);
}

void
query_ref(struct log_query *q, const struct message *m)
{
    q->has_ref = message_has(m, FIELD_REF);
    q->ref_is_str = m->ref.is_str;
    q->ref_num = m->ref.num;
    q->ref_len = (uint8_t)m->ref.str.len;
    if (m->ref.str.len)
        memcpy(q->ref, m->ref.str.data, m->ref.str.len);
}

struct ref
query_ref_of(const struct log_query *q)
{
    return (struct ref){q->ref_is_str, q->ref_num,
                        slice_of(q->ref, q->ref_len)};
}

void
on_history(struct hub *hub, struct session *s, const struct message *m)
{
    if (message_has(m, FIELD_ROOM) &&
        query_refused(hub, s, m, rights_read(hub, s, m->room)))
        return;
    if (!query_charge(hub, s->peer, m))
        return;
    struct log_query q = {
        .origin = s->peer->handle,
        .purpose = PURPOSE_HISTORY,
        .limit = query_limit(m, PAGE_DEFAULT, LIMIT_PAGE),
        .bytes = LISTING_LIMIT - FRAME_HEADER,
        .turn = hub->turn,
    };
    if (!message_has(m, FIELD_ROOM))
        q.floor = s->client->born;
    query_range(&q, m);
    query_names(&q, s->client, m);
    query_ref(&q, m);
    log_read(hub->log, &q);
}

static struct slice
page_messages(struct hub *hub, const struct log_page *page)
{
    struct buffer list = listing_array(hub);
    for (unsigned i = 0; i < page->count; i++) {
        struct slice wire = page->messages[i];
        memcpy(list.data + list.len, wire.data, wire.len);
        list.len += wire.len;
    }
    return listing_close(&list, page->count);
}

/* The log knows no head of a room that has no messages (any more). */
static void
page_ends(struct hub *hub, const struct log_query *q,
          const struct log_page *page, struct message *m)
{
    const struct room *room =
        q->channel == CHANNEL_ROOM && !page->first
            ? room_find(hub, slice_of(q->name, q->name_len))
            : NULL;
    bool to_head = room && q->range != RANGE_BEFORE;
    SET(m, FIELD_HEAD, head, room ? room->head : page->head);
    /* Of a channel that the log has forgotten it tells the highest head that
     * any of those had. */
    uint64_t upto = page->upto < m->head ? page->upto : m->head;
    SET(m, FIELD_UPTO, upto, to_head ? room->head : upto);
    SET(m, FIELD_FIRST, first, page->first);
}

static void
page_subject(struct hub *hub, const struct log_query *q, struct message *m)
{
    if (q->channel == CHANNEL_ROOM)
        SET(m, FIELD_ROOM, room, slice_of(q->name, q->name_len));
    if (q->channel != CHANNEL_TALK)
        return;
    SET(m, FIELD_WITH, with, slice_of(q->with, q->with_len));
    const struct client *other = client_find(hub, m->with);
    SET(m, FIELD_ACKED, acked, other ? other->mail.acked : 0);
}

/* No message with somebody who was never here. One who only sends is not known,
 * but what he told is. */
static bool
is_with_nobody(struct hub *hub, const struct log_query *q,
               const struct log_page *page)
{
    if (q->channel != CHANNEL_TALK || page->count || page->first)
        return false;
    const struct client *with =
        client_find(hub, slice_of(q->with, q->with_len));
    return !with || !with->known;
}

void
query_page(struct hub *hub, const struct log_query *q,
           const struct log_page *page)
{
    struct peer *p = peer_find(hub, q->origin);
    struct session *s = p ? p->session : NULL;
    if (!s || s->ending)
        return;
    struct slice name = slice_of(q->name, q->name_len);
    struct refusal no = {ERR_NONE, NULL};
    if (q->channel == CHANNEL_ROOM)
        no = rights_read(hub, s, name); /* it may have changed since */
    bool own_mail = q->channel == CHANNEL_MAIL && page->count &&
                    slice_eq(s->client->id, name);
    if (own_mail && s->mail_shown < page->upto)
        s->mail_shown = page->upto;
    struct message m = {.op = OP_HISTORY};
    if (q->has_ref)
        SET(&m, FIELD_REF, ref, query_ref_of(q));
    if (no.code) {
        peer_error(hub, p, &m, no.code, "%s", no.text);
        return;
    }
    if (is_with_nobody(hub, q, page)) {
        peer_error(hub, p, &m, ERR_NO_CLIENT,
                   "nobody called %.*s was ever here", (int)q->with_len,
                   (const char *)q->with);
        return;
    }
    page_subject(hub, q, &m);
    SET(&m, FIELD_MESSAGES, messages, page_messages(hub, page));
    page_ends(hub, q, page, &m);
    SET(&m, FIELD_MORE, more, page->more);
    SET(&m, FIELD_COMPLETE, complete, page->complete);
    if (q->turn == hub->turn)
        query_settle(hub, p, m.messages);
    peer_answer(hub, p, &m);
}

/* --- who, rooms --- */

void
on_who(struct hub *hub, struct session *s, const struct message *m)
{
    const struct roll *roll = &hub->present;
    const struct room *room = NULL;
    if (message_has(m, FIELD_ROOM)) {
        room = room_find(hub, m->room);
        if (!room || !rights_see(hub, s, room)) {
            peer_error(hub, s->peer, m, ERR_NO_ROOM, "there is no room %.*s",
                       SLICE_ARG(m->room));
            return;
        }
        roll = &room->members;
    }
    if (!query_charge(hub, s->peer, m))
        return;
    unsigned limit = query_limit(m, LIMIT_MEMBERS, LIMIT_MEMBERS);
    struct message a = reply_to(m, OP_WHO);
    SET(&a, FIELD_MEMBERS, members,
        listing_roll(hub, roll, roll_after(roll, m->after_name), limit,
                     &a.more));
    query_settle(hub, s->peer, a.members);
    if (room) {
        SET(&a, FIELD_ROOM, room, room->name);
        SET(&a, FIELD_RV, rv, room->rv);
    }
    SET(&a, FIELD_COUNT_OF, count, roll->count);
    SET(&a, FIELD_MORE, more, a.more);
    peer_answer(hub, s->peer, &a);
}

static void
put_room(struct buffer *list, const struct room *room)
{
    struct message row = {.op = OP_NONE};
    SET(&row, FIELD_ROOM, room, room->name);
    SET(&row, FIELD_COUNT_OF, count, room->members.count);
    SET(&row, FIELD_HEAD, head, room->head);
    if (room->about)
        SET(&row, FIELD_ABOUT, about, room_about(room));
    if (room->closed)
        SET(&row, FIELD_CLOSED, closed, true);
    list_put_room(list, &row);
}

/* Through the rooms that a session is shown, in byte order: the open ones, and
 * of the closed ones those that may be shown to it. */
struct walk {
    const struct roll *open, *closed;
    size_t open_at, closed_at;
};

static struct walk
walk_begin(const struct hub *hub, const struct session *s, struct slice after)
{
    struct walk walk = {.open = &hub->open_rooms};
    walk.closed = s->role >= ROLE_MODERATOR ? &hub->closed_rooms
                                            : listed_rooms(hub, s->client->id);
    walk.open_at = roll_after(walk.open, after);
    walk.closed_at = roll_after(walk.closed, after);
    return walk;
}

/* Whose list it is on it may be banned from, or not be closed any more. */
static bool
is_shown_closed(struct hub *hub, const struct session *s,
                const struct room *room)
{
    return room->closed && rights_see(hub, s, room);
}

/* The next one; NULL: there are no more. */
static const struct room *
walk_room(struct hub *hub, const struct session *s, struct walk *walk)
{
    const struct roll *open = walk->open, *closed = walk->closed;
    while (walk->closed_at < closed->count &&
           !is_shown_closed(hub, s, closed->items[walk->closed_at]))
        walk->closed_at++;
    const struct room *a = NULL, *b = NULL;
    if (walk->open_at < open->count)
        a = open->items[walk->open_at];
    if (walk->closed_at < closed->count)
        b = closed->items[walk->closed_at];
    return !a || (b && slice_cmp(b->name, a->name) < 0) ? b : a;
}

static void
walk_on(struct walk *walk, const struct room *room)
{
    size_t *at = room->closed ? &walk->closed_at : &walk->open_at;
    ++*at;
}

void
on_rooms(struct hub *hub, struct session *s, const struct message *m)
{
    enum { ROW_MOST = LIMIT_NAME + LIMIT_ABOUT + 64 };
    if (!query_charge(hub, s->peer, m))
        return;
    unsigned limit = query_limit(m, LIMIT_MEMBERS, LIMIT_MEMBERS);
    struct buffer list = listing_array(hub);
    struct walk walk = walk_begin(hub, s, m->after_name);
    const struct room *room = walk_room(hub, s, &walk);
    unsigned count = 0;
    while (room && count < limit && list.len + ROW_MOST <= LISTING_LIMIT) {
        put_room(&list, room);
        count++;
        walk_on(&walk, room);
        room = walk_room(hub, s, &walk);
    }
    struct message a = reply_to(m, OP_ROOMS);
    SET(&a, FIELD_ROOMS, rooms, listing_close(&list, count));
    query_settle(hub, s->peer, a.rooms);
    SET(&a, FIELD_MORE, more, room != NULL);
    peer_answer(hub, s->peer, &a);
}

/* --- ping --- */

static bool
has_moved(const struct membership *ms)
{
    return !ms->left_by && (!ms->told || ms->told_head != ms->room->head ||
                            ms->told_rv != ms->room->rv);
}

/* The rooms that moved since the last pong: room -> [head, rv]. A sending
 * session is in none. */
static struct slice
pong_heads(struct hub *hub, const struct session *s)
{
    struct buffer list = listing_begin(hub);
    const struct client *c = s->client;
    unsigned rooms = s->inbox ? c->room_count : 0;
    unsigned moved = 0;
    for (unsigned i = 0; i < rooms; i++)
        moved += has_moved(c->rooms[i]);
    list_put_map(&list, moved);
    for (unsigned i = 0; i < rooms; i++) {
        struct membership *ms = c->rooms[i];
        if (!has_moved(ms))
            continue;
        list_put_head(&list, ms->room->name, ms->room->head, ms->room->rv);
        ms->told = true;
        ms->told_head = ms->room->head;
        ms->told_rv = ms->room->rv;
    }
    return slice_of(list.data, list.len);
}

void
on_ping(struct hub *hub, struct session *s, const struct message *m)
{
    struct message pong = reply_to(m, OP_PONG);
    SET(&pong, FIELD_TIME, time, hub->now.wall);
    SET(&pong, FIELD_HEADS, heads, pong_heads(hub, s));
    SET(&pong, FIELD_MAIL, mail, s->client->mail.head);
    peer_answer(hub, s->peer, &pong);
}
