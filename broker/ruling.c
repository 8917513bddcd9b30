/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ruling: the table of what is in force. See ruling.h; how a ruling gets into
 * it is in ruling_log.c, what it does to those who are there in ruling_act.c,
 * and who may make one in moderate.c.
 */
#include "ruling.h"

#include <stdlib.h>
#include <utlist.h>

#include "core.h"
#include "ruling_placed.h"
#include "xmem.h"

struct ruling_key
ruling_key_of(enum ruling_kind kind, struct slice room, struct slice subject)
{
    struct ruling_key key = {.len = (uint32_t)(2 + room.len + subject.len)};
    if (key.len > RULING_KEY) {
        key.len = 0; /* longer than any that is in the table */
        return key;
    }
    key.bytes[0] = (uint8_t)kind;
    key.bytes[1] = (uint8_t)room.len;
    if (room.len)
        memcpy(key.bytes + 2, room.data, room.len);
    if (subject.len)
        memcpy(key.bytes + 2 + room.len, subject.data, subject.len);
    return key;
}

/* Also one whose time is over and that is not lifted yet. */
static struct ruling *
table_find(const struct hub *hub, const struct ruling_key *key)
{
    struct ruling *ruling = NULL;
    HASH_FIND(hh, hub->rulings.table, key->bytes, key->len, ruling);
    return ruling;
}

bool
ruling_is_over(const struct hub *hub, const struct ruling *ruling)
{
    return ruling->until && ruling->until <= hub->now.wall;
}

struct ruling *
ruling_at(const struct hub *hub, enum ruling_kind kind, struct slice room,
          struct slice subject, uint64_t time)
{
    if (!hub->rulings.count[kind])
        return NULL;
    struct ruling_key key = ruling_key_of(kind, room, subject);
    struct ruling *ruling = table_find(hub, &key);
    bool over = ruling && ruling->until && ruling->until <= time;
    return over ? NULL : ruling;
}

struct ruling *
ruling_find(const struct hub *hub, enum ruling_kind kind, struct slice room,
            struct slice subject)
{
    return ruling_at(hub, kind, room, subject, hub->now.wall);
}

struct ruling *
ruling_same(const struct hub *hub, const struct record *r)
{
    struct ruling_key key = ruling_key_of(r->ruling, r->name, r->token);
    return table_find(hub, &key);
}

/* --- bans --- */

static const struct ruling *
ban_find(const struct hub *hub, struct slice room, const char *what,
         struct slice name)
{
    uint8_t subject[RULING_KEY];
    size_t len = strlen(what);
    if (!hub->rulings.count[RULING_BAN] || len + name.len > sizeof subject)
        return NULL;
    memcpy(subject, what, len);
    if (name.len)
        memcpy(subject + len, name.data, name.len);
    return ruling_find(hub, RULING_BAN, room,
                       slice_of(subject, len + name.len));
}

const struct ruling *
ruling_ban_of(const struct hub *hub, struct slice room, struct slice id)
{
    return ban_find(hub, room, BAN_ID, id);
}

/* Of all networks that the address lies in those are looked for whose size one
 * that is banned has: however many are, that is a few. */
const struct ruling *
ruling_against(const struct hub *hub, struct slice key, struct slice address)
{
    const struct slice nowhere = {NULL, 0};
    const struct ruling *ban = key.len ? ban_find(hub, nowhere, BAN_KEY, key)
                                       : NULL;
    char network[CIDR_TEXT];
    struct cidr from;
    if (ban || !hub->rulings.network_count || !cidr_read(address, &from))
        return ban;
    for (unsigned bits = from.bits; !ban && bits > 0; bits--) {
        if (!hub->rulings.prefixes[bits])
            continue;
        cidr_widen(&from, bits);
        cidr_print(&from, network);
        ban = ban_find(hub, nowhere, BAN_ADDRESS, slice_str(network));
    }
    return ban;
}

/* --- lists of closed rooms --- */

bool
ruling_is_listed(const struct hub *hub, struct slice room, struct slice id)
{
    return ruling_find(hub, RULING_MEMBER, room, id);
}

bool
ruling_is_owner(const struct hub *hub, struct slice room, struct slice id)
{
    const struct ruling *member = ruling_find(hub, RULING_MEMBER, room, id);
    return member && slice_eq(member->value, slice_str("owner"));
}

static bool
is_owner(const struct ruling *ruling)
{
    return ruling->kind == RULING_MEMBER &&
           slice_eq(ruling->value, slice_str("owner"));
}

/* --- the table --- */

void
ruling_expect(struct rulings *rulings, uint64_t until)
{
    if (until && (!rulings->next_until || until < rulings->next_until))
        rulings->next_until = until;
}

static void
lists_add(struct hub *hub, struct ruling *ruling)
{
    struct shelf *shelf = shelf_get(hub, ruling->kind, ruling->room);
    DL_APPEND(shelf->list, ruling);
    shelf->count++;
    if (ruling->until)
        DL_APPEND2(hub->rulings.timed, ruling, timed_prev, timed_next);
}

static void
lists_remove(struct hub *hub, struct ruling *ruling)
{
    struct shelf *shelf = shelf_get(hub, ruling->kind, ruling->room);
    DL_DELETE(shelf->list, ruling);
    shelf->count--;
    shelf_check(hub, shelf);
    if (ruling->until)
        DL_DELETE2(hub->rulings.timed, ruling, timed_prev, timed_next);
}

static void
index_add(struct hub *hub, struct ruling *ruling)
{
    struct rulings *rulings = &hub->rulings;
    lists_add(hub, ruling);
    rulings->count[ruling->kind]++;
    if (ruling->kind == RULING_CLAIM)
        client_claim(hub, client_restore(hub, ruling->subject), true);
    else
        rulings->total++;
    if (is_owner(ruling)) {
        struct client *c = client_restore(hub, ruling->subject);
        c->owned++;
        client_touch(hub, c);
    }
    if (ruling->prefix) {
        rulings->prefixes[ruling->prefix]++;
        rulings->network_count++;
    }
    ruling_expect(rulings, ruling->until);
    if (ruling->kind == RULING_MEMBER || ruling->kind == RULING_ABOUT)
        room_ruled(hub, room_restore(hub, ruling->room), ruling, true);
}

static void
index_remove(struct hub *hub, struct ruling *ruling)
{
    struct rulings *rulings = &hub->rulings;
    struct client *c = client_find(hub, ruling->subject);
    struct room *room = room_find(hub, ruling->room);
    lists_remove(hub, ruling);
    rulings->count[ruling->kind]--;
    if (ruling->kind != RULING_CLAIM)
        rulings->total--;
    else if (c)
        client_claim(hub, c, false);
    if (c && is_owner(ruling)) {
        c->owned--;
        client_touch(hub, c);
    }
    if (ruling->prefix) {
        rulings->prefixes[ruling->prefix]--;
        rulings->network_count--;
    }
    if (room && (ruling->kind == RULING_MEMBER || ruling->kind == RULING_ABOUT))
        room_ruled(hub, room, ruling, false);
}

static void
ruling_remove(struct hub *hub, struct ruling *ruling)
{
    index_remove(hub, ruling);
    HASH_DELETE(hh, hub->rulings.table, ruling);
    free(ruling);
}

static struct slice
put(struct ruling *ruling, size_t *at, struct slice bytes)
{
    uint8_t *to = ruling->bytes + *at;
    if (bytes.len)
        memcpy(to, bytes.data, bytes.len);
    *at += bytes.len;
    return slice_of(to, bytes.len);
}

bool
ruling_network(struct slice subject, struct slice *address)
{
    const size_t len = sizeof BAN_ADDRESS - 1;
    if (subject.len < len || memcmp(subject.data, BAN_ADDRESS, len) != 0)
        return false;
    *address = slice_of(subject.data + len, subject.len - len);
    return true;
}

static void
ruling_put(struct hub *hub, const struct log_state *state)
{
    struct ruling_key key =
        ruling_key_of(state->ruling, state->name, state->lane);
    struct ruling *before = table_find(hub, &key);
    struct slice address;
    struct cidr network;
    if (before)
        ruling_remove(hub, before);
    if (!key.len)
        return;
    struct ruling *ruling =
        xcalloc(1, sizeof *ruling + key.len + state->by.len + state->value.len);
    size_t at = key.len;
    memcpy(ruling->bytes, key.bytes, key.len);
    ruling->key_len = key.len;
    ruling->kind = state->ruling;
    ruling->room = slice_of(ruling->bytes + 2, state->name.len);
    ruling->subject =
        slice_of(ruling->bytes + 2 + state->name.len, state->lane.len);
    ruling->by = put(ruling, &at, state->by);
    ruling->value = put(ruling, &at, state->value);
    ruling->seq = state->head;
    ruling->time = state->time;
    ruling->until = state->until;
    if (ruling->kind == RULING_BAN &&
        ruling_network(ruling->subject, &address) &&
        cidr_read(address, &network))
        ruling->prefix = network.bits;
    HASH_ADD_KEYPTR(hh, hub->rulings.table, ruling->bytes, ruling->key_len,
                    ruling);
    index_add(hub, ruling);
}

void
ruling_apply(struct hub *hub, const struct record *r)
{
    if (!ruling_lasts(r->ruling))
        return;
    if (!r->lifted) {
        ruling_put(hub, &(struct log_state){
                            .kind = STATE_RULING,
                            .ruling = r->ruling,
                            .name = r->name,
                            .lane = r->token,
                            .by = r->from,
                            .value = slice_of(r->body, r->body_len),
                            .head = r->seq,
                            .time = r->time,
                            .until = r->upto,
                        });
        return;
    }
    struct ruling_key key = ruling_key_of(r->ruling, r->name, r->token);
    struct ruling *ruling = table_find(hub, &key);
    if (ruling)
        ruling_remove(hub, ruling);
}

void
ruling_restore(struct hub *hub, const struct log_state *state)
{
    ruling_put(hub, state);
}

void
ruling_fini(struct hub *hub)
{
    HASH_FREE_ALL(struct ruling, hub->rulings.table);
    ruling_placed_fini(hub);
    shelf_fini(hub);
}
