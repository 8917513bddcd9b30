/* SPDX-License-Identifier: MPL-2.0 */
/* What is due: connections come and go, frames arrive. */
#include <stdlib.h>

#include "broker.h"
#include "network_state.h"
#include "person.h"

enum { RETRY = 100 }; /* ms between two tries to connect */

static void
try_connect(struct network *n, unsigned person)
{
    struct end *e = &n->ends[person];
    struct world *w = n->world;
    if (e->connect_at > w->now)
        return;
    if (!broker_is_up(w->broker) || w->now < e->apart_until) {
        e->connect_at = w->now + RETRY;
        return;
    }
    network_link(n, person);
    world_note(w, "%s: connected", w->setup->parts[person].id);
    person_connected(w->persons[person]);
}

static void
learn(struct network *n, unsigned person)
{
    struct end *e = &n->ends[person];
    struct world *w = n->world;
    if (e->learn_at > w->now)
        return;
    e->learn_at = NO_TIME;
    e->link = NULL;
    e->connect_at = e->wanted ? network_arrival(n, e) : NO_TIME;
    world_note(w, "%s: disconnected", w->setup->parts[person].id);
    person_disconnected(w->persons[person]);
}

/* Whether nobody needs it any more. */
static bool
link_is_over(struct network *n, struct link *l)
{
    bool believed = n->ends[l->person].link == l;
    bool gone = l->cut || (l->shut && !l->up.first);
    if (!gone || l->broker_at > n->world->now)
        return false;
    if (l->peer && !broker_takes(n->world->broker))
        return false;
    if (l->peer)
        broker_disconnect(n->world->broker, l->peer);
    l->peer = NULL;
    return !believed;
}

void
network_links(struct network *n)
{
    for (unsigned i = 0; i < n->world->setup->persons; i++) {
        learn(n, i);
        try_connect(n, i);
        sub_connect(&n->ends[i].sub, n->world->now,
                    broker_is_up(n->world->broker));
    }
    struct link **at = &n->links;
    while (*at) {
        struct link *l = *at;
        if (!link_is_over(n, l)) {
            at = &l->next;
            continue;
        }
        *at = l->next;
        network_link_free(l);
    }
}

static void
deliver_link(struct network *n, struct link *l)
{
    struct broker *b = n->world->broker;
    struct frame *f;
    while ((f = flow_take(&l->up, n->world->now))) {
        if (!l->peer)
            l->peer = broker_connect(b, l, l->person);
        broker_input(b, l->peer, slice_of(f->bytes, f->len));
        free(f);
    }
}

void
network_deliver_up(struct network *n)
{
    if (!broker_takes(n->world->broker))
        return;
    for (struct link *l = n->links; l; l = l->next)
        if (!l->cut)
            deliver_link(n, l);
}

/* The two sockets, one frame and then look again: it may have had enough. */
static void
deliver_person(struct network *n, unsigned i)
{
    struct world *w = n->world;
    struct end *e = &n->ends[i];
    struct person *p = w->persons[i];
    struct frame *f;
    while (e->link && person_reads(p) &&
           (f = flow_take(&e->link->down, w->now))) {
        person_input(p, slice_of(f->bytes, f->len));
        free(f);
    }
    while (person_reads(p) && (f = flow_take(&e->sub.flow, w->now))) {
        person_publish(p, slice_of(f->bytes, f->len));
        free(f);
    }
}

void
network_deliver_down(struct network *n)
{
    for (unsigned i = 0; i < n->world->setup->persons; i++)
        deliver_person(n, i);
}

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

uint64_t
network_deadline(const struct network *n)
{
    uint64_t at = NO_TIME;
    uint64_t now = n->world->now;
    bool takes = broker_takes(n->world->broker);
    for (const struct link *l = n->links; l; l = l->next) {
        if (takes && !l->cut && l->up.first)
            at = least(at, l->up.first->at);
        if (takes && l->peer)
            at = least(at, l->broker_at);
        if (l->down.first && person_reads(n->world->persons[l->person]))
            at = least(at, l->down.first->at);
    }
    for (unsigned i = 0; i < n->world->setup->persons; i++) {
        const struct end *e = &n->ends[i];
        at = least(at, least(e->connect_at, e->learn_at));
        if (person_reads(n->world->persons[i]))
            at = least(at, sub_deadline(&e->sub));
        at = least(at, e->sub.connect_at);
        if (e->stall_until > now)
            at = least(at, e->stall_until);
        if (e->clog_until > now)
            at = least(at, e->clog_until);
    }
    return at;
}
