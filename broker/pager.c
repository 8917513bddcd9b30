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

#include "db_state.h"
#include "pager_write.h"

void
pager_init(struct pager *pager, struct log *log, struct db *db,
           struct tail *tail)
{
    *pager = (struct pager){
        .log = log, .db = db, .tail = tail, .round = PAGER_BYTES};
    pager->hidden = xcalloc(PAGER_HIDDEN, sizeof *pager->hidden);
    pager->bytes = xmalloc(DB_PAGE_MOST + LIMIT_FRAME);
}

void
pager_fini(struct pager *pager)
{
    free(pager->hidden);
    free(pager->bytes);
}

void
pager_turn(struct pager *pager, size_t bytes, uint64_t now_ms)
{
    pager->waiting += bytes;
    if (!pager->since)
        pager->since = now_ms;
}

static void
round_begin(struct pager *pager, uint64_t last)
{
    pager->phase = PAGER_CHANNELS;
    pager->left = pager->tail->unpaged_count;
    pager->cut = last;
    pager->waiting = 0;
    pager->since = 0;
}

bool
pager_due(struct pager *pager, uint64_t last, uint64_t now_ms)
{
    bool waited = pager->since && pager->since + PAGER_WAIT <= now_ms;
    if (pager->phase == PAGER_IDLE && pager->waiting &&
        (pager->waiting >= pager->round || waited))
        round_begin(pager, last);
    if (!pager->walk && pager->rules && pager->rules->count &&
        pager->walk_at <= now_ms) {
        pager->walk = 1;
        pager->walk_at = now_ms + PAGER_RETAIN;
    }
    return pager->phase != PAGER_IDLE || pager->walk;
}

/* --- the phases: false is a failure --- */

static void
spend(struct pager *pager, size_t bytes)
{
    bytes += PAGER_ROW;
    pager->budget -= bytes < pager->budget ? bytes : pager->budget;
}

static bool
step_channels(struct pager *pager)
{
    if (!pager->left) {
        pager->phase = PAGER_STATES;
        pager->left = pager->log->owner.changes(pager->log->owner.self);
        return true;
    }
    size_t bytes = 0;
    struct channel *channel = tail_unpaged_take(pager->tail);
    pager->left--;
    channel->next_unpaged = pager->written;
    pager->written = channel;
    bool done = pager_write(pager, channel, &bytes);
    spend(pager, bytes);
    return done;
}

static bool
step_states(struct pager *pager)
{
    const struct log_owner *owner = &pager->log->owner;
    struct log_state state;
    if (!pager->left) {
        pager->phase = PAGER_TURNS;
        owner->marks(owner->self, &state);
        return db_marks_put(pager->db, &state, pager->cut, pager->gone);
    }
    pager->left--;
    pager->took_states = true;
    owner->change(owner->self, &state);
    spend(pager, 0);
    return db_state_put(pager->db, &state);
}

static bool
step_turns(struct pager *pager)
{
    bool more;
    spend(pager, PAGER_STEP / 4); /* a turn is as large as what made it */
    if (!turn_drop(pager->db, pager->cut, &more))
        return false;
    if (!more)
        pager->phase = PAGER_IDLE;
    return true;
}

bool
pager_step(struct pager *pager, size_t bytes, uint64_t wall)
{
    static bool (*const steps[])(struct pager *) = {
        [PAGER_CHANNELS] = step_channels,
        [PAGER_STATES] = step_states,
        [PAGER_TURNS] = step_turns,
    };
    pager->budget = bytes > PAGER_STEP ? bytes : PAGER_STEP;
    while (pager->budget && pager->phase != PAGER_IDLE) {
        if (!steps[pager->phase](pager))
            return false;
    }
    while (pager->budget && pager->walk && pager->hidden_count < PAGER_HIDDEN) {
        if (!pager_retain(pager, wall))
            return false;
        spend(pager, 0);
    }
    return true;
}

/* --- after the transaction --- */

/* Every channel that had messages up to the cut was written: what is older may
 * leave the memory. */
static void
settle_written(struct pager *pager)
{
    struct channel *channel;
    while ((channel = pager->written)) {
        pager->written = channel->next_unpaged;
        channel->unpaged = false;
        tail_settle(pager->tail, channel);
    }
    if (pager->phase > PAGER_CHANNELS || pager->phase == PAGER_IDLE)
        pager->paged = pager->cut;
}

static void
hide(struct pager *pager, const struct hidden *hidden)
{
    const struct log_owner *owner = &pager->log->owner;
    struct channel *channel = tail_find(pager->tail, &hidden->key);
    if (channel)
        tail_hide(pager->tail, channel, hidden->trimmed);
    if (channel_key_kind(hidden->key.bytes) == CHANNEL_ROOM)
        owner->trimmed(owner->self, channel_key_name(hidden->key.bytes),
                       hidden->first);
}

void
pager_committed(struct pager *pager)
{
    settle_written(pager);
    for (unsigned i = 0; i < pager->hidden_count; i++)
        hide(pager, &pager->hidden[i]);
    pager->hidden_count = 0;
    pager->took_states = false;
}

/* The round begins anew; what was not written is in its list again. */
void
pager_failed(struct pager *pager)
{
    const struct log_owner *owner = &pager->log->owner;
    struct channel *channel;
    while ((channel = pager->written)) {
        pager->written = channel->next_unpaged;
        tail_unpaged_return(pager->tail, channel);
    }
    if (pager->took_states)
        owner->unsaved(owner->self);
    if (pager->phase != PAGER_IDLE) {
        pager->phase = PAGER_CHANNELS;
        pager->left = pager->tail->unpaged_count;
    }
    pager->took_states = false;
    pager->hidden_count = 0;
    pager->walk = 0;
}
