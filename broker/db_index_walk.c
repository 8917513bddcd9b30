/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The walk goes through the channels by their ids, of the log and of the index
 * side by side, and compares how far both have come. A page that ends a channel
 * is written again as it grows, so it is looked at again when there is more.
 *
 * It looks at conversations and rooms; a mailbox has nothing that they have
 * not.
 *
 * A channel whose row is damaged is passed over, and what the index has of it
 * stays. If the row still says which channel it is, and the index has known
 * that one by this id, answers about it say that they may miss something. Else
 * nobody knows whose it is, and each answer says so.
 */
#include "db_index.h"

static bool
get_seen(struct db_index *ix, uint64_t from, struct index_channel *seen)
{
    sqlite3_stmt *get = index_statement(ix, INDEX_CHANNEL_FROM);
    sqlite3_bind_int64(get, 1, (sqlite3_int64)from);
    int code = index_next(ix, get);
    *seen = (struct index_channel){.id = UINT64_MAX};
    if (code == SQLITE_ROW) {
        const int name = sqlite3_column_bytes(get, 2);
        const int peer = sqlite3_column_bytes(get, 3);
        seen->id = (uint64_t)sqlite3_column_int64(get, 0);
        seen->first_page = (uint32_t)sqlite3_column_int64(get, 4);
        seen->next_page = (uint32_t)sqlite3_column_int64(get, 5);
        seen->head = (uint64_t)sqlite3_column_int64(get, 6);
        seen->hurt = (unsigned)sqlite3_column_int(get, 7);
        if (name <= LIMIT_NAME && peer <= LIMIT_NAME)
            channel_key(&seen->key,
                        (enum channel_kind)sqlite3_column_int(get, 1),
                        slice_of(sqlite3_column_blob(get, 2), (size_t)name),
                        slice_of(sqlite3_column_blob(get, 3), (size_t)peer));
    }
    sqlite3_reset(get);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static struct index_gone
all_of(uint64_t id)
{
    return (struct index_gone){.from = id << INDEX_SHIFT,
                               .to = (id + 1) << INDEX_SHIFT,
                               .channel = true,
                               .dropped = true};
}

static bool
is_named(const struct index_channel *seen, const struct db_channel *row)
{
    return seen->id == row->id && seen->key.len == row->key.len &&
           !memcmp(seen->key.bytes, row->key.bytes, row->key.len);
}

static bool
is_same(const struct index_channel *seen, const struct db_channel *row)
{
    return is_named(seen, row) && seen->head <= row->head.seq &&
           seen->next_page <= row->next_page;
}

/* Is the page in the index, as it is? */
static bool
has_page(struct db_index *ix, uint64_t place, const struct db_page *page,
         bool *has)
{
    sqlite3_stmt *at = index_statement(ix, INDEX_DOC_PLACE);
    sqlite3_bind_int64(at, 1, (sqlite3_int64)place);
    int code = index_next(ix, at);
    *has = code == SQLITE_ROW &&
           (uint64_t)sqlite3_column_int64(at, 1) == page->last.seq;
    sqlite3_reset(at);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

/* Takes a page into the batch; one that cannot be read hurts. Only one at which
 * the index had come to its end may be there already, and only of a channel
 * that does not begin anew: what of that the index has is about to go. */
static bool
take_page(struct db_index *ix, const struct db_channel *row, uint32_t number,
          struct index_channel *seen)
{
    struct db_page page;
    uint64_t place = row->id << INDEX_SHIFT | number;
    bool has = false;
    if (!db_page_get(&ix->log, row, number, &page)) {
        seen->hurt |= HURT_PAGE;
        return db_is_corrupt(&ix->log) || index_log_failed(ix);
    }
    seen->head = page.last.seq;
    if (!page.count) {
        seen->hurt |= HURT_PAGE;
        return true;
    }
    if (number + 1 == seen->next_page && !has_page(ix, place, &page, &has))
        return false;
    if (!has)
        batch_page(&ix->batch, place, &page);
    return true;
}

/* `*more`: the batch was full before its end. */
static bool
take_pages(struct db_index *ix, const struct db_channel *row,
           struct index_channel *seen, size_t bytes, bool *more)
{
    uint32_t at = seen->next_page > 0 ? seen->next_page - 1 : 0;
    if (at < row->first_page)
        at = row->first_page;
    while (at < row->next_page && !batch_is_full(&ix->batch, bytes))
        if (!take_page(ix, row, at++, seen))
            return false;
    *more = at < row->next_page;
    seen->next_page = at;
    if (!*more)
        seen->head = row->head.seq;
    return true;
}

/* One channel of the log; `seen` is the index's row with its id, if any. */
static bool
look(struct db_index *ix, const struct db_channel *row,
     struct index_channel *seen, size_t bytes, bool *more)
{
    struct index_batch *batch = &ix->batch;
    if (channel_key_kind(row->key.bytes) == CHANNEL_MAIL)
        return true;
    bool known = seen->id == row->id;
    if (known && !is_same(seen, row)) {
        batch_gone(batch, all_of(row->id));
        known = false;
    }
    if (known && seen->head == row->head.seq &&
        seen->first_page == row->first_page && !(seen->hurt & HURT_ROW))
        return true;
    seen->hurt &= ~(unsigned)HURT_ROW;
    if (!known)
        *seen = (struct index_channel){.id = row->id, .key = row->key};
    if (known && seen->first_page < row->first_page)
        batch_gone(batch, (struct index_gone){
                              .from = row->id << INDEX_SHIFT | seen->first_page,
                              .to = row->id << INDEX_SHIFT | row->first_page,
                              .dropped = true});
    seen->first_page = row->first_page;
    if (seen->head != row->head.seq && !take_pages(ix, row, seen, bytes, more))
        return false;
    batch_channel(batch, seen);
    return true;
}

/* One whose row is damaged: the row as far as it goes. */
static void
pass_hurt(struct db_index *ix, const struct db_channel *row,
          struct index_channel *seen)
{
    bool known = is_named(seen, row);
    ix->hurt = ix->hurt || !known;
    if (!known || seen->hurt & HURT_ROW)
        return;
    seen->hurt |= HURT_ROW;
    batch_channel(&ix->batch, seen);
}

/* Channels that the log has no more, between where the walk is and `id`. */
static bool
pass_lost(struct db_index *ix, uint64_t id, struct index_channel *seen)
{
    if (!get_seen(ix, ix->at, seen))
        return false;
    while (seen->id < id && ix->batch.gones + 2 < INDEX_LOOKS) {
        batch_gone(&ix->batch, all_of(seen->id));
        ix->at = seen->id + 1;
        if (!get_seen(ix, ix->at, seen))
            return false;
    }
    return true;
}

static bool
log_version(struct db_index *ix, uint64_t *version)
{
    sqlite3_stmt *get = db_statement(&ix->log, DB_DATA_VERSION);
    int code = db_next(&ix->log, get);
    *version = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(get, 0) : 0;
    sqlite3_reset(get);
    return code == SQLITE_ROW || index_log_failed(ix);
}

/* Never 0, which is what it has seen before anything. */
bool
index_is_behind(struct db_index *ix)
{
    uint64_t version;
    return !ix->sql || !log_version(ix, &version) || ix->walked != version + 1;
}

/* The next channel; `*end`: there is none. */
static bool
step_channel(struct db_index *ix, size_t bytes, bool *end)
{
    struct db_channel row;
    struct index_channel seen;
    bool more = false;
    int code = db_channel_next(&ix->log, ix->at - 1, &row);
    bool hurt = code == SQLITE_CORRUPT && row.id >= ix->at;
    if (code != SQLITE_ROW && code != SQLITE_DONE && !hurt)
        return index_log_failed(ix);
    *end = code == SQLITE_DONE;
    uint64_t id = *end ? UINT64_MAX : row.id;
    if (!pass_lost(ix, id, &seen))
        return false;
    if (seen.id < id) { /* the batch is full of them */
        *end = false;
        return true;
    }
    if (*end)
        return true;
    if (hurt)
        pass_hurt(ix, &row, &seen);
    else if (!look(ix, &row, &seen, bytes, &more))
        return false;
    ix->at = more ? row.id : row.id + 1;
    return true;
}

bool
index_step(struct db_index *ix, size_t bytes, bool *more)
{
    bool end = false;
    if (ix->at == 1 && !log_version(ix, &ix->version))
        return false;
    if (ix->at == 1)
        ix->hurt = false;
    for (unsigned i = 0; i < INDEX_LOOKS && !end; i++) {
        if (batch_is_full(&ix->batch, bytes))
            break;
        if (!step_channel(ix, bytes, &end))
            return false;
    }
    *more = !end;
    if (end) {
        ix->walked = ix->version + 1;
        ix->at = 1;
    }
    return true;
}
