/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Redaction: a message goes, and the room is told.
 *
 * Whose message it is only the log knows. So the first step asks for that one
 * message, and the second, when it is there, judges and appends two records in
 * one turn: the ruling, by which the engines put `gone` in the message's place,
 * and a stored say of kind `redact`, which brings the news to every member, in
 * order, also to those who are away.
 */
#include "access.h"
#include "moderate.h"
#include "rights.h"
#include "verbs.h"

enum { SEQ_DIGITS = 24 };

void
on_redact(struct hub *hub, struct session *s, const struct message *m)
{
    const struct room *room = room_find(hub, m->room);
    if (!room || !rights_see(hub, s, room)) {
        peer_error(hub, s->peer, m, ERR_NO_ROOM, "there is no room %.*s",
                   SLICE_ARG(m->room));
        return;
    }
    if (!query_charge(hub, s->peer, m))
        return;
    struct log_query q = {
        .origin = s->peer->handle,
        .purpose = PURPOSE_REDACT,
        .channel = CHANNEL_ROOM,
        .range = RANGE_AFTER,
        .bound = m->seq ? m->seq - 1 : 0,
        .limit = 1,
        .bytes = LIMIT_FRAME,
        .turn = hub->turn,
        .name_len = (uint8_t)m->room.len,
        .text_len = (uint16_t)m->text.len,
        .target = m->seq,
    };
    memcpy(q.name, m->room.data, m->room.len);
    if (m->text.len)
        memcpy(q.text, m->text.data, m->text.len);
    query_ref(&q, m);
    log_read(hub->log, &q);
}

/* The message that is asked about; op OP_NONE: it is not there. */
static struct message
target(const struct log_query *q, const struct log_page *page)
{
    struct message m = {.op = OP_NONE};
    struct fault fault;
    if (page->count) {
        struct reader r = reader_open(page->messages[0]);
        if (message_read(&r, SIDE_BROKER, &m, &fault) || m.seq != q->target ||
            m.gone)
            m.op = OP_NONE;
    }
    return m;
}

/* What the room is told. */
static bool
redact_say(struct hub *hub, struct session *s, const struct message *ask)
{
    struct message say = {
        .op = OP_SAY,
        .has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_KIND) |
               MESSAGE_BIT(FIELD_RE) | MESSAGE_BIT(FIELD_GONE),
        .room = ask->room,
        .kind = slice_str(KIND_REDACT),
        .re = ask->seq,
        .gone = true,
        .keep = true,
    };
    return verb_speak(hub, s, &say, RECORD_SAY);
}

/* In this turn it was asked for already, and the log has not said so yet. */
static bool
is_asked_again(struct hub *hub, uint64_t seq)
{
    if (hub->redacted.turn != hub->turn)
        hub->redacted.count = 0;
    hub->redacted.turn = hub->turn;
    for (unsigned i = 0; i < hub->redacted.count; i++)
        if (hub->redacted.seqs[i] == seq)
            return true;
    if (hub->redacted.count < HUB_REDACTED)
        hub->redacted.seqs[hub->redacted.count++] = seq;
    return false;
}

void
redact_page(struct hub *hub, const struct log_query *q,
            const struct log_page *page)
{
    struct peer *p = peer_find(hub, q->origin);
    struct session *s = p ? p->session : NULL;
    if (!s || s->ending)
        return;
    if (q->turn == hub->turn)
        peer_refund(hub, p, LIMIT_FRAME);
    struct message ask = {
        .op = OP_REDACT,
        .room = slice_of(q->name, q->name_len),
        .text = slice_of(q->text, q->text_len),
        .seq = q->target,
    };
    if (q->has_ref)
        SET(&ask, FIELD_REF, ref, query_ref_of(q));
    struct message found = target(q, page);
    if (found.op != OP_SAY) {
        peer_error(hub, p, &ask, ERR_BAD_STATE,
                   "no message of %.*s has this seq, or it is gone already",
                   SLICE_ARG(ask.room));
        return;
    }
    bool own = slice_eq(found.from, s->client->id);
    if (!own && moderate_refused(hub, s, &ask,
                                 rights_moderate(hub, s, ask.room, found.from)))
        return;
    if (is_asked_again(hub, ask.seq)) {
        peer_error(hub, p, &ask, ERR_BAD_STATE, "it is gone already");
        return;
    }
    char seq[SEQ_DIGITS];
    (void)snprintf(seq, sizeof seq, "%llu", (unsigned long long)ask.seq);
    const struct ruling what = {.kind = RULING_REDACT,
                                .room = ask.room,
                                .subject = slice_str(seq),
                                .value = ask.text};
    if (moderate_rule(hub, s, &ask, &what, RULE_MAKE))
        (void)redact_say(hub, s, &ask);
}
