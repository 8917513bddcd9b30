/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What happens at the moment in which the log says that a ruling is a fact, one
 * function a kind. A kind that is not in the table only changes what is allowed
 * from then on.
 */
#include "ruling_act.h"

#include "core.h"
#include "review.h"
#include "roster.h"

static void
act_member(struct hub *hub, const struct record *r)
{
    struct room *room = room_find(hub, r->name);
    const struct client *c = client_find(hub, r->token);
    if (r->lifted) {
        if (room && room->closed)
            roster_kick(hub, room, r->token);
        return;
    }
    if (!c || !c->inbox || slice_eq(r->from, r->token))
        return;
    struct message m = {.op = OP_INVITED};
    SET(&m, FIELD_ROOM, room, r->name);
    SET(&m, FIELD_BY, by, r->from);
    peer_answer(hub, c->inbox->peer, &m);
}

static void
act_kick(struct hub *hub, const struct record *r)
{
    struct room *room = room_find(hub, r->name);
    if (room)
        roster_kick(hub, room, r->token);
    else if (!r->name.len)
        review_kick(hub, r->token, slice_of(r->body, r->body_len));
}

static void
act_ban(struct hub *hub, const struct record *r)
{
    struct room *room = room_find(hub, r->name);
    const size_t skip = sizeof BAN_ID - 1; /* a room's bans are of ids */
    if (r->lifted)
        return;
    if (room)
        roster_kick(hub, room,
                    slice_of(r->token.data + skip, r->token.len - skip));
    else if (!r->name.len)
        hub->banned = true;
}

static void
act_about(struct hub *hub, const struct record *r)
{
    struct room *room = room_find(hub, r->name);
    if (room)
        room_tell_about(hub, room, r->from);
}

void
ruling_act(struct hub *hub, const struct record *r)
{
    static void (*const acts[RULING_KINDS])(struct hub *,
                                            const struct record *) = {
        [RULING_MEMBER] = act_member,
        [RULING_KICK] = act_kick,
        [RULING_BAN] = act_ban,
        [RULING_ABOUT] = act_about,
    };
    if (acts[r->ruling])
        acts[r->ruling](hub, r);
}
