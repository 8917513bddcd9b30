/* SPDX-License-Identifier: MPL-2.0 */
/* The start: what was saved, then each record since the last whole round. */
#include "log_sim_state.h"

static struct record *
record_of(struct log_sim *l, const struct kept *k)
{
    size_t bytes = k->from.len + k->name.len + k->lane.len + k->wire.len +
                   k->token.len + k->value.len;
    struct record *r = log_record(&l->log, k->kind, bytes);
    r->from = record_copy(r, k->from);
    r->name = record_copy(r, k->name);
    r->lane = record_copy(r, k->lane);
    r->wire = record_copy(r, k->wire);
    r->token = record_copy(r, k->token);
    r->body = (uint8_t *)(uintptr_t)record_copy(r, k->value).data;
    r->body_len = (uint32_t)k->value.len;
    r->ruling = k->ruling;
    r->lifted = k->lifted;
    r->n = k->n;
    r->upto = k->upto;
    r->seq = k->seq;
    r->prev = k->prev;
    r->time = k->time;
    r->inbox = k->inbox;
    r->spent = k->spent;
    r->receipt = k->receipt;
    r->keep = r->stored = true;
    return r;
}

static void
restore(struct log_sim *l, const struct log_state *state)
{
    l->log.owner.restore(l->log.owner.self, state);
}

/* The rooms are the engine's own knowledge, of all records or of those that
 * are not replayed. */
static void
restore_room(struct log_sim *l, struct slice room)
{
    const struct disk *disk = l->disk;
    size_t count = dice_one_in(&l->disk->dice, 2) ? disk->count
                                                  : disk->replay_from;
    uint64_t until = count ? disk->kept[count - 1]->seq : 0;
    struct way way = {.kind = CHANNEL_ROOM, .name = room};
    const struct kept *first = disk_after(disk, way, 0);
    const struct kept *last = disk_upto(disk, way, until);
    if (last)
        restore(l, &(struct log_state){.kind = STATE_ROOM,
                                       .name = room,
                                       .head = last->seq,
                                       .first = first->seq});
}

static void
restore_rooms(struct log_sim *l)
{
    const struct disk *disk = l->disk;
    for (size_t i = 0; i < disk->count; i++) {
        const struct kept *k = disk->kept[i];
        struct way way = {.kind = CHANNEL_ROOM, .name = k->name};
        if (k->kind == RECORD_SAY && disk_after(disk, way, 0) == k)
            restore_room(l, k->name);
    }
}

static bool
is_same_ruling(const struct kept *a, const struct kept *b)
{
    return b->kind == RECORD_RULING && a->ruling == b->ruling &&
           slice_eq(a->name, b->name) && slice_eq(a->token, b->token);
}

/* So are the rulings. The last word on each counts. */
static void
restore_rulings(struct log_sim *l)
{
    const struct disk *disk = l->disk;
    for (size_t i = 0; i < disk->count; i++) {
        const struct kept *k = disk->kept[i];
        bool counts = k->kind == RECORD_RULING && !k->lifted &&
                      ruling_lasts(k->ruling);
        for (size_t j = i + 1; counts && j < disk->count; j++)
            counts = !is_same_ruling(k, disk->kept[j]);
        if (counts)
            restore(l, &(struct log_state){.kind = STATE_RULING,
                                           .ruling = k->ruling,
                                           .name = k->name,
                                           .lane = k->token,
                                           .by = k->from,
                                           .value = k->value,
                                           .head = k->seq,
                                           .time = k->time,
                                           .until = k->upto});
    }
}

bool
log_sim_load(struct log *log)
{
    struct log_sim *l = log_sim(log);
    const struct disk *disk = l->disk;
    struct log_owner *owner = &log->owner;
    restore(l, &disk->marks);
    restore_rooms(l);
    for (const struct saved *s = disk->saved; s; s = s->next)
        restore(l, &s->state);
    restore_rulings(l);
    for (size_t i = 0; i < disk->count; i++) {
        struct record *r = record_of(l, disk->kept[i]);
        if (i >= disk->replay_from)
            owner->replay(owner->self, r);
        if (!tail_add(&l->tail, r))
            record_free(log, r);
    }
    return true;
}
