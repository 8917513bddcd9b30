/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Mail: direct messages on their way to an inbox session.
 *
 * In the plain case a tell is handed over in the turn it was committed in. When
 * the session takes nothing, or LIMIT_MAIL messages are unacknowledged, or mail
 * is older than the session, it is `behind`: from then on mail comes out of the
 * log in pages, from the last one given, until it has caught up. So there is no
 * queue of mail in memory, and its order is the log's.
 */
#include <assert.h>
#include <stdlib.h>

#include "core.h"
#include "xmem.h"

static void
flight_add(struct session *s, uint64_t seq)
{
    assert(s->flight_count < LIMIT_MAIL);
    if (!s->flight)
        s->flight = xcalloc(LIMIT_MAIL, sizeof *s->flight);
    s->flight[(s->flight_begin + s->flight_count++) % LIMIT_MAIL] = seq;
}

static void
flight_ack(struct session *s, uint64_t upto)
{
    while (s->flight_count && s->flight[s->flight_begin] <= upto) {
        s->flight_begin = (s->flight_begin + 1) % LIMIT_MAIL;
        s->flight_count--;
    }
}

static void
mailbox_say_full(struct hub *hub, struct session *s)
{
    if (s->mail_full)
        return;
    s->mail_full = true;
    peer_error(hub, s->peer, NULL, ERR_FULL,
               "%d direct messages are unacknowledged, the limit: send ack",
               LIMIT_MAIL);
}

/* Hands over one message; false when the session cannot take it now. */
static bool
mailbox_give(struct hub *hub, struct session *s, struct slice wire,
             uint64_t seq)
{
    if (s->flight_count == LIMIT_MAIL) {
        mailbox_say_full(hub, s);
        return false;
    }
    if (!peer_offer(hub, s->peer, wire))
        return false;
    flight_add(s, seq);
    s->mail_sent = seq;
    if (s->mail_shown < seq)
        s->mail_shown = seq;
    return true;
}

static bool
mailbox_wants(struct hub *hub, struct session *s)
{
    if (!s || s->ending || s->mail_reading || !s->mail_behind)
        return false;
    if (s->peer->blocked || s->peer->gone)
        return false;
    if (s->flight_count == LIMIT_MAIL) {
        mailbox_say_full(hub, s);
        return false;
    }
    return true;
}

static void
mailbox_ask(struct hub *hub, struct session *s)
{
    struct slice id = s->client->id;
    struct log_query q = {
        .origin = s->peer->handle,
        .purpose = PURPOSE_MAIL,
        .channel = CHANNEL_MAIL,
        .range = RANGE_AFTER,
        .bound = s->mail_sent,
        .floor = s->client->born,
        .limit = LIMIT_MAIL - s->flight_count,
        .bytes = LIMIT_FRAME,
        .name_len = (uint8_t)id.len,
    };
    memcpy(q.name, id.data, id.len);
    s->mail_reading = true;
    s->mail_asking = true;
    log_read(hub->log, &q);
    s->mail_asking = false;
}

/* A log that answers at once is asked again from here, one that answers later
 * from mailbox_page. */
void
mailbox_pump(struct hub *hub, struct client *c)
{
    while (mailbox_wants(hub, c->inbox))
        mailbox_ask(hub, c->inbox);
}

void
mailbox_again(struct hub *hub, struct session *s)
{
    if (!s->inbox)
        return;
    s->flight_begin = s->flight_count = 0;
    s->mail_full = false;
    s->mail_sent = s->client->mail.acked;
    s->mail_behind = s->client->mail.head > s->mail_sent;
    mailbox_pump(hub, s->client);
}

static struct message
wire_message(struct slice wire)
{
    struct reader r = reader_open(wire);
    struct message m;
    struct fault fault;
    enum err err = message_read(&r, SIDE_BROKER, &m, &fault);
    assert(!err);
    (void)err;
    return m;
}

static void
mailbox_take(struct hub *hub, struct session *s, const struct log_page *page)
{
    for (unsigned i = 0; i < page->count; i++)
        if (!mailbox_give(hub, s, page->messages[i],
                          wire_message(page->messages[i]).seq))
            return;
    if (s->mail_sent < page->upto)
        s->mail_sent = page->upto;
    /* Not by comparing with the head: what cannot be read would be asked for
     * for ever. `prev` of the next mail tells the client. */
    s->mail_behind = page->more;
}

/* A page that begins somewhere else than where the session stands now (an `ack`
 * has gone beyond it, or an earlier session of this connection asked) is of no
 * use: another one is asked for. */
void
mailbox_page(struct hub *hub, const struct log_query *q,
             const struct log_page *page)
{
    struct peer *p = peer_find(hub, q->origin);
    struct session *s = p ? p->session : NULL;
    if (!s || s->ending || !s->mail_reading ||
        !slice_eq(s->client->id, slice_of(q->name, q->name_len)))
        return;
    s->mail_reading = false;
    if (q->bound == s->mail_sent)
        mailbox_take(hub, s, page);
    if (!s->mail_asking)
        mailbox_pump(hub, s->client);
}

/* --- receipts --- */

static void
receipt_drop(struct hub *hub, struct mailbox *mail)
{
    struct client *sender = mail->receipts[mail->begin].sender;
    mail->begin = (mail->begin + 1) % mail->cap;
    mail->count--;
    hub->receipts--;
    sender->holds--;
    client_touch(hub, sender);
    if (!mail->count)
        mailbox_fini(mail);
}

static void
receipt_add(struct hub *hub, struct client *c, const struct record *r)
{
    struct mailbox *mail = &c->mail;
    struct client *sender = client_find(hub, r->from);
    if (!sender)
        return;
    bool all = hub->receipts >= RECEIPTS_ALL;
    if (mail->count && (all || mail->count == RECEIPTS_MAX))
        receipt_drop(hub, mail);
    else if (all)
        return;
    if (mail->count == mail->cap) {
        uint32_t cap = mail->cap ? 2 * mail->cap : 8;
        struct receipt *ring = xcalloc(cap, sizeof *ring);
        for (uint32_t i = 0; i < mail->count; i++)
            ring[i] = mail->receipts[(mail->begin + i) % mail->cap];
        free(mail->receipts);
        mail->receipts = ring;
        mail->begin = 0;
        mail->cap = cap;
    }
    mail->receipts[(mail->begin + mail->count++) % mail->cap] =
        (struct receipt){.sender = sender, .seq = r->seq};
    hub->receipts++;
    sender->holds++;
    client_touch(hub, sender);
}

static void
receipt_send(struct hub *hub, struct client *c, const struct receipt *receipt)
{
    struct session *s = receipt->sender->inbox;
    if (!s || s->ending)
        return;
    struct message m = {.op = OP_RECEIPT};
    SET(&m, FIELD_TO, to, c->id);
    SET(&m, FIELD_SEQ, seq, receipt->seq);
    peer_answer(hub, s->peer, &m);
}

/* A receipt is cumulative, so only a sender's last one below the ack is sent.
 */
static bool
receipt_is_last(const struct mailbox *mail, uint64_t upto)
{
    struct client *sender = mail->receipts[mail->begin].sender;
    for (uint32_t i = 1; i < mail->count; i++) {
        const struct receipt *next =
            &mail->receipts[(mail->begin + i) % mail->cap];
        if (next->seq > upto)
            return true;
        if (next->sender == sender)
            return false;
    }
    return true;
}

/* --- the quota --- */

static struct quota_mail
quota_mail(struct slice from, uint64_t seq, size_t bytes)
{
    return (struct quota_mail){
        .sender = hash_bytes(from.data, from.len), .seq = seq, .bytes = bytes};
}

void
mailbox_count_page(struct hub *hub, const struct log_query *q,
                   const struct log_page *page)
{
    struct client *c = client_find(hub, slice_of(q->name, q->name_len));
    for (unsigned i = 0; c && i < page->count; i++) {
        struct message m = wire_message(page->messages[i]);
        struct quota_mail mail =
            quota_mail(m.from, m.seq, page->messages[i].len);
        hub->quota_runs += quota_add(&c->mail.quota, &hub->options.mail, &mail);
    }
    hub->counted = page->more ? page->upto : UINT64_MAX;
}

/* What was unread when the broker started is counted when somebody first adds
 * to it. Only a log that keeps records has such mail, and it answers at once.
 */
static void
mailbox_count(struct hub *hub, struct client *c)
{
    struct log_query q = {
        .purpose = PURPOSE_COUNT,
        .channel = CHANNEL_MAIL,
        .floor = c->born,
        .range = RANGE_AFTER,
        .limit = LIMIT_PAGE,
        .bytes = SIZE_MAX,
        .name_len = (uint8_t)c->id.len,
    };
    memcpy(q.name, c->id.data, c->id.len);
    c->mail.quota.uncounted = false;
    hub->counted = c->mail.acked;
    while (hub->counted != UINT64_MAX) {
        q.bound = hub->counted;
        hub->counted = UINT64_MAX;
        log_read(hub->log, &q);
    }
}

const char *
mailbox_place(struct hub *hub, struct client *c, const struct record *r)
{
    struct quota *quota = &c->mail.quota;
    if (quota->uncounted)
        mailbox_count(hub, c);
    if (hub->quota_runs >= QUOTA_RUNS_ALL)
        return "takes no more: the broker holds as much unread mail as it may";
    struct quota_mail mail = quota_mail(r->from, r->seq, r->body_len);
    const char *why = quota_exceeded(quota, &hub->options.mail, &mail);
    if (!why)
        hub->quota_runs += quota_add(quota, &hub->options.mail, &mail);
    return why;
}

void
mailbox_revoke(struct hub *hub, struct client *c, const struct record *r)
{
    struct quota_mail mail = quota_mail(r->from, r->seq, r->body_len);
    c->mail.placed = r->prev;
    hub->quota_runs -= quota_revoke(&c->mail.quota, &mail);
}

/* --- committed --- */

bool
mailbox_deliver(struct hub *hub, struct client *c, const struct record *r)
{
    struct session *s = c->inbox;
    bool able = s && !s->ending;
    if (!r->stored)
        return able && peer_offer(hub, s->peer, r->wire);
    c->mail.head = r->seq;
    if (r->receipt)
        receipt_add(hub, c, r);
    if (able && !s->mail_behind)
        s->mail_behind = !mailbox_give(hub, s, r->wire, r->seq);
    return true;
}

void
mailbox_ack(struct hub *hub, struct client *c, uint64_t upto)
{
    struct mailbox *mail = &c->mail;
    if (mail->acked < upto)
        mail->acked = upto;
    state_client(hub, c);
    hub->quota_runs -= quota_release(&mail->quota, upto);
    while (mail->count && mail->receipts[mail->begin].seq <= upto) {
        if (receipt_is_last(mail, upto))
            receipt_send(hub, c, &mail->receipts[mail->begin]);
        receipt_drop(hub, mail);
    }
    client_touch(hub, c);
    struct session *s = c->inbox;
    if (!s)
        return;
    flight_ack(s, upto);
    if (s->flight_count < LIMIT_MAIL)
        s->mail_full = false;
    /* It may have read on in its history: that need not be given any more. */
    if (s->mail_sent < upto)
        s->mail_sent = upto;
    if (mail->head <= s->mail_sent)
        s->mail_behind = false;
    mailbox_pump(hub, c);
}

void
mailbox_fini(struct mailbox *mail)
{
    free(mail->receipts);
    mail->receipts = NULL;
    mail->begin = mail->count = mail->cap = 0;
}
