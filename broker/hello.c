/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How sessions begin. A hello is decided when the log hands back its record, so
 * that of two for one id all brokers let the same one win, and a `welcome`
 * comes behind everything earlier sessions of the id have sent. What happens
 * before: hello_ask.c.
 */
#include <stdlib.h>

#include <sodium.h>

#include "access.h"
#include "core.h"
#include "listing.h"
#include "review.h"
#include "verbs.h"
#include "xmem.h"

enum {
    REPLACED_MOST = 5,   /* sessions of one id by proof, */
    REPLACED_IN = 10000, /* in so many ms */
    SESSIONS_KEPT = 64,  /* beside the limit, for moderators */
};

/* ms until the session in the way has ended, if it stays silent; or where who
 * comes has proven who he is, until he may take its place again. */
static uint64_t
in_use_wait(struct hub *hub, struct slice id)
{
    const struct client *c = client_find(hub, id);
    uint64_t until = c->inbox ? c->inbox->deadline : 0;
    if (hub->options.access->mode != ACCESS_OPEN)
        until = c->replaced_at + REPLACED_IN;
    return until > hub->now.mono ? until - hub->now.mono : BEAT_DEFAULT;
}

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
    if (code == ERR_IN_USE)
        SET(&m, FIELD_WAIT, wait, in_use_wait(hub, r->from));
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
          {"sessions", hub->options.sessions}, {"rooms", hub->options.rooms},
          {"joined", hub->options.joined},     {"ids", hub->options.ids},
          {"rulings", hub->options.rulings},
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
    SET(&m, FIELD_PUB, pub, slice_str(s->peer->pub));
    SET(&m, FIELD_DURABILITY, durability, slice_str(hub->log->durability));
    SET(&m, FIELD_TIME, time, r->time);
    SET(&m, FIELD_ACKED, acked, s->client->mail.acked);
    SET(&m, FIELD_LIMITS, limits, limits_list(hub));
    if (s->lane)
        SET(&m, FIELD_N, n, s->lane->high);
    if (s->role != ROLE_MEMBER)
        SET(&m, FIELD_ROLE, role, slice_str(role_word(s->role)));
    peer_answer(hub, s->peer, &m);
}

static bool
token_opens(struct slice token, const struct session *s)
{
    return s && token.len == RESUME_LEN &&
           !sodium_memcmp(token.data, s->resume, RESUME_LEN);
}

/* Two clients that have proven to be the same person's and throw each other out
 * do not do so for ever. */
static bool
is_dampened(const struct hub *hub, struct client *c)
{
    if (c->replaced_at + REPLACED_IN <= hub->now.mono) {
        c->replaced_at = hub->now.mono;
        c->replaced = 0;
    }
    return ++c->replaced > REPLACED_MOST;
}

/* Who is in the way: the session that holds the id, if one is asked for that
 * would, and the one that has the lane. */
struct rivals {
    struct session *holder, *rival;
    bool proven; /* the hello's id is its own, by key or password */
};

/* May it take the place of those? */
static bool
hello_replaces(struct hub *hub, struct client *c, const struct record *r,
               const struct rivals *in)
{
    const struct session *holder = in->holder, *rival = in->rival;
    bool owner = token_opens(r->token, holder);
    bool held = holder && !holder->ending && !owner;
    bool laned = rival && !rival->ending && !owner &&
                 !token_opens(r->token, rival);
    if (!in->proven)
        return !held && !laned;
    bool replaces = (held && r->inbox) || laned;
    return !replaces || !is_dampened(hub, c);
}

/* May this hello have the id, and the lane? On success the sessions that must
 * make way are in `in`. */
static enum err
hello_judge(struct hub *hub, struct client *c, const struct record *r,
            struct rivals *in)
{
    struct lane *lane = r->lane.len ? lane_find(c, r->lane) : NULL;
    in->holder = c->inbox;
    in->rival = lane ? lane->live : NULL;
    in->proven = hub->options.access->mode != ACCESS_OPEN;
    if (!in->proven && client_is_twin(hub, c)) /* else review_id has asked */
        return ERR_DENIED;
    if (!hello_replaces(hub, c, r, in))
        return ERR_IN_USE;
    unsigned leaving = (r->inbox && in->holder) || in->rival ? 1 : 0;
    unsigned most = hub->options.sessions;
    if (access_role(hub->options.access, c->id) >= ROLE_MODERATOR)
        most += SESSIONS_KEPT; /* who can end those of others */
    if (hub->stats.sessions >= most + leaving ||
        c->sessions >= SESSIONS_PER_ID + leaving)
        return ERR_TOO_MANY;
    return ERR_NONE;
}

/* Ends a session that another one takes the place of; who had its token has it
 * on. */
static void
hello_displace(struct hub *hub, struct session *s, const struct record *r,
               char token[static RESUME_LEN + 1])
{
    if (token_opens(r->token, s))
        memcpy(token, s->resume, RESUME_LEN + 1);
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
    s->password = r->password;
    s->role = access_role(hub->options.access, c->id);
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
        return "the broker has as many sessions or ids as it may, or this id "
               "as many sessions";
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
    const char *no = review_id(hub, p, r->from, r->password);
    if (no) {
        hello_refuse(hub, p, r, ERR_DENIED, no);
        return;
    }
    struct client *c = client_get(hub, r->from);
    struct rivals in = {NULL, NULL, false};
    enum err err = c ? hello_judge(hub, c, r, &in) : ERR_TOO_MANY;
    if (err) {
        hello_refuse(hub, p, r, err, hello_refusal(err));
        return;
    }
    char token[RESUME_LEN + 1];
    resume_make(hub, token);
    if (in.holder && r->inbox)
        hello_displace(hub, in.holder, r, token);
    if (in.rival && (in.rival != in.holder || !r->inbox))
        hello_displace(hub, in.rival, r, token);
    struct session *s = session_new(hub, p, c, r);
    memcpy(s->resume, token, sizeof token);
    LOG(hub->options.logger, LOG_INFO, "session.open", LOG_SLICE("id", c->id),
        LOG_SLICE("agent", r->name), LOG_NUM("inbox", s->inbox),
        LOG_NUM("beat", s->beat));
    hello_welcome(hub, s, r);
    mailbox_pump(hub, c);
}
