/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Messages of a page are copied, since SQLite takes back a page's bytes when
 * the next is read; those of the tail are not.
 */
#include "db_read.h"

#include <stdlib.h>

struct reading {
    struct db_reader *reader;
    const struct log_query *query;
    struct page page;
    struct db_channel row;         /* empty when there is none */
    const struct channel *channel; /* of the tail, or NULL */
    struct mark trimmed;           /* what nobody can have any more */
    uint64_t floor;                /* nothing up to it is shown */
};

enum { COPIES = 2 * LIMIT_FRAME };

void
db_reader_init(struct db_reader *reader)
{
    reader->copies = xmalloc(COPIES);
}

void
db_reader_fini(struct db_reader *reader)
{
    free(reader->copies);
    reader->copies = NULL;
}

static void
read_failed(struct reading *r)
{
    const struct db *db = r->reader->db;
    if (r->page.damaged)
        return; /* said already */
    r->page.damaged = true;
    LOG(r->reader->logger, LOG_ERROR, "log.read-failed",
        LOG_TEXT("path", db->path), LOG_TEXT("why", db->fault));
}

/* False: the answer is full. */
static bool
offer(struct reading *r, const struct db_message *m)
{
    struct db_reader *reader = r->reader;
    if (reader->copied + m->wire.len > COPIES) {
        r->page.full = true;
        return false;
    }
    uint8_t *copy = reader->copies + reader->copied;
    memcpy(copy, m->wire.data, m->wire.len);
    if (!page_offer(&r->page, slice_of(copy, m->wire.len), m->seq))
        return false;
    reader->copied += m->wire.len;
    return true;
}

static bool
is_asked(const struct reading *r, const struct db_message *m)
{
    const struct log_query *q = r->query;
    return m->seq > r->floor &&
           (q->range != RANGE_AFTER || m->seq > q->bound) &&
           (q->range != RANGE_BEFORE || m->seq < q->bound) &&
           (q->range != RANGE_SINCE || m->time >= q->bound) &&
           m->seq < r->row.head.seq + 1;
}

/* Offers what of a page is asked for; false: the answer is full. */
static bool
offer_page(struct reading *r, const struct db_page *page)
{
    struct db_message messages[DB_PAGE_MESSAGES];
    struct slice rest = page->messages;
    unsigned count = 0;
    while (count < DB_PAGE_MESSAGES && db_message_next(&rest, &messages[count]))
        count += is_asked(r, &messages[count]);
    bool backward = page_is_backward(&r->page);
    for (unsigned i = 0; i < count; i++) {
        if (!offer(r, &messages[backward ? count - 1 - i : i]))
            return false;
    }
    return true;
}

/* It ends before what a forward range begins with. */
static bool
is_before(const struct reading *r, const struct db_page *page)
{
    const struct log_query *q = r->query;
    return page->last.seq <= r->floor ||
           (q->range == RANGE_SINCE ? page->last.time < q->bound
                                    : page->last.seq <= q->bound);
}

/* It begins before the end of a backward range. */
static bool
is_within(const struct reading *r, const struct db_page *page)
{
    return page->first.seq < r->query->bound;
}

/* Pages are `lower` up to some number: that number. One that cannot be read is
 * taken for what the next one is. */
static uint32_t
halve(struct reading *r,
      bool (*lower)(const struct reading *r, const struct db_page *page))
{
    uint32_t low = r->row.first_page;
    uint32_t high = r->row.next_page;
    while (low < high) {
        struct db_page page;
        uint32_t middle = low + (high - low) / 2;
        uint32_t at = middle;
        bool read = false;
        while (at < high &&
               !(read = db_page_get(r->reader->db, &r->row, at, &page))) {
            read_failed(r);
            at++;
        }
        if (read && lower(r, &page))
            low = at + 1;
        else
            high = middle;
    }
    return low;
}

/* False: the answer is full. */
static bool
read_pages(struct reading *r)
{
    bool backward = page_is_backward(&r->page);
    bool newest = r->query->range == RANGE_NEWEST;
    uint32_t at = newest ? r->row.next_page
                         : halve(r, backward ? is_within : is_before);
    while (backward ? at > r->row.first_page : at < r->row.next_page) {
        struct db_page page;
        uint32_t number = backward ? --at : at++;
        if (!db_page_get(r->reader->db, &r->row, number, &page))
            read_failed(r);
        else if (backward && page.last.seq <= r->floor)
            return true;
        else if (!page.count)
            r->page.damaged = true; /* a hole, see db_salvage.h */
        else if (!offer_page(r, &page))
            return false;
    }
    return true;
}

/* --- both --- */

/* Nothing in the range has left the memory. */
static bool
tail_has_all(const struct reading *r)
{
    const struct log_query *q = r->query;
    const struct mark *left = r->channel
                                  ? &r->channel->trimmed
                                  : &r->reader->tail->forgotten[q->channel];
    return q->range == RANGE_AFTER   ? q->bound >= left->seq
           : q->range == RANGE_SINCE ? q->bound > left->time
                                     : r->row.id == 0;
}

static bool
offer_tail(struct reading *r, uint64_t above)
{
    return !r->channel || tail_offer(r->channel, &r->page, above);
}

/* Pages end where the tail's first message is: what both have comes from the
 * tail. */
static void
read_both(struct reading *r)
{
    if (!page_is_backward(&r->page)) {
        if (read_pages(r))
            (void)offer_tail(r, r->row.head.seq > r->floor ? r->row.head.seq
                                                           : r->floor);
        return;
    }
    if (!offer_tail(r, r->floor))
        return;
    if (r->channel && r->channel->ring.count) {
        uint64_t oldest = channel_at(r->channel, 0)->seq;
        if (r->row.head.seq >= oldest)
            r->row.head.seq = oldest - 1;
    }
    (void)read_pages(r);
}

static void
answer(struct reading *r, uint64_t head)
{
    const struct db_channel *row = &r->row;
    const struct channel *channel = r->channel;
    size_t count = channel ? channel->ring.count : 0;
    r->page.out.head = count  ? channel_at(channel, count - 1)->seq
                       : head ? head
                              : r->trimmed.seq;
    r->page.out.first = row->first ? row->first
                        : count    ? channel_at(channel, 0)->seq
                                   : 0;
    page_answer(&r->page, r->reader->log, &r->trimmed);
}

void
db_read(struct db_reader *reader, const struct log_query *q)
{
    struct reading r = {.reader = reader, .query = q};
    struct channel_key key;
    channel_key(&key, q->channel, slice_of(q->name, q->name_len),
                slice_of(q->with, q->with_len));
    reader->copied = 0;
    page_init(&r.page, q);
    r.channel = tail_find(reader->tail, &key);
    int code = db_channel_find(reader->db, &key, &r.row);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        read_failed(&r);
    r.trimmed = code == SQLITE_ROW ? r.row.trimmed : reader->gone[q->channel];
    r.floor = page_floor(&r.page, &r.trimmed);
    uint64_t head = r.row.head.seq;
    if (tail_has_all(&r))
        (void)offer_tail(&r, r.floor);
    else
        read_both(&r);
    db_rest(reader->db);
    answer(&r, head);
}
