/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_answer: what the broker says, by op.
 *
 * An answer is matched by what it echoes: `n` to the outbox, `ref` to a
 * question, a join, a sync or a repair. What matches nothing (it was answered
 * before, or asked on another connection) is dropped. Messages that cannot be
 * read are passed over: a later broker may say more than we know.
 */
#include <stdio.h>

#include "session_state.h"

static void
give_numbered(struct session *s, enum confab_event_type type,
              const struct message *m, struct slice raw, uint64_t number)
{
    struct event *e = session_event(s, type, m, raw);
    if (!e)
        return;
    e->user.number = number;
    session_give(s, e);
}

void
session_answered(struct session *s, enum confab_event_type type,
                 const struct message *m, struct slice raw)
{
    struct outgoing *out = outbox_find(&s->outbox, m->n);
    if (!out)
        return;
    give_numbered(s, type, m, raw, out->number);
    outbox_remove(&s->outbox, m->n);
    session_keep(s, &(struct record){.kind = KEEP_DONE, .number = m->n});
    s->work = true; /* the window has moved */
}

static void
on_ok(struct session *s, const struct message *m, struct slice raw,
      struct now now)
{
    (void)now;
    if (message_has(m, FIELD_N)) {
        session_answered(s, CONFAB_SENT, m, raw);
        return;
    }
    struct request *q = request_find(s, m->ref.num);
    if (!q)
        return;
    if (q->op == OP_SAY || q->op == OP_TELL)
        give_numbered(s, CONFAB_SENT, m, raw, q->number);
    if (request_is_act(q->op))
        give_numbered(s, CONFAB_DONE, m, raw, q->number);
    s->bye_done = s->bye_done || q->op == OP_BYE;
    request_remove(s, q);
}

uint64_t
session_wait(const struct message *m)
{
    bool rate = err_find(m->code) == ERR_RATE;
    return m->wait ? m->wait : rate ? RATE_WAIT : RETRY_WAIT;
}

static void
request_refused(struct session *s, struct request *q, const struct message *m,
                struct slice raw, struct now now)
{
    if (err_find(m->code) == ERR_RATE) {
        q->sent = false;
        q->at = now.ms + session_wait(m);
        return;
    }
    struct message event = *m;
    if (q->room[0])
        event.room = slice_str(q->room);
    /* The user has no number for a leave. */
    give_numbered(s, CONFAB_REFUSED, &event, raw,
                  q->op == OP_LEAVE ? 0 : q->number);
    s->bye_done = s->bye_done || q->op == OP_BYE;
    request_remove(s, q);
}

static void
message_refused(struct session *s, const struct message *m, struct slice raw,
                struct now now)
{
    if (err_find(m->code) != ERR_RATE) {
        session_answered(s, CONFAB_REFUSED, m, raw);
        return;
    }
    uint64_t at = now.ms + session_wait(m);
    outbox_refuse(&s->outbox, m->n);
    if (at > s->outbox_at)
        s->outbox_at = at;
}

static void
on_no_session(struct session *s, struct now now)
{
    if (s->stage == STAGE_ONLINE)
        session_offline(s, now.ms);
    /* Else our hello is on its way, or its timer runs. */
}

/* A log that takes nothing now takes no ack either. Nothing is answered to one
 * that it took, so all is said again that may be missing. */
static void
ack_refused(struct session *s, const struct message *m, struct slice raw,
            struct now now)
{
    enum err code = err_find(m->code);
    if (code != ERR_FULL && code != ERR_INTERNAL && code != ERR_RATE) {
        session_emit(s, CONFAB_REFUSED, m, raw);
        return;
    }
    s->mail_acked = s->mail_base;
    s->ack_at = now.ms + (m->wait ? m->wait : RETRY_WAIT);
}

static void
on_error(struct session *s, const struct message *m, struct slice raw,
         struct now now)
{
    bool ref = message_has(m, FIELD_REF) && !m->ref.is_str;
    if (s->stage == STAGE_HELLO && ref && m->ref.num == s->hello_ref) {
        session_hello_refused(s, m, now);
        return;
    }
    if (err_find(m->code) == ERR_NO_SESSION) {
        on_no_session(s, now);
        return;
    }
    if (message_has(m, FIELD_N)) {
        message_refused(s, m, raw, now);
        return;
    }
    if (!ref) {
        session_emit(s, CONFAB_REFUSED, m, raw);
        return;
    }
    if (s->ack_ref && m->ref.num == s->ack_ref) {
        ack_refused(s, m, raw, now);
        return;
    }
    struct request *q = request_find(s, m->ref.num);
    if (q)
        request_refused(s, q, m, raw, now);
    else if (chain_asked(&s->mail, m->ref.num))
        chain_refused(s, &s->mail, m, now);
    else
        (void)room_on_error(s, m, now); /* or an answer to what is over */
}

static void
on_tell(struct session *s, const struct message *m, struct slice raw,
        struct now now)
{
    if (m->seq > s->mail_seen)
        s->mail_seen = m->seq;
    if (s->mail_done > s->mail_acked && s->ack_at == NEVER)
        s->ack_at = now.ms + ACK_DELAY; /* the ack before did not arrive */
    chain_live(s, &s->mail, m, raw, now);
}

/* We were put out. The topic tells the others so, and us too late or too early;
 * the DEALER tells us in the order of our joins. */
static bool
is_kick_of(const struct session *s, const struct message *m)
{
    return m->op == OP_EXIT && slice_eq(m->id, slice_str(s->id)) &&
           slice_eq(m->why, slice_str("kicked"));
}

static void
on_room(struct session *s, const struct message *m, struct slice raw,
        struct now now)
{
    struct room *room = session_find_room(s, m->room);
    if (room && is_kick_of(s, m))
        room_on_kicked(s, room, m, raw);
    else if (room)
        room_live(s, room, m, raw, now);
}

/* While a room changes between topic and DEALER it may come by both. What has a
 * seq is taken once anyway; what has none is taken only where it is certain. */
static bool
is_certain(const struct room *room)
{
    if (room->stage == ROOM_IN)
        return !room->direct;
    return room->stage != ROOM_SYNC && !room->direct && !room->ask_direct &&
           !room->unheard;
}

static void
on_topic(struct session *s, const struct message *m, struct slice raw,
         struct now now)
{
    struct room *room = session_find_room(s, m->room);
    bool fleeting = m->op == OP_ABOUT ||
                    (m->op == OP_SAY && !message_has(m, FIELD_SEQ));
    if (room && !is_kick_of(s, m) && (!fleeting || is_certain(room)))
        room_live(s, room, m, raw, now);
}

static void
on_history(struct session *s, const struct message *m, struct slice raw,
           struct now now)
{
    struct request *q = request_find(s, m->ref.num);
    if (q) {
        struct message event = *m;
        event.id = m->with;
        give_numbered(s, CONFAB_HISTORY, &event, raw, q->number);
        request_remove(s, q);
        return;
    }
    struct room *room = m->room.len ? session_find_room(s, m->room) : NULL;
    struct chain *c = room ? &room->chain : &s->mail;
    if (chain_asked(c, m->ref.num))
        chain_answer(s, c, m, now);
}

static void
on_list(struct session *s, const struct message *m, struct slice raw,
        struct now now)
{
    (void)now;
    struct request *q = request_find(s, m->ref.num);
    if (!q)
        return;
    struct room *room = m->room.len ? session_find_room(s, m->room) : NULL;
    if (room && !m->more && m->rv >= room->rv) {
        room->rv = m->rv;
        room->stale = false;
    }
    static const enum confab_event_type types[OP_COUNT] = {
        [OP_WHO] = CONFAB_WHO,         [OP_ROOMS] = CONFAB_ROOMS,
        [OP_RULINGS] = CONFAB_RULINGS, [OP_FOUND] = CONFAB_FOUND,
        [OP_STATS] = CONFAB_STATS,
    };
    give_numbered(s, types[m->op], m, raw, q->number);
    request_remove(s, q);
}

static void
on_invited(struct session *s, const struct message *m, struct slice raw,
           struct now now)
{
    (void)now;
    session_emit(s, CONFAB_INVITED, m, raw);
}

static void
on_pong(struct session *s, const struct message *m, struct slice raw,
        struct now now)
{
    struct reader r;
    uint32_t count;
    if (m->heads.data && list_open(m->heads, &r, &count)) {
        struct slice name;
        uint64_t head, rv;
        while (count-- && list_head(&r, &name, &head, &rv)) {
            struct room *room = session_find_room(s, name);
            if (room)
                chain_heard(&room->chain, head, now);
        }
    }
    struct request *q = message_has(m, FIELD_REF) ? request_find(s, m->ref.num)
                                                  : NULL;
    if (!q)
        return;
    char micros[24];
    snprintf(micros, sizeof micros, "%llu",
             (unsigned long long)(now.us - q->asked));
    struct message event = *m;
    event.text = slice_str(micros);
    give_numbered(s, CONFAB_PONG, &event, raw, q->number);
    request_remove(s, q);
}

static void
on_receipt(struct session *s, const struct message *m, struct slice raw,
           struct now now)
{
    (void)now;
    struct message event = *m;
    event.id = m->to;
    session_emit(s, CONFAB_RECEIPT, &event, raw);
}

static void
on_bye(struct session *s, const struct message *m, struct slice raw,
       struct now now)
{
    (void)raw;
    bool back = slice_eq(m->why, slice_str("restart")) ||
                slice_eq(m->why, slice_str("timeout"));
    if (back)
        session_offline(s, now.ms + m->wait);
    else
        session_end(s, m);
}

static const struct answer {
    void (*run)(struct session *, const struct message *, struct slice,
                struct now);
    bool before_welcome;
} answers[OP_COUNT] = {
    [OP_WELCOME] = {session_on_welcome, true},
    [OP_ERROR] = {on_error, true},
    [OP_BYE] = {on_bye, true},
    [OP_OK] = {on_ok, false},
    [OP_JOINED] = {room_on_joined, false},
    [OP_SAY] = {on_room, false},
    [OP_ENTER] = {on_room, false},
    [OP_EXIT] = {on_room, false},
    [OP_TICK] = {on_room, false},
    [OP_ABOUT] = {on_room, false},
    [OP_TELL] = {on_tell, false},
    [OP_HISTORY] = {on_history, false},
    [OP_WHO] = {on_list, false},
    [OP_ROOMS] = {on_list, false},
    [OP_RULINGS] = {on_list, false},
    [OP_FOUND] = {on_list, false},
    [OP_STATS] = {on_list, false},
    [OP_INVITED] = {on_invited, false},
    [OP_PONG] = {on_pong, false},
    [OP_RECEIPT] = {on_receipt, false},
};

void
session_message(struct session *s, const struct message *m, struct slice raw,
                struct now now)
{
    const struct answer *answer = &answers[m->op];
    if (answer->run && (answer->before_welcome || s->stage == STAGE_ONLINE))
        answer->run(s, m, raw, now);
}

/* Calls session_message or, for a topic, room_live for each message. */
static void
each_message(struct session *s, struct slice frame, struct slice topic,
             struct now now)
{
    struct reader r;
    uint32_t count;
    struct fault fault;
    if (frame_open(frame, &r, &count, &fault) != ERR_NONE)
        return;
    while (count-- && s->stage != STAGE_ENDED) {
        struct message m;
        const uint8_t *start = r.at;
        enum err err = message_read(&r, SIDE_BROKER, &m, &fault);
        if (err != ERR_NONE && fault.broken)
            return;
        if (err != ERR_NONE)
            continue;
        struct slice raw = slice_of(start, (size_t)(r.at - start));
        if (m.wait > WAIT_MAX)
            m.wait = WAIT_MAX;
        if (!topic.len)
            session_message(s, &m, raw, now);
        else if (answers[m.op].run == on_room && slice_eq(topic, m.room))
            on_topic(s, &m, raw, now);
    }
}

void
session_input(struct session *s, struct slice frame, struct now now)
{
    s->heard = now.ms;
    each_message(s, frame, slice_of(NULL, 0), now);
}

void
session_publish(struct session *s, struct slice frame, struct now now)
{
    struct slice room, messages;
    s->topic_at = now.ms;
    s->topic_frames++;
    if (frame_split(frame, &room, &messages))
        each_message(s, messages, room, now);
}
