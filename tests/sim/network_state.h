/* SPDX-License-Identifier: MPL-2.0 */
/*
 * network_state: the inside of the network, for network*.c only.
 *
 * A link lives until both ends know that it is gone. A person has at most one
 * that is whole; those that were cut before wait for the broker to learn of it.
 */
#ifndef CONFAB_SIM_NETWORK_STATE_H
#define CONFAB_SIM_NETWORK_STATE_H

#include "network.h"
#include "network_sub.h"

struct link {
    struct link *next;
    unsigned person;
    struct peer *peer; /* NULL: the broker does not know it (any more) */
    struct flow up, down;
    bool cut;           /* nothing comes through any more */
    bool shut;          /* the person's end is closed; what is up arrives */
    bool seen_by_send;  /* the broker learns by a send */
    uint64_t broker_at; /* when the broker learns */
};

struct end {
    struct dice dice;
    struct link *link; /* as the person believes */
    bool wanted;
    uint64_t connect_at; /* when there is none */
    uint64_t learn_at;   /* when the person learns that it is gone */
    uint64_t apart_until, slow_until, stall_until, clog_until;
    unsigned more; /* ms */
    struct sub sub;
};

struct network {
    struct world *world;
    struct link *links;
    struct end ends[PERSONS_MAX];
};

/* When what is sent now arrives. */
uint64_t network_arrival(struct network *n, struct end *e);
void network_link(struct network *n, unsigned person);
void network_link_free(struct link *l);

#endif
