/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ruling_placed: see ruling_placed.h.
 *
 * What is not on its way any more is in force, and counts the same: an engine
 * may give a message its place long after it was appended.
 *
 * Of several about the same the newest counts: a mute that is lifted in its own
 * turn silences nobody behind that. They become facts oldest first, or all of a
 * turn is revoked; so it is enough to count them, and to know what the newest
 * says.
 */
#include "ruling_placed.h"

#include <stdlib.h>

#include "access.h"
#include "core.h"
#include "xmem.h"

struct placed {
    unsigned count;
    bool against;   /* the newest of them takes something away, */
    uint64_t until; /* up to then, ms since 1970; 0: for ever */
    enum ruling_kind kind;
    struct slice subject; /* in `key` */
    UT_hash_handle hh;
    struct ruling_key key;
};

static const struct slice nowhere = {NULL, 0};

/* What can silence somebody. */
static bool
is_noted(const struct record *r)
{
    return r->ruling == RULING_MUTE || r->ruling == RULING_BAN ||
           r->ruling == RULING_KICK || r->ruling == RULING_MEMBER;
}

/* Off the list of a room one is when that is lifted. */
static bool
takes_away(const struct record *r)
{
    return r->lifted == (r->ruling == RULING_MEMBER);
}

/* Mostly there is none: then no key is made. */
static struct placed *
find(const struct hub *hub, enum ruling_kind kind, struct slice room,
     struct slice subject)
{
    struct placed *placed = NULL;
    if (!hub->rulings.in_turn)
        return NULL;
    struct ruling_key key = ruling_key_of(kind, room, subject);
    HASH_FIND(hh, hub->rulings.in_turn, key.bytes, key.len, placed);
    return placed;
}

void
ruling_placed_add(struct hub *hub, const struct record *r)
{
    if (!is_noted(r))
        return;
    struct placed *placed = find(hub, r->ruling, r->name, r->token);
    if (!placed) {
        placed = xcalloc(1, sizeof *placed);
        placed->kind = r->ruling;
        placed->key = ruling_key_of(r->ruling, r->name, r->token);
        placed->subject =
            slice_of(placed->key.bytes + 2 + r->name.len, r->token.len);
        HASH_ADD_KEYPTR(hh, hub->rulings.in_turn, placed->key.bytes,
                        placed->key.len, placed);
    }
    placed->count++;
    placed->against = takes_away(r);
    placed->until = r->upto;
}

void
ruling_placed_remove(struct hub *hub, const struct record *r)
{
    struct placed *placed =
        is_noted(r) ? find(hub, r->ruling, r->name, r->token) : NULL;
    if (!placed || --placed->count)
        return;
    HASH_DELETE(hh, hub->rulings.in_turn, placed);
    free(placed);
}

/* When it is said. What is on its way counts before what is in force, which it
 * is about to replace. A kick is never in force. */
static bool
is_ruled(const struct hub *hub, const struct record *r, enum ruling_kind kind,
         struct slice room, struct slice subject)
{
    const struct placed *placed = find(hub, kind, room, subject);
    if (!placed)
        return ruling_at(hub, kind, room, subject, r->time);
    return placed->against && (!placed->until || placed->until > r->time);
}

/* Not on the list of this closed room. */
static bool
is_unlisted(const struct hub *hub, struct slice room, struct slice id)
{
    const struct placed *placed = find(hub, RULING_MEMBER, room, id);
    return placed ? placed->against : !ruling_is_listed(hub, room, id);
}

static bool
is_banned(const struct hub *hub, const struct record *r, struct slice room,
          const char *what, struct slice name)
{
    uint8_t subject[LIMIT_ADDRESS + LIMIT_NAME];
    size_t len = strlen(what);
    if (!name.len || len + name.len > sizeof subject)
        return false;
    memcpy(subject, what, len);
    memcpy(subject + len, name.data, name.len);
    return is_ruled(hub, r, RULING_BAN, room,
                    slice_of(subject, len + name.len));
}

/* Only moderators ban networks: there are few in a turn. */
static bool
is_network_banned(const struct hub *hub, struct slice address)
{
    const struct placed *placed, *next;
    struct cidr from, network;
    struct slice banned;
    if (ruling_against(hub, nowhere, address))
        return true;
    if (!hub->rulings.placed_networks || !cidr_read(address, &from))
        return false;
    HASH_ITER (hh, hub->rulings.in_turn, placed, next)
        if (placed->kind == RULING_BAN && placed->against &&
            ruling_network(placed->subject, &banned) &&
            cidr_read(banned, &network) && cidr_has(&network, &from))
            return true;
    return false;
}

/* From the broker. */
static bool
is_out(struct hub *hub, const struct record *r)
{
    const struct peer *p = peer_find(hub, r->origin);
    return is_ruled(hub, r, RULING_KICK, nowhere, r->from) ||
           is_banned(hub, r, nowhere, BAN_ID, r->from) ||
           (p && (is_banned(hub, r, nowhere, BAN_KEY, slice_str(p->key)) ||
                  is_network_banned(hub, slice_str(p->address))));
}

static bool
is_muted(const struct hub *hub, const struct record *r)
{
    return is_ruled(hub, r, RULING_MUTE, nowhere, r->from) ||
           (r->kind == RECORD_SAY &&
            is_ruled(hub, r, RULING_MUTE, r->name, r->from));
}

static bool
is_shut_out(struct hub *hub, const struct record *r)
{
    return r->kind == RECORD_SAY &&
           access_is_closed(hub->options.access, r->name) &&
           (is_unlisted(hub, r->name, r->from) ||
            is_banned(hub, r, r->name, BAN_ID, r->from));
}

/* Where nothing was ruled this is a look at some counters. */
const char *
ruling_placed_against(struct hub *hub, const struct record *r)
{
    const struct rulings *rulings = &hub->rulings;
    bool any = rulings->in_turn || rulings->count[RULING_MUTE] ||
               rulings->count[RULING_BAN] || hub->closed_rooms.count;
    if (!any)
        return NULL;
    if (is_out(hub, r))
        return "you were put out before it";
    if (is_muted(hub, r))
        return "you are muted";
    return is_shut_out(hub, r)
               ? "this room is closed: only those on its list may speak"
               : NULL;
}

void
ruling_placed_fini(struct hub *hub)
{
    HASH_FREE_ALL(struct placed, hub->rulings.in_turn);
}
