/* SPDX-License-Identifier: MPL-2.0 */
/*
 * roster: who is in which room. Each change is a record's commit.
 */
#ifndef CONFAB_ROSTER_H
#define CONFAB_ROSTER_H

#include "room.h"

void roster_join(struct hub *hub, const struct record *r);
void roster_leave(struct hub *hub, const struct record *r);
/* The id is not in the room any more, and is told so (why `kicked`). */
void roster_kick(struct hub *hub, struct room *room, struct slice id);
/* All of its members get it over the DEALER. */
void roster_direct(struct room *room);
/* Out of all its rooms now, for a reason (static text). */
void roster_leave_all(struct hub *hub, struct client *c, const char *why);
/* Its memberships stay for the grace; a join takes them up again. */
void roster_abandon(struct hub *hub, struct client *c);
/* Those whose grace is over go. */
void roster_expire(struct hub *hub, struct client *c);
/* Asks the log for roster_expire where a grace is over. */
void roster_sweep(struct hub *hub);

#endif
