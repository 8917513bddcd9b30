/* SPDX-License-Identifier: MPL-2.0 */
/*
 * network: what lies between the sockets of the persons and the broker's.
 *
 * A connection keeps its order in both directions and loses what is under way
 * when it is cut; the two ends learn of that at different times, if at all. A
 * subscription is another connection: its frames may be dropped, and the
 * broker learns of a topic later than the person wishes it.
 */
#ifndef CONFAB_SIM_NETWORK_H
#define CONFAB_SIM_NETWORK_H

#include "world.h"

enum down { DOWN_TAKEN, DOWN_STALLED, DOWN_GONE };

struct network *network_new(struct world *w);
void network_free(struct network *n);

/* The person's socket wants a connection from now on, or none: what it had is
 * shut, frames on their way still arrive. */
void network_open(struct network *n, unsigned person);
void network_shut(struct network *n, unsigned person);
/* What it had sent is lost, too. */
void network_break(struct network *n, unsigned person);
/* The connection there is shall be given up for another one. */
void network_redial(struct network *n, unsigned person);
/* False: it takes nothing now. */
bool network_send_up(struct network *n, unsigned person, struct slice frame);
/* The SUB socket connects; a topic is wanted, or no more. */
void network_sub_open(struct network *n, unsigned person);
void network_sub_topic(struct network *n, unsigned person, struct slice topic,
                       bool on);

/* The broker's end. `link` is what broker_connect was given. */
enum down network_send_down(struct network *n, void *link, struct slice frame);
void network_publish(struct network *n, struct slice frame);
void network_kick(struct network *n, void *link);
void network_broker_up(struct network *n);
void network_broker_down(struct network *n);
/* The same, but what it has sent arrives before. */
void network_broker_ends(struct network *n);

/* Faults of one person's connections, for so many ms. */
void network_cut(struct network *n, unsigned person, unsigned ms);
void network_sub_cut(struct network *n, unsigned person, unsigned ms);
void network_drop(struct network *n, unsigned person, unsigned ms,
                  unsigned percent);
void network_slow(struct network *n, unsigned person, unsigned ms,
                  unsigned more);
void network_stall(struct network *n, unsigned person, unsigned ms);
void network_clog(struct network *n, unsigned person, unsigned ms);
void network_heal(struct network *n);

/* Connections come and go as is due; frames that are due arrive. */
void network_links(struct network *n);
void network_deliver_up(struct network *n);
void network_deliver_down(struct network *n);
uint64_t network_deadline(const struct network *n);

#endif
