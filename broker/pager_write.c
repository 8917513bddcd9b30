/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A channel's messages are packed into pages behind those that it has. Its last
 * page is taken up again while it is small, or a quiet room would get a page
 * for every message.
 *
 * Messages that a page has already are passed over: after a crash in the middle
 * of a round, turns bring back messages that were moved.
 */
#include "pager_write.h"

#include "db_state.h"

struct writer {
    struct pager *pager;
    struct db_channel row;
    struct db_page page; /* under construction, in pager->bytes */
    uint32_t number;
    size_t written;
};

static bool
writer_flush(struct writer *w)
{
    struct db_page *page = &w->page;
    if (!page->count)
        return true;
    page->messages.data = w->pager->bytes;
    if (!db_page_put(w->pager->db, &w->row, w->number, page))
        return false;
    w->row.next_page = ++w->number;
    *page = (struct db_page){.count = 0};
    return true;
}

static bool
writer_add(struct writer *w, const struct record *r)
{
    struct db_page *page = &w->page;
    struct mark mark = {r->seq, r->time};
    if (page->messages.len + r->wire.len > DB_PAGE_MOST && !writer_flush(w))
        return false;
    memcpy(w->pager->bytes + page->messages.len, r->wire.data, r->wire.len);
    page->messages.len += r->wire.len;
    if (!page->count++)
        page->first = mark;
    page->last = w->row.head = mark;
    if (!w->row.first) {
        w->row.first = r->seq;
        w->row.first_time = r->time;
    }
    w->row.count++;
    w->row.bytes += r->wire.len;
    w->written += r->wire.len;
    return true;
}

/* Takes up the last page when it is small. One that is damaged, or a hole,
 * stays as it is: whoever reads it is told. */
static bool
writer_resume(struct writer *w)
{
    struct db *db = w->pager->db;
    struct db_page last;
    w->number = w->row.next_page;
    if (w->row.first_page == w->row.next_page)
        return true;
    if (!db_page_get(db, &w->row, w->number - 1, &last))
        return db_is_corrupt(db);
    if (!last.count || !last.messages.len || last.messages.len >= DB_PAGE_FILL)
        return true;
    memcpy(w->pager->bytes, last.messages.data, last.messages.len);
    w->page = last;
    w->number--;
    return true;
}

static bool
writer_begin(struct writer *w, const struct channel *channel)
{
    struct channel_key key = {.len = channel->key_len};
    memcpy(key.bytes, channel->key, key.len);
    int code = db_channel_find(w->pager->db, &key, &w->row);
    if (code == SQLITE_DONE) {
        w->row.trimmed = w->pager->gone[channel_key_kind(key.bytes)];
        return db_channel_number(w->pager->db, &w->row);
    }
    return code == SQLITE_ROW && writer_resume(w);
}

bool
pager_write(struct pager *pager, const struct channel *channel, size_t *bytes,
            bool *more)
{
    struct writer w = {.pager = pager};
    if (!writer_begin(&w, channel))
        return false;
    size_t i = channel_by_seq(channel, w.row.head.seq + 1);
    for (; i < channel->ring.count && w.written < pager->step.budget; i++) {
        if (!writer_add(&w, channel_at(channel, i)))
            return false;
    }
    *bytes = w.written;
    *more = i < channel->ring.count;
    return writer_flush(&w) && db_channel_put(pager->db, &w.row);
}

/* --- retention --- */

static struct retain
retain_of(const struct pager *pager, const struct channel_key *key,
          uint64_t wall)
{
    const struct log_owner *owner = &pager->log->owner;
    struct slice name = channel_key_name(key->bytes);
    enum channel_kind kind = channel_key_kind(key->bytes);
    bool room = kind == CHANNEL_ROOM;
    return (struct retain){
        .rule = room ? retention_find(pager->rules, name)
                     : retention_mail(pager->rules),
        .now = wall,
        .floor = kind == CHANNEL_MAIL ? owner->acked(owner->self, name)
                                      : UINT64_MAX,
    };
}

/* Nothing is left of it, on the disk and in memory. Not while messages of
 * others that are older wait for their first page: they would be taken for
 * gone, as all is of channels without a row up to the newest of those that
 * went. */
static bool
is_empty(const struct pager *pager, const struct db_channel *row)
{
    const struct channel *channel = tail_find(pager->tail, &row->key);
    bool newer = channel && channel->ring.count &&
                 channel_at(channel, channel->ring.count - 1)->seq >
                     row->head.seq;
    return row->first_page == row->next_page && !newer &&
           row->head.seq <= pager->paged;
}

static bool
row_keep(struct pager *pager, struct db_channel *row)
{
    struct mark *gone = &pager->gone[channel_key_kind(row->key.bytes)];
    if (!is_empty(pager, row))
        return db_channel_put(pager->db, row);
    if (gone->seq < row->head.seq)
        *gone = row->head;
    return db_channel_drop(pager->db, row->id) &&
           db_gone_put(pager->db, pager->gone);
}

bool
pager_retain(struct pager *pager, uint64_t wall)
{
    struct db_channel row;
    int code = db_channel_next(pager->db, pager->walk.next - 1, &row);
    if (code == SQLITE_DONE)
        pager->walk.next = 0;
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE;
    struct retain retain = retain_of(pager, &row.key, wall);
    if (db_retain_due(&row, &retain) && !db_retain(pager->db, &row, &retain))
        return false;
    pager_spend(pager, retain.read);
    if (!retain.more)
        pager->walk.next = row.id + 1;
    if (!retain.changed)
        return !is_empty(pager, &row) || row_keep(pager, &row);
    struct hidden *hidden = &pager->step.hidden[pager->step.hidden_count++];
    *hidden = (struct hidden){row.key, row.trimmed, row.first};
    return row_keep(pager, &row);
}
