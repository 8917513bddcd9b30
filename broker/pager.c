/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The phases of a round, and what follows a commit.
 *
 * A round takes as many channels and states as there were when it began: both
 * lists are in the order in which things changed, so these cover everything up
 * to the cut, and what changes meanwhile waits for the next round.
 */
#include "pager.h"

#include <stdlib.h>

#include "db_scrub.h"
#include "db_state.h"
#include "pager_write.h"

void
pager_init(struct pager *pager, struct log *log, struct db *db,
           struct tail *tail)
{
    *pager = (struct pager){
        .log = log, .db = db, .tail = tail, .round_bytes = PAGER_BYTES};
    pager->step.hidden = xcalloc(PAGER_HIDDEN, sizeof *pager->step.hidden);
    pager->bytes = xmalloc(DB_PAGE_MOST + LIMIT_FRAME);
}

void
pager_fini(struct pager *pager)
{
    free(pager->step.hidden);
    free(pager->bytes);
}

void
pager_turn(struct pager *pager, size_t bytes, uint64_t now_ms)
{
    pager->waiting += bytes;
    if (!pager->since)
        pager->since = now_ms;
}

static size_t
changes(const struct pager *pager)
{
    const struct log_owner *owner = &pager->log->owner;
    return owner->changes(owner->self);
}

static bool
round_is_due(const struct pager *pager, uint64_t now_ms)
{
    if (pager->waiting >= pager->round_bytes && pager->waiting)
        return true;
    return (pager->since && pager->since + PAGER_WAIT <= now_ms) ||
           changes(pager) >= PAGER_CHANGES;
}

bool
pager_due(struct pager *pager, uint64_t last, uint64_t now_ms)
{
    if (pager->round.phase == PAGER_IDLE && round_is_due(pager, now_ms)) {
        pager->round.phase = PAGER_CHANNELS;
        pager->round.left = pager->tail->unpaged_count;
        pager->round.cut = last;
        pager->waiting = 0;
        pager->since = 0;
    }
    bool rules = pager->rules && pager->rules->count;
    if (!pager->walk.next && rules && pager->walk.at <= now_ms) {
        pager->walk.next = 1;
        pager->walk.at = now_ms + PAGER_RETAIN;
    }
    return pager->round.phase != PAGER_IDLE || pager->walk.next ||
           pager->scrub.phase != SCRUB_REST;
}

/* --- the phases: false is a failure --- */

void
pager_spend(struct pager *pager, size_t bytes)
{
    size_t *budget = &pager->step.budget;
    *budget -= bytes + PAGER_ROW < *budget ? bytes + PAGER_ROW : *budget;
}

static bool
put_marks(struct pager *pager)
{
    const struct log_owner *owner = &pager->log->owner;
    struct log_state state;
    owner->marks(owner->self, &state);
    return db_marks_put(pager->db, &state, pager->round.cut, pager->gone);
}

/* The marks go first, too: an id that is forgotten leaves one. */
static bool
begin_states(struct pager *pager)
{
    pager->round.phase = PAGER_STATES;
    pager->round.left = changes(pager);
    pager->step.all_written = true;
    return put_marks(pager);
}

static bool
step_channels(struct pager *pager)
{
    if (!pager->round.left)
        return begin_states(pager);
    bool more = false;
    size_t bytes = 0;
    struct channel *channel = tail_unpaged_take(pager->tail);
    pager->round.left--;
    bool done = pager_write(pager, channel, &bytes, &more);
    if (more || !done) {
        pager->step.cut_short = channel;
        pager->step.budget = 0;
        return done;
    }
    channel->next_unpaged = pager->step.written;
    pager->step.written = channel;
    pager_spend(pager, bytes);
    return true;
}

static bool
step_states(struct pager *pager)
{
    const struct log_owner *owner = &pager->log->owner;
    struct log_state state;
    if (!pager->round.left || !changes(pager)) { /* some need not be saved */
        pager->round.phase = PAGER_TURNS;
        return put_marks(pager);
    }
    pager->round.left--;
    pager->step.took_states = true;
    owner->change(owner->self, &state);
    pager_spend(pager, 0);
    return db_state_put(pager->db, &state);
}

static bool
step_turns(struct pager *pager)
{
    bool more;
    pager_spend(pager, PAGER_STEP / 4); /* a turn is as large as what made it */
    if (!turn_drop(pager->db, pager->round.cut, &more))
        return false;
    if (!more)
        pager->round.phase = PAGER_IDLE;
    return true;
}

void
pager_redacted(struct pager *pager)
{
    if (pager->scrub.phase == SCRUB_DROP)
        pager->scrub.again = true;
    else
        pager->scrub.phase = SCRUB_FILL;
}

bool
pager_scrub(struct pager *pager, size_t bytes)
{
    bool more;
    pager->step.scrubs = pager->scrub.phase != SCRUB_REST;
    if (pager->scrub.phase == SCRUB_FILL) {
        if (!db_scrub_fill(pager->db, bytes, &more))
            return false;
        pager->scrub.phase = more ? SCRUB_FILL : SCRUB_DROP;
    } else if (pager->scrub.phase == SCRUB_DROP) {
        if (!db_scrub_drop(pager->db, &more))
            return false;
        pager->scrub.phase = more ? SCRUB_DROP : SCRUB_REST;
    }
    if (pager->scrub.phase != SCRUB_REST || !pager->scrub.again)
        return true;
    pager->scrub.again = false;
    pager->scrub.phase = SCRUB_FILL;
    return db_scrub_mark(pager->db);
}

bool
pager_step(struct pager *pager, size_t bytes, uint64_t wall)
{
    static bool (*const phases[])(struct pager *) = {
        [PAGER_CHANNELS] = step_channels,
        [PAGER_STATES] = step_states,
        [PAGER_TURNS] = step_turns,
    };
    pager->step.budget = bytes > PAGER_STEP ? bytes : PAGER_STEP;
    pager->step.in_round = pager->round.phase != PAGER_IDLE;
    pager->step.all_written = false;
    pager->step.scrubs = false;
    memcpy(pager->step.gone, pager->gone, sizeof pager->gone);
    while (pager->step.budget && pager->round.phase != PAGER_IDLE) {
        if (!phases[pager->round.phase](pager))
            return false;
    }
    while (pager->step.budget && pager->walk.next &&
           pager->step.hidden_count < PAGER_HIDDEN) {
        if (!pager_retain(pager, wall))
            return false;
    }
    return pager_scrub(pager, bytes > PAGER_STEP ? bytes : PAGER_STEP);
}

/* --- after the transaction --- */

static void
return_cut_short(struct pager *pager)
{
    if (!pager->step.cut_short)
        return;
    tail_unpaged_return(pager->tail, pager->step.cut_short);
    pager->round.left++;
    pager->step.cut_short = NULL;
}

static void
settle_written(struct pager *pager)
{
    struct channel *channel;
    while ((channel = pager->step.written)) {
        pager->step.written = channel->next_unpaged;
        channel->unpaged = false;
        tail_settle(pager->tail, channel);
    }
    return_cut_short(pager);
    if (pager->step.all_written)
        pager->paged = pager->round.cut;
}

/* A room that lost everything in its pages may have more in memory. */
static void
hide(struct pager *pager, const struct hidden *hidden)
{
    const struct log_owner *owner = &pager->log->owner;
    struct channel *channel = tail_find(pager->tail, &hidden->key);
    uint64_t first = hidden->first;
    if (channel)
        tail_hide(pager->tail, channel, hidden->trimmed);
    if (channel_key_kind(hidden->key.bytes) != CHANNEL_ROOM)
        return;
    channel = tail_find(pager->tail, &hidden->key);
    if (!first && channel && channel->ring.count)
        first = channel_at(channel, 0)->seq;
    owner->trimmed(owner->self, channel_key_name(hidden->key.bytes), first);
}

void
pager_committed(struct pager *pager)
{
    const struct log_owner *owner = &pager->log->owner;
    settle_written(pager);
    for (unsigned i = 0; i < pager->step.hidden_count; i++)
        hide(pager, &pager->step.hidden[i]);
    pager->step.hidden_count = 0;
    if (pager->step.took_states)
        owner->saved(owner->self, true);
    pager->step.took_states = false;
}

/* What was not written is in its list again, and the round begins anew, also if
 * this step would have been its last. */
void
pager_failed(struct pager *pager)
{
    const struct log_owner *owner = &pager->log->owner;
    struct channel *channel;
    return_cut_short(pager);
    while ((channel = pager->step.written)) {
        pager->step.written = channel->next_unpaged;
        tail_unpaged_return(pager->tail, channel);
    }
    if (pager->step.took_states)
        owner->saved(owner->self, false);
    if (pager->step.in_round) {
        pager->round.phase = PAGER_CHANNELS;
        pager->round.left = pager->tail->unpaged_count;
    }
    memcpy(pager->gone, pager->step.gone, sizeof pager->gone);
    if (pager->step.scrubs)
        pager->scrub.phase = SCRUB_FILL;
    pager->step.took_states = false;
    pager->step.hidden_count = 0;
    pager->walk.next = 0;
}
