/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lookups go through the records by binary search and then step by step: a run
 * has a few thousand of them.
 */
#include "disk.h"

#include <stdlib.h>

#include "broker/xmem.h"

void
disk_fini(struct disk *disk)
{
    for (size_t i = 0; i < disk->count; i++)
        free(disk->kept[i]);
    free(disk->kept);
    while (disk->saved) {
        struct saved *next = disk->saved->next;
        free(disk->saved);
        disk->saved = next;
    }
}

static struct slice
put(uint8_t **at, struct slice bytes)
{
    struct slice copy = slice_of(*at, bytes.len);
    if (bytes.len)
        memcpy(*at, bytes.data, bytes.len);
    *at += bytes.len;
    return copy;
}

uint32_t
disk_serial(struct slice text)
{
    uint32_t serial = 0;
    size_t i = 1;
    if (text.len < 2 || text.data[0] != 's')
        return NO_SERIAL;
    for (; i < text.len && text.data[i] >= '0' && text.data[i] <= '9'; i++)
        serial = serial * 10 + (text.data[i] - (uint32_t)'0');
    return serial;
}

static uint32_t
wire_serial(struct slice wire)
{
    struct reader r = reader_open(wire);
    struct message m;
    struct fault fault;
    if (!wire.len || message_read(&r, SIDE_BROKER, &m, &fault))
        return NO_SERIAL;
    return disk_serial(m.text);
}

void
disk_add(struct disk *disk, const struct record *r)
{
    bool rules = r->kind == RECORD_RULING;
    struct slice value = slice_of(r->body, rules ? r->body_len : 0);
    size_t bytes = r->from.len + r->name.len + r->lane.len + r->wire.len +
                   r->token.len + value.len;
    struct kept *k = xcalloc(1, sizeof *k + bytes);
    uint8_t *at = (uint8_t *)(k + 1);
    *k = (struct kept){
        .kind = r->kind,
        .n = r->n,
        .upto = r->upto,
        .seq = r->seq,
        .prev = r->prev,
        .time = r->time,
        .ruling = r->ruling,
        .lifted = r->lifted,
        .inbox = r->inbox,
        .spent = r->spent,
        .receipt = r->receipt,
        .serial = wire_serial(r->wire),
    };
    k->from = put(&at, r->from);
    k->name = put(&at, r->name);
    k->lane = put(&at, r->lane);
    k->wire = put(&at, r->wire);
    k->token = put(&at, rules ? r->token : value);
    k->value = put(&at, value);
    if (disk->count == disk->cap) {
        disk->cap = disk->cap ? 2 * disk->cap : 256;
        disk->kept = xrealloc(disk->kept, disk->cap * sizeof *disk->kept);
    }
    disk->kept[disk->count++] = k;
}

void
disk_redact(struct disk *disk, uint64_t seq)
{
    for (size_t i = disk->count; i-- > 0;) {
        struct kept *k = disk->kept[i];
        if (k->kind != RECORD_SAY || k->seq != seq)
            continue;
        uint8_t gone[LIMIT_FRAME];
        uint8_t *wire = (uint8_t *)(uintptr_t)k->wire.data;
        k->wire.len = log_gone(k->wire, gone);
        memcpy(wire, gone, k->wire.len);
        return;
    }
}

/* --- states --- */

static struct saved **
saved_find(struct disk *disk, const struct log_state *state)
{
    struct saved **at = &disk->saved;
    while (*at && !((*at)->state.kind == state->kind &&
                    slice_eq((*at)->state.name, state->name) &&
                    slice_eq((*at)->state.lane, state->lane)))
        at = &(*at)->next;
    return at;
}

void
disk_save(struct disk *disk, const struct log_state *state)
{
    struct saved **at = saved_find(disk, state);
    struct saved *was = *at;
    struct saved *s;
    if (was) {
        *at = was->next;
        free(was);
    }
    if (state->gone)
        return;
    s = xcalloc(1, sizeof *s + state->name.len + state->lane.len);
    uint8_t *bytes = (uint8_t *)(s + 1);
    s->state = *state;
    s->state.name = put(&bytes, state->name);
    s->state.lane = put(&bytes, state->lane);
    s->next = disk->saved;
    disk->saved = s;
}

/* --- lookups --- */

/* The place of the first record behind `seq`. */
static size_t
place(const struct disk *disk, uint64_t seq)
{
    size_t low = 0;
    size_t high = disk->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (disk->kept[middle]->seq <= seq)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool
is_of(const struct kept *k, struct way way)
{
    if (way.kind == CHANNEL_ROOM)
        return k->kind == RECORD_SAY && slice_eq(k->name, way.name);
    if (k->kind != RECORD_TELL)
        return false;
    if (way.kind == CHANNEL_MAIL)
        return slice_eq(k->name, way.name);
    return (slice_eq(k->name, way.name) && slice_eq(k->from, way.with)) ||
           (slice_eq(k->name, way.with) && slice_eq(k->from, way.name));
}

const struct kept *
disk_after(const struct disk *disk, struct way way, uint64_t seq)
{
    for (size_t i = place(disk, seq); i < disk->count; i++)
        if (is_of(disk->kept[i], way))
            return disk->kept[i];
    return NULL;
}

const struct kept *
disk_upto(const struct disk *disk, struct way way, uint64_t seq)
{
    for (size_t i = place(disk, seq); i-- > 0;)
        if (is_of(disk->kept[i], way))
            return disk->kept[i];
    return NULL;
}

const struct kept *
disk_find(const struct disk *disk, uint64_t seq)
{
    size_t i = place(disk, seq);
    return i && disk->kept[i - 1]->seq == seq ? disk->kept[i - 1] : NULL;
}

uint64_t
disk_acked(const struct disk *disk, struct slice id)
{
    uint64_t acked = 0;
    for (size_t i = 0; i < disk->count; i++) {
        const struct kept *k = disk->kept[i];
        if (k->kind == RECORD_ACK && slice_eq(k->from, id) && k->upto > acked)
            acked = k->upto;
    }
    return acked;
}
