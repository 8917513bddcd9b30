/* SPDX-License-Identifier: MPL-2.0 */
/*
 * rights: see rights.h.
 *
 * Most sessions are plain members on a broker without rules; then nothing here
 * costs more than looking at a few counters.
 */
#include "rights.h"

#include "access.h"

static const struct refusal fine = {ERR_NONE, NULL};

static struct refusal
denied(const char *text)
{
    return (struct refusal){ERR_DENIED, text};
}

static bool
may(const struct hub *hub, const struct session *s, enum act act,
    struct slice name)
{
    return access_may(hub->options.access, s->role, s->client->id, act, name);
}

static bool
is_closed(struct hub *hub, const struct room *room, struct slice name)
{
    return room ? room->closed : access_is_closed(hub->options.access, name);
}

bool
rights_is_in(const struct hub *hub, struct slice room, struct slice id)
{
    return ruling_is_listed(hub, room, id) && !ruling_ban_of(hub, room, id);
}

/* A closed room and somebody whom no list names. */
static struct refusal
rights_enter(struct hub *hub, const struct session *s, const struct room *room,
             struct slice name)
{
    struct slice id = s->client->id;
    if (ruling_ban_of(hub, name, id))
        return denied("you are banned from this room");
    if (ruling_is_listed(hub, name, id))
        return fine;
    /* In the same words, or they tell which rooms there are. */
    if ((room && room_is_made(room)) || !may(hub, s, ACT_CREATE, name))
        return denied("this room is closed: somebody in it must invite you");
    if (s->client->owned >= RULING_OWNED)
        return (struct refusal){ERR_TOO_MANY,
                                "you own as many closed rooms as one may"};
    return fine;
}

struct refusal
rights_join(struct hub *hub, const struct session *s, struct slice name)
{
    const struct room *room = room_find(hub, name);
    bool closed = is_closed(hub, room, name);
    struct refusal no = closed ? rights_enter(hub, s, room, name) : fine;
    if (no.code)
        return no;
    if (!may(hub, s, ACT_JOIN, name))
        return denied("you may not join this room");
    if (!room && !closed && !may(hub, s, ACT_CREATE, name))
        return denied("you may not make rooms of this name");
    return fine;
}

struct refusal
rights_stay(struct hub *hub, const struct session *s, struct slice name)
{
    bool closed = is_closed(hub, room_find(hub, name), name);
    if (closed && !rights_is_in(hub, name, s->client->id))
        return (struct refusal){ERR_TOO_MANY,
                                "the broker could not keep that this room is "
                                "yours"};
    return may(hub, s, ACT_JOIN, name) ? fine
                                       : denied("you may not join this room");
}

bool
rights_is_muted(const struct hub *hub, const struct session *s,
                struct slice room)
{
    struct slice id = s->client->id;
    return hub->rulings.count[RULING_MUTE] &&
           (ruling_find(hub, RULING_MUTE, room, id) ||
            ruling_find(hub, RULING_MUTE, slice_of(NULL, 0), id));
}

struct refusal
rights_say(struct hub *hub, const struct session *s, struct slice name)
{
    const struct room *room = room_find(hub, name);
    bool closed = is_closed(hub, room, name);
    if (closed && !rights_is_in(hub, name, s->client->id))
        return denied("this room is closed: only those on its list may speak");
    if (rights_is_muted(hub, s, name))
        return denied("you are muted");
    if (!may(hub, s, ACT_SAY, name))
        return denied("you may not speak in this room");
    if (!room && !may(hub, s, ACT_CREATE, name))
        return denied("you may not make rooms of this name");
    return fine;
}

struct refusal
rights_tell(struct hub *hub, const struct session *s, struct slice to)
{
    if (rights_is_muted(hub, s, slice_of(NULL, 0)))
        return denied("you are muted");
    return may(hub, s, ACT_TELL, to) ? fine
                                     : denied("you may not write to this id");
}

struct refusal
rights_read(struct hub *hub, const struct session *s, struct slice name)
{
    const struct room *room = room_find(hub, name);
    struct slice id = s->client->id;
    if (!room || (room->closed && !rights_see(hub, s, room)))
        return (struct refusal){ERR_NO_ROOM, "there is no such room"};
    if (room->closed && !rights_is_in(hub, name, id))
        return denied("only those on its list may read a closed room");
    return may(hub, s, ACT_READ, name) ? fine
                                       : denied("you may not read this room");
}

bool
rights_see(struct hub *hub, const struct session *s, const struct room *room)
{
    return !room->closed || s->role >= ROLE_MODERATOR ||
           rights_is_in(hub, room->name, s->client->id);
}

struct refusal
rights_moderate(struct hub *hub, const struct session *s, struct slice name,
                struct slice target)
{
    const struct room *room = name.len ? room_find(hub, name) : NULL;
    enum role other = access_role(hub->options.access, target);
    bool owner = room && room->closed &&
                 ruling_is_owner(hub, name, s->client->id) &&
                 rights_is_in(hub, name, s->client->id);
    if (s->role < ROLE_MODERATOR && !owner)
        return denied("moderators may do this, and owners of closed rooms");
    bool own = slice_eq(target, s->client->id);
    bool equal = other >= s->role && other >= ROLE_MODERATOR;
    if (target.len && !own && equal && s->role != ROLE_ADMIN)
        return denied("not against somebody of your own role or above");
    return fine;
}

struct refusal
rights_stats(const struct hub *hub, const struct session *s)
{
    bool may_see = hub->options.access->mode == ACCESS_OPEN ||
                   s->role >= ROLE_MODERATOR;
    return may_see ? fine
                   : denied("moderators and admins may see what the broker "
                            "counts");
}
