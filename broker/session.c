/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How sessions begin and end. Both are decided here, when the log hands back
 * the record, so that of two hellos for one id all brokers let the same one
 * win, and a `welcome` comes behind everything earlier sessions of the id have
 * sent.
 *
 * A session that broke leaves its memberships behind for the grace; one that
 * said bye or fell silent leaves its rooms at once.
 */
#include "session.h"

#include <stdlib.h>

#include <sodium.h>

#include "core.h"
#include "listing.h"
#include "roster.h"
#include "xmem.h"

void
session_touch(struct hub *hub, struct session *s)
{
    s->deadline = hub->now.mono + SILENT_BEATS * s->beat;
}

void
session_finish(struct hub *hub, struct session *s, const char *why)
{
    if (s->ending)
        return;
    s->ending = true;
    struct record *r = log_record(hub->log, RECORD_END, s->client->id.len);
    r->from = record_copy(r, s->client->id);
    r->origin = s->peer->handle;
    r->why = why;
    hub_append(hub, r);
}

void
session_bye(struct hub *hub, struct session *s, const char *why, uint64_t wait)
{
    struct message m = {.op = OP_BYE};
    SET(&m, FIELD_WHY, why, slice_str(why));
    if (wait)
        SET(&m, FIELD_WAIT, wait, wait);
    peer_answer(hub, s->peer, &m);
}

/* Takes it out of everything that points to it. */
static void
session_detach(struct hub *hub, struct session *s)
{
    struct client *c = s->client;
    if (s->lane)
        lane_use(hub, s->lane, NULL);
    if (c->inbox == s) {
        c->inbox = NULL;
        roll_remove(&hub->present, c);
    }
    c->sessions--;
    hub->stats.sessions--;
    s->peer->session = NULL;
    s->peer->hello_by = hub->now.mono + hub->options.hello_wait;
}

void
session_free(struct hub *hub, struct session *s)
{
    session_detach(hub, s);
    free(s->flight);
    free(s);
}

/* A clean end leaves the rooms at once, a broken one after the grace. */
static void
session_end(struct hub *hub, struct session *s, const char *why)
{
    struct client *c = s->client;
    bool broken = !strcmp(why, "lost") || !strcmp(why, "replaced");
    LOG(hub->options.logger, LOG_INFO, "session.end", LOG_SLICE("id", c->id),
        LOG_TEXT("why", why));
    if (s->inbox && broken)
        roster_abandon(hub, c);
    else if (s->inbox)
        roster_leave_all(hub, c, why);
    session_free(hub, s);
    client_use(hub, c);
}

void
session_ended(struct hub *hub, const struct record *r)
{
    struct peer *p = peer_find(hub, r->origin);
    if (!p)
        return;
    struct session *s = p->session;
    /* This outbox will not ask about its n again. */
    struct lane *lane = s && s->ending && s->spent ? s->lane : NULL;
    if (lane && lane->high && !r->stored)
        lane = NULL; /* a full log: it would be there again at the next start */
    if (s && s->ending) {
        if (!strcmp(r->why, "timeout"))
            session_bye(hub, s, r->why, 0);
        session_end(hub, s, r->why);
    }
    if (lane)
        lane_forget(hub, lane);
    if (r->answer == ANSWER_NONE)
        return;
    struct message ok = reply_to_record(r, OP_OK);
    peer_answer(hub, p, &ok);
}

/* --- hello --- */

static void
hello_refuse(struct hub *hub, struct peer *p, const struct record *r,
             enum err code, const char *text)
{
    struct message m = reply_to_record(r, OP_ERROR);
    SET(&m, FIELD_CODE, code, slice_str(err_name(code)));
    SET(&m, FIELD_TEXT, text, slice_str(text));
    hub->stats.errors++;
    LOG(hub->options.logger, LOG_INFO, "hello.refused",
        LOG_SLICE("id", r->from), LOG_TEXT("code", err_name(code)));
    if (code == ERR_IN_USE) {
        const struct session *s = client_find(hub, r->from)->inbox;
        bool known = s && s->deadline > hub->now.mono;
        SET(&m, FIELD_WAIT, wait,
            known ? s->deadline - hub->now.mono : BEAT_DEFAULT);
    }
    peer_answer(hub, p, &m);
}

/* The limits in force: the wire's own, but for those the operator sets. */
static struct slice
limits_list(struct hub *hub)
{
    const struct {
        const char *key;
        uint64_t value;
    } wire[] =
        {
#define LIMIT_ROW(name, key, value, meaning) {key, value},
            LIMIT_TABLE(LIMIT_ROW)
#undef LIMIT_ROW
        },
      set[] = {
          {"sessions", hub->options.sessions},
          {"rooms", hub->options.rooms},
          {"joined", hub->options.joined},
          {"ids", hub->options.ids},
      };
    const unsigned wires = sizeof wire / sizeof *wire;
    const unsigned sets = sizeof set / sizeof *set;
    struct buffer list = listing_begin(hub);
    list_put_map(&list, wires);
    for (unsigned i = 0; i < wires; i++) {
        uint64_t value = wire[i].value;
        for (unsigned j = 0; j < sets; j++)
            if (!strcmp(wire[i].key, set[j].key))
                value = set[j].value;
        list_put_str(&list, slice_str(wire[i].key));
        list_put_uint(&list, value);
    }
    return slice_of(list.data, list.len);
}

static void
hello_welcome(struct hub *hub, const struct session *s, const struct record *r)
{
    struct message m = reply_to_record(r, OP_WELCOME);
    SET(&m, FIELD_V, v, PROTOCOL_VERSION);
    SET(&m, FIELD_ID, id, s->client->id);
    SET(&m, FIELD_RESUME, resume, slice_of(s->resume, RESUME_LEN));
    SET(&m, FIELD_EPOCH, epoch, slice_str(hub->log->epoch));
    SET(&m, FIELD_BEAT, beat, s->beat);
    SET(&m, FIELD_PUB, pub, slice_str(hub->options.pub));
    SET(&m, FIELD_DURABILITY, durability, slice_str(hub->log->durability));
    SET(&m, FIELD_TIME, time, r->time);
    SET(&m, FIELD_ACKED, acked, s->client->mail.acked);
    SET(&m, FIELD_LIMITS, limits, limits_list(hub));
    if (s->lane)
        SET(&m, FIELD_N, n, s->lane->high);
    peer_answer(hub, s->peer, &m);
}

static bool
token_opens(struct slice token, const struct session *s)
{
    return s && token.len == RESUME_LEN &&
           !sodium_memcmp(token.data, s->resume, RESUME_LEN);
}

/* May this hello have the id, and the lane? On success the sessions that must
 * make way are told through the pointers. */
static enum err
hello_judge(struct hub *hub, struct client *c, const struct record *r,
            struct session **holder, struct session **rival)
{
    *holder = c->inbox;
    struct lane *lane = r->lane.len ? lane_find(c, r->lane) : NULL;
    *rival = lane ? lane->live : NULL;
    bool owner = token_opens(r->token, *holder);
    if (*holder && !(*holder)->ending && !owner)
        return ERR_IN_USE;
    if (*rival && !(*rival)->ending && !owner && !token_opens(r->token, *rival))
        return ERR_IN_USE;
    if (client_is_twin(hub, c))
        return ERR_DENIED;
    unsigned leaving = (r->inbox && *holder) || *rival ? 1 : 0;
    if (hub->stats.sessions >= hub->options.sessions + leaving)
        return ERR_TOO_MANY;
    return ERR_NONE;
}

/* Ends a session that another one takes the place of. */
static void
hello_displace(struct hub *hub, struct session *s)
{
    if (!s->ending)
        session_bye(hub, s, "replaced", 0);
    session_end(hub, s, "replaced");
}

static void
resume_make(struct hub *hub, char token[static RESUME_LEN + 1])
{
    uint8_t bytes[RESUME_LEN / 2];
    hub->options.random(bytes, sizeof bytes);
    sodium_bin2hex(token, RESUME_LEN + 1, bytes, sizeof bytes);
}

static struct session *
session_new(struct hub *hub, struct peer *p, struct client *c,
            const struct record *r)
{
    struct session *s = xcalloc(1, sizeof *s);
    s->peer = p;
    s->client = c;
    s->inbox = r->inbox;
    s->beat = r->beat;
    s->mail_sent = s->mail_shown = c->mail.acked;
    s->mail_behind = c->mail.head > c->mail.acked;
    p->session = s;
    c->sessions++;
    hub->stats.sessions++;
    if (s->inbox) {
        c->inbox = s;
        client_know(hub, c, client_birth(c, r));
        roll_add(&hub->present, c);
    }
    if (r->lane.len) {
        s->lane = lane_get(hub, c, r->lane);
        lane_use(hub, s->lane, s);
    }
    session_touch(hub, s);
    client_use(hub, c);
    return s;
}

static const char *
hello_refusal(enum err code)
{
    switch (code) {
    case ERR_IN_USE:
        return "this id (or lane) is in use; its session's `resume` takes "
               "it over";
    case ERR_DENIED:
        return "another id that looks the same is known";
    default:
        return "the broker has as many sessions or ids as it may";
    }
}

void
session_hello(struct hub *hub, const struct record *r)
{
    struct peer *p = peer_find(hub, r->origin);
    if (!p || p->gone)
        return;
    if (p->session && slice_eq(p->session->client->id, r->from)) {
        hello_welcome(hub, p->session, r);
        mailbox_again(hub, p->session);
        return;
    }
    if (p->session) {
        hello_refuse(hub, p, r, ERR_BAD_STATE,
                     "this connection has a session under another id");
        return;
    }
    struct client *c = client_get(hub, r->from);
    struct session *holder = NULL;
    struct session *rival = NULL;
    enum err err = c ? hello_judge(hub, c, r, &holder, &rival) : ERR_TOO_MANY;
    if (err) {
        hello_refuse(hub, p, r, err, hello_refusal(err));
        return;
    }
    char token[RESUME_LEN + 1];
    resume_make(hub, token);
    if (holder && r->inbox) {
        if (token_opens(r->token, holder))
            memcpy(token, holder->resume, sizeof token);
        hello_displace(hub, holder);
    }
    if (rival && (rival != holder || !r->inbox)) {
        if (token_opens(r->token, rival))
            memcpy(token, rival->resume, sizeof token);
        hello_displace(hub, rival);
    }
    struct session *s = session_new(hub, p, c, r);
    memcpy(s->resume, token, sizeof token);
    LOG(hub->options.logger, LOG_INFO, "session.open", LOG_SLICE("id", c->id),
        LOG_SLICE("agent", r->name), LOG_NUM("inbox", s->inbox),
        LOG_NUM("beat", s->beat));
    hello_welcome(hub, s, r);
    mailbox_pump(hub, c);
}
