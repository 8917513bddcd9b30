/* SPDX-License-Identifier: MPL-2.0 */
/*
 * All channels that are wanted are walked backward at once: a heap has the next
 * message of each, the newest on top. So messages come newest first, and what
 * is not asked for costs nothing.
 */
#include "tail_search.h"

#include <stdlib.h>

#include "xmem.h"

/* A channel, and how many of its messages are still ahead. */
struct lead {
    const struct channel *channel;
    size_t left;
};

struct heap {
    struct lead *leads;
    size_t count;
};

static uint64_t
lead_seq(const struct lead *lead)
{
    return channel_at(lead->channel, lead->left - 1)->seq;
}

static void
sink(struct heap *heap, size_t i)
{
    for (;;) {
        size_t newest = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2; child++)
            if (child < heap->count &&
                lead_seq(&heap->leads[child]) > lead_seq(&heap->leads[newest]))
                newest = child;
        if (newest == i)
            return;
        struct lead lead = heap->leads[i];
        heap->leads[i] = heap->leads[newest];
        heap->leads[newest] = lead;
        i = newest;
    }
}

static struct heap
heap_of(const struct tail *tail, const struct log_search *search)
{
    struct heap heap = {
        .leads = xcalloc(HASH_COUNT(tail->channels), sizeof *heap.leads)};
    const struct channel *channel = tail->channels;
    for (; channel; channel = channel->hh.next) {
        size_t left = channel_by_seq(channel, search->query.bound);
        if (left &&
            search_wants(search, channel_key_kind(channel->key),
                         channel_key_name(channel->key),
                         channel_key_with(channel->key, channel->key_len)))
            heap.leads[heap.count++] = (struct lead){channel, left};
    }
    for (size_t i = heap.count / 2; i-- > 0;)
        sink(&heap, i);
    return heap;
}

/* The newest that was not looked at yet; there is one. */
static const struct record *
heap_take(struct heap *heap)
{
    struct lead *lead = &heap->leads[0];
    const struct record *r = channel_at(lead->channel, --lead->left);
    if (!lead->left)
        *lead = heap->leads[--heap->count];
    sink(heap, 0);
    return r;
}

static bool
matches(struct log_search *search, const struct record *r)
{
    struct message m;
    struct fault fault;
    struct reader reader = reader_open(r->wire);
    return !message_read(&reader, SIDE_BROKER, &m, &fault) &&
           search_match(search, &m);
}

void
tail_search(const struct tail *tail, const struct log *log,
            struct log_search *search, bool complete)
{
    struct slice messages[LIMIT_PAGE];
    struct log_found found = {.messages = messages, .complete = complete};
    struct heap heap = heap_of(tail, search);
    size_t bytes = 0, looked = 0;
    found.upto = search->query.bound;
    while (heap.count && !found.more) {
        const struct record *r = heap_take(&heap);
        looked += r->wire.len;
        if (matches(search, r)) {
            found.more = found.count &&
                         (found.count == search->query.limit ||
                          bytes + r->wire.len > search->query.bytes);
            if (found.more)
                break;
            messages[found.count++] = r->wire;
            bytes += r->wire.len;
        }
        found.upto = r->seq;
        found.more = looked > TAIL_SEARCH_MOST && heap.count;
    }
    if (!found.more)
        found.upto = 0;
    free(heap.leads);
    log->owner.found(log->owner.self, search, &found);
    search_free(&search);
}
