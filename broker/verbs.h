/* SPDX-License-Identifier: MPL-2.0 */
/*
 * verbs: what a client may ask for, one table row each.
 */
#ifndef CONFAB_VERBS_H
#define CONFAB_VERBS_H

#include "core.h"

/* Runs one valid message of a peer, or answers why it may not. */
void verb_run(struct hub *hub, struct peer *p, const struct message *m);

/* query.c: questions whose answers are lists. */
void on_history(struct hub *hub, struct session *s, const struct message *m);
void on_who(struct hub *hub, struct session *s, const struct message *m);
void on_rooms(struct hub *hub, struct session *s, const struct message *m);
void on_ping(struct hub *hub, struct session *s, const struct message *m);
/* A page of history is there. */
void query_page(struct hub *hub, const struct log_query *q,
                const struct log_page *page);

#endif
