/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The table of channels, and the one queue in which all records go.
 */
#include "tail.h"

#include <stdlib.h>

struct channel *
tail_find(const struct tail *tail, const struct channel_key *key)
{
    struct channel *channel;
    HASH_FIND(hh, tail->channels, key->bytes, key->len, channel);
    return channel;
}

static struct channel *
tail_get(struct tail *tail, const struct channel_key *key)
{
    struct channel *channel = tail_find(tail, key);
    if (channel)
        return channel;
    channel = channel_new(key, &tail->bytes);
    channel->trimmed = tail->forgotten[channel_key_kind(key->bytes)];
    HASH_ADD_KEYPTR(hh, tail->channels, channel->key, channel->key_len,
                    channel);
    return channel;
}

static void
tail_forget(struct tail *tail, struct channel *channel)
{
    struct mark *forgotten = &tail->forgotten[channel_key_kind(channel->key)];
    if (forgotten->seq < channel->trimmed.seq)
        *forgotten = channel->trimmed;
    HASH_DELETE(hh, tail->channels, channel);
    channel_free(channel, &tail->bytes);
}

void
tail_unpaged_add(struct tail *tail, struct channel *channel)
{
    channel->unpaged = true;
    channel->next_unpaged = NULL;
    if (tail->unpaged)
        tail->unpaged_last->next_unpaged = channel;
    else
        tail->unpaged = channel;
    tail->unpaged_last = channel;
    tail->unpaged_count++;
}

struct channel *
tail_unpaged_take(struct tail *tail)
{
    struct channel *channel = tail->unpaged;
    tail->unpaged = channel->next_unpaged;
    tail->unpaged_count--;
    return channel;
}

void
tail_unpaged_return(struct tail *tail, struct channel *channel)
{
    channel->next_unpaged = tail->unpaged;
    if (!tail->unpaged)
        tail->unpaged_last = channel;
    tail->unpaged = channel;
    tail->unpaged_count++;
}

static struct channel *
channel_add(struct tail *tail, enum channel_kind kind, struct slice with,
            struct record *r)
{
    struct channel_key key;
    channel_key(&key, kind, r->name, with);
    struct channel *channel = tail_get(tail, &key);
    channel_push(channel, r, &tail->bytes);
    if (tail->pages && !channel->unpaged)
        tail_unpaged_add(tail, channel);
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
        talk = channel_add(tail, CHANNEL_TALK, r->from, r);
    r->channels[0] =
        channel_add(tail, tell ? CHANNEL_MAIL : CHANNEL_ROOM, none, r);
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
    if (!channel || channel_key_kind(channel->key) != CHANNEL_ROOM)
        return;
    log->owner.trimmed(log->owner.self, channel_key_name(channel->key),
                       channel->ring.count ? channel_at(channel, 0)->seq : 0);
}

/* The channel's oldest message, `r`, goes. */
static void
channel_trim(struct tail *tail, struct channel *channel, const struct record *r)
{
    assert(channel_at(channel, 0) == r);
    channel_shift(channel, &tail->bytes);
    channel->trimmed = (struct mark){.seq = r->seq, .time = r->time};
}

/* The oldest of all, out of the queue. */
static struct record *
tail_shift(struct tail *tail)
{
    struct record *r = tail->oldest;
    tail->oldest = r->next;
    if (!tail->oldest)
        tail->newest = NULL;
    return r;
}

/* The oldest of all goes. `due` is the channel of the one before, of which the
 * owner is not told yet, since a busy room loses many at a time; gives the next
 * such. */
static struct channel *
trim_one(struct tail *tail, struct log *log, struct channel *due)
{
    struct record *r = tail_shift(tail);
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
        tail_forget(tail, channel);
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

void
tail_settle(struct tail *tail, struct channel *channel)
{
    if (!channel->ring.count && !channel->unpaged)
        tail_forget(tail, channel);
}

void
tail_shrink(struct tail *tail, struct log *log, size_t bound, uint64_t upto)
{
    while (tail->oldest && tail->oldest->seq <= upto &&
           log->arena.bytes + tail_bytes(tail) > bound) {
        struct record *r = tail_shift(tail);
        for (unsigned i = 0; i < 2; i++) {
            if (!r->channels[i])
                continue;
            channel_trim(tail, r->channels[i], r);
            tail_settle(tail, r->channels[i]);
        }
        record_free(log, r);
    }
}

void
tail_hide(struct tail *tail, struct channel *channel, struct mark upto)
{
    while (channel->ring.count && channel_at(channel, 0)->seq <= upto.seq) {
        struct record *r = channel_at(channel, 0);
        r->channels[r->channels[0] == channel ? 0 : 1] = NULL;
        channel_shift(channel, &tail->bytes);
    }
    if (channel->trimmed.seq < upto.seq)
        channel->trimmed = upto;
    tail_settle(tail, channel);
}

/* The bytes are the record's own; what is behind the rest is wiped, so that the
 * text is in no dump of the process either. */
static void
record_redact(struct record *r)
{
    uint8_t gone[LIMIT_FRAME];
    uint8_t *wire = (uint8_t *)(uintptr_t)r->wire.data;
    size_t len = r->wire.len <= sizeof gone ? log_gone(r->wire, gone) : 0;
    if (!len)
        return;
    memcpy(wire, gone, len);
    memset(wire + len, 0, r->wire.len - len);
    r->wire.len = len;
}

void
tail_redact(struct tail *tail, struct slice room, uint64_t seq)
{
    struct channel_key key;
    channel_key(&key, CHANNEL_ROOM, room, slice_of(NULL, 0));
    const struct channel *channel = tail_find(tail, &key);
    size_t i = channel ? channel_by_seq(channel, seq) : 0;
    if (channel && i < channel->ring.count &&
        channel_at(channel, i)->seq == seq)
        record_redact(channel_at(channel, i));
}

void
tail_fini(struct tail *tail)
{
    struct channel *channel = tail->channels;
    HASH_CLEAR(hh, tail->channels);
    while (channel) {
        struct channel *next = channel->hh.next;
        channel_free(channel, &tail->bytes);
        channel = next;
    }
    *tail = (struct tail){0};
}
