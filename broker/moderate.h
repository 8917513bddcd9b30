/* SPDX-License-Identifier: MPL-2.0 */
/*
 * moderate: the verbs of those who look after rooms and the broker.
 */
#ifndef CONFAB_MODERATE_H
#define CONFAB_MODERATE_H

#include "core.h"
#include "rights.h"

void on_invite(struct hub *hub, struct session *s, const struct message *m);
void on_kick(struct hub *hub, struct session *s, const struct message *m);
void on_ban(struct hub *hub, struct session *s, const struct message *m);
void on_mute(struct hub *hub, struct session *s, const struct message *m);
void on_about(struct hub *hub, struct session *s, const struct message *m);
void on_reload(struct hub *hub, struct session *s, const struct message *m);

/* redact.c: in two steps, the message is looked at between them. */
void on_redact(struct hub *hub, struct session *s, const struct message *m);
void redact_page(struct hub *hub, const struct log_query *q,
                 const struct log_page *page);

/* query_rulings.c */
void on_rulings(struct hub *hub, struct session *s, const struct message *m);

enum {
    RULE_MAKE = 0,
    RULE_LIFT = 1 << 0,
    RULE_ASIDE = 1 << 1, /* something else answers, also when it is refused */
};

/* Asks the log for a ruling of this session; all of it is copied. One that a
 * join brings along counts only if the room has no list yet.
 * False: it takes nothing now, and the asker was told. */
bool moderate_rule(struct hub *hub, struct session *s, const struct message *m,
                   const struct ruling *what, unsigned how);
/* The answer when it may not; true: it was given. */
bool moderate_refused(struct hub *hub, struct session *s,
                      const struct message *m, struct refusal no);

#endif
