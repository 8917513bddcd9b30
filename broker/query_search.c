/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A search goes out with all that says where it may look, and what comes back
 * is looked at once more: since it was asked a room may have become closed to
 * the asker, a message may have been redacted, and the connection may be
 * another's.
 *
 * Closed rooms that he may not read are named in the search itself and not only
 * taken out of its answer. Else how long it took, and how far down it came,
 * would tell him of them.
 */
#include <stdlib.h>

#include "listing.h"
#include "rights.h"
#include "search.h"
#include "verbs.h"
#include "xmem.h"

enum { SEARCH_WAIT = 500 }; /* ms told when too many wait */

/* --- where he may look --- */

/* Closed rooms are in byte order, and so are those whose list he is on. */
static void
veil_make(struct veil *veil, struct hub *hub, const struct session *s)
{
    const struct roll *closed = &hub->closed_rooms;
    const struct roll *listed = listed_rooms(hub, s->client->id);
    size_t bytes = 0, at = 0;
    for (size_t i = 0; i < closed->count; i++)
        bytes += closed->name(closed->items[i]).len;
    veil->rooms = xmalloc(closed->count * sizeof *veil->rooms + bytes);
    uint8_t *copy = (uint8_t *)(veil->rooms + closed->count);
    for (size_t i = 0; i < closed->count; i++) {
        struct slice name = closed->name(closed->items[i]);
        while (at < listed->count &&
               slice_cmp(listed->name(listed->items[at]), name) < 0)
            at++;
        bool on_list = at < listed->count &&
                       listed->items[at] == closed->items[i];
        if (on_list && !rights_read(hub, s, name).code)
            continue;
        memcpy(copy, name.data, name.len);
        veil->rooms[veil->count++] = slice_of(copy, name.len);
        copy += name.len;
    }
}

/* --- asking --- */

static void
keep_name(uint8_t *to, uint8_t *len, struct slice name)
{
    *len = (uint8_t)name.len;
    if (name.len)
        memcpy(to, name.data, name.len);
}

static void
search_query(struct hub *hub, const struct session *s, const struct message *m,
             struct log_query *q)
{
    *q = (struct log_query){
        .origin = s->peer->handle,
        .bound = message_has(m, FIELD_BEFORE) ? m->before : UINT64_MAX,
        .limit = query_limit(m, PAGE_DEFAULT, LIMIT_PAGE),
        .bytes = LISTING_LIMIT - FRAME_HEADER,
        .floor = s->client->born,
        .turn = hub->turn,
    };
    keep_name(q->name, &q->name_len, s->client->id);
    query_ref(q, m);
}

static void
search_fill(struct hub *hub, const struct session *s, const struct message *m,
            struct log_search *search)
{
    bool room = message_has(m, FIELD_ROOM), with = message_has(m, FIELD_WITH);
    search_query(hub, s, m, &search->query);
    search->where = room ? SEARCH_ROOM : with ? SEARCH_TALK : SEARCH_ALL;
    search->since = m->since;
    search->redactions = hub->gone.count;
    keep_name(search->room, &search->room_len, room ? m->room : m->with);
    keep_name(search->from, &search->from_len, m->from);
    if (search->where == SEARCH_ALL)
        veil_make(&search->veil, hub, s);
}

/* Takes the search, or frees it. */
static void
search_ask(struct hub *hub, struct session *s, const struct message *m,
           struct log_search *search)
{
    struct log *log = hub->log;
    if (!query_charge(hub, s->peer, m)) {
        search_free(&search);
        return;
    }
    search_fill(hub, s, m, search);
    struct peer *p = s->peer;
    bool room = p->searches < PEER_SEARCHES;
    p->searches++; /* it may be answered within the call */
    if (log->finds && room && log->engine->search(log, search)) {
        hub->stats.searches++;
        return;
    }
    p->searches--;
    search_free(&search);
    peer_refund(hub, s->peer, LIMIT_FRAME);
    if (log->finds)
        peer_rate(hub, s->peer, m, SEARCH_WAIT, "too many searches wait");
    else
        peer_error(hub, s->peer, m, ERR_BAD_STATE,
                   "this broker does not search its log");
}

void
on_search(struct hub *hub, struct session *s, const struct message *m)
{
    char fault[TERMS_FAULT];
    if (message_has(m, FIELD_ROOM) &&
        query_refused(hub, s, m, rights_read(hub, s, m->room)))
        return;
    struct log_search *search = search_new();
    enum err err = terms_read(&search->terms, m->text, fault);
    if (!err) {
        search_ask(hub, s, m, search);
        return;
    }
    search_free(&search);
    peer_error(hub, s->peer, m, err, "%s", fault);
}

/* --- answering --- */

void
search_redacted(struct hub *hub, uint64_t seq)
{
    hub->gone.seqs[hub->gone.count++ % HUB_GONE] = seq;
}

/* Redacted since the search was asked. */
static bool
is_gone(const struct hub *hub, const struct log_search *search, uint64_t seq)
{
    for (uint64_t i = search->redactions; i < hub->gone.count; i++)
        if (hub->gone.seqs[i % HUB_GONE] == seq)
            return true;
    return false;
}

static bool
may_have(struct hub *hub, const struct session *s, const struct message *m)
{
    struct slice id = s->client->id;
    if (m->op == OP_SAY) {
        const struct room *room = room_find(hub, m->room);
        return room && room->first && m->seq >= room->first &&
               !rights_read(hub, s, m->room).code;
    }
    return m->op == OP_TELL && m->seq > s->client->born.seq &&
           (slice_eq(m->to, id) || slice_eq(m->from, id));
}

static struct slice
found_messages(struct hub *hub, const struct session *s,
               const struct log_search *search, const struct log_found *found)
{
    struct buffer list = listing_array(hub);
    unsigned count = 0;
    for (unsigned i = 0; i < found->count; i++) {
        struct slice wire = found->messages[i];
        struct reader reader = reader_open(wire);
        struct message m;
        struct fault fault;
        if (message_read(&reader, SIDE_BROKER, &m, &fault) ||
            !may_have(hub, s, &m) || is_gone(hub, search, m.seq))
            continue;
        memcpy(list.data + list.len, wire.data, wire.len);
        list.len += wire.len;
        count++;
    }
    return listing_close(&list, count);
}

void
search_found(void *self, const struct log_search *search,
             const struct log_found *found)
{
    struct hub *hub = self;
    const struct log_query *q = &search->query;
    struct peer *p = peer_find(hub, q->origin);
    struct session *s = p ? p->session : NULL;
    if (p)
        p->searches--;
    if (!s || s->ending ||
        !slice_eq(s->client->id, slice_of(q->name, q->name_len)))
        return;
    struct message m = {.op = OP_FOUND};
    if (q->has_ref)
        SET(&m, FIELD_REF, ref, query_ref_of(q));
    if (hub->gone.count - search->redactions > HUB_GONE) {
        peer_rate(hub, p, &m, SEARCH_WAIT, "too much was redacted meanwhile");
        return;
    }
    SET(&m, FIELD_MESSAGES, messages, found_messages(hub, s, search, found));
    SET(&m, FIELD_UPTO, upto, found->more ? found->upto : 0);
    SET(&m, FIELD_MORE, more, found->more);
    SET(&m, FIELD_COMPLETE, complete, found->complete);
    if (q->turn == hub->turn)
        query_settle(hub, p, m.messages);
    peer_answer(hub, p, &m);
}

void
hub_found(struct hub *hub, struct now now)
{
    hub->now = now;
    if (hub->log->engine->answer)
        hub->log->engine->answer(hub->log);
    peer_flush_all(hub);
}
