/* SPDX-License-Identifier: MPL-2.0 */
/*
 * review: may those who are there still be there?
 *
 * Asked again for everybody when who may come has changed: the operator's users
 * and rules (hub_access), or a ban. Also the one place that says whether an id
 * is a connection's.
 */
#ifndef CONFAB_REVIEW_H
#define CONFAB_REVIEW_H

#include "hub.h"

struct peer;

/* May this connection have the id? `password`: it has shown that of the id.
 * NULL, or why not, in words. */
const char *review_id(struct hub *hub, const struct peer *p, struct slice id,
                      bool password);
/* Whoever comes first with a key may claim it: it is not listed, looks like no
 * other, and is not banned. */
bool review_is_free(struct hub *hub, struct slice id);
/* Tells one password of a listed id from another; never 0. */
unsigned review_password(struct hub *hub, struct slice id);
/* Ends sessions and connections that may not be there; `reason` is told. */
void review_all(struct hub *hub, struct slice reason);
/* Ends all sessions of an id. */
void review_kick(struct hub *hub, struct slice id, struct slice reason);

#endif
