/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rings double and halve with what they hold: a room that was busy once does
 * not cost for ever.
 */
#include "channel.h"

#include <stdlib.h>

enum {
    RING_LEAST = 4,       /* slots; a power of two, as every ring's size is */
    ALLOCATION_COST = 16, /* what malloc keeps beside a block */
};

static_assert(CHANNEL_KEY <= UINT8_MAX, "a key's length is one byte");

/* --- keys --- */

static void
key_add(struct channel_key *key, struct slice name)
{
    if (name.len)
        memcpy(key->bytes + key->len, name.data, name.len);
    key->len += name.len;
}

void
channel_key(struct channel_key *key, enum channel_kind kind, struct slice name,
            struct slice with)
{
    assert(name.len <= LIMIT_NAME && with.len <= LIMIT_NAME);
    bool swap = kind == CHANNEL_TALK && slice_cmp(name, with) > 0;
    key->bytes[0] = (uint8_t)kind;
    key->bytes[1] = (uint8_t)(swap ? with.len : name.len);
    key->len = 2;
    key_add(key, swap ? with : name);
    key_add(key, swap ? name : with);
}

enum channel_kind
channel_key_kind(const uint8_t *key)
{
    return (enum channel_kind)key[0];
}

struct slice
channel_key_name(const uint8_t *key)
{
    return slice_of(key + 2, key[1]);
}

struct slice
channel_key_with(const uint8_t *key, size_t len)
{
    return slice_of(key + 2 + key[1], len - 2 - key[1]);
}

/* --- the ring --- */

struct record *
channel_at(const struct channel *channel, size_t i)
{
    const struct ring *ring = &channel->ring;
    return ring->slots[(ring->first + i) & (ring->size - 1)];
}

static void
ring_resize(struct channel *channel, size_t size, size_t *bytes)
{
    struct ring *ring = &channel->ring;
    struct record **slots = xmalloc(size * sizeof *slots);
    for (size_t i = 0; i < ring->count; i++)
        slots[i] = channel_at(channel, i);
    free(ring->slots);
    *bytes += size * sizeof *slots;
    *bytes -= ring->size * sizeof *slots;
    *ring = (struct ring){.slots = slots, .size = size, .count = ring->count};
}

void
channel_push(struct channel *channel, struct record *r, size_t *bytes)
{
    struct ring *ring = &channel->ring;
    if (ring->count == ring->size)
        ring_resize(channel, ring->size * 2, bytes);
    ring->count++;
    ring->slots[(ring->first + ring->count - 1) & (ring->size - 1)] = r;
}

void
channel_shift(struct channel *channel, size_t *bytes)
{
    struct ring *ring = &channel->ring;
    ring->first = (ring->first + 1) & (ring->size - 1);
    ring->count--;
    if (ring->size > RING_LEAST && ring->count < ring->size / 4)
        ring_resize(channel, ring->size / 2, bytes);
}

static uint64_t
seq_of(const struct record *r)
{
    return r->seq;
}

static uint64_t
time_of(const struct record *r)
{
    return r->time;
}

static size_t
ring_find(const struct channel *channel,
          uint64_t (*value)(const struct record *), uint64_t least)
{
    size_t low = 0;
    size_t high = channel->ring.count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (value(channel_at(channel, middle)) < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t
channel_by_seq(const struct channel *channel, uint64_t least)
{
    return ring_find(channel, seq_of, least);
}

size_t
channel_by_time(const struct channel *channel, uint64_t least)
{
    return ring_find(channel, time_of, least);
}

/* --- life --- */

static size_t
size_of(const struct channel *channel)
{
    return sizeof *channel + channel->key_len + (size_t)2 * ALLOCATION_COST;
}

struct channel *
channel_new(const struct channel_key *key, size_t *bytes)
{
    struct channel *channel = xcalloc(1, sizeof *channel + key->len);
    channel->key_len = (uint8_t)key->len;
    memcpy(channel->key, key->bytes, key->len);
    *bytes += size_of(channel);
    ring_resize(channel, RING_LEAST, bytes);
    return channel;
}

void
channel_free(struct channel *channel, size_t *bytes)
{
    *bytes -= size_of(channel);
    *bytes -= channel->ring.size * sizeof *channel->ring.slots;
    free(channel->ring.slots);
    free(channel);
}
