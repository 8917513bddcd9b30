/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ruling: what moderators and owners have decided, and is in force.
 *
 * Bans, mutes, invitations to closed rooms, subjects of rooms, and who owns an
 * id. Each came as a record through the log (RECORD_RULING), so that it
 * survives what messages survive, and acts when the log says that it is
 * committed. One whose time is over is lifted through the log, too.
 *
 * A ban's subject says what it is about: "id:ann", "key:Z85",
 * "address:10.0.0.0/8".
 */
#ifndef CONFAB_RULING_H
#define CONFAB_RULING_H

#include "cidr.h"
#include "hash.h"
#include "hub.h"
#include "shelf.h"

struct client;
struct room;

enum {
    RULING_NETWORKS = 4096, /* bans of addresses */
    RULING_LIST = 4096,     /* of each kind, about one room: ids on its list */
    RULING_OWNED = 64,      /* closed rooms that one id owns */
    RULING_RESERVED = 4,    /* one of so many is not for rooms */
    RULING_KEY = 2 + 2 * LIMIT_NAME + 16, /* bytes of a key */
};

/* Kind, length of the room's name, room and subject: of those in force there is
 * one of a key. */
struct ruling_key {
    uint32_t len; /* 0: longer than any can be */
    uint8_t bytes[RULING_KEY];
};

struct ruling {
    enum ruling_kind kind;
    struct slice room, subject, by, value; /* in `bytes` */
    uint64_t seq, time, until;             /* ms since 1970; 0: no end */
    unsigned prefix;            /* bits of the network that is banned, or 0 */
    struct ruling *prev, *next; /* on its shelf */
    struct ruling *timed_prev, *timed_next; /* of those that have an end */
    UT_hash_handle hh;                      /* by kind, room and subject */
    uint32_t key_len;
    uint8_t bytes[];
};

struct rulings {
    struct ruling *table;
    struct shelf *shelves;
    struct ruling *timed; /* those that have an end */
    unsigned count[RULING_KINDS];
    unsigned network_count;
    unsigned prefixes[CIDR_BITS + 1]; /* the same by their bits */
    unsigned total;                   /* but for claims */
    /* stamped and not yet committed, of those that will be in force */
    unsigned placed, placed_networks, placed_claims;
    struct placed *in_turn; /* the same in detail: ruling_placed.h */
    uint64_t redacting;     /* the seq that the newest redaction placed is of */
    uint64_t next_until;    /* when the next may end; 0: none */
};

#define BAN_ID "id:"
#define BAN_KEY "key:"
#define BAN_ADDRESS "address:"

struct ruling_key ruling_key_of(enum ruling_kind kind, struct slice room,
                                struct slice subject);
/* In force now, or NULL. */
struct ruling *ruling_find(const struct hub *hub, enum ruling_kind kind,
                           struct slice room, struct slice subject);
/* The same at another time, ms since 1970. */
struct ruling *ruling_at(const struct hub *hub, enum ruling_kind kind,
                         struct slice room, struct slice subject,
                         uint64_t time);
/* The one that the record is about, also when its time is over; or NULL. */
struct ruling *ruling_same(const struct hub *hub, const struct record *r);
/* A ban that keeps out whoever has this key or address (either may be empty).
 */
const struct ruling *ruling_against(const struct hub *hub, struct slice key,
                                    struct slice address);
const struct ruling *ruling_ban_of(const struct hub *hub, struct slice room,
                                   struct slice id);
/* Does the id have this role (owner, member) on the room's list? */
bool ruling_is_listed(const struct hub *hub, struct slice room,
                      struct slice id);
bool ruling_is_owner(const struct hub *hub, struct slice room, struct slice id);

bool ruling_is_over(const struct hub *hub, const struct ruling *ruling);
/* A ban's subject is an address or a network. */
bool ruling_network(struct slice subject, struct slice *address);
/* Something may end then (0: never). */
void ruling_expect(struct rulings *rulings, uint64_t until);
/* What the record says is so, from now on. */
void ruling_apply(struct hub *hub, const struct record *r);

/* The log's side: it has its place; it is a fact; it is not after all. */
bool ruling_stamp(struct hub *hub, struct record *r);
void ruling_revoke(struct hub *hub, const struct record *r);
void ruling_committed(struct hub *hub, const struct record *r);
/* From a start; only what is in force. */
void ruling_restore(struct hub *hub, const struct log_state *state);
void ruling_replay(struct hub *hub, const struct record *r);

/* Lifts those whose time is over. */
void ruling_sweep(struct hub *hub);
/* The room goes: so does its subject. False: that cannot be kept now. */
bool ruling_room_gone(struct hub *hub, const struct room *room);
void ruling_fini(struct hub *hub);

#endif
