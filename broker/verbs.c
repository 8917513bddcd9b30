/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The verbs. Each checks its rules against what is true now and appends a
 * record; none delivers a message or changes who is in a room. What depends on
 * the order of things (prev, repeats, who holds an id) is decided when the log
 * hands the record back: hub_log.c, session.c, roster.c.
 */
#include "verbs.h"

#include <assert.h>

enum stage {
    STAGE_NAMED, /* any session */
    STAGE_INBOX, /* an inbox session */
};

static void
set_question(struct record *r, const struct peer *p, const struct message *m)
{
    r->origin = p->handle;
    r->has_ref = message_has(m, FIELD_REF);
    r->ref = m->ref;
    if (m->ref.is_str)
        r->ref.str = record_copy(r, m->ref.str);
    r->n = m->n;
    bool asked = r->has_ref || message_has(m, FIELD_N);
    r->answer = asked ? ANSWER_OK : ANSWER_NONE;
}

/* A record of what `m` asks, about its room or receiver, with `more` bytes of
 * storage besides the names. */
static struct record *
new_record(struct hub *hub, struct session *s, const struct message *m,
           enum record_kind kind, size_t more)
{
    struct slice name = m->op == OP_TELL ? m->to : m->room;
    struct slice lane = {0};
    if (s->lane && message_has(m, FIELD_N))
        lane = slice_of(s->lane->name, s->lane->name_len);
    size_t bytes = s->client->id.len + name.len + lane.len + m->ref.str.len +
                   more;
    struct record *r = log_record(hub->log, kind, bytes);
    set_question(r, s->peer, m);
    r->from = record_copy(r, s->client->id);
    r->name = record_copy(r, name);
    r->lane = record_copy(r, lane);
    return r;
}

/* False: the log takes nothing now, and the asker was told. */
static bool
append(struct hub *hub, struct session *s, const struct message *m,
       struct record *r)
{
    enum err err = log_append(hub->log, r);
    if (err)
        peer_error(hub, s->peer, m, err, "the log takes no messages: %s",
                   hub->log->fault);
    return !err;
}

/* --- speaking --- */

enum { BODY_KEYS = 128 }; /* bytes of all keys and headers in a body */

/* Encodes what others will read into the record's storage, once. */
static void
write_body(struct record *r, const struct session *s, const struct message *m)
{
    struct message out = {.op = m->op, .has = MESSAGE_BIT(FIELD_FROM)};
    out.has |= m->has & (MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TO) |
                         MESSAGE_BIT(FIELD_TEXT) | MESSAGE_BIT(FIELD_DATA) |
                         MESSAGE_BIT(FIELD_KIND) | MESSAGE_BIT(FIELD_RE));
    out.from = s->client->id;
    out.room = m->room;
    out.to = m->to;
    out.text = m->text;
    out.data = m->data;
    out.kind = m->kind;
    out.re = m->re;
    struct buffer body = {
        .data = r->free_at + MESSAGE_HEADROOM,
        .cap = (size_t)(r->free_end - r->free_at) - MESSAGE_HEADROOM,
    };
    bool fits = message_write_body(&body, SIDE_BROKER, &out, &r->pairs);
    assert(fits);
    (void)fits;
    r->body = body.data;
    r->body_len = (uint32_t)body.len;
}

static void
speak(struct hub *hub, struct session *s, const struct message *m,
      enum record_kind kind)
{
    size_t body = MESSAGE_HEADROOM + BODY_KEYS + 2 * LIMIT_NAME + m->text.len +
                  m->data.len + m->kind.len;
    struct record *r = new_record(hub, s, m, kind, body);
    r->keep = m->keep;
    r->receipt = m->receipt;
    r->time = hub->now.wall;
    write_body(r, s, m);
    if (append(hub, s, m, r) && message_has(m, FIELD_N))
        s->unanswered++;
}

static bool
may_number(struct hub *hub, struct session *s, const struct message *m)
{
    if (!message_has(m, FIELD_N))
        return true;
    if (s->lane && m->n)
        return true;
    peer_error(hub, s->peer, m, ERR_BAD_STATE,
               s->lane ? "n begins with 1"
                       : "n needs a lane: name one in hello");
    return false;
}

static void
on_say(struct hub *hub, struct session *s, const struct message *m)
{
    if (!may_number(hub, s, m))
        return;
    if (!room_get(hub, m->room)) {
        peer_error(hub, s->peer, m, ERR_TOO_MANY,
                   "rooms of the broker: the limit is %u", hub->options.rooms);
        return;
    }
    speak(hub, s, m, RECORD_SAY);
}

static void
on_tell(struct hub *hub, struct session *s, const struct message *m)
{
    if (!may_number(hub, s, m))
        return;
    const struct client *to = client_find(hub, m->to);
    if (!to || !to->known) {
        peer_error(hub, s->peer, m, ERR_NO_CLIENT,
                   "nobody called %.*s was ever here", SLICE_ARG(m->to));
        return;
    }
    if (!m->keep && (!to->inbox || to->inbox->ending)) {
        peer_error(hub, s->peer, m, ERR_OFFLINE, "%.*s is not connected",
                   SLICE_ARG(m->to));
        return;
    }
    speak(hub, s, m, RECORD_TELL);
}

static void
on_ack(struct hub *hub, struct session *s, const struct message *m)
{
    if (m->seq > s->mail_shown) {
        peer_error(hub, s->peer, m, ERR_BAD_STATE,
                   "seq is above the last mail sent in this session");
        return;
    }
    if (m->seq <= s->client->mail.acked)
        return;
    struct record *r = new_record(hub, s, m, RECORD_ACK, 0);
    r->upto = m->seq;
    r->keep = true;
    (void)append(hub, s, m, r);
}

/* --- rooms --- */

static void
on_join(struct hub *hub, struct session *s, const struct message *m)
{
    const struct room *room = room_find(hub, m->room);
    size_t size = LIMIT_NAME * 4;
    if (room && room->members.count < LIMIT_MEMBERS)
        size += room->roster_bytes;
    if (!peer_charge(hub, s->peer, size)) {
        peer_error(hub, s->peer, m, ERR_RATE, "too many joins at once");
        return;
    }
    struct record *r = new_record(hub, s, m, RECORD_JOIN, 0);
    r->direct = m->direct;
    hub_append(hub, r);
}

static void
on_leave(struct hub *hub, struct session *s, const struct message *m)
{
    hub_append(hub, new_record(hub, s, m, RECORD_LEAVE, 0));
}

static void
on_sync(struct hub *hub, struct session *s, const struct message *m)
{
    struct room *room = room_find(hub, m->room);
    if (!room) {
        peer_error(hub, s->peer, m, ERR_NO_ROOM, "there is no room %.*s",
                   SLICE_ARG(m->room));
        return;
    }
    const struct membership *ms = room_member(room, s->client->id);
    if (!ms || ms->left_by) {
        peer_error(hub, s->peer, m, ERR_BAD_STATE, "join %.*s first",
                   SLICE_ARG(m->room));
        return;
    }
    room_sync(hub, room);
}

/* --- sessions --- */

static void
on_hello(struct hub *hub, struct peer *p, const struct message *m)
{
    if (m->v != PROTOCOL_VERSION) {
        peer_error(hub, p, m, ERR_BAD_VERSION, "version %d is spoken here",
                   PROTOCOL_VERSION);
        return;
    }
    size_t bytes = m->id.len + m->lane.len + m->ref.str.len + m->resume.len +
                   m->agent.len;
    struct record *r = log_record(hub->log, RECORD_HELLO, bytes);
    set_question(r, p, m);
    r->from = record_copy(r, m->id);
    r->lane = record_copy(r, m->lane);
    r->token = record_copy(r, m->resume);
    r->name = record_copy(r, m->agent);
    r->inbox = m->inbox;
    r->beat = message_has(m, FIELD_BEAT) ? m->beat : hub->options.beat;
    if (r->beat < BEAT_MIN)
        r->beat = BEAT_MIN;
    if (r->beat > BEAT_MAX)
        r->beat = BEAT_MAX;
    hub_append(hub, r);
}

/* Answered when it has happened, behind all that was asked before. */
static void
on_bye(struct hub *hub, struct session *s, const struct message *m)
{
    struct slice lane = s->lane ? slice_of(s->lane->name, s->lane->name_len)
                                : slice_of(NULL, 0);
    struct record *r = new_record(hub, s, m, RECORD_END, lane.len);
    r->why = "left";
    r->answer = ANSWER_OK;
    r->lane = record_copy(r, lane);
    s->spent = !s->unanswered && !s->peer->blocked;
    r->spent = s->spent && s->lane && s->lane->high;
    s->ending = true;
    hub_append(hub, r);
}

static const struct verb {
    void (*run)(struct hub *, struct session *, const struct message *);
    enum stage needs;
} verbs[OP_COUNT] = {
    [OP_JOIN] = {on_join, STAGE_INBOX},
    [OP_LEAVE] = {on_leave, STAGE_INBOX},
    [OP_SAY] = {on_say, STAGE_NAMED},
    [OP_TELL] = {on_tell, STAGE_NAMED},
    [OP_ACK] = {on_ack, STAGE_INBOX},
    [OP_HISTORY] = {on_history, STAGE_NAMED},
    [OP_SYNC] = {on_sync, STAGE_INBOX},
    [OP_WHO] = {on_who, STAGE_NAMED},
    [OP_ROOMS] = {on_rooms, STAGE_NAMED},
    [OP_PING] = {on_ping, STAGE_NAMED},
    [OP_BYE] = {on_bye, STAGE_NAMED},
};

void
verb_run(struct hub *hub, struct peer *p, const struct message *m)
{
    if (m->op == OP_HELLO) {
        on_hello(hub, p, m);
        return;
    }
    struct session *s = p->session;
    if (!s || s->ending) {
        peer_error(hub, p, m, ERR_NO_SESSION, "say hello first");
        return;
    }
    if (!verbs[m->op].run) {
        peer_error(hub, p, m, ERR_DENIED, "%s is not for you", op_name(m->op));
        return;
    }
    if (verbs[m->op].needs == STAGE_INBOX && !s->inbox) {
        peer_error(hub, p, m, ERR_BAD_STATE,
                   "%s needs an inbox session; this one only sends",
                   op_name(m->op));
        return;
    }
    verbs[m->op].run(hub, s, m);
}
