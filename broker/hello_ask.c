/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A hello is asked for; how it is decided: hello.c.
 *
 * Before it is appended two things may have to happen: a password is looked at
 * by another thread (the record waits in the peer meanwhile), and with
 * access=claim an id without an owner is claimed, by a ruling just in front of
 * the hello.
 */
#include "core.h"
#include "review.h"
#include "verbs.h"

enum {
    HELLO_RATE = 20,     /* a second, of one connection */
    CLAIM_RATE = 1,      /* the same, of ids that nobody owns */
    CHECKER_WAIT = 1000, /* ms told when too many passwords wait */
};

/* By nobody's key (empty): it is the operator's to give, see is_operators. */
static void
claim(struct hub *hub, struct slice key, struct slice id)
{
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

/* One that this connection would claim. */
static bool
is_new(struct hub *hub, const struct peer *p, struct slice id)
{
    const struct client *c = client_find(hub, id);
    bool owned = c && (c->claimed || c->claiming);
    return hub->options.access->mode == ACCESS_CLAIM && p->key[0] && !owned &&
           !p->session && review_is_free(hub, id);
}

/* A listed id must not be for whoever comes first when it is listed no more:
 * its mail and its rooms are there. So it is claimed for nobody, unless it
 * belongs to a key that is listed with it. */
static bool
is_operators(struct hub *hub, struct slice id)
{
    const struct user *user = users_find(&hub->options.access->users, id);
    if (!user || hub->options.access->mode != ACCESS_CLAIM)
        return false;
    const struct ruling *claim =
        ruling_find(hub, RULING_CLAIM, slice_of(NULL, 0), id);
    return !claim || (claim->value.len && !review_has_key(user, claim->value));
}

static void
hello_append(struct hub *hub, struct peer *p, struct record *r)
{
    if (is_operators(hub, r->from))
        claim(hub, slice_of(NULL, 0), r->from);
    else if (!r->password && is_new(hub, p, r->from))
        claim(hub, slice_str(p->key), r->from);
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
        p->pending->password = review_password(hub, m->id);
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
    if (!message_has(m, FIELD_PASSWORD) && is_new(hub, p, m->id) &&
        !pace_take(&p->claims, CLAIM_RATE, 1, hub->now.mono, &wait)) {
        peer_rate(hub, p, m, wait, "too many new ids");
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
