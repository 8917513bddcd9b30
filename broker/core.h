/* SPDX-License-Identifier: MPL-2.0 */
/*
 * core: the hub's state, seen by the files that make up the hub.
 *
 * hub.c drives; verbs.c and query.c answer; session, client, lane, mailbox,
 * room and peer each own their struct. Nobody outside the hub includes this.
 */
#ifndef CONFAB_CORE_H
#define CONFAB_CORE_H

#include "client.h"
#include "guess.h"
#include "hub.h"
#include "lane.h"
#include "listed.h"
#include "peer.h"
#include "roll.h"
#include "room.h"
#include "ruling.h"
#include "session.h"
#include "state.h"

enum {
    HUB_REDACTED = 256, /* in a turn: beyond it one may be told twice */
    HUB_GONE = 256, /* redactions that may happen while something is searched */
};

struct hub {
    struct hub_options options;
    struct log *log;
    struct now now;     /* of the call we are in */
    uint64_t last_time; /* newest `time` given out: it never goes back */
    uint64_t turn;      /* counts hub_turn */
    bool receiving;     /* nothing may leave before this turn's commit */
    uint64_t swept;     /* mono ms of the last look at all peers */
    struct hub_stats stats;

    struct peer_table peers;
    struct peer *dirty_peers, *gone_peers;
    struct client *clients;  /* by_id */
    struct client *folds;    /* by_fold, known ones */
    struct client *idle;     /* that may be forgotten, oldest first */
    struct client *graces;   /* that left memberships behind */
    struct lane *idle_lanes; /* oldest first */
    struct roll present;     /* clients with an inbox session */
    unsigned receipts;       /* in all mailboxes */
    unsigned quota_runs;     /* in all mailboxes */
    uint64_t counted;        /* mailbox_count has come so far */
    bool keeps;              /* the log keeps records, and wants changes */
    struct change_list changes;
    struct rulings rulings;
    struct listed *listed; /* ids on lists of closed rooms */
    bool banned;           /* somebody was: see review_due */
    struct guesses guesses;
    struct {
        uint64_t turn;
        unsigned count;
        uint64_t seqs[HUB_REDACTED];
    } redacted; /* asked for in this turn: see redact.c */
    struct {
        uint64_t count;
        uint64_t seqs[HUB_GONE];
    } gone;           /* redacted since the start: see query_search.c */
    uint64_t started; /* mono ms */
    struct room *rooms;
    struct room *recent; /* found last: most messages of a turn go there */
    struct roll open_rooms, closed_rooms;
    struct room *dirty_rooms;
    struct room *ticks;      /* rooms whose tick is due later */
    uint64_t forgotten_head; /* highest head of a room that went */
    uint64_t forgotten_mail; /* highest `acked` of a client that went */

    uint8_t scratch[LIMIT_FRAME]; /* one message being encoded */
    uint8_t list[LIMIT_FRAME];    /* one list being encoded */
};

/* Answers begin here: an op, with ref and n of the question. */
struct message reply_to(const struct message *question, enum op op);
struct message reply_to_record(const struct record *r, enum op op);
/* The encoding of a message of ours, in hub->scratch until the next call. */
struct slice hub_encode(struct hub *hub, const struct message *m);

/* Appends a volatile record, which the log never refuses. */
void hub_append(struct hub *hub, struct record *r);

#define SET(message, field, member, value)                                     \
    ((message)->member = (value), (message)->has |= MESSAGE_BIT(field))

#endif
