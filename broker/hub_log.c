/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two moments in the life of a record. When the log places it, what depends on
 * everything before it is computed: is its n a repeat, which message came
 * before it in its room or mailbox; and its bytes are completed. When it is
 * committed it is a fact: it is delivered and acknowledged. Both come in the
 * same order on every broker that follows the log, and nothing else may decide
 * these things.
 */
#include "hub_log.h"

#include "core.h"
#include "moderate.h"
#include "roster.h"
#include "ruling_placed.h"
#include "verbs.h"

/* The chain that it belongs to: its room's, or a mailbox's. */
static uint64_t *
record_chain(struct hub *hub, const struct record *r)
{
    struct room *room = r->kind == RECORD_SAY ? room_get(hub, r->name) : NULL;
    if (room)
        return &room->placed;
    /* May have been forgotten since it was asked for. */
    struct client *c =
        r->kind == RECORD_TELL && r->keep ? client_get(hub, r->name) : NULL;
    return c ? &c->mail.placed : NULL;
}

/* Appends it to its chain when it is to be stored; gives the seq before it. */
static uint64_t
chain_place(struct hub *hub, const struct record *r)
{
    uint64_t *placed = record_chain(hub, r);
    uint64_t prev = placed ? *placed : 0;
    if (placed && r->keep)
        *placed = r->seq;
    struct client *c =
        r->kind == RECORD_TELL && r->keep ? client_find(hub, r->name) : NULL;
    if (c) {
        state_client(hub, c);
        client_touch(hub, c); /* it has mail: it is not forgotten now */
    }
    return prev;
}

/* The lane a record was numbered in: its session's, while that is still there.
 */
static struct lane *
record_lane(struct hub *hub, const struct record *r)
{
    const struct peer *p = peer_find(hub, r->origin);
    struct lane *lane = p && p->session ? p->session->lane : NULL;
    if (lane && slice_eq(r->from, lane->client->id) &&
        slice_eq(r->lane, slice_of(lane->name, lane->name_len)))
        return lane;
    struct client *c = client_get(hub, r->from);
    return c ? lane_get(hub, c, r->lane) : NULL;
}

static enum verdict
place_number(struct hub *hub, struct record *r)
{
    struct lane *lane = r->n ? record_lane(hub, r) : NULL;
    if (!lane)
        return VERDICT_NEW;
    enum verdict verdict = lane_place(lane, r->n, &r->seq, &r->time);
    if (verdict == VERDICT_NEW) {
        lane->used = r->time;
        state_lane(hub, lane);
    }
    return verdict;
}

static void
revoke_number(struct hub *hub, const struct record *r)
{
    struct lane *lane = r->n ? record_lane(hub, r) : NULL;
    if (lane)
        lane_revoke(lane, r->n);
}

/* A new message that may not be said; if it was a repeat it would be one that
 * was kept, and its answer had been lost. Nor may what stands behind one's own
 * mute or ban in the log, nor the news of a redaction, where the redaction
 * itself could not be kept. */
static enum verdict
place_denied(struct hub *hub, struct record *r)
{
    bool news = r->kind == RECORD_SAY && r->upto;
    if (!r->denied && !news)
        r->why = ruling_placed_against(hub, r);
    if (!r->why && !(news && r->upto != hub->rulings.redacting))
        return VERDICT_NEW;
    revoke_number(hub, r);
    return VERDICT_DENIED;
}

/* A new message has its number; its mailbox may be full. */
static enum verdict
place_mail(struct hub *hub, struct record *r)
{
    bool kept_tell = r->kind == RECORD_TELL && r->keep;
    struct client *c = kept_tell ? client_get(hub, r->name) : NULL;
    r->why = c ? mailbox_place(hub, c, r) : NULL;
    if (!r->why)
        return VERDICT_NEW;
    revoke_number(hub, r);
    return VERDICT_FULL;
}

/* Of what is volatile, that an id is known from now on, and that a lane is not
 * used again. */
static bool
stamp_volatile(struct hub *hub, const struct record *r)
{
    if (r->kind == RECORD_END)
        return r->spent;
    if (r->kind != RECORD_HELLO || !r->inbox)
        return false;
    const struct client *c = client_find(hub, r->from);
    return !c || !c->known;
}

bool
hub_stamp(void *self, struct record *r, uint64_t seq)
{
    struct hub *hub = self;
    r->seq = seq;
    if (r->time < hub->last_time)
        r->time = hub->last_time;
    hub->last_time = r->time;
    if (r->kind == RECORD_ACK)
        return r->stored = true;
    if (r->kind == RECORD_RULING)
        return ruling_stamp(hub, r);
    if (r->kind != RECORD_SAY && r->kind != RECORD_TELL)
        return r->stored = stamp_volatile(hub, r);
    r->verdict = place_number(hub, r);
    if (r->verdict == VERDICT_NEW)
        r->verdict = place_denied(hub, r);
    if (r->verdict == VERDICT_NEW)
        r->verdict = place_mail(hub, r);
    if (r->verdict != VERDICT_NEW)
        return r->stored = false;
    r->prev = chain_place(hub, r);
    bool chained = r->keep || r->kind == RECORD_SAY;
    const struct stamp stamp = {.op = r->kind == RECORD_SAY ? OP_SAY : OP_TELL,
                                .seq = r->keep ? &r->seq : NULL,
                                .prev = chained ? &r->prev : NULL,
                                .time = &r->time};
    uint8_t *at = message_stamp(r->body, r->pairs, &stamp);
    r->wire = slice_of(at, (size_t)(r->body + r->body_len - at));
    return r->stored = r->keep;
}

void
hub_revoke(void *self, struct record *r)
{
    struct hub *hub = self;
    if (r->kind == RECORD_RULING)
        ruling_revoke(hub, r);
    if (r->kind != RECORD_SAY && r->kind != RECORD_TELL)
        return;
    revoke_number(hub, r);
    struct room *room = r->kind == RECORD_SAY ? room_find(hub, r->name) : NULL;
    if (room) {
        room->placed = r->prev;
        room_check(hub, room);
    }
    struct client *c = r->kind == RECORD_TELL ? client_find(hub, r->name)
                                              : NULL;
    if (c) {
        mailbox_revoke(hub, c, r);
        client_touch(hub, c);
    }
}

void
hub_refused(void *self, const struct record *r, enum err err)
{
    struct hub *hub = self;
    struct peer *p = peer_find(hub, r->origin);
    if (!p)
        return;
    if (r->n && p->session)
        p->session->unanswered--;
    struct message question = reply_to_record(r, OP_ERROR);
    peer_error(hub, p, &question, err, "the log takes no messages: %s",
               hub->log->fault);
}

uint64_t
hub_acked(void *self, struct slice id)
{
    const struct client *c = client_find(self, id);
    return c ? c->mail.acked : UINT64_MAX;
}

static void
answer_stale(struct hub *hub, struct peer *p, const struct record *r)
{
    struct message question = reply_to_record(r, OP_ERROR);
    peer_error(hub, p, &question, ERR_BAD_STATE,
               "n is more than %d below the highest of this lane",
               LIMIT_WINDOW - 1);
}

static void
answer_full(struct hub *hub, struct peer *p, const struct record *r)
{
    struct message question = reply_to_record(r, OP_ERROR);
    peer_error(hub, p, &question, ERR_FULL, "the mailbox of %.*s %s",
               SLICE_ARG(r->name), r->why);
}

static void
answer_denied(struct hub *hub, struct peer *p, const struct record *r)
{
    struct message question = reply_to_record(r, OP_ERROR);
    if (r->why)
        peer_error(hub, p, &question, ERR_DENIED, "%s", r->why);
}

static void
answer_ok(struct hub *hub, const struct record *r, const struct client *to)
{
    struct peer *p = peer_find(hub, r->origin);
    if (!p)
        return;
    if (r->n && p->session)
        p->session->unanswered--;
    if (r->verdict == VERDICT_STALE) {
        answer_stale(hub, p, r);
        return;
    }
    if (r->verdict == VERDICT_FULL) {
        answer_full(hub, p, r);
        return;
    }
    if (r->verdict == VERDICT_DENIED) {
        answer_denied(hub, p, r);
        return;
    }
    if (r->answer == ANSWER_NONE)
        return;
    struct message m = reply_to_record(r, OP_OK);
    bool again = r->verdict == VERDICT_REPEAT;
    if (again)
        SET(&m, FIELD_AGAIN, again, true);
    if ((r->stored || again) && r->seq)
        SET(&m, FIELD_SEQ, seq, r->seq);
    if (!again || r->seq)
        SET(&m, FIELD_TIME, time, r->time);
    if (to)
        SET(&m, FIELD_ONLINE, online, to->inbox && !to->inbox->ending);
    peer_answer(hub, p, &m);
}

/* It is not stored, and could not be delivered at once. */
static void
answer_offline(struct hub *hub, const struct record *r)
{
    struct peer *p = peer_find(hub, r->origin);
    struct message question = reply_to_record(r, OP_ERROR);
    if (p)
        peer_error(hub, p, &question, ERR_OFFLINE, "%.*s takes nothing now",
                   SLICE_ARG(r->name));
}

static void
committed_say(struct hub *hub, const struct record *r)
{
    bool is_new = r->verdict == VERDICT_NEW;
    struct room *room = is_new ? room_get(hub, r->name) : NULL;
    if (room) {
        if (r->stored) {
            room->head = r->seq;
            hub->stats.said++;
            if (!room->first)
                room->first = r->seq;
        }
        room_post(hub, room, r->wire);
    }
    answer_ok(hub, r, NULL);
}

static void
committed_tell(struct hub *hub, const struct record *r)
{
    struct client *to = client_find(hub, r->name);
    bool given = r->verdict != VERDICT_NEW;
    hub->stats.told += !given && r->stored;
    if (to && !given)
        given = mailbox_deliver(hub, to, r);
    if (given || r->keep)
        answer_ok(hub, r, to);
    else
        answer_offline(hub, r);
}

static void
committed_ack(struct hub *hub, const struct record *r)
{
    struct client *c = client_find(hub, r->from);
    if (c)
        mailbox_ack(hub, c, r->upto);
}

static void
committed_grace(struct hub *hub, const struct record *r)
{
    struct client *c = client_find(hub, r->from);
    if (c)
        roster_expire(hub, c);
}

void
hub_committed(void *self, const struct record *r)
{
    static void (*const on[])(struct hub *, const struct record *) = {
        [RECORD_SAY] = committed_say,       [RECORD_TELL] = committed_tell,
        [RECORD_ACK] = committed_ack,       [RECORD_HELLO] = session_hello,
        [RECORD_END] = session_ended,       [RECORD_GRACE] = committed_grace,
        [RECORD_JOIN] = roster_join,        [RECORD_LEAVE] = roster_leave,
        [RECORD_RULING] = ruling_committed,
    };
    on[r->kind](self, r);
}

void
hub_page(void *self, const struct log_query *q, const struct log_page *page)
{
    static void (*const on[])(struct hub *, const struct log_query *,
                              const struct log_page *) = {
        [PURPOSE_HISTORY] = query_page,
        [PURPOSE_MAIL] = mailbox_page,
        [PURPOSE_COUNT] = mailbox_count_page,
        [PURPOSE_REDACT] = redact_page,
    };
    on[q->purpose](self, q, page);
}

void
hub_trimmed(void *self, struct slice name, uint64_t first)
{
    struct hub *hub = self;
    struct room *room = room_find(hub, name);
    if (!room)
        return;
    room->first = first;
    if (!first)
        room_check(hub, room);
}
