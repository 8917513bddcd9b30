/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A transaction is a batch of stamped records and a list of states. Saving goes
 * in rounds: a round takes, over several transactions, as many changes as there
 * were when it began; when the last of them is safe, only records from the
 * transaction of its beginning on need to be replayed.
 */
#include <stdlib.h>

#include "broker/xmem.h"
#include "log_sim_state.h"

static void
queue_add(struct queue *q, struct record *r)
{
    r->next = NULL;
    if (q->first)
        q->last->next = r;
    else
        q->first = r;
    q->last = r;
}

static struct record *
queue_take(struct queue *q)
{
    struct record *r = q->first;
    if (r)
        q->first = r->next;
    return r;
}

static bool
is_message(const struct record *r)
{
    return r->kind == RECORD_SAY || r->kind == RECORD_TELL ||
           r->kind == RECORD_ACK || r->kind == RECORD_RULING;
}

static bool
is_full(const struct log_sim *l)
{
    return l->disk->now < l->disk->full_until;
}

static enum err
sim_append(struct log *log, struct record *r)
{
    struct log_sim *l = log_sim(log);
    if (log->fault && !is_full(l))
        log->fault = NULL;
    /* A message with an n may be a repeat; only `stamp` knows. */
    bool news = r->kind == RECORD_RULING || (r->keep && !r->n);
    bool refuses = log->fault && is_message(r) && news;
    if (refuses) {
        record_free(log, r);
        return l->disk->full_err;
    }
    queue_add(&l->appended, r);
    return ERR_NONE;
}

/* --- a transaction begins --- */

static void
take_change(struct log_sim *l)
{
    struct log_owner *owner = &l->log.owner;
    struct log_state state;
    owner->change(owner->self, &state);
    struct saved *s = xcalloc(1, sizeof *s + state.name.len + state.lane.len);
    uint8_t *names = (uint8_t *)(s + 1);
    memcpy(names, state.name.data, state.name.len);
    if (state.lane.len)
        memcpy(names + state.name.len, state.lane.data, state.lane.len);
    s->state = state;
    s->state.name = slice_of(names, state.name.len);
    s->state.lane = slice_of(names + state.name.len, state.lane.len);
    *l->states_end = s;
    l->states_end = &s->next;
}

static void
take_changes(struct log_sim *l)
{
    struct log_owner *owner = &l->log.owner;
    unsigned most = l->disk->save;
    if (!most)
        return;
    if (!l->round) {
        l->round = true;
        l->left = owner->changes(owner->self);
        l->from = l->disk->count;
    }
    for (; most && l->left; most--, l->left--) {
        if (!owner->changes(owner->self)) {
            l->left = 0; /* some need not be saved any more */
            break;
        }
        take_change(l);
    }
    l->disk->save = l->left ? most : 0;
    if (l->left)
        return;
    l->complete = true;
    owner->marks(owner->self, &l->marks);
}

static uint64_t
next_seq(struct log_sim *l)
{
    return l->disk->top = l->next_seq++;
}

static bool
stamp_batch(struct log_sim *l)
{
    struct log_owner *owner = &l->log.owner;
    bool stored = false;
    for (struct record *r = l->batch.first; r; r = r->next) {
        r->stored = owner->stamp(owner->self, r, next_seq(l));
        stored = stored || r->stored;
    }
    return stored;
}

/* As much of what was appended as one transaction takes. */
static void
fill_batch(struct log_sim *l)
{
    bool some = dice_one_in(&l->disk->dice, 4);
    struct record *r;
    while ((r = queue_take(&l->appended))) {
        queue_add(&l->batch, r);
        if (some && dice_one_in(&l->disk->dice, 3))
            return;
    }
}

/* --- and ends --- */

static void
forget_states(struct log_sim *l)
{
    while (l->states) {
        struct saved *next = l->states->next;
        free(l->states);
        l->states = next;
    }
    l->states_end = &l->states;
    l->complete = false;
}

static void
make_kept(struct disk *disk, const struct record *r)
{
    disk_add(disk, r);
    if (log_redacted(r))
        disk_redact(disk, log_redacted(r));
}

static void
make_safe(struct log_sim *l)
{
    for (const struct record *r = l->batch.first; r; r = r->next)
        if (r->stored)
            make_kept(l->disk, r);
    for (const struct saved *s = l->states; s; s = s->next)
        disk_save(l->disk, &s->state);
    if (l->complete) {
        l->round = false;
        l->disk->marks = l->marks;
        l->disk->replay_from = l->from;
    }
    forget_states(l);
}

static void
hand_back(struct log_sim *l, struct record *r)
{
    struct log_owner *owner = &l->log.owner;
    r->next = NULL;
    bool kept = r->stored && tail_add(&l->tail, r);
    if (r->stored && log_redacted(r))
        tail_redact(&l->tail, r->name, log_redacted(r));
    owner->committed(owner->self, r);
    if (!kept)
        record_free(&l->log, r);
}

static void
finish(struct log_sim *l)
{
    l->writing = false;
    make_safe(l);
    l->log.owner.saved(l->log.owner.self, true);
    struct queue batch = l->batch;
    l->batch = (struct queue){NULL, NULL};
    struct record *r;
    while ((r = queue_take(&batch)))
        hand_back(l, r);
}

static void
revoke_newest_first(struct log_sim *l, struct record *r)
{
    if (!r)
        return;
    revoke_newest_first(l, r->next);
    if (r->stored)
        l->log.owner.revoke(l->log.owner.self, r);
}

/* What was not stored takes its place again among what is left; it may have
 * been a repeat of what is refused now. */
static void
refuse_one(struct log_sim *l, struct record *r)
{
    struct log_owner *owner = &l->log.owner;
    if (!r->stored) {
        r->stored = owner->stamp(owner->self, r, next_seq(l));
        if (r->stored && is_message(r))
            owner->revoke(owner->self, r);
    }
    if (r->stored && is_message(r)) {
        owner->refused(owner->self, r, l->disk->full_err);
        record_free(&l->log, r);
        return;
    }
    r->stored = false;
    hand_back(l, r);
}

static void
fail(struct log_sim *l)
{
    struct log_owner *owner = &l->log.owner;
    bool states = l->states != NULL || l->complete;
    l->writing = false;
    l->disk->failures++;
    l->log.fault = "the disk is full";
    revoke_newest_first(l, l->batch.first);
    forget_states(l);
    l->round = false;
    if (states)
        owner->saved(owner->self, false);
    struct queue batch = l->batch;
    l->batch = (struct queue){NULL, NULL};
    struct record *r;
    while ((r = queue_take(&batch)))
        refuse_one(l, r);
}

static void
begin(struct log_sim *l)
{
    bool saves = l->disk->save && !is_full(l);
    fill_batch(l);
    if (saves && l->disk->save_before)
        take_changes(l);
    bool stored = stamp_batch(l);
    if (saves && !l->disk->save_before)
        take_changes(l);
    bool late = stored && l->disk->now < l->disk->late_until;
    l->writing = true;
    l->ready_at = l->disk->now + (late ? l->disk->late : 0);
}

static bool
move(struct log_sim *l)
{
    if (!l->writing)
        begin(l);
    if (l->disk->now < l->ready_at)
        return false;
    bool stores = l->states || l->complete;
    for (const struct record *r = l->batch.first; r; r = r->next)
        stores = stores || r->stored;
    if (stores && is_full(l))
        fail(l);
    else
        finish(l);
    return !l->disk->one_step;
}

/* A full disk saves nothing, and is not asked again. */
static bool
is_busy(const struct log_sim *l)
{
    return l->writing || l->appended.first || (l->disk->save && !is_full(l));
}

static void
sim_commit(struct log *log)
{
    struct log_sim *l = log_sim(log);
    while (is_busy(l) && move(l))
        continue;
}

static void
sim_read(struct log *log, const struct log_query *q)
{
    tail_read(&log_sim(log)->tail, log, q);
}

static void
sim_free(struct log *log)
{
    struct log_sim *l = log_sim(log);
    tail_fini(&l->tail);
    log_fini(log);
    forget_states(l);
    log_sim_forget_searches(log);
    free(l);
}

void
log_sim_crash(struct log *log)
{
    struct log_sim *l = log_sim(log);
    if (l->writing && !is_full(l) && dice_one_in(&l->disk->dice, 2))
        make_safe(l);
}

uint64_t
log_sim_deadline(const struct log *log)
{
    const struct log_sim *l = log_sim(log);
    if (l->writing)
        return l->ready_at > l->disk->now ? l->ready_at : l->disk->now + 1;
    return is_busy(l) ? l->disk->now + 1 : UINT64_MAX;
}

struct log *
log_sim_new(struct disk *disk, uint64_t wall)
{
    static const struct log_engine engine = {
        .load = log_sim_load,
        .append = sim_append,
        .commit = sim_commit,
        .read = sim_read,
        .search = log_sim_search,
        .answer = log_sim_answer,
        .free = sim_free,
    };
    struct log_sim *l = xcalloc(1, sizeof *l);
    l->log.engine = &engine;
    l->log.durability = "full";
    l->log.finds = true;
    memset(l->log.epoch, 'e', sizeof l->log.epoch - 1);
    l->disk = disk;
    l->states_end = &l->states;
    uint64_t now = wall * 1000;
    l->next_seq = disk->top + 1 > now ? disk->top + 1 : now;
    return &l->log;
}
