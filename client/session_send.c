/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_send: from what is wanted to frames.
 *
 * One frame is under construction at a time. Messages are added until it is
 * full (LIMIT_FRAME bytes, LIMIT_BATCH messages); it goes out when it is full
 * and at the end of each pump. A frame that the sink does not take stays as it
 * is, nothing more is added, and it is offered again with the next tick.
 */
#include "session_state.h"

static bool
flush(struct session *s)
{
    if (!s->frame_count)
        return true;
    frame_close(s->frame, s->frame_count);
    s->blocked = !s->sink.send(s->sink.owner, slice_of(s->frame, s->frame_len));
    if (s->blocked)
        return false;
    s->frame_len = FRAME_HEADER;
    s->frame_count = 0;
    return true;
}

bool
session_put(struct session *s, struct slice encoded)
{
    bool full = s->frame_count == LIMIT_BATCH ||
                s->frame_len + encoded.len > LIMIT_FRAME;
    if (s->blocked || (full && !flush(s)))
        return false;
    memcpy(s->frame + s->frame_len, encoded.data, encoded.len);
    s->frame_len += encoded.len;
    s->frame_count++;
    return true;
}

bool
session_write(struct session *s, const struct message *m)
{
    struct buffer out = {.data = s->scratch, .cap = sizeof s->scratch};
    bool fits = message_write(&out, SIDE_CLIENT, m);
    assert(fits);
    (void)fits;
    return session_put(s, slice_of(out.data, out.len));
}

static void
pump_ack(struct session *s, struct now now)
{
    if (now.ms < s->ack_at && s->mail_undone < ACK_AT_ONCE)
        return;
    /* An ack beyond what came in this session would be refused. */
    uint64_t upto = s->mail_done < s->mail_seen ? s->mail_done : s->mail_seen;
    struct message m = {
        .op = OP_ACK,
        .has = MESSAGE_BIT(FIELD_SEQ) | MESSAGE_BIT(FIELD_REF),
        .ref = {.num = s->numbers + 1},
        .seq = upto,
    };
    if (upto > s->mail_acked && !session_write(s, &m))
        return;
    if (upto > s->mail_acked) {
        s->mail_acked = upto;
        s->ack_ref = ++s->numbers;
    }
    s->mail_undone = 0;
    s->ack_at = NEVER;
}

/* With a state file this is a change of nearly all of it. */
bool
session_renumber(struct session *s, uint64_t n)
{
    if (!outbox_renumber(&s->outbox, n))
        session_fail(s, CONFAB_ENOMEM);
    else if (s->sink.rewrite && !s->sink.rewrite(s->sink.owner))
        session_fail(s, CONFAB_ESTATE);
    return !s->failed;
}

/* What was refused is numbered anew. */
static bool
renumber(struct session *s, struct now now)
{
    if (!s->outbox.refused)
        return true;
    if (!outbox_settled(&s->outbox) || now.ms < s->outbox_at)
        return false;
    if (s->once) {
        outbox_retry(&s->outbox);
        return true;
    }
    return session_renumber(s, 0);
}

/* Were it said again, the broker must still know the oldest message that our
 * state may show as not answered after a loss of power. */
static bool
window_is_safe(struct session *s, const struct outgoing *m)
{
    if (m->n >= s->safe_base + LIMIT_WINDOW)
        session_keep_answers(s);
    return !s->failed;
}

static void
pump_outbox(struct session *s, struct now now)
{
    if (!renumber(s, now))
        return;
    struct outgoing *m;
    while ((m = outbox_peek(&s->outbox)) && window_is_safe(s, m) &&
           session_put(s, slice_of(m->bytes, m->len)))
        outbox_pass(&s->outbox);
}

static void
pump_requests(struct session *s, struct now now)
{
    for (struct request *q = s->requests; q && !s->blocked; q = q->next) {
        if (q->sent || now.ms < q->at || request_waits(s, q))
            continue;
        if (!session_put(s, slice_of(q->bytes, q->len)))
            return;
        q->sent = true;
        q->asked = now.us;
    }
}

void
session_pump(struct session *s, struct now now)
{
    if (s->blocked && !flush(s))
        return;
    if (s->stage == STAGE_ONLINE) {
        for (size_t i = 0; i < s->room_count; i++)
            room_pump(s, s->rooms[i], now);
        chain_pump(s, &s->mail, now);
        pump_outbox(s, now);
        pump_ack(s, now);
        pump_requests(s, now);
    }
    if (s->stage != STAGE_ENDED)
        flush(s);
}
