/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ruling_log: a ruling's way through the log, and its end when its time is
 * over.
 *
 * A limit is decided where the log gives a ruling its place, so that it holds
 * however many are asked for in one turn. So is who owns an id, and who makes a
 * closed room: of two the first in the log counts.
 */
#include "core.h"
#include "ruling_act.h"

#include <utlist.h>

/* --- the log's side --- */

static enum verdict
claim_judge(struct hub *hub, const struct record *r)
{
    struct client *c = client_get(hub, r->token);
    if (!c)
        return VERDICT_FULL;
    if (c->claiming || c->claimed || client_is_twin(hub, c))
        return VERDICT_REPEAT;
    c->claiming = true;
    return VERDICT_NEW;
}

/* Who joins a closed room that has no list makes it. */
static enum verdict
list_judge(struct hub *hub, const struct record *r)
{
    struct room *room = room_get(hub, r->name);
    if (!room)
        return VERDICT_FULL;
    if (room_is_made(room))
        return VERDICT_REPEAT;
    room->listing = true;
    return VERDICT_NEW;
}

static enum verdict
ruling_judge(struct hub *hub, const struct record *r)
{
    const struct rulings *rulings = &hub->rulings;
    struct slice address;
    if (!ruling_is_kept(r->ruling) || r->lifted)
        return VERDICT_NEW;
    if (r->ruling == RULING_CLAIM)
        return claim_judge(hub, r);
    bool network = r->ruling == RULING_BAN &&
                   ruling_network(r->token, &address);
    if (rulings->total + rulings->placed >= hub->options.rulings ||
        (network && rulings->network_count >= RULING_NETWORKS))
        return VERDICT_FULL;
    return r->first ? list_judge(hub, r) : VERDICT_NEW;
}

bool
ruling_stamp(struct hub *hub, struct record *r)
{
    r->verdict = ruling_judge(hub, r);
    r->stored = r->verdict == VERDICT_NEW;
    hub->rulings.placed += r->stored;
    return r->stored;
}

static void
unplace(struct hub *hub, const struct record *r)
{
    struct client *c = r->ruling == RULING_CLAIM ? client_find(hub, r->token)
                                                 : NULL;
    struct room *room = r->first ? room_find(hub, r->name) : NULL;
    hub->rulings.placed--;
    if (c && !r->lifted)
        c->claiming = false;
    if (room)
        room->listing = false;
}

void
ruling_revoke(struct hub *hub, const struct record *r)
{
    if (r->verdict == VERDICT_NEW)
        unplace(hub, r);
}

static void
answer(struct hub *hub, const struct record *r)
{
    struct peer *p = peer_find(hub, r->origin);
    if (!p || r->answer == ANSWER_NONE)
        return;
    struct message m = reply_to_record(r, OP_OK);
    if (r->verdict == VERDICT_FULL)
        peer_error(hub, p, &m, ERR_TOO_MANY,
                   "as many rulings are in force as the broker keeps; the "
                   "limit is %u",
                   hub->options.rulings);
    else
        peer_answer(hub, p, &m);
}

void
ruling_committed(struct hub *hub, const struct record *r)
{
    if (r->verdict == VERDICT_NEW) {
        unplace(hub, r);
        ruling_apply(hub, r);
        ruling_act(hub, r);
        LOG(hub->options.logger, LOG_INFO, "ruling",
            LOG_TEXT("kind", ruling_word(r->ruling)), LOG_SLICE("by", r->from),
            LOG_SLICE("room", r->name), LOG_SLICE("subject", r->token),
            LOG_NUM("lifted", r->lifted), LOG_NUM("until", r->upto),
            LOG_NUM("seq", r->seq));
    }
    answer(hub, r);
}

void
ruling_replay(struct hub *hub, const struct record *r)
{
    ruling_apply(hub, r);
}

/* --- time --- */

static void
lift(struct hub *hub, const struct ruling *ruling)
{
    struct record *r =
        log_record(hub->log, RECORD_RULING,
                   ruling->by.len + ruling->room.len + ruling->subject.len);
    r->ruling = ruling->kind;
    r->lifted = true;
    r->keep = true;
    r->time = hub->now.wall;
    r->from = record_copy(r, ruling->by);
    r->name = record_copy(r, ruling->room);
    r->token = record_copy(r, ruling->subject);
    /* Refused: the store takes nothing now. It is tried again. */
    (void)log_append(hub->log, r);
}

void
ruling_sweep(struct hub *hub)
{
    enum { AGAIN = 60000 }; /* ms: until what was not lifted is tried again */
    struct rulings *rulings = &hub->rulings;
    if (!rulings->next_until || rulings->next_until > hub->now.wall)
        return;
    rulings->next_until = 0;
    struct ruling *ruling;
    DL_FOREACH(rulings->list, ruling)
    {
        bool over = ruling_is_over(hub, ruling);
        if (over)
            lift(hub, ruling);
        ruling_expect(rulings, over ? hub->now.wall + AGAIN : ruling->until);
    }
}

void
ruling_room_gone(struct hub *hub, const struct room *room)
{
    lift(hub, room->about);
}
