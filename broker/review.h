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
struct user;

/* May this connection have the id? `password`: which one it has shown, 0: none;
 * one that the id has no more is as good as a wrong one. NULL, or why not, in
 * words. */
const char *review_id(struct hub *hub, const struct peer *p, struct slice id,
                      unsigned password);
/* One of those that are listed with it. */
bool review_has_key(const struct user *user, struct slice key);
/* Whoever comes first with a key may claim it: it is not listed, looks like no
 * other, and is not banned. */
bool review_is_free(struct hub *hub, struct slice id);
/* Tells one password of a listed id from another, by its hash; never 0. */
unsigned review_password(struct hub *hub, struct slice id);
/* Ends sessions and connections of those who were banned in this turn, however
 * many bans there were: it goes through everybody. */
void review_due(struct hub *hub);
/* Ends all sessions of an id. */
void review_kick(struct hub *hub, struct slice id, struct slice reason);

#endif
