/* SPDX-License-Identifier: MPL-2.0 */
/*
 * state: what has changed in ids and lanes since the log was last given it.
 *
 * A log that keeps records needs the hub's state now and then, or it would have
 * to replay everything at each start. Whoever changes a client or a lane says
 * so here; the engine takes the changes one by one, longest ago first. What is
 * forgotten leaves its name behind until the engine knows. With a log that
 * keeps nothing, nothing is noted.
 */
#ifndef CONFAB_STATE_H
#define CONFAB_STATE_H

#include "log.h"

struct hub;
struct client;
struct lane;
struct change;

/* In the order in which they changed; see struct log_owner. */
struct change_list {
    struct change *list;
    size_t count;
    struct change *taken; /* by the log, which has not said that it has them */
};

/* Something that is saved of it is not what it was. */
void state_client(struct hub *hub, struct client *c);
void state_lane(struct hub *hub, struct lane *lane);
/* It goes: its saved state goes, too. */
void state_client_gone(struct hub *hub, struct client *c);
void state_lane_gone(struct hub *hub, struct lane *lane);

/* The log's side, as struct log_owner has it. */
size_t hub_changes(void *hub);
void hub_change(void *hub, struct log_state *state);
void hub_marks(void *hub, struct log_state *state);
void hub_saved(void *hub, bool saved);
void hub_restore(void *hub, const struct log_state *state);
void hub_replay(void *hub, const struct record *r);

void state_fini(struct hub *hub);

#endif
