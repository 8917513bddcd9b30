/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The verbs. Each checks its rules against what is true now and appends a
 * record; none delivers a message or changes who is in a room. What depends on
 * the order of things (prev, repeats, who holds an id) is decided when the log
 * hands the record back: hub_log.c, session.c, roster.c.
 */
#include "verbs.h"

#include "access.h"
#include "moderate.h"
#include "rights.h"

#include <assert.h>

enum { COST_ROOM = 5 }; /* a new room, of the changes */

enum stage {
    STAGE_NAMED, /* any session */
    STAGE_INBOX, /* an inbox session */
};

void
verb_question(struct record *r, const struct peer *p, const struct message *m)
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

struct record *
verb_record(struct hub *hub, struct session *s, const struct message *m,
            enum record_kind kind, size_t more)
{
    struct slice name = m->op == OP_TELL ? m->to : m->room;
    struct slice lane = {0};
    if (s->lane && message_has(m, FIELD_N))
        lane = slice_of(s->lane->name, s->lane->name_len);
    size_t bytes = s->client->id.len + name.len + lane.len + m->ref.str.len +
                   more;
    struct record *r = log_record(hub->log, kind, bytes);
    verb_question(r, s->peer, m);
    r->from = record_copy(r, s->client->id);
    r->name = record_copy(r, name);
    r->lane = record_copy(r, lane);
    return r;
}

bool
verb_append(struct hub *hub, struct session *s, const struct message *m,
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
                         MESSAGE_BIT(FIELD_KIND) | MESSAGE_BIT(FIELD_RE) |
                         MESSAGE_BIT(FIELD_GONE));
    out.from = s->client->id;
    out.room = m->room;
    out.to = m->to;
    out.text = m->text;
    out.data = m->data;
    out.kind = m->kind;
    out.re = m->re;
    out.gone = m->gone;
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

bool
verb_speak(struct hub *hub, struct session *s, const struct message *m,
           enum record_kind kind)
{
    size_t body = MESSAGE_HEADROOM + BODY_KEYS + 2 * LIMIT_NAME + m->text.len +
                  m->data.len + m->kind.len;
    struct record *r = verb_record(hub, s, m, kind, body);
    r->keep = m->keep;
    r->receipt = m->receipt;
    r->upto = m->gone ? m->re : 0;
    r->time = hub->now.wall;
    write_body(r, s, m);
    if (!verb_append(hub, s, m, r))
        return false;
    s->unanswered += message_has(m, FIELD_N);
    return true;
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

/* Asks the log whether it is a repeat of one that was kept, before it is told
 * that it may not be said. */
static void
speak_again(struct hub *hub, struct session *s, const struct message *m,
            const char *why)
{
    enum record_kind kind = m->op == OP_SAY ? RECORD_SAY : RECORD_TELL;
    struct record *r = verb_record(hub, s, m, kind, 0);
    r->denied = true;
    r->why = why;
    r->keep = true;
    r->time = hub->now.wall;
    s->unanswered += verb_append(hub, s, m, r);
}

/* True: it is told why not. */
static bool
refused(struct hub *hub, struct session *s, const struct message *m,
        struct refusal no)
{
    bool speaks = m->op == OP_SAY || m->op == OP_TELL;
    if (speaks && !no.code && slice_eq(m->kind, slice_str(KIND_REDACT)))
        no = (struct refusal){ERR_DENIED,
                              "only the broker says `redact`: ask it to"};
    if (no.code == ERR_DENIED && speaks && message_has(m, FIELD_N))
        speak_again(hub, s, m, no.text);
    else if (no.code)
        peer_error(hub, s->peer, m, no.code, "%s", no.text);
    return no.code;
}

static void
on_say(struct hub *hub, struct session *s, const struct message *m)
{
    if (!may_number(hub, s, m) ||
        refused(hub, s, m, rights_say(hub, s, m->room)))
        return;
    if (!room_get(hub, m->room)) {
        peer_error(hub, s->peer, m, ERR_TOO_MANY,
                   "rooms of the broker: the limit is %u", hub->options.rooms);
        return;
    }
    (void)verb_speak(hub, s, m, RECORD_SAY);
}

static void
on_tell(struct hub *hub, struct session *s, const struct message *m)
{
    if (!may_number(hub, s, m) ||
        refused(hub, s, m, rights_tell(hub, s, m->to)))
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
    (void)verb_speak(hub, s, m, RECORD_TELL);
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
    struct record *r = verb_record(hub, s, m, RECORD_ACK, 0);
    r->upto = m->seq;
    r->keep = true;
    (void)verb_append(hub, s, m, r);
}

/* --- rooms --- */

/* Who joins a closed room without a list becomes its owner, first. */
static bool
make_closed(struct hub *hub, struct session *s, const struct message *m)
{
    const struct ruling what = {.kind = RULING_MEMBER,
                                .room = m->room,
                                .subject = s->client->id,
                                .value = slice_str("owner")};
    return ruling_is_listed(hub, m->room, s->client->id) ||
           moderate_rule(hub, s, m, &what, RULE_ASIDE);
}

static void
on_join(struct hub *hub, struct session *s, const struct message *m)
{
    const struct room *room = room_find(hub, m->room);
    size_t size = LIMIT_NAME * 4;
    if (refused(hub, s, m, rights_join(hub, s, m->room)))
        return;
    if (room && room->members.count < LIMIT_MEMBERS)
        size += room->roster_bytes;
    if (!peer_charge(hub, s->peer, size)) {
        peer_error(hub, s->peer, m, ERR_RATE, "too many joins at once");
        return;
    }
    if (access_is_closed(hub->options.access, m->room) &&
        !make_closed(hub, s, m))
        return;
    struct record *r = verb_record(hub, s, m, RECORD_JOIN, 0);
    r->direct = m->direct;
    hub_append(hub, r);
}

static void
on_leave(struct hub *hub, struct session *s, const struct message *m)
{
    hub_append(hub, verb_record(hub, s, m, RECORD_LEAVE, 0));
}

static void
on_sync(struct hub *hub, struct session *s, const struct message *m)
{
    struct room *room = room_find(hub, m->room);
    if (!room || !rights_see(hub, s, room)) {
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

/* Answered when it has happened, behind all that was asked before. */
static void
on_bye(struct hub *hub, struct session *s, const struct message *m)
{
    struct slice lane = s->lane ? slice_of(s->lane->name, s->lane->name_len)
                                : slice_of(NULL, 0);
    struct record *r = verb_record(hub, s, m, RECORD_END, lane.len);
    r->why = "left";
    r->answer = ANSWER_OK;
    r->lane = record_copy(r, lane);
    s->spent = !s->unanswered && !s->peer->blocked;
    r->spent = s->spent && s->lane && s->lane->high;
    s->ending = true;
    hub_append(hub, r);
}

/* What a verb takes from its bucket: see rates in the configuration. */
static const struct verb {
    void (*run)(struct hub *, struct session *, const struct message *);
    enum stage needs;
    enum pace_of pace;
    unsigned cost;
} verbs[OP_COUNT] = {
    [OP_JOIN] = {on_join, STAGE_INBOX, PACE_CHANGE, 1},
    [OP_LEAVE] = {on_leave, STAGE_INBOX, PACE_CHANGE, 1},
    [OP_SAY] = {on_say, STAGE_NAMED, PACE_SAY, 1},
    [OP_TELL] = {on_tell, STAGE_NAMED, PACE_SAY, 1},
    [OP_ACK] = {on_ack, STAGE_INBOX, PACE_FREE, 0},
    [OP_HISTORY] = {on_history, STAGE_NAMED, PACE_ASK, 5},
    [OP_SYNC] = {on_sync, STAGE_INBOX, PACE_ASK, 1},
    [OP_WHO] = {on_who, STAGE_NAMED, PACE_ASK, 10},
    [OP_ROOMS] = {on_rooms, STAGE_NAMED, PACE_ASK, 10},
    [OP_PING] = {on_ping, STAGE_NAMED, PACE_ASK, 1},
    [OP_BYE] = {on_bye, STAGE_NAMED, PACE_FREE, 0},
    [OP_INVITE] = {on_invite, STAGE_NAMED, PACE_CHANGE, 1},
    [OP_KICK] = {on_kick, STAGE_NAMED, PACE_CHANGE, 1},
    [OP_BAN] = {on_ban, STAGE_NAMED, PACE_CHANGE, 1},
    [OP_MUTE] = {on_mute, STAGE_NAMED, PACE_CHANGE, 1},
    [OP_REDACT] = {on_redact, STAGE_NAMED, PACE_CHANGE, 1},
    [OP_ABOUT] = {on_about, STAGE_NAMED, PACE_CHANGE, 1},
    [OP_RULINGS] = {on_rulings, STAGE_NAMED, PACE_ASK, 10},
    [OP_RELOAD] = {on_reload, STAGE_NAMED, PACE_CHANGE, 10},
    [OP_SEARCH] = {on_search, STAGE_NAMED, PACE_ASK, 20},
    [OP_STATS] = {on_stats, STAGE_NAMED, PACE_ASK, 5},
};

enum { HELD = 1000 }; /* ms */

/* What is numbered keeps its order: behind one that met `rate` the others wait
 * until it comes again, but not for ever. */
static bool
is_held(struct hub *hub, struct session *s, const struct message *m)
{
    if (!s->held || !message_has(m, FIELD_N))
        return false;
    if (m->n > s->held && hub->now.mono < s->held_by) {
        peer_rate(hub, s->peer, m, s->held_by - hub->now.mono,
                  "what was said before it has to wait");
        return true;
    }
    if (m->n >= s->held)
        s->held = 0;
    return false;
}

/* As far as he knows: a closed room that he is not shown costs him as much as
 * one that is not there, or the rate would tell which it is. */
static bool
makes_room(struct hub *hub, const struct session *s, const struct message *m)
{
    if (m->op != OP_SAY && m->op != OP_JOIN)
        return false;
    const struct room *room = room_find(hub, m->room);
    return !room || !rights_see(hub, s, room);
}

/* False: it was told to wait. */
static bool
take_pace(struct hub *hub, struct session *s, const struct message *m)
{
    const struct verb *verb = &verbs[m->op];
    uint64_t rate = hub->options.access->rates[verb->pace];
    uint64_t wait;
    bool makes = hub->options.access->rates[PACE_CHANGE] &&
                 makes_room(hub, s, m);
    if (is_held(hub, s, m))
        return false;
    if (pace_take(&s->client->pace[verb->pace], rate, verb->cost, hub->now.mono,
                  &wait) &&
        (!makes || pace_take(&s->client->pace[PACE_CHANGE],
                             hub->options.access->rates[PACE_CHANGE], COST_ROOM,
                             hub->now.mono, &wait)))
        return true;
    if (message_has(m, FIELD_N)) {
        s->held = m->n;
        s->held_by = hub->now.mono + wait + HELD;
    }
    peer_rate(hub, s->peer, m, wait,
              "more than the broker lets one session do "
              "in a second");
    return false;
}

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
    if (verbs[m->op].needs == STAGE_INBOX && !s->inbox) {
        peer_error(hub, p, m, ERR_BAD_STATE,
                   "%s needs an inbox session; this one only sends",
                   op_name(m->op));
        return;
    }
    if (take_pace(hub, s, m))
        verbs[m->op].run(hub, s, m);
}
