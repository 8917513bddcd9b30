/* SPDX-License-Identifier: MPL-2.0 */
/*
 * broker: the hub's side of a world. It runs, stands still, crashes and is
 * started again on the same disk.
 */
#ifndef CONFAB_SIM_BROKER_H
#define CONFAB_SIM_BROKER_H

#include "world.h"

struct peer;

struct broker *broker_new(struct world *w);
void broker_free(struct broker *b);

void broker_crash(struct broker *b, unsigned back);
/* It ends in order, and what it said still arrives. */
void broker_stop(struct broker *b, unsigned back);
void broker_freeze(struct broker *b, unsigned ms);
bool broker_is_up(const struct broker *b);
bool broker_takes(const struct broker *b); /* up, and not standing still */
/* It goes on at once: no more faults. */
void broker_heal(struct broker *b);

/* A connection has appeared or gone, a frame came. */
struct peer *broker_connect(struct broker *b, void *link, unsigned person);
void broker_disconnect(struct broker *b, struct peer *peer);
void broker_input(struct broker *b, struct peer *peer, struct slice frame);
/* It may send again. */
void broker_wake(struct broker *b);

void broker_start_if_due(struct broker *b);
void broker_turn(struct broker *b);
uint64_t broker_deadline(const struct broker *b);

#endif
