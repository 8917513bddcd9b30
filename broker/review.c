/* SPDX-License-Identifier: MPL-2.0 */
/*
 * review: see review.h. It walks all connections; what makes it necessary is
 * rare and done by people.
 */
#include "review.h"

#include "access.h"
#include "core.h"
#include "rights.h"
#include "roster.h"

bool
hub_admits(const struct hub *hub, struct slice key, struct slice address)
{
    const struct access *access = hub->options.access;
    if (ruling_against(hub, key, address))
        return false;
    return access->mode != ACCESS_KEYS || !key.len ||
           users_with(&access->users, key);
}

bool
hub_hears(const struct hub *hub, struct slice key, struct slice address)
{
    const struct user *user = users_with(&hub->options.access->users, key);
    return hub_admits(hub, key, address) &&
           !(user && ruling_ban_of(hub, slice_of(NULL, 0), user->id));
}

bool
review_has_key(const struct user *user, struct slice key)
{
    for (unsigned i = 0; i < user->key_count; i++)
        if (slice_eq(key, slice_str(user->keys[i])))
            return true;
    return false;
}

/* Of another one that is listed, or known. Who is listed goes before who is
 * only known, or the operator could not list whom somebody resembles. */
static bool
looks_taken(struct hub *hub, struct slice id)
{
    const struct user *alike = users_alike(&hub->options.access->users, id);
    const struct client *c = client_find(hub, id);
    if (alike)
        return !slice_eq(alike->id, id);
    return c && client_is_twin(hub, c);
}

bool
review_is_free(struct hub *hub, struct slice id)
{
    return !users_find(&hub->options.access->users, id) &&
           !looks_taken(hub, id) && !ruling_ban_of(hub, slice_of(NULL, 0), id);
}

static const char *
claim_fault(const struct hub *hub, struct slice id, struct slice key)
{
    const struct ruling *claim =
        ruling_find(hub, RULING_CLAIM, slice_of(NULL, 0), id);
    if (!claim)
        return "nobody owns this id yet, and the broker could not keep that it "
               "is yours";
    return slice_eq(claim->value, key) ? NULL
                                       : "this id belongs to another key";
}

const char *
review_id(struct hub *hub, const struct peer *p, struct slice id,
          unsigned password)
{
    const struct access *access = hub->options.access;
    struct slice key = slice_str(p->key);
    if (ruling_ban_of(hub, slice_of(NULL, 0), id))
        return "this id is banned";
    if (access->mode == ACCESS_OPEN)
        return NULL;
    const struct user *user = users_find(&access->users, id);
    if (looks_taken(hub, id))
        return "another id that looks the same is known";
    if (password)
        return user && user->hash[0] && password == review_password(hub, id)
                   ? NULL
                   : "unknown id or wrong password";
    if (!key.len)
        return "this id needs its key, or a password";
    if (user)
        return review_has_key(user, key) ? NULL
                                         : "this id belongs to another key";
    if (access->mode == ACCESS_KEYS)
        return "your key is listed under another id";
    return claim_fault(hub, id, key);
}

unsigned
review_password(struct hub *hub, struct slice id)
{
    const struct user *user = users_find(&hub->options.access->users, id);
    return user ? hash_bytes(user->hash, strlen(user->hash)) | 1u : 1u;
}

static void
review_rooms(struct hub *hub, struct session *s)
{
    struct client *c = s->client;
    for (unsigned i = c->room_count; s->inbox && i-- > 0;) {
        struct room *room = c->rooms[i]->room;
        struct refusal no = rights_stay(hub, s, room->name);
        if (no.code)
            roster_kick(hub, room, c->id);
    }
}

/* Why it must go: what the ban says, if there is one. */
static struct slice
reason_of(const struct hub *hub, const struct peer *p, struct slice reason)
{
    const struct slice nowhere = {NULL, 0};
    const struct ruling *ban =
        ruling_against(hub, slice_str(p->key), slice_str(p->address));
    if (!ban)
        ban = ruling_ban_of(hub, nowhere, p->session->client->id);
    return ban ? ban->value : reason;
}

static void
review_peer(struct hub *hub, struct peer *p, struct slice reason)
{
    struct session *s = p->session;
    bool welcome = hub_admits(hub, slice_str(p->key), slice_str(p->address));
    if (p->gone)
        return;
    if (!s && !welcome)
        peer_kick(hub, p, "not admitted any more");
    if (!s)
        return;
    s->role = access_role(hub->options.access, s->client->id);
    if (!welcome || review_id(hub, s->peer, s->client->id, s->password))
        session_kick(hub, s, reason_of(hub, p, reason));
    else if (!s->ending)
        review_rooms(hub, s);
}

/* `reason`: for who must go and is not banned. */
static void
review_all(struct hub *hub, struct slice reason)
{
    uint32_t at = 0;
    for (struct peer *p; (p = peer_each(hub, &at));)
        review_peer(hub, p, reason);
    if (hub->options.sink.review)
        hub->options.sink.review(hub->options.sink.self);
}

void
review_due(struct hub *hub)
{
    if (!hub->banned)
        return;
    hub->banned = false;
    review_all(hub, slice_of(NULL, 0));
}

void
review_kick(struct hub *hub, struct slice id, struct slice reason)
{
    uint32_t at = 0;
    for (struct peer *p; (p = peer_each(hub, &at));)
        if (p->session && !p->gone && slice_eq(p->session->client->id, id))
            session_kick(hub, p->session, reason);
}

void
hub_access(struct hub *hub, const struct access *access, struct now now)
{
    static const char reason[] = "the operator has changed who may do what";
    struct room *room, *next;
    hub->now = now;
    hub->options.access = access;
    HASH_ITER (hh, hub->rooms, room, next)
        room_close(hub, room);
    review_all(hub, slice_str(reason));
    hub_turn(hub, now);
}
