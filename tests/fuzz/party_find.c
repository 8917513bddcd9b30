/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a search says is held against what history says: the same messages, of
 * those that the asker may read, and in no other order.
 */
#include "party_inner.h"

#include <stdio.h>

#include "broker/log_sqlite.h"

enum { ASKS = 64 /* pages of an answer, at most */ };

void
party_searches(struct party *p)
{
    char fault[LOG_FAULT];
    int fd;
    MUST(log_sqlite_search(p->hub->log, false, &fd, fault));
}

/* --- what there is --- */

void
party_saw(struct party *p, const struct message *m)
{
    if (p->seen_count == PARTY_SEEN)
        return;
    struct sight *sight = &p->seen[p->seen_count++];
    *sight = (struct sight){.seq = m->seq, .gone = m->gone};
    sight->len = m->text.len < sizeof sight->text ? (uint8_t)m->text.len : 0;
    if (sight->len)
        memcpy(sight->text, m->text.data, sight->len);
}

static void
look_around(struct party *p, unsigned who, unsigned place)
{
    p->seen_count = 0;
    p->lost = false;
    for (unsigned i = 0; i < PARTY_PLACES; i++)
        if (place == i || place >= PARTY_PLACES)
            party_look_at(p, who, i);
    MUST(p->seen_count < PARTY_SEEN);
}

/* Is it the number, or with a star does it begin so? */
static bool
matches(const struct sight *sight, struct slice number, bool begins)
{
    bool long_enough = begins ? sight->len >= number.len
                              : sight->len == number.len;
    return !sight->gone && long_enough &&
           !memcmp(sight->text, number.data, number.len);
}

/* --- what is found --- */

static struct sight *
sight_of(struct party *p, uint64_t seq)
{
    for (unsigned i = 0; i < p->seen_count; i++)
        if (p->seen[i].seq == seq)
            return &p->seen[i];
    return NULL;
}

/* What history does not show, because a disk has lost it, may be found. */
static void
hold_found(struct party *p, const struct message *m, struct slice number,
           bool begins)
{
    struct sight *sight = sight_of(p, m->seq);
    MUST(m->seq < p->looked && message_has(m, FIELD_TEXT) && !m->gone);
    p->looked = m->seq;
    MUST(sight || p->lost);
    if (!sight)
        return;
    MUST(matches(sight, number, begins));
    MUST(slice_eq(m->text, slice_of(sight->text, sight->len)));
    sight->found = true;
}

static void
hold_answer(struct party *p, const struct message *answer, struct slice number,
            bool begins)
{
    struct reader r;
    uint32_t count;
    MUST(list_open(answer->messages, &r, &count));
    for (; count; count--) {
        struct message m;
        struct fault fault;
        MUST(!message_read(&r, SIDE_BROKER, &m, &fault));
        party_hold(p, &m);
        hold_found(p, &m, number, begins);
    }
}

/* Page by page; false: it did not say that this is all. */
static bool
search(struct party *p, unsigned who, const struct message *question,
       struct slice number, bool begins)
{
    bool complete = true;
    struct message ask = *question;
    p->looked = UINT64_MAX;
    for (unsigned i = 0; i < ASKS; i++) {
        struct message m = ask;
        const struct message *answer = party_ask(p, &p->guests[who], &m);
        if (answer->op == OP_ERROR) {
            MUST(slice_eq(answer->code, slice_str("rate")));
            party_rest(p);
            continue;
        }
        MUST(answer->op == OP_FOUND);
        complete = complete && answer->complete;
        hold_answer(p, answer, number, begins);
        if (!answer->more)
            return complete;
        MUST(answer->upto && answer->upto <= p->looked);
        ask.has |= MESSAGE_BIT(FIELD_BEFORE);
        ask.before = answer->upto;
    }
    return false;
}

bool
party_find(struct party *p, unsigned who, unsigned place, unsigned number,
           bool begins)
{
    char text[8];
    int len = snprintf(text, sizeof text, "%u%s", number, begins ? "*" : "");
    struct slice word = slice_of(text, (size_t)len - begins);
    struct message m = {.op = OP_SEARCH,
                        .has = MESSAGE_BIT(FIELD_TEXT) |
                               MESSAGE_BIT(FIELD_LIMIT),
                        .text = slice_of(text, (size_t)len),
                        .limit = 1 + number % 9};
    if (place < PARTY_PLACES) {
        bool room = place < PARTY_ROOMS;
        m.has |= MESSAGE_BIT(room ? FIELD_ROOM : FIELD_WITH);
        *(room ? &m.room : &m.with) = party_place(place);
    }
    look_around(p, who, place);
    bool complete = search(p, who, &m, word, begins);
    bool all = complete && !p->book->doubted;
    for (unsigned i = 0; all && i < p->seen_count; i++)
        MUST(p->seen[i].found || !matches(&p->seen[i], word, begins));
    return complete;
}
