/* SPDX-License-Identifier: MPL-2.0 */
/*
 * ruling_log: a ruling's way through the log, and its end when its time is
 * over.
 *
 * A limit is decided where the log gives a ruling its place, so that it holds
 * however many are asked for in one turn. So is who owns an id, and who makes a
 * closed room: of two the first in the log counts.
 */
#include "access.h"
#include "core.h"
#include "ruling_act.h"
#include "ruling_placed.h"
#include "verbs.h"

#include <utlist.h>

/* --- the log's side --- */

/* One that will be in force, and counts. */
static bool
is_counted(const struct record *r)
{
    return ruling_lasts(r->ruling) && !r->lifted && r->ruling != RULING_CLAIM;
}

static bool
is_network(const struct record *r)
{
    struct slice address;
    return r->ruling == RULING_BAN && ruling_network(r->token, &address);
}

/* Claims are never forgotten (who took the id next would be on the lists of
 * closed rooms that it is on), and cost nothing: an eighth of the ids is kept
 * for those who are listed. */
static bool
is_claimable(const struct hub *hub)
{
    unsigned most = hub->options.ids - hub->options.ids / 8;
    const struct rulings *rulings = &hub->rulings;
    return rulings->count[RULING_CLAIM] + rulings->placed_claims < most;
}

/* It is claimed for nobody: two sessions of a listed id may have come at once.
 */
static bool
is_reserved(struct hub *hub, struct slice id)
{
    const struct ruling *claim =
        ruling_find(hub, RULING_CLAIM, slice_of(NULL, 0), id);
    return claim && !claim->value.len;
}

static enum verdict
claim_judge(struct hub *hub, const struct record *r)
{
    bool listed = !r->body_len;
    struct client *c = listed || is_claimable(hub) ? client_get(hub, r->token)
                                                   : NULL;
    if (!c)
        return VERDICT_FULL;
    if (c->claiming || (listed ? is_reserved(hub, r->token)
                               : c->claimed || client_is_twin(hub, c)))
        return VERDICT_REPEAT;
    client_claiming(hub, c, true);
    hub->rulings.placed_claims++;
    return VERDICT_NEW;
}

/* Whose time is over. What was made meanwhile may have another end, and it may
 * be on its way: then this is not for it. */
static enum verdict
over_judge(const struct hub *hub, const struct record *r)
{
    const struct ruling *ruling = ruling_same(hub, r);
    bool meant = ruling && ruling->until == r->upto;
    return meant && !hub->rulings.placed ? VERDICT_NEW : VERDICT_REPEAT;
}

static bool
makes_owner(const struct record *r)
{
    return r->ruling == RULING_MEMBER && !r->lifted &&
           slice_eq(slice_of(r->body, r->body_len), slice_str("owner"));
}

/* An id owns so many closed rooms, whoever has made it their owner; what is on
 * its way counts, too. */
static enum verdict
owner_judge(struct hub *hub, struct record *r)
{
    struct client *c = client_get(hub, r->token);
    bool more = c && !ruling_is_owner(hub, r->name, r->token);
    if (!c || (more && c->owned + c->owning >= RULING_OWNED)) {
        r->why = "this id owns as many closed rooms as one may";
        return VERDICT_FULL;
    }
    c->owning++;
    client_touch(hub, c);
    return VERDICT_NEW;
}

/* Who joins a closed room that has no list makes it. */
static enum verdict
first_judge(struct hub *hub, struct record *r)
{
    struct room *room = room_get(hub, r->name);
    if (!room)
        return VERDICT_FULL;
    if (room_is_made(room))
        return VERDICT_REPEAT;
    enum verdict verdict = owner_judge(hub, r);
    room->listing = verdict == VERDICT_NEW;
    return verdict;
}

static const char *
full_list(struct hub *hub, const struct record *r)
{
    if (r->ruling == RULING_MEMBER && !room_get(hub, r->name))
        return "the broker has as many rooms as it may";
    const struct shelf *shelf = shelf_find(hub, r->ruling, r->name);
    bool full = shelf && shelf->count + shelf->placed >= RULING_LIST;
    return r->name.len && full ? "the list of this room is full" : NULL;
}

/* What is about one room leaves some to what is about the whole broker: anybody
 * can make a closed room, and invite to it, or ban from it, whom he likes. */
static unsigned
most_of(const struct hub *hub, const struct record *r)
{
    unsigned most = hub->options.rulings;
    return r->name.len ? most - most / RULING_RESERVED : most;
}

/* Why there can be no more of these; NULL: there can. */
static const char *
ruling_full(struct hub *hub, const struct record *r)
{
    const struct rulings *rulings = &hub->rulings;
    if (ruling_same(hub, r))
        return NULL; /* it takes that one's place */
    if (rulings->total + rulings->placed >= most_of(hub, r))
        return "as many rulings are in force as the broker keeps";
    if (is_network(r) &&
        rulings->network_count + rulings->placed_networks >= RULING_NETWORKS)
        return "as many networks are banned as the broker keeps";
    return full_list(hub, r);
}

/* Nothing is kept of the end of what never was. What has its place before this
 * one may be what it ends. */
static enum verdict
lift_judge(const struct hub *hub, const struct record *r)
{
    if (r->upto)
        return over_judge(hub, r);
    bool known = r->sure || ruling_same(hub, r) || hub->rulings.placed;
    return known ? VERDICT_NEW : VERDICT_REPEAT;
}

static enum verdict
ruling_judge(struct hub *hub, struct record *r)
{
    if (r->lifted)
        return lift_judge(hub, r);
    if (!ruling_lasts(r->ruling))
        return VERDICT_NEW;
    if (r->ruling == RULING_CLAIM)
        return claim_judge(hub, r);
    r->why = ruling_full(hub, r);
    if (r->why)
        return VERDICT_FULL;
    if (r->first)
        return first_judge(hub, r);
    return makes_owner(r) ? owner_judge(hub, r) : VERDICT_NEW;
}

/* Counts it while it is on its way, so that a limit holds in one turn, too. */
static void
count_placed(struct hub *hub, const struct record *r, unsigned by)
{
    struct room *room = r->ruling == RULING_MEMBER ? room_find(hub, r->name)
                                                   : NULL;
    struct shelf *shelf = shelf_get(hub, r->ruling, r->name);
    shelf->placed += by;
    shelf_check(hub, shelf);
    hub->rulings.placed += by;
    if (is_network(r))
        hub->rulings.placed_networks += by;
    if (room)
        room->placed_list += by;
}

bool
ruling_stamp(struct hub *hub, struct record *r)
{
    r->verdict = ruling_judge(hub, r);
    r->stored = r->verdict == VERDICT_NEW;
    if (r->stored && is_counted(r))
        count_placed(hub, r, 1);
    if (r->stored)
        ruling_placed_add(hub, r);
    if (r->stored && r->ruling == RULING_REDACT)
        hub->rulings.redacting = log_redacted(r);
    return r->stored;
}

static void
unplace_owner(struct hub *hub, const struct record *r)
{
    struct room *room = r->first ? room_find(hub, r->name) : NULL;
    struct client *c = client_find(hub, r->token);
    if (room)
        room->listing = false;
    if (!c)
        return;
    c->owning--;
    client_touch(hub, c);
}

static void
unplace(struct hub *hub, const struct record *r)
{
    struct client *c = r->ruling == RULING_CLAIM ? client_find(hub, r->token)
                                                 : NULL;
    ruling_placed_remove(hub, r);
    if (is_counted(r))
        count_placed(hub, r, -1u);
    if (r->ruling == RULING_CLAIM && !r->lifted)
        hub->rulings.placed_claims--;
    if (c && !r->lifted)
        client_claiming(hub, c, false);
    if (makes_owner(r))
        unplace_owner(hub, r);
}

void
ruling_revoke(struct hub *hub, const struct record *r)
{
    struct room *room = room_find(hub, r->name);
    if (r->verdict == VERDICT_NEW)
        unplace(hub, r);
    if (r->ruling == RULING_REDACT)
        hub->rulings.redacting = 0;
    if (!room)
        return;
    room->leaving = false;
    room_check(hub, room);
}

static void
answer(struct hub *hub, const struct record *r)
{
    struct peer *p = peer_find(hub, r->origin);
    struct message m = reply_to_record(r, OP_OK);
    if (p && r->verdict == VERDICT_FULL)
        peer_error(hub, p, &m, ERR_TOO_MANY, "%s", r->why);
    else if (p && r->answer != ANSWER_NONE)
        peer_answer(hub, p, &m);
}

/* Appends its end, in the words of whoever made it. False: the store takes
 * nothing now. */
static bool
lift(struct hub *hub, const struct ruling *what, struct slice by)
{
    struct record *r = log_record(hub->log, RECORD_RULING,
                                  by.len + what->room.len + what->subject.len);
    r->ruling = what->kind;
    r->lifted = true;
    r->keep = true;
    r->time = hub->now.wall;
    r->sure = true;
    r->upto = what->until;
    r->from = record_copy(r, by);
    r->name = record_copy(r, what->room);
    r->token = record_copy(r, what->subject);
    return !log_append(hub->log, r);
}

/* An invitation by whom something before it in the turn has put out of the
 * room, or who has lost his role. */
static bool
is_void(struct hub *hub, const struct record *r)
{
    return r->ruling == RULING_MEMBER && !r->lifted && !r->first &&
           access_role(hub->options.access, r->from) < ROLE_MODERATOR &&
           (!ruling_is_owner(hub, r->name, r->from) ||
            ruling_ban_of(hub, r->name, r->from));
}

/* It is in the log, so its end is to be, too; here it is never in force. */
static void
undo(struct hub *hub, const struct record *r)
{
    const struct ruling what = {
        .kind = r->ruling, .room = r->name, .subject = r->token};
    struct peer *p = peer_find(hub, r->origin);
    struct message m = reply_to_record(r, OP_ERROR);
    unplace(hub, r);
    (void)lift(hub, &what, r->from);
    if (p)
        peer_error(hub, p, &m, ERR_DENIED, "you are not in this room any more");
}

void
ruling_committed(struct hub *hub, const struct record *r)
{
    if (r->verdict == VERDICT_NEW && is_void(hub, r)) {
        undo(hub, r);
        return;
    }
    if (r->verdict == VERDICT_NEW) {
        unplace(hub, r);
        ruling_apply(hub, r);
        ruling_act(hub, r);
        if (log_redacted(r))
            search_redacted(hub, log_redacted(r));
        LOG(hub->options.logger, LOG_INFO, "ruling",
            LOG_TEXT("kind", ruling_word(r->ruling)), LOG_SLICE("by", r->from),
            LOG_SLICE("room", r->name), LOG_SLICE("subject", r->token),
            LOG_SLICE("value", slice_of(r->body, r->body_len)),
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

void
ruling_sweep(struct hub *hub)
{
    enum { AGAIN = 60000 }; /* ms: until what was not lifted is tried again */
    struct rulings *rulings = &hub->rulings;
    if (!rulings->next_until || rulings->next_until > hub->now.wall)
        return;
    rulings->next_until = 0;
    struct ruling *ruling;
    DL_FOREACH2(rulings->timed, ruling, timed_next)
    {
        bool over = ruling_is_over(hub, ruling);
        if (over)
            (void)lift(hub, ruling, ruling->by);
        ruling_expect(rulings, over ? hub->now.wall + AGAIN : ruling->until);
    }
}

bool
ruling_room_gone(struct hub *hub, const struct room *room)
{
    return lift(hub, room->about, room->about->by);
}
