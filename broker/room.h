/* SPDX-License-Identifier: MPL-2.0 */
/*
 * room: its messages' chain, its members, and this turn's batch for its topic.
 *
 * Everything that happens in a room is posted to its topic (one PUB frame per
 * turn) and to the members that asked for it `direct`. A room exists while it
 * has members or messages.
 */
#ifndef CONFAB_ROOM_H
#define CONFAB_ROOM_H

#include "hash.h"
#include "hub.h"
#include "outbox.h"
#include "roll.h"

struct client;
struct room;
struct ruling;

enum { TICK_EVERY = 50 }; /* ms between two ticks of a room */

struct membership {
    struct room *room;
    struct client *client;
    unsigned place;   /* in client->rooms */
    uint64_t left_by; /* mono ms: left behind until then; 0: in the session */
    uint32_t direct;  /* place in room->directs + 1; 0: reads the topic */
    bool skipped;     /* missed something, a tick is due */
    bool told;        /* a pong has told the heads below */
    uint64_t told_head, told_rv;
};

struct room {
    struct slice name, topic; /* bytes are in `bytes` */
    uint64_t placed;          /* newest seq that has its place in the log */
    uint64_t head;            /* newest seq committed */
    uint64_t first;           /* oldest seq still in the log; 0: none */
    uint64_t rv;
    bool closed;          /* only for those on its list, never published */
    bool listing;         /* its first owner is on the way through the log */
    unsigned listed;      /* ids on its list */
    unsigned placed_list; /* on the way there through the log */
    bool leaving;         /* its subject is being lifted */
    const struct ruling *about; /* its subject, or NULL */
    size_t roster_bytes;        /* of all members' ids */
    struct roll members;        /* of struct membership, by id */
    struct membership **directs;
    uint32_t direct_count, direct_cap;
    uint64_t ticked; /* mono ms of the last tick */
    bool tick_due;
    struct room *tick_prev, *tick_next; /* in hub->ticks while due */
    struct outbox batch;
    bool dirty;
    struct room *next_dirty;
    UT_hash_handle hh;
    uint8_t bytes[];
};

struct room *room_find(struct hub *hub, struct slice name);
/* Makes it when there is none; NULL when there are too many rooms. */
struct room *room_get(struct hub *hub, struct slice name);
/* The same whatever the limit: it is in the log. */
struct room *room_restore(struct hub *hub, struct slice name);
struct slice room_name(const void *room);
/* NULL when the id is not a member, present or left behind. */
struct membership *room_member(const struct room *room, struct slice id);
/* Hands an encoded message to everybody in the room. */
void room_post(struct hub *hub, struct room *room, struct slice message);
/* Encodes and posts enter or exit (not in rooms too large to list). */
void room_presence(struct hub *hub, struct room *room, enum op op,
                   struct client *c, const char *why);
void room_tick(struct hub *hub, struct room *room);
/* The tick message of a room, for one peer that missed something. */
void room_tick_to(struct hub *hub, struct room *room, struct peer *p);
/* The exit of the peer's own id, for itself. */
void room_exit_to(struct hub *hub, struct room *room, struct peer *p,
                  const char *why);
/* A `sync` asks for a tick: now, or when the last is old enough. */
void room_sync(struct hub *hub, struct room *room);
/* Posts the ticks that are due. */
void room_sweep(struct hub *hub);

/* A ruling on it (its list, its subject) is in force, or no more. */
void room_ruled(struct hub *hub, struct room *room, const struct ruling *ruling,
                bool in_force);
/* Looks up whether it is closed; then its members get it over the DEALER. */
void room_close(struct hub *hub, struct room *room);
/* A closed one that is somebody's, or was: what was said in it is not for
 * whoever comes next. */
bool room_is_made(const struct room *room);
/* Empty: none. */
struct slice room_about(const struct room *room);
/* Everybody in it hears its subject. */
void room_tell_about(struct hub *hub, struct room *room, struct slice by);

/* May have nothing left: it is freed at the turn's end. */
void room_check(struct hub *hub, struct room *room);
void room_flush_all(struct hub *hub);
void room_fini(struct hub *hub);

#endif
