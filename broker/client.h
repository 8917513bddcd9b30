/* SPDX-License-Identifier: MPL-2.0 */
/*
 * client: an id, and all that stays with it when nobody is connected.
 *
 * Its mailbox, its lanes, its memberships (also those a broken session has left
 * behind for the grace) and who acts for it now. An id is known once it had an
 * inbox session. Two ids that look the same (name_fold) cannot both be known.
 */
#ifndef CONFAB_CLIENT_H
#define CONFAB_CLIENT_H

#include "access.h"
#include "hash.h"
#include "mailbox.h"
#include "pace.h"

struct session;
struct membership;
struct lane;
struct change;

struct client {
    struct slice id; /* its bytes are in `name` */
    bool known;
    bool claimed;            /* a key owns it: it is not forgotten */
    bool claiming;           /* so it will be, when the log says so */
    unsigned owned;          /* closed rooms that it owns */
    unsigned owning;         /* the same, on the way through the log */
    bool folded;             /* in hub->folds: no other id may look like it */
    unsigned replaced;       /* sessions by proof, since `replaced_at` */
    uint64_t replaced_at;    /* mono ms */
    struct pace pace[PACES]; /* of all its sessions */
    struct session *inbox;   /* NULL: not connected */
    unsigned sessions;       /* of both kinds */
    unsigned holds;          /* receipts that name it */
    struct lane *lanes;      /* newest last */
    unsigned lane_count;
    struct membership **rooms;
    unsigned room_count, room_cap;
    uint64_t grace; /* mono ms of the next left-behind membership, 0: none */
    struct mailbox mail;
    struct mark born;      /* became known: older mail is somebody else's */
    uint64_t used;         /* wall ms: a session of it began or ended */
    struct change *change; /* not saved yet; see state.h */
    bool saved;            /* the log has a state of it */
    struct client *idle_prev, *idle_next; /* in hub->idle */
    bool idle;
    struct client *grace_prev, *grace_next; /* in hub->graces */
    UT_hash_handle by_id, by_fold;
    struct slice fold; /* bytes behind `name`; hashed only when known */
    uint8_t name[];
};

struct client *client_find(struct hub *hub, struct slice id);
/* Makes it when there is none; NULL when there are too many ids. */
struct client *client_get(struct hub *hub, struct slice id);
/* The same whatever the limit: it is in the log. */
struct client *client_restore(struct hub *hub, struct slice id);
/* Forgets those that nobody has used for too long. */
void client_sweep(struct hub *hub);
/* True when another known id looks the same: then this one may not speak. */
bool client_is_twin(struct hub *hub, const struct client *c);
/* Where the mail begins that is his: at the hello that makes the id known, or
 * with mail that came while it was being forgotten. */
struct mark client_birth(const struct client *c, const struct record *hello);
/* Makes the id known, from this place in the log on. */
void client_know(struct hub *hub, struct client *c, struct mark born);
/* A key owns it from now on, or does not any more. */
void client_claim(struct hub *hub, struct client *c, bool claimed);
/* The same, while that is on its way through the log. */
void client_claiming(struct hub *hub, struct client *c, bool claiming);
/* A session of it begins or ends. */
void client_use(struct hub *hub, struct client *c);
/* Whether it could be forgotten may have changed. */
void client_touch(struct hub *hub, struct client *c);
struct slice client_name(const void *client);
void client_fini(struct hub *hub);

#endif
