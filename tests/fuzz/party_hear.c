/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What comes is held against the book at once, whoever gets it and why.
 */
#include "party_inner.h"

enum { PAGES = 64 /* that a channel has at most */ };

/* --- what comes --- */

struct slice
party_place(unsigned place)
{
    return slice_str(place < PARTY_ROOMS ? party_rooms[place]
                                         : party_ids[place - PARTY_ROOMS]);
}

static unsigned
number_of(struct slice text)
{
    unsigned number = 0;
    for (size_t i = 0; i < text.len; i++)
        number = number * 10 + (unsigned)(text.data[i] - '0');
    return number;
}

/* A message that is gone, or the word of it. */
static void
hold_gone(struct party *p, const struct message *m)
{
    bool word = slice_eq(m->kind, slice_str("redact"));
    uint64_t seq = word ? m->re : m->seq;
    bool found = false;
    MUST(!message_has(m, FIELD_TEXT) && m->op == OP_SAY);
    for (unsigned i = 0; i < p->book->count; i++)
        found |= p->book->said[i].seq == seq && p->book->said[i].gone;
    MUST(found);
}

void
party_hold(struct party *p, const struct message *m)
{
    if (!p->book || !message_has(m, FIELD_SEQ))
        return;
    if (m->gone) {
        hold_gone(p, m);
        return;
    }
    MUST(message_has(m, FIELD_TEXT) && m->text.len <= 4);
    unsigned number = number_of(m->text);
    MUST(number < p->book->count);
    struct said *said = &p->book->said[number];
    struct slice to = m->op == OP_SAY ? m->room : m->to;
    if (!said->seq) /* it comes before its answer */
        said->seq = m->seq;
    MUST((m->op == OP_SAY) == (said->place < PARTY_ROOMS));
    MUST(m->seq == said->seq);
    MUST(slice_eq(m->from, slice_str(party_ids[said->from])));
    MUST(slice_eq(to, party_place(said->place)));
    /* What a disk has lost may be that it is gone. */
    MUST(!said->gone || p->book->changed);
    p->finds |= number + 1 == p->book->count;
}

/* An answer stays until the next question. */
static void
keep(struct party *p, struct slice frame, size_t at)
{
    struct fault fault;
    memcpy(p->bytes, frame.data, frame.len);
    struct reader r = reader_open(slice_of(p->bytes + at, frame.len - at));
    (void)!message_read(&r, SIDE_BROKER, &p->answer, &fault);
    p->answered = p->ref;
}

enum sent
party_heard(void *self, void *link, struct slice frame)
{
    struct party *p = self;
    struct guest *guest = link;
    struct fault fault;
    struct reader r;
    uint32_t count;
    MUST(!frame_open(frame, &r, &count, &fault));
    for (; count; count--) {
        struct message m;
        size_t at = (size_t)(r.at - frame.data);
        bool sound = !message_read(&r, SIDE_BROKER, &m, &fault);
        MUST(sound || !p->book); /* a number of somebody's making */
        if (fault.broken)
            break;
        if (m.op == OP_SAY || m.op == OP_TELL)
            party_hold(p, &m);
        if (m.op == OP_TELL && guest->mail < m.seq)
            guest->mail = m.seq;
        if (message_has(&m, FIELD_REF) && m.ref.num == p->ref)
            keep(p, frame, at);
    }
    return SENT_OK;
}

/* --- reading --- */

/* In order, and where nothing is said to be missing, nothing is; except that a
 * conversation has the messages of two mailboxes. */
static void
hold_page(struct party *p, const struct message *page)
{
    struct reader r;
    uint32_t count;
    MUST(list_open(page->messages, &r, &count));
    for (; count; count--) {
        struct message m;
        struct fault fault;
        if (message_read(&r, SIDE_BROKER, &m, &fault)) {
            MUST(!p->book);
            return;
        }
        MUST(!p->book || m.seq > p->looked);
        MUST(!p->book || !page->complete || page->with.len ||
             m.prev <= p->looked);
        p->looked = m.seq;
        party_hold(p, &m);
        party_saw(p, &m);
    }
    p->lost |= !page->complete;
}

static void
look_at(struct party *p, unsigned who, struct message *ask_for)
{
    p->looked = 0;
    ask_for->op = OP_HISTORY;
    ask_for->has |= MESSAGE_BIT(FIELD_AFTER) | MESSAGE_BIT(FIELD_LIMIT);
    ask_for->limit = 7;
    ask_for->after = 0;
    for (unsigned i = 0; i < PAGES; i++) {
        struct message question = *ask_for;
        const struct message *page = party_ask(p, &p->guests[who], &question);
        p->lost |= page->op == OP_ERROR;
        if (page->op != OP_HISTORY)
            return;
        hold_page(p, page);
        if (!page->more || page->upto <= ask_for->after)
            return;
        ask_for->after = page->upto;
    }
}

void
party_look_at(struct party *p, unsigned who, unsigned place)
{
    struct message m = {
        .has = MESSAGE_BIT(place < PARTY_ROOMS ? FIELD_ROOM : FIELD_WITH)};
    *(place < PARTY_ROOMS ? &m.room : &m.with) = party_place(place);
    look_at(p, who, &m);
}

void
party_look(struct party *p)
{
    p->seen_count = 0;
    for (unsigned i = 0; i < PARTY_ROOMS; i++)
        party_look_at(p, 0, i);
    for (unsigned i = 0; i < PARTY_IDS; i++) {
        struct message mine = {.has = 0};
        look_at(p, i, &mine);
        party_look_at(p, i, PARTY_ROOMS + (i + 1) % PARTY_IDS);
    }
}

void
party_finds_last(struct party *p)
{
    p->finds = p->lost = false;
    party_look(p);
    MUST(p->finds || p->lost);
}
