/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Answers out of memory: the range is two places in a ring, and the page takes
 * from one of its ends.
 */
#include "page.h"
#include "tail.h"

struct span {
    size_t from, to;
};

/* All that the range covers. */
static struct span
span_of(const struct channel *channel, const struct log_query *q)
{
    struct span span = {.to = channel->ring.count};
    if (q->range == RANGE_AFTER)
        span.from = channel_by_seq(channel, q->bound + 1);
    if (q->range == RANGE_SINCE)
        span.from = channel_by_time(channel, q->bound);
    if (q->range == RANGE_BEFORE)
        span.to = channel_by_seq(channel, q->bound);
    return span;
}

bool
tail_offer(const struct channel *channel, struct page *page, uint64_t above)
{
    struct span span = span_of(channel, page->query);
    size_t least = channel_by_seq(channel, above + 1);
    if (span.from < least)
        span.from = least;
    bool backward = page_is_backward(page);
    while (span.from < span.to) {
        size_t i = backward ? --span.to : span.from++;
        const struct record *r = channel_at(channel, i);
        if (!page_offer(page, r->wire, r->seq))
            return false;
    }
    return true;
}

void
tail_read(const struct tail *tail, const struct log *log,
          const struct log_query *q)
{
    struct page page;
    struct channel_key key;
    channel_key(&key, q->channel, slice_of(q->name, q->name_len),
                slice_of(q->with, q->with_len));
    const struct channel *channel = tail_find(tail, &key);
    const struct mark *trimmed = channel ? &channel->trimmed
                                         : &tail->forgotten[q->channel];
    size_t count = channel ? channel->ring.count : 0;
    page_init(&page, q);
    if (channel)
        (void)tail_offer(channel, &page, page_floor(&page, trimmed));
    page.out.head = count ? channel_at(channel, count - 1)->seq : trimmed->seq;
    page.out.first = count ? channel_at(channel, 0)->seq : 0;
    page_answer(&page, log, trimmed);
}
