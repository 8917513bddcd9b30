/* SPDX-License-Identifier: MPL-2.0 */
/*
 * verbs: what a client may ask for, one table row each.
 */
#ifndef CONFAB_VERBS_H
#define CONFAB_VERBS_H

#include "rights.h"

/* Runs one valid message of a peer, or answers why it may not. */
void verb_run(struct hub *hub, struct peer *p, const struct message *m);

/* A record of what `m` asks, about its room or receiver, with `more` bytes of
 * storage besides the names. */
struct record *verb_record(struct hub *hub, struct session *s,
                           const struct message *m, enum record_kind kind,
                           size_t more);
/* False: the log takes nothing now, and the asker was told. */
bool verb_append(struct hub *hub, struct session *s, const struct message *m,
                 struct record *r);
/* Appends a say or tell. */
bool verb_speak(struct hub *hub, struct session *s, const struct message *m,
                enum record_kind kind);
void verb_question(struct record *r, const struct peer *p,
                   const struct message *m);

/* query.c: questions whose answers are lists. */
void on_history(struct hub *hub, struct session *s, const struct message *m);
void on_who(struct hub *hub, struct session *s, const struct message *m);
void on_rooms(struct hub *hub, struct session *s, const struct message *m);
void on_ping(struct hub *hub, struct session *s, const struct message *m);
void on_search(struct hub *hub, struct session *s, const struct message *m);
void on_stats(struct hub *hub, struct session *s, const struct message *m);
/* What the other questions share. */
bool query_charge(struct hub *hub, struct peer *p, const struct message *m);
void query_settle(struct hub *hub, struct peer *p, struct slice list);
unsigned query_limit(const struct message *m, unsigned preset, unsigned most);
/* True: it was told why not. */
bool query_refused(struct hub *hub, struct session *s, const struct message *m,
                   struct refusal no);
void query_ref(struct log_query *q, const struct message *m);
struct ref query_ref_of(const struct log_query *q);
/* What was searched is there; see struct log_owner. */
void search_found(void *hub, const struct log_search *search,
                  const struct log_found *found);
/* From now on no search finds this message. */
void search_redacted(struct hub *hub, uint64_t seq);
/* A page of history is there. */
void query_page(struct hub *hub, const struct log_query *q,
                const struct log_page *page);

#endif
