/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How sessions begin. A hello is decided when the log hands back its record, so
 * that of two for one id all brokers let the same one win, and a `welcome`
 * comes behind everything earlier sessions of the id have sent.
 *
 * Before it is appended two things may have to happen: a password is looked at
 * by another thread (the record waits in the peer meanwhile), and with
 * access=claim an id without an owner is claimed, by a ruling just in front of
 * the hello.
 */
#include <stdlib.h>

#include <sodium.h>

#include "core.h"
#include "listing.h"
#include "review.h"
#include "verbs.h"
#include "xmem.h"

enum {
    HELLO_RATE = 20,     /* a second, of one connection */
    REPLACED_MOST = 5,   /* sessions of one id by proof, */
    REPLACED_IN = 10000, /* in so many ms */
    CHECKER_WAIT = 1000, /* ms told when too many passwords wait */
};

/* --- asked --- */

static void
claim(struct hub *hub, const struct peer *p, struct slice id)
{
    struct slice key = slice_str(p->key);
    struct record *r =
        log_record(hub->log, RECORD_RULING, 2 * id.len + key.len);
    r->ruling = RULING_CLAIM;
    r->keep = true;
    r->time = hub->now.wall;
    r->from = record_copy(r, id);
    r->token = record_copy(r, id);
    struct slice value = record_copy(r, key);
    r->body = (uint8_t *)(uintptr_t)value.data;
    r->body_len = (uint32_t)value.len;
    /* Refused: nobody owns it, and the hello behind it says so. */
    (void)log_append(hub->log, r);
}

static void
hello_append(struct hub *hub, struct peer *p, struct record *r)
{
    const struct access *access = hub->options.access;
    const struct client *c = client_find(hub, r->from);
    bool owned = c && (c->claimed || c->claiming);
    if (access->mode == ACCESS_CLAIM && !r->proven && p->key[0] && !owned &&
        review_is_free(hub, r->from))
        claim(hub, p, r->from);
    hub_append(hub, r);
}

static struct record *
hello_record(struct hub *hub, const struct peer *p, const struct message *m)
{
    size_t bytes = m->id.len + m->lane.len + m->ref.str.len + m->resume.len +
                   m->agent.len;
    struct record *r = log_record(hub->log, RECORD_HELLO, bytes);
    verb_question(r, p, m);
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
    return r;
}

/* True: the record waits until the password was looked at. */
static bool
ask_password(struct hub *hub, struct peer *p, const struct message *m)
{
    const struct host *host = &hub->options.host;
    const struct user *user = users_find(&hub->options.access->users, m->id);
    struct slice hash = slice_str(user ? user->hash : "");
    uint64_t wait =
        guess_wait(&hub->guesses, slice_str(p->address), m->id, hub->now.mono);
    if (p->pending) {
        peer_rate(hub, p, m, CHECKER_WAIT, "a password is being looked at");
    } else if (wait) {
        peer_rate(hub, p, m, wait, "too many wrong passwords");
    } else if (!host->verify ||
               !host->verify(host->self, p->handle, hash, m->password)) {
        peer_rate(hub, p, m, CHECKER_WAIT, "too many passwords wait");
    } else {
        p->pending = hello_record(hub, p, m);
        return true;
    }
    return false;
}

void
on_hello(struct hub *hub, struct peer *p, const struct message *m)
{
    uint64_t wait;
    if (m->v != PROTOCOL_VERSION) {
        peer_error(hub, p, m, ERR_BAD_VERSION, "version %d is spoken here",
                   PROTOCOL_VERSION);
        return;
    }
    if (!pace_take(&p->hellos, HELLO_RATE, 1, hub->now.mono, &wait)) {
        peer_rate(hub, p, m, wait, "too many hellos");
        return;
    }
    if (message_has(m, FIELD_PASSWORD) && !p->confidential) {
        peer_error(hub, p, m, ERR_DENIED,
                   "a password in the open: others could have read it, so it "
                   "was not looked at");
        return;
    }
    if (message_has(m, FIELD_PASSWORD) && !p->session &&
        hub->options.access->mode != ACCESS_OPEN) {
        (void)ask_password(hub, p, m);
        return;
    }
    hello_append(hub, p, hello_record(hub, p, m));
}

void
hub_verified(struct hub *hub, uint64_t handle, bool right, struct now now)
{
    struct peer *p = peer_find(hub, handle);
    hub->now = now;
    if (!p || !p->pending)
        return;
    struct record *r = p->pending;
    struct slice address = slice_str(p->address);
    p->pending = NULL;
    if (p->gone) {
        record_free(hub->log, r);
        return;
    }
    p->hello_by = now.mono + hub->options.hello_wait;
    if (right) {
        guess_right(&hub->guesses, address, r->from);
        r->proven = true;
        hello_append(hub, p, r);
        return;
    }
    guess_wrong(&hub->guesses, address, r->from, now.mono);
    LOG(hub->options.logger, LOG_WARN, "password.wrong",
        LOG_SLICE("id", r->from), LOG_TEXT("address", p->address));
    struct message question = reply_to_record(r, OP_HELLO);
    peer_error(hub, p, &question, ERR_DENIED, "unknown id or wrong password");
    record_free(hub->log, r);
}

/* --- decided --- */

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
    if (client_is_twin(hub, c))
        return ERR_DENIED;
    if (!hello_replaces(hub, c, r, in))
        return ERR_IN_USE;
    unsigned leaving = (r->inbox && in->holder) || in->rival ? 1 : 0;
    if (hub->stats.sessions >= hub->options.sessions + leaving ||
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
    s->password = r->proven ? review_password(hub, c->id) : 0;
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
    const char *no = review_id(hub, p, r->from, r->proven);
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
