/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The oldest page is read, its messages are counted off one by one until the
 * rule is satisfied, and if none is left the page goes.
 */
#include "db_retain.h"

static bool
is_old(uint64_t time, const struct retain *retain)
{
    uint64_t age = retain->rule->age_ms;
    return age && time + age < retain->now;
}

static bool
is_over(const struct db_channel *channel, const struct retention_rule *rule)
{
    return (rule->count && channel->count > rule->count) ||
           (rule->bytes && channel->bytes > rule->bytes);
}

bool
db_retain_due(const struct db_channel *channel, const struct retain *retain)
{
    if (!retain->rule || channel->first_page == channel->next_page)
        return false;
    return is_over(channel, retain->rule) ||
           is_old(channel->first_time, retain);
}

static void
forget(struct db_channel *channel, const struct db_message *m)
{
    channel->trimmed = (struct mark){m->seq, m->time};
    channel->count -= channel->count > 0;
    channel->bytes -= m->wire.len < channel->bytes ? m->wire.len
                                                   : channel->bytes;
}

/* The oldest that stays. `lost`: a page before it could not be read; all that
 * was there counts as removed. */
static void
stay(struct db_channel *channel, const struct db_message *m, bool lost)
{
    channel->first = m->seq;
    channel->first_time = m->time;
    if (lost && channel->trimmed.seq < m->seq - 1)
        channel->trimmed = (struct mark){m->seq - 1, m->time};
}

/* Counts off messages of a page; false: one stays. */
static bool
forget_page(struct db_channel *channel, struct retain *retain,
            struct slice messages, bool lost)
{
    struct db_message m;
    while (db_message_next(&messages, &m)) {
        if (m.seq <= channel->trimmed.seq)
            continue;
        bool goes = is_over(channel, retain->rule) || is_old(m.time, retain);
        if (!goes || m.seq > retain->floor) {
            stay(channel, &m, lost);
            return false;
        }
        forget(channel, &m);
        retain->changed = true;
    }
    return true;
}

/* What a hole covers is gone as if it had been there. */
static void
forget_hole(struct db_channel *channel, const struct db_page *page)
{
    if (!page->count && channel->trimmed.seq < page->last.seq)
        channel->trimmed = page->last;
}

/* With its last page a channel is empty, whatever was counted: pages that were
 * damaged could not be counted off. */
static bool
drop_page(struct db *db, struct db_channel *channel, struct retain *retain)
{
    retain->changed = true;
    if (!db_page_drop(db, channel, channel->first_page++))
        return false;
    if (channel->first_page == channel->next_page) {
        channel->first = channel->first_time = 0;
        channel->count = channel->bytes = 0;
    }
    return true;
}

/* The step ends here: the first message of the page that is next stays until
 * the next one. */
static void
pause_here(struct db *db, struct db_channel *channel, struct retain *retain,
           bool lost)
{
    struct db_page page;
    struct db_message m;
    retain->more = true;
    if (db_page_get(db, channel, channel->first_page, &page) &&
        db_message_next(&page.messages, &m))
        stay(channel, &m, lost);
}

bool
db_retain(struct db *db, struct db_channel *channel, struct retain *retain)
{
    bool lost = false;
    retain->more = false;
    for (unsigned i = 0; channel->first_page < channel->next_page; i++) {
        struct db_page page;
        if (i == RETAIN_PAGES) {
            pause_here(db, channel, retain, lost);
            return true;
        }
        bool read = db_page_get(db, channel, channel->first_page, &page);
        if (!read && !db_is_corrupt(db))
            return false;
        if (!read && retain->floor < channel->head.seq)
            return true; /* there may be unread mail in it */
        retain->read += read ? page.messages.len : 0;
        if (read && !forget_page(channel, retain, page.messages, lost))
            return true;
        if (read)
            forget_hole(channel, &page);
        lost = lost || !read;
        if (!drop_page(db, channel, retain))
            return false;
    }
    return true;
}
