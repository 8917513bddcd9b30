/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The newest messages are looked for from the end, and handed out from the
 * beginning: going backward the array is filled from its end.
 */
#include "page.h"

void
page_init(struct page *page, const struct log_query *q)
{
    page->query = q;
    page->out = (struct log_page){.messages = NULL};
    page->limit = q->limit < LIMIT_PAGE ? q->limit : LIMIT_PAGE;
    page->count = 0;
    page->bytes = 0;
    page->last = 0;
    page->full = page->damaged = false;
}

bool
page_is_backward(const struct page *page)
{
    enum range range = page->query->range;
    return range == RANGE_NEWEST || range == RANGE_BEFORE;
}

bool
page_offer(struct page *page, struct slice message, uint64_t seq)
{
    bool backward = page_is_backward(page);
    size_t bytes = page->bytes + message.len;
    if (page->count &&
        (page->count >= page->limit || bytes > page->query->bytes)) {
        page->full = true;
        return false;
    }
    page->bytes = bytes;
    if (!backward || !page->count)
        page->last = seq;
    page->count++;
    unsigned place = backward ? LIMIT_PAGE - page->count : page->count - 1;
    page->messages[place] = message;
    return true;
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
upto_of(const struct page *page)
{
    const struct log_query *q = page->query;
    const struct log_page *out = &page->out;
    if (out->count && (out->more || page_is_backward(page)))
        return page->last;
    if (q->range != RANGE_BEFORE || out->head < q->bound)
        return out->head;
    return q->bound ? q->bound - 1 : 0;
}

uint64_t
page_floor(const struct page *page, const struct mark *trimmed)
{
    uint64_t floor = page->query->floor.seq;
    return floor > trimmed->seq ? floor : trimmed->seq;
}

void
page_answer(struct page *page, const struct log *log,
            const struct mark *trimmed)
{
    struct log_page *out = &page->out;
    bool backward = page_is_backward(page);
    out->messages = page->messages + (backward ? LIMIT_PAGE - page->count : 0);
    out->count = page->count;
    out->more = page->full;
    out->complete = !page->damaged &&
                    is_complete(trimmed, page->query, out->more);
    out->upto = upto_of(page);
    uint64_t floor = page_floor(page, trimmed);
    if (out->first && out->first <= floor) /* as near as can be said */
        out->first = out->head > floor ? floor + 1 : 0;
    log->owner.page(log->owner.self, page->query, out);
}
