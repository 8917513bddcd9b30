/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chain: see chain.h.
 *
 * The rule of PROTOCOL.md, "Reading": seq <= last is a repeat; prev <= last
 * fits; anything else waits for history. `keep:false` messages have a prev (the
 * room's head) and no seq: they keep their place among the others, too.
 *
 * When more would have to be held than may be, all that is held is dropped: it
 * is in the broker's log, and history has not yet come to it.
 */
#include "chain.h"

#include <stdlib.h>

#include "session_state.h"

void
chain_init(struct chain *c, const char *room)
{
    *c = (struct chain){.room = room};
    c->held_end = &c->held;
}

static void
held_pop(struct session *s, struct chain *c)
{
    struct held *h = c->held;
    c->held = h->next;
    if (!c->held)
        c->held_end = &c->held;
    c->held_len -= h->len;
    s->held -= h->len;
    free(h);
}

static void
held_clear(struct session *s, struct chain *c)
{
    while (c->held)
        held_pop(s, c);
}

static void
hold(struct session *s, struct chain *c, struct slice raw)
{
    if (c->held_len + raw.len > CHAIN_HELD_MAX || s->held + raw.len > HELD_MAX)
        held_clear(s, c);
    struct held *h = malloc(sizeof *h + raw.len);
    if (!h) {
        session_fail(s, CONFAB_ENOMEM);
        return;
    }
    h->next = NULL;
    h->len = raw.len;
    memcpy(h->bytes, raw.data, raw.len);
    *c->held_end = h;
    c->held_end = &h->next;
    c->held_len += raw.len;
    s->held += raw.len;
}

void
chain_reset(struct session *s, struct chain *c)
{
    held_clear(s, c);
    c->open = false;
    c->hurry = false;
    c->repair = REPAIR_NONE;
    c->head_at = 0;
}

static void
repair_start(struct session *s, struct chain *c, uint64_t when)
{
    if (c->repair != REPAIR_NONE)
        return;
    c->repair = REPAIR_DUE;
    c->repair_at = when;
    s->work = true;
}

static void
deliver(struct session *s, struct chain *c, const struct message *m,
        struct slice raw)
{
    struct event *e =
        session_event(s, m->op == OP_TELL ? CONFAB_TELL : CONFAB_SAY, m, raw);
    if (!e)
        return;
    if (m->seq) {
        c->last = m->seq;
        e->cursor = m->seq;
        e->has_cursor = true;
        e->mail = !c->room;
    }
    session_give(s, e);
}

/* Whether there is nothing missing before it. */
static bool
fits(const struct chain *c, const struct message *m)
{
    return m->prev <= c->last;
}

static bool
is_repeat(const struct chain *c, const struct message *m)
{
    return message_has(m, FIELD_SEQ) && m->seq <= c->last;
}

static void
repair_for_gap(struct session *s, struct chain *c, struct now now)
{
    uint64_t delay = c->hurry ? 0 : session_random(s, REPAIR_SPREAD);
    repair_start(s, c, now.ms + delay);
}

/* What is held goes on, up to the next gap. */
static void
release(struct session *s, struct chain *c, struct now now)
{
    while (c->held && c->repair == REPAIR_NONE && !s->failed) {
        struct slice raw = slice_of(c->held->bytes, c->held->len);
        struct reader r = reader_open(raw);
        struct message m;
        struct fault fault;
        enum err err = message_read(&r, SIDE_BROKER, &m, &fault);
        assert(err == ERR_NONE); /* it was read before */
        (void)err;
        if (!is_repeat(c, &m) && !fits(c, &m)) {
            repair_for_gap(s, c, now);
            return;
        }
        if (!is_repeat(c, &m))
            deliver(s, c, &m, raw);
        held_pop(s, c);
    }
}

void
chain_open(struct session *s, struct chain *c, uint64_t head, struct now now)
{
    c->open = true;
    if (head > c->head)
        c->head = head;
    if (head > c->last)
        repair_start(s, c, now.ms);
    else
        release(s, c, now);
}

void
chain_live(struct session *s, struct chain *c, const struct message *m,
           struct slice raw, struct now now)
{
    if (c->open && is_repeat(c, m))
        return;
    if (!c->open || c->repair != REPAIR_NONE) {
        hold(s, c, raw);
        return;
    }
    if (fits(c, m)) {
        deliver(s, c, m, raw);
        return;
    }
    hold(s, c, raw);
    repair_for_gap(s, c, now);
}

static void
head_watch(struct chain *c, struct now now)
{
    c->head_due = c->head;
    c->head_at = now.ms + REPAIR_PATIENCE;
}

void
chain_heard(struct chain *c, uint64_t head, struct now now)
{
    if (head <= c->last || head <= c->head)
        return;
    c->head = head;
    if (!c->head_at)
        head_watch(c, now);
}

/* The topic had its time to reach the head that was heard of. */
static void
head_check(struct session *s, struct chain *c, struct now now)
{
    if (!c->head_at || now.ms < c->head_at)
        return;
    c->head_at = 0;
    if (c->last < c->head_due)
        repair_for_gap(s, c, now);
    else if (c->last < c->head)
        head_watch(c, now);
}

static void
tell_lost(struct session *s, struct chain *c, uint64_t upto)
{
    if (upto <= c->last)
        return;
    struct message m = {.op = OP_NONE, .seq = upto};
    if (c->room)
        m.room = slice_str(c->room);
    struct event *e = session_event(s, CONFAB_LOST, &m, slice_of(NULL, 0));
    if (!e)
        return;
    e->cursor = upto;
    e->has_cursor = true;
    e->mail = !c->room;
    c->last = upto;
    session_give(s, e);
}

/* Whether history gave a message of this room, or of the mailbox. */
static bool
is_own(const struct chain *c, const struct message *m)
{
    return c->room ? m->op == OP_SAY && slice_eq(m->room, slice_str(c->room))
                   : m->op == OP_TELL;
}

/* Delivers a page; what is before its first message is known to be lost when
 * the answer is not complete. */
static void
take_page(struct session *s, struct chain *c, const struct message *answer)
{
    struct reader r;
    uint32_t count;
    if (!list_open(answer->messages, &r, &count))
        return;
    bool lost = !answer->complete;
    for (uint32_t i = 0; i < count && !s->failed; i++) {
        struct message m;
        struct fault fault;
        const uint8_t *start = r.at;
        enum err err = message_read(&r, SIDE_BROKER, &m, &fault);
        if (err != ERR_NONE && fault.broken)
            return;
        if (err != ERR_NONE || !is_own(c, &m))
            continue;
        if (lost && m.seq)
            tell_lost(s, c, m.seq - 1);
        lost = false;
        if (!is_repeat(c, &m))
            deliver(s, c, &m, slice_of(start, (size_t)(r.at - start)));
    }
    if (lost)
        tell_lost(s, c, answer->upto);
}

bool
chain_asked(const struct chain *c, uint64_t ref)
{
    return c->repair == REPAIR_ASKED && c->repair_ref == ref;
}

void
chain_answer(struct session *s, struct chain *c, const struct message *m,
             struct now now)
{
    uint64_t before = c->last;
    c->repair = REPAIR_NONE;
    take_page(s, c, m);
    if (m->upto > c->last)
        c->last = m->upto;
    if (m->more && c->last > before) {
        repair_start(s, c, now.ms);
        return;
    }
    release(s, c, now);
}

void
chain_refused(struct session *s, struct chain *c, const struct message *m,
              struct now now)
{
    enum err code = err_find(m->code);
    c->repair = REPAIR_NONE;
    if (code == ERR_RATE || code == ERR_INTERNAL) {
        uint64_t wait = session_wait(m) + session_random(s, REPAIR_SPREAD);
        repair_start(s, c, now.ms + wait);
        return;
    }
    /* The broker has no such history for us: what is missing is lost. */
    uint64_t upto = c->head;
    if (c->held) {
        struct reader r = reader_open(slice_of(c->held->bytes, c->held->len));
        struct message first;
        struct fault fault;
        if (message_read(&r, SIDE_BROKER, &first, &fault) == ERR_NONE)
            upto = first.prev;
    }
    tell_lost(s, c, upto);
    release(s, c, now);
}

void
chain_pump(struct session *s, struct chain *c, struct now now)
{
    if (!c->open)
        return;
    head_check(s, c, now);
    if (c->repair != REPAIR_DUE || now.ms < c->repair_at)
        return;
    uint64_t ref = s->numbers + 1;
    struct message m = {
        .op = OP_HISTORY,
        .has = MESSAGE_BIT(FIELD_REF) | MESSAGE_BIT(FIELD_AFTER) |
               MESSAGE_BIT(FIELD_LIMIT),
        .ref = {.num = ref},
        .after = c->last,
        .limit = LIMIT_PAGE,
    };
    if (c->room) {
        m.has |= MESSAGE_BIT(FIELD_ROOM);
        m.room = slice_str(c->room);
    }
    if (!session_write(s, &m))
        return;
    s->numbers = ref;
    c->repair = REPAIR_ASKED;
    c->repair_ref = ref;
}

uint64_t
chain_deadline(const struct chain *c)
{
    if (!c->open)
        return NEVER;
    uint64_t at = c->repair == REPAIR_DUE ? c->repair_at : NEVER;
    return c->head_at && c->head_at < at ? c->head_at : at;
}
