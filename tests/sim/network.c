/* SPDX-License-Identifier: MPL-2.0 */
/* Connections, what is sent over them, and what goes wrong with them. */
#include <stdlib.h>

#include "broker.h"
#include "network_state.h"
#include "person.h"

enum {
    DICE_NETWORK = 200,
    HOP = 4,             /* ms at most, when all is well */
    LEARN_BROKER = 5000, /* ms at most until the broker sees a cut */
    LEARN_PERSON = 1500,
};

struct network *
network_new(struct world *w)
{
    struct network *n = calloc(1, sizeof *n);
    if (!n)
        abort();
    n->world = w;
    w->network = n;
    for (unsigned i = 0; i < w->setup->persons; i++) {
        struct end *e = &n->ends[i];
        e->dice = dice_of(w->setup->luck, DICE_NETWORK + i);
        e->connect_at = e->learn_at = NO_TIME;
        sub_init(&e->sub, w->setup->luck, i);
    }
    return n;
}

void
network_link_free(struct link *l)
{
    flow_clear(&l->up);
    flow_clear(&l->down);
    free(l);
}

void
network_free(struct network *n)
{
    while (n->links) {
        struct link *l = n->links;
        n->links = l->next;
        network_link_free(l);
    }
    for (unsigned i = 0; i < PERSONS_MAX; i++)
        sub_fini(&n->ends[i].sub);
    free(n);
}

static uint64_t
delay(struct network *n, struct end *e)
{
    uint64_t now = n->world->now;
    uint64_t more = now < e->slow_until ? dice_below(&e->dice, e->more) : 0;
    return 1 + dice_below(&e->dice, HOP) + more;
}

uint64_t
network_arrival(struct network *n, struct end *e)
{
    return n->world->now + delay(n, e);
}

/* --- connections --- */

void
network_link(struct network *n, unsigned person)
{
    struct end *e = &n->ends[person];
    struct link *l = calloc(1, sizeof *l);
    if (!l)
        abort();
    l->person = person;
    l->broker_at = NO_TIME;
    l->next = n->links;
    n->links = l;
    e->link = l;
    e->connect_at = NO_TIME;
    e->learn_at = NO_TIME;
    /* The probe, by which the broker learns of it. */
    flow_add(&l->up, network_arrival(n, e), slice_of(NULL, 0));
}

/* The broker is going to learn of it, sooner or later. */
static void
link_cut(struct network *n, struct link *l)
{
    struct end *e = &n->ends[l->person];
    if (l->cut)
        return;
    l->cut = true;
    l->seen_by_send = dice_one_in(&e->dice, 2);
    l->broker_at = n->world->now + dice_below(&e->dice, LEARN_BROKER);
    flow_clear(&l->up);
    flow_clear(&l->down);
}

static void
person_learns(struct network *n, unsigned person)
{
    struct end *e = &n->ends[person];
    if (e->link && e->learn_at == NO_TIME)
        e->learn_at = n->world->now + dice_below(&e->dice, LEARN_PERSON);
}

static void
hang_up(struct network *n, struct end *e)
{
    struct link *l = e->link;
    e->connect_at = e->learn_at = NO_TIME;
    e->link = NULL;
    if (!l || l->cut)
        return;
    l->shut = true;
    flow_clear(&l->down);
    l->broker_at = l->up.last_at > n->world->now ? l->up.last_at
                                                 : n->world->now;
}

void
network_shut(struct network *n, unsigned person)
{
    struct end *e = &n->ends[person];
    hang_up(n, e);
    e->wanted = false;
    sub_shut(&e->sub);
}

void
network_break(struct network *n, unsigned person)
{
    network_shut(n, person);
    for (struct link *l = n->links; l; l = l->next)
        if (l->person == person)
            link_cut(n, l);
}

void
network_open(struct network *n, unsigned person)
{
    struct end *e = &n->ends[person];
    e->wanted = true;
    e->connect_at = network_arrival(n, e);
}

void
network_redial(struct network *n, unsigned person)
{
    struct end *e = &n->ends[person];
    hang_up(n, e);
    e->connect_at = network_arrival(n, e);
    sub_lose(&e->sub, e->connect_at);
}

bool
network_send_up(struct network *n, unsigned person, struct slice frame)
{
    struct end *e = &n->ends[person];
    if (n->world->now < e->clog_until)
        return false;
    world_note_frame(n->world, "up", person, frame);
    if (e->link && !e->link->cut)
        flow_add(&e->link->up, network_arrival(n, e), frame);
    return true;
}

enum down
network_send_down(struct network *n, void *link, struct slice frame)
{
    struct link *l = link;
    struct end *e = &n->ends[l->person];
    bool gone = l->cut || l->shut;
    if (gone && l->seen_by_send) {
        l->peer = NULL;
        return DOWN_GONE;
    }
    if (n->world->now < e->stall_until)
        return DOWN_STALLED;
    if (gone)
        return DOWN_TAKEN;
    world_note_frame(n->world, "down", l->person, frame);
    flow_add(&l->down, network_arrival(n, e), frame);
    return DOWN_TAKEN;
}

void
network_kick(struct network *n, void *link)
{
    struct link *l = link;
    world_note(n->world, "broker: kicks %s",
               n->world->setup->parts[l->person].id);
    l->peer = NULL;
    link_cut(n, l);
    if (n->ends[l->person].link == l)
        person_learns(n, l->person);
}

/* --- the broker's life --- */

void
network_broker_up(struct network *n)
{
    (void)n; /* whoever tries to connect finds it */
}

void
network_broker_down(struct network *n)
{
    for (struct link *l = n->links; l; l = l->next) {
        l->peer = NULL;
        link_cut(n, l);
        l->broker_at = 0;
    }
    for (unsigned i = 0; i < n->world->setup->persons; i++) {
        person_learns(n, i);
        sub_lose(&n->ends[i].sub, n->world->now);
    }
}

void
network_broker_ends(struct network *n)
{
    for (struct link *l = n->links; l; l = l->next) {
        l->peer = NULL;
        l->cut = true;
        l->broker_at = 0;
        flow_clear(&l->up);
    }
    for (unsigned i = 0; i < n->world->setup->persons; i++) {
        struct end *e = &n->ends[i];
        uint64_t last = e->link ? e->link->down.last_at : 0;
        person_learns(n, i);
        if (e->learn_at != NO_TIME && e->learn_at < last)
            e->learn_at = last;
        sub_end(&e->sub, n->world->now);
    }
}

/* --- the subscription --- */

void
network_sub_open(struct network *n, unsigned person)
{
    struct end *e = &n->ends[person];
    sub_open(&e->sub, network_arrival(n, e));
}

void
network_sub_topic(struct network *n, unsigned person, struct slice topic,
                  bool on)
{
    struct end *e = &n->ends[person];
    sub_topic(&e->sub, topic, on, network_arrival(n, e));
}

void
network_publish(struct network *n, struct slice frame)
{
    for (unsigned i = 0; i < n->world->setup->persons; i++) {
        struct end *e = &n->ends[i];
        if (!sub_takes(&e->sub, frame, n->world->now))
            continue;
        world_note_frame(n->world, "publish", i, frame);
        flow_add(&e->sub.flow, network_arrival(n, e), frame);
    }
}

/* --- faults --- */

void
network_cut(struct network *n, unsigned person, unsigned ms)
{
    struct end *e = &n->ends[person];
    e->apart_until = n->world->now + ms;
    if (!e->link)
        return;
    link_cut(n, e->link);
    person_learns(n, person);
}

void
network_sub_cut(struct network *n, unsigned person, unsigned ms)
{
    sub_lose(&n->ends[person].sub, n->world->now + ms);
}

void
network_drop(struct network *n, unsigned person, unsigned ms, unsigned percent)
{
    sub_drop(&n->ends[person].sub, n->world->now + ms, percent);
}

void
network_slow(struct network *n, unsigned person, unsigned ms, unsigned more)
{
    n->ends[person].slow_until = n->world->now + ms;
    n->ends[person].more = more;
}

void
network_stall(struct network *n, unsigned person, unsigned ms)
{
    n->ends[person].stall_until = n->world->now + ms;
}

void
network_clog(struct network *n, unsigned person, unsigned ms)
{
    n->ends[person].clog_until = n->world->now + ms;
}

void
network_heal(struct network *n)
{
    for (unsigned i = 0; i < n->world->setup->persons; i++) {
        struct end *e = &n->ends[i];
        e->apart_until = e->slow_until = e->stall_until = e->clog_until = 0;
        sub_heal(&e->sub);
    }
    broker_wake(n->world->broker);
}
