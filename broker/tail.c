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
    size_t len;
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

static void
key_add(struct key *key, struct slice name)
{
    if (name.len)
        memcpy(key->bytes + key->len, name.data, name.len);
    key->len += name.len;
}

static void
key_make(struct key *key, enum channel_kind kind, struct slice name,
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
    channel->key_len = (uint8_t)key->len;
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

static struct channel *
channel_add(struct tail *tail, enum channel_kind kind, struct slice name,
            struct slice with, struct record *r)
{
    struct key key;
    key_make(&key, kind, name, with);
    struct channel *channel = channel_get(tail, &key);
    ring_push(tail, &channel->ring, r);
    return channel;
}

bool
tail_add(struct tail *tail, struct record *r)
{
    struct slice none = {.data = NULL};
    struct channel *talk = NULL;
    if (r->kind != RECORD_SAY && r->kind != RECORD_TELL)
        return false;
    bool tell = r->kind == RECORD_TELL;
    if (tell)
        talk = channel_add(tail, CHANNEL_TALK, r->from, r->name, r);
    r->channels[0] =
        channel_add(tail, tell ? CHANNEL_MAIL : CHANNEL_ROOM, r->name, none, r);
    r->channels[1] = talk;
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

/* Tells the owner what is left of a room. */
static void
channel_tell(const struct log *log, const struct channel *channel)
{
    if (!channel || channel->key[0] != CHANNEL_ROOM)
        return;
    struct slice room = slice_of(channel->key + 2, channel->key[1]);
    const struct ring *ring = &channel->ring;
    log->owner.trimmed(log->owner.self, room,
                       ring->count ? ring_at(ring, 0)->seq : 0);
}

/* The channel's oldest message, `r`, goes. */
static void
channel_trim(struct tail *tail, struct channel *channel, const struct record *r)
{
    assert(ring_at(&channel->ring, 0) == r);
    ring_shift(tail, &channel->ring);
    channel->trimmed = (struct mark){.seq = r->seq, .time = r->time};
}

/* The oldest of all goes. `due` is the channel of the one before, of which the
 * owner is not told yet, since a busy room loses many at a time; gives the next
 * such. */
static struct channel *
trim_one(struct tail *tail, struct log *log, struct channel *due)
{
    struct record *r = tail->oldest;
    tail->oldest = r->next;
    if (!tail->oldest)
        tail->newest = NULL;
    if (due != r->channels[0])
        channel_tell(log, due);
    due = r->channels[0];
    for (unsigned i = 0; i < 2 && r->channels[i]; i++) {
        struct channel *channel = r->channels[i];
        channel_trim(tail, channel, r);
        if (channel->ring.count)
            continue;
        if (channel == due) {
            channel_tell(log, due);
            due = NULL;
        }
        channel_free(tail, channel);
    }
    record_free(log, r);
    return due;
}

void
tail_trim(struct tail *tail, struct log *log, size_t bound)
{
    struct channel *due = NULL;
    while (tail->oldest && log->arena.bytes + tail_bytes(tail) > bound)
        due = trim_one(tail, log, due);
    channel_tell(log, due);
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
    struct key key;
    key_make(&key, q->channel, slice_of(q->name, q->name_len),
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
    struct channel *channel = tail->channels;
    HASH_CLEAR(hh, tail->channels);
    while (channel) {
        struct channel *next = channel->hh.next;
        free(channel->ring.slots);
        free(channel);
        channel = next;
    }
    *tail = (struct tail){0};
}
