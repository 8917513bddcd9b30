/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ruling_placed: rulings that have their place in the log and are no facts yet.
 *
 * Rights are asked when a verb is worked off, by what is in force then. What
 * stands in one turn is worked off before any of it is a fact; so when the log
 * gives a message its place it is asked again, about all rulings before it:
 * who was muted, banned or put out there says nothing behind it.
 */
#ifndef CONFAB_RULING_PLACED_H
#define CONFAB_RULING_PLACED_H

#include "hub.h"

/* It has its place; it is a fact, or is not after all. */
void ruling_placed_add(struct hub *hub, const struct record *r);
void ruling_placed_remove(struct hub *hub, const struct record *r);

/* Why this say or tell may not be, by what was placed before it; NULL: it may.
 * Static. */
const char *ruling_placed_against(struct hub *hub, const struct record *r);
void ruling_placed_fini(struct hub *hub);

#endif
