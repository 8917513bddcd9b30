/* SPDX-License-Identifier: MPL-2.0 */
/* See network_sub.h. */
#include "network_sub.h"

#include <stdlib.h>

enum { DICE_SUB = 300, HOP = 6, RETRY = 100 };

void
flow_add(struct flow *f, uint64_t at, struct slice frame)
{
    struct frame *one = malloc(sizeof *one + frame.len);
    if (!one)
        abort();
    if (at < f->last_at)
        at = f->last_at;
    f->last_at = at;
    one->next = NULL;
    one->at = at;
    one->len = frame.len;
    if (frame.len)
        memcpy(one->bytes, frame.data, frame.len);
    if (!f->first)
        f->end = &f->first;
    *f->end = one;
    f->end = &one->next;
}

struct frame *
flow_take(struct flow *f, uint64_t now)
{
    struct frame *one = f->first;
    if (!one || one->at > now)
        return NULL;
    f->first = one->next;
    return one;
}

void
flow_clear(struct flow *f)
{
    struct frame *one;
    while ((one = flow_take(f, NO_TIME)))
        free(one);
}

void
sub_init(struct sub *s, uint64_t seed, unsigned person)
{
    s->dice = dice_of(seed, DICE_SUB + person);
    s->connect_at = NO_TIME;
}

void
sub_fini(struct sub *s)
{
    flow_clear(&s->flow);
}

void
sub_open(struct sub *s, uint64_t at)
{
    if (!s->wanted)
        s->connect_at = at;
    s->wanted = true;
}

void
sub_shut(struct sub *s)
{
    flow_clear(&s->flow);
    memset(s->topics, 0, sizeof s->topics);
    s->wanted = s->up = false;
    s->connect_at = NO_TIME;
}

static struct topic *
topic_get(struct sub *s, struct slice name)
{
    struct topic *unused = NULL;
    for (unsigned i = 0; i < ROOMS_MAX; i++) {
        struct topic *t = &s->topics[i];
        if (slice_eq(slice_str(t->name), name))
            return t;
        if (!t->name[0])
            unused = t;
    }
    if (!unused || name.len >= TOPIC_MAX)
        abort();
    memcpy(unused->name, name.data, name.len);
    return unused;
}

static bool
broker_knows(const struct topic *t, uint64_t now)
{
    return now < t->heard_at ? t->was : t->on;
}

void
sub_topic(struct sub *s, struct slice topic, bool on, uint64_t at)
{
    struct topic *t = topic_get(s, topic);
    t->was = s->up && t->on;
    t->on = on;
    t->heard_at = at;
}

void
sub_end(struct sub *s, uint64_t at)
{
    s->up = false;
    if (s->wanted)
        s->connect_at = at;
}

void
sub_lose(struct sub *s, uint64_t at)
{
    flow_clear(&s->flow);
    sub_end(s, at);
}

void
sub_drop(struct sub *s, uint64_t until, unsigned percent)
{
    s->drop_until = until;
    s->percent = percent;
}

void
sub_heal(struct sub *s)
{
    s->drop_until = 0;
    if (s->wanted && !s->up)
        s->connect_at = 0;
}

/* The socket says all its topics again. */
void
sub_connect(struct sub *s, uint64_t now, bool broker)
{
    if (s->connect_at > now)
        return;
    if (!broker) {
        s->connect_at = now + RETRY;
        return;
    }
    s->connect_at = NO_TIME;
    s->up = true;
    for (unsigned i = 0; i < ROOMS_MAX; i++) {
        s->topics[i].was = false;
        s->topics[i].heard_at = now + 1 + dice_below(&s->dice, HOP);
    }
}

bool
sub_takes(struct sub *s, struct slice frame, uint64_t now)
{
    bool known = false;
    for (unsigned i = 0; i < ROOMS_MAX; i++) {
        struct slice name = slice_str(s->topics[i].name);
        bool fits = name.len && name.len <= frame.len &&
                    !memcmp(frame.data, name.data, name.len);
        known = known || (fits && broker_knows(&s->topics[i], now));
    }
    if (!s->up || !known)
        return false;
    return now >= s->drop_until || dice_below(&s->dice, 100) >= s->percent;
}

uint64_t
sub_deadline(const struct sub *s)
{
    uint64_t at = s->flow.first ? s->flow.first->at : NO_TIME;
    return s->connect_at < at ? s->connect_at : at;
}
