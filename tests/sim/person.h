/* SPDX-License-Identifier: MPL-2.0 */
/*
 * person: the client's side of a world: a program with the library's session,
 * its state file and a user who takes the events in his own time.
 *
 * It is what client/client.c is to the real one, without its thread. Only these
 * functions are seen from outside: the client's objects are linked with them
 * into one, in which everything else is local (see the Makefile).
 */
#ifndef CONFAB_SIM_PERSON_H
#define CONFAB_SIM_PERSON_H

#include "world.h"

#define SEEN __attribute__((visibility("default")))

/* The program starts at the first person_tick. */
SEEN struct person *person_new(struct world *w, unsigned index);
SEEN void person_free(struct person *p);

SEEN void person_connected(struct person *p);
SEEN void person_disconnected(struct person *p);
SEEN void person_input(struct person *p, struct slice frame);
SEEN void person_publish(struct person *p, struct slice frame);
/* Whether frames for it are taken from its sockets now. */
SEEN bool person_reads(const struct person *p);
SEEN void person_tick(struct person *p);
SEEN uint64_t person_deadline(const struct person *p);

/* What the script wants of it. */
SEEN void person_do(struct person *p, const struct act *act);
/* No more faults; then: what it knows in the end, by asking. */
SEEN void person_heal(struct person *p);
SEEN void person_ask_all(struct person *p);

/* Of two machines of one id only one can be welcome; whether it is that one. */
SEEN bool person_is_active(const struct person *p);
SEEN bool person_wants(const struct person *p, unsigned room);
SEEN bool person_is_settled(const struct person *p);
/* The token that its state file has, "" when none. */
SEEN const char *person_token(const struct person *p);

#endif
