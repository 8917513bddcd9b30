/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Seqs and times both grow along a ring, so every question is a binary search
 * for where a page begins or ends. Rings double and halve with what they hold:
 * a room that was busy once does not cost for ever. All that is allocated here
 * is counted, the allocator's own share too, since strangers choose how many
 * channels there are.
 */
#include "tail.h"

#include <stdlib.h>

#include "hash.h"

enum {
    RING_LEAST = 4,       /* slots; a power of two, as every ring's size is */
    ALLOCATION_COST = 16, /* what malloc keeps beside a block */
    KEY_MAX = 2 + 2 * LIMIT_NAME,
};

struct ring {
    struct record **slots;
    size_t size, first, count;
};

/* A key is the kind, the length of the first name, the first name, and for a
 * conversation the second. */
struct key {
    uint8_t len;
    uint8_t bytes[KEY_MAX];
};

struct channel {
    UT_hash_handle hh;
    struct ring ring;
    struct mark trimmed;
    uint8_t key_len;
    uint8_t key[];
};

static_assert(KEY_MAX <= UINT8_MAX, "a key's length is one byte");

static struct record *
ring_at(const struct ring *ring, size_t i)
{
    return ring->slots[(ring->first + i) & (ring->size - 1)];
}

static void
ring_resize(struct tail *tail, struct ring *ring, size_t size)
{
    struct record **slots = xmalloc(size * sizeof *slots);
    for (size_t i = 0; i < ring->count; i++)
        slots[i] = ring_at(ring, i);
    free(ring->slots);
    tail->bytes += size * sizeof *slots;
    tail->bytes -= ring->size * sizeof *slots;
    *ring = (struct ring){.slots = slots, .size = size, .count = ring->count};
}

static void
ring_push(struct tail *tail, struct ring *ring, struct record *r)
{
    if (ring->count == ring->size)
        ring_resize(tail, ring, ring->size * 2);
    ring->count++;
    ring->slots[(ring->first + ring->count - 1) & (ring->size - 1)] = r;
}

static void
ring_shift(struct tail *tail, struct ring *ring)
{
    ring->first = (ring->first + 1) & (ring->size - 1);
    ring->count--;
    if (ring->size > RING_LEAST && ring->count < ring->size / 4)
        ring_resize(tail, ring, ring->size / 2);
}

static uint64_t
by_seq(const struct record *r)
{
    return r->seq;
}

static uint64_t
by_time(const struct record *r)
{
    return r->time;
}

/* The first place whose value is at least `least`; `count` when there is none.
 */
static size_t
ring_find(const struct ring *ring, uint64_t (*value)(const struct record *),
          uint64_t least)
{
    size_t low = 0;
    size_t high = ring->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (value(ring_at(ring, middle)) < least)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct key
key_make(enum channel_kind kind, struct slice name, struct slice with)
{
    assert(name.len + with.len <= (size_t)2 * LIMIT_NAME);
    struct slice a = name;
    struct slice b = with;
    if (slice_cmp(a, b) > 0 && kind == CHANNEL_TALK) {
        a = with;
        b = name;
    }
    struct key key = {.len = (uint8_t)(2 + a.len + b.len),
                      .bytes = {(uint8_t)kind, (uint8_t)a.len}};
    memcpy(key.bytes + 2, a.data, a.len);
    if (b.len)
        memcpy(key.bytes + 2 + a.len, b.data, b.len);
    return key;
}

static struct channel *
channel_find(const struct tail *tail, const struct key *key)
{
    struct channel *channel;
    HASH_FIND(hh, tail->channels, key->bytes, key->len, channel);
    return channel;
}

static size_t
channel_bytes(const struct channel *channel)
{
    return sizeof *channel + channel->key_len + (size_t)2 * ALLOCATION_COST;
}

static struct channel *
channel_get(struct tail *tail, const struct key *key)
{
    struct channel *channel = channel_find(tail, key);
    if (channel)
        return channel;
    channel = xcalloc(1, sizeof *channel + key->len);
    channel->key_len = key->len;
    memcpy(channel->key, key->bytes, key->len);
    channel->trimmed = tail->forgotten[key->bytes[0]];
    tail->bytes += channel_bytes(channel);
    ring_resize(tail, &channel->ring, RING_LEAST);
    HASH_ADD_KEYPTR(hh, tail->channels, channel->key, channel->key_len,
                    channel);
    return channel;
}

static void
channel_free(struct tail *tail, struct channel *channel)
{
    struct mark *forgotten = &tail->forgotten[channel->key[0]];
    if (forgotten->seq < channel->trimmed.seq)
        *forgotten = channel->trimmed;
    tail->bytes -= channel_bytes(channel);
    tail->bytes -= channel->ring.size * sizeof *channel->ring.slots;
    HASH_DELETE(hh, tail->channels, channel);
    free(channel->ring.slots);
    free(channel);
}

/* The channels a record is found in; 0 when nobody asks for its kind. */
static unsigned
record_keys(const struct record *r, struct key keys[static 2])
{
    struct slice none = {0};
    switch (r->kind) {
    case RECORD_SAY:
        keys[0] = key_make(CHANNEL_ROOM, r->name, none);
        return 1;
    case RECORD_TELL:
        keys[0] = key_make(CHANNEL_MAIL, r->name, none);
        keys[1] = key_make(CHANNEL_TALK, r->from, r->name);
        return 2;
    default:
        return 0;
    }
}

bool
tail_add(struct tail *tail, struct record *r)
{
    struct key keys[2];
    unsigned count = record_keys(r, keys);
    if (count == 0)
        return false;
    for (unsigned i = 0; i < count; i++)
        ring_push(tail, &channel_get(tail, &keys[i])->ring, r);
    r->next = NULL;
    if (tail->newest)
        tail->newest->next = r;
    else
        tail->oldest = r;
    tail->newest = r;
    return true;
}

size_t
tail_bytes(const struct tail *tail)
{
    /* HASH_OVERHEAD counts the handles, which stand in the channels. */
    size_t handles = HASH_COUNT(tail->channels) * sizeof(UT_hash_handle);
    return tail->bytes + HASH_OVERHEAD(hh, tail->channels) - handles;
}

/* The channel's oldest message, `r`, goes. */
static void
channel_trim(struct tail *tail, const struct log *log, const struct key *key,
             const struct record *r)
{
    struct channel *channel = channel_find(tail, key);
    assert(channel && ring_at(&channel->ring, 0) == r);
    ring_shift(tail, &channel->ring);
    channel->trimmed = (struct mark){.seq = r->seq, .time = r->time};
    bool empty = channel->ring.count == 0;
    if (key->bytes[0] == CHANNEL_ROOM)
        log->owner.trimmed(log->owner.self, r->name,
                           empty ? 0 : ring_at(&channel->ring, 0)->seq);
    if (empty)
        channel_free(tail, channel);
}

void
tail_trim(struct tail *tail, struct log *log, size_t bound)
{
    while (tail->oldest && log->arena.bytes + tail_bytes(tail) > bound) {
        struct record *r = tail->oldest;
        struct key keys[2];
        unsigned count = record_keys(r, keys);
        for (unsigned i = 0; i < count; i++)
            channel_trim(tail, log, &keys[i], r);
        tail->oldest = r->next;
        if (!tail->oldest)
            tail->newest = NULL;
        record_free(log, r);
    }
}

/* What a page is cut from: places in a ring. */
struct span {
    size_t from, to;
};

static bool
is_backward(enum range range)
{
    return range == RANGE_NEWEST || range == RANGE_BEFORE;
}

/* All that the range covers. */
static struct span
span_of(const struct ring *ring, const struct log_query *q)
{
    struct span span = {.to = ring->count};
    if (q->range == RANGE_AFTER)
        span.from = ring_find(ring, by_seq, q->bound + 1);
    if (q->range == RANGE_SINCE)
        span.from = ring_find(ring, by_time, q->bound);
    if (q->range == RANGE_BEFORE)
        span.to = ring_find(ring, by_seq, q->bound);
    return span;
}

/* As much of it as one page takes, from the end that was asked for; at least
 * one message, so that whoever pages gets on. */
static struct span
span_cut(const struct ring *ring, struct span span, const struct log_query *q)
{
    bool backward = is_backward(q->range);
    size_t limit = q->limit < LIMIT_PAGE ? q->limit : LIMIT_PAGE;
    size_t bytes = 0;
    size_t count = 0;
    while (count < span.to - span.from) {
        size_t i = backward ? span.to - 1 - count : span.from + count;
        bytes += ring_at(ring, i)->wire.len;
        if (count && (count >= limit || bytes > q->bytes))
            break;
        count++;
    }
    if (backward)
        span.from = span.to - count;
    else
        span.to = span.from + count;
    return span;
}

static bool
is_complete(const struct mark *trimmed, const struct log_query *q, bool more)
{
    if (trimmed->seq == 0)
        return true;
    if (q->range == RANGE_AFTER)
        return q->bound >= trimmed->seq;
    if (q->range == RANGE_SINCE)
        return q->bound > trimmed->time;
    return more;
}

static uint64_t
upto_of(const struct log_page *page, const struct log_query *q, uint64_t last)
{
    if (page->count && (page->more || is_backward(q->range)))
        return last;
    if (q->range != RANGE_BEFORE || page->head < q->bound)
        return page->head;
    return q->bound ? q->bound - 1 : 0;
}

void
tail_read(const struct tail *tail, const struct log *log,
          const struct log_query *q)
{
    static const struct ring no_messages;
    struct key key = key_make(q->channel, slice_of(q->name, q->name_len),
                              slice_of(q->with, q->with_len));
    const struct channel *channel = channel_find(tail, &key);
    const struct ring *ring = channel ? &channel->ring : &no_messages;
    const struct mark *trimmed = channel ? &channel->trimmed
                                         : &tail->forgotten[q->channel];

    struct span all = span_of(ring, q);
    struct span cut = span_cut(ring, all, q);
    struct slice messages[LIMIT_PAGE];
    struct log_page page = {.messages = messages, .head = trimmed->seq};
    uint64_t last = 0;
    for (size_t i = cut.from; i < cut.to; i++) {
        last = ring_at(ring, i)->seq;
        messages[page.count++] = ring_at(ring, i)->wire;
    }
    if (ring->count) {
        page.head = ring_at(ring, ring->count - 1)->seq;
        page.first = ring_at(ring, 0)->seq;
    }
    page.more = is_backward(q->range) ? cut.from > all.from : cut.to < all.to;
    page.complete = is_complete(trimmed, q, page.more);
    page.upto = upto_of(&page, q, last);
    log->owner.page(log->owner.self, q, &page);
}

void
tail_fini(struct tail *tail)
{
    struct channel *channel;
    struct channel *next;
    HASH_ITER (hh, tail->channels, channel, next) {
        channel_free(tail, channel);
    }
    *tail = (struct tail){0};
}
