/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rows to structs and back, nothing more. The place of a page is the channel's
 * id and the page's number in one integer: the pages of a channel lie together,
 * and SQLite's own key is all the index there is.
 */
#include "db_channel.h"

#include "db_row.h"

enum {
    NUMBER_BITS = 32,
    /* columns of channels */
    ID = 0,
    KIND,
    NAME,
    PEER,
    FIRST_PAGE,
    NEXT_PAGE,
    FIRST,
    FIRST_TIME,
    HEAD,
    HEAD_TIME,
    COUNT,
    BYTES,
    TRIMMED,
    TRIMMED_TIME,
};

static int
channel_get(struct db *db, sqlite3_stmt *row, struct db_channel *channel)
{
    struct slice name = row_get_bytes(row, NAME);
    struct slice peer = row_get_bytes(row, PEER);
    uint64_t kind = row_get_int(row, KIND);
    bool named = name.len <= LIMIT_NAME && peer.len <= LIMIT_NAME &&
                 kind < CHANNEL_KINDS;
    if (named)
        channel_key(&channel->key, (enum channel_kind)kind, name, peer);
    if (!named || !row_is_sound(row)) {
        (void)db_damaged(db, "channels");
        return SQLITE_CORRUPT;
    }
    *channel = (struct db_channel){
        .id = row_get_int(row, ID),
        .key = channel->key,
        .first_page = (uint32_t)row_get_int(row, FIRST_PAGE),
        .next_page = (uint32_t)row_get_int(row, NEXT_PAGE),
        .first = row_get_int(row, FIRST),
        .first_time = row_get_int(row, FIRST_TIME),
        .head = {row_get_int(row, HEAD), row_get_int(row, HEAD_TIME)},
        .count = row_get_int(row, COUNT),
        .bytes = row_get_int(row, BYTES),
        .trimmed = {row_get_int(row, TRIMMED), row_get_int(row, TRIMMED_TIME)},
    };
    return SQLITE_ROW;
}

static int
channel_one(struct db *db, sqlite3_stmt *statement, struct db_channel *channel)
{
    int code = db_next(db, statement);
    if (code == SQLITE_ROW)
        code = channel_get(db, statement, channel);
    sqlite3_reset(statement);
    return code;
}

static struct slice
peer_of(const struct channel_key *key)
{
    return channel_key_with(key->bytes, key->len);
}

int
db_channel_find(struct db *db, const struct channel_key *key,
                struct db_channel *channel)
{
    sqlite3_stmt *find = db_statement(db, DB_CHANNEL_FIND);
    struct row row = row_begin(find);
    row_int(&row, channel_key_kind(key->bytes));
    row_text(&row, channel_key_name(key->bytes));
    row_text(&row, peer_of(key));
    *channel = (struct db_channel){.key = *key};
    return channel_one(db, find, channel);
}

int
db_channel_next(struct db *db, uint64_t id, struct db_channel *channel)
{
    sqlite3_stmt *next = db_statement(db, DB_CHANNEL_NEXT);
    sqlite3_bind_int64(next, 1, (sqlite3_int64)id);
    *channel = (struct db_channel){.id = 0};
    int code = db_next(db, next);
    if (code == SQLITE_ROW) {
        channel->id = row_get_int(next, ID); /* what it was found by */
        code = channel_get(db, next, channel);
    }
    sqlite3_reset(next);
    return code;
}

int
db_channel_room(struct db *db, bool begin, struct db_channel *channel)
{
    sqlite3_stmt *rooms = begin ? db_statement(db, DB_CHANNEL_ROOMS)
                                : db->statements[DB_CHANNEL_ROOMS];
    int code = db_next(db, rooms);
    return code == SQLITE_ROW ? channel_get(db, rooms, channel) : code;
}

bool
db_channel_number(struct db *db, struct db_channel *channel)
{
    sqlite3_stmt *last = db_statement(db, DB_CHANNEL_LAST);
    int code = db_next(db, last);
    uint64_t newest = code == SQLITE_ROW ? row_get_int(last, 0) : 0;
    sqlite3_reset(last);
    channel->id = newest + 1;
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool
db_channel_put(struct db *db, const struct db_channel *channel)
{
    struct row row = row_begin(db_statement(db, DB_CHANNEL_PUT));
    row_int(&row, channel->id);
    row_int(&row, channel_key_kind(channel->key.bytes));
    row_text(&row, channel_key_name(channel->key.bytes));
    row_text(&row, peer_of(&channel->key));
    row_int(&row, channel->first_page);
    row_int(&row, channel->next_page);
    row_int(&row, channel->first);
    row_int(&row, channel->first_time);
    row_int(&row, channel->head.seq);
    row_int(&row, channel->head.time);
    row_int(&row, channel->count);
    row_int(&row, channel->bytes);
    row_int(&row, channel->trimmed.seq);
    row_int(&row, channel->trimmed.time);
    row_end(&row);
    return db_finish(db, row.statement);
}

bool
db_channel_drop(struct db *db, uint64_t id)
{
    sqlite3_stmt *drop = db_statement(db, DB_CHANNEL_DROP);
    sqlite3_bind_int64(drop, 1, (sqlite3_int64)id);
    return db_finish(db, drop);
}

/* --- pages --- */

static uint64_t
place_of(const struct db_channel *channel, uint32_t number)
{
    return channel->id << NUMBER_BITS | number;
}

bool
db_page_get(struct db *db, const struct db_channel *channel, uint32_t number,
            struct db_page *page)
{
    sqlite3_stmt *get = db_statement(db, DB_PAGE_GET);
    sqlite3_bind_int64(get, 1, (sqlite3_int64)place_of(channel, number));
    int code = db_next(db, get);
    if (code == SQLITE_DONE || (code == SQLITE_ROW && !row_is_sound(get)))
        return db_damaged(db, "pages");
    if (code != SQLITE_ROW)
        return false;
    *page = (struct db_page){
        .first = {row_get_int(get, 1), row_get_int(get, 3)},
        .last = {row_get_int(get, 2), row_get_int(get, 4)},
        .count = row_get_int(get, 5),
        .messages = row_get_bytes(get, 6),
    };
    return true;
}

bool
db_page_put(struct db *db, const struct db_channel *channel, uint32_t number,
            const struct db_page *page)
{
    struct row row = row_begin(db_statement(db, DB_PAGE_PUT));
    row_int(&row, place_of(channel, number));
    row_int(&row, page->first.seq);
    row_int(&row, page->last.seq);
    row_int(&row, page->first.time);
    row_int(&row, page->last.time);
    row_int(&row, page->count);
    row_blob(&row, page->messages);
    row_end(&row);
    return db_finish(db, row.statement);
}

bool
db_page_drop(struct db *db, const struct db_channel *channel, uint32_t number)
{
    sqlite3_stmt *drop = db_statement(db, DB_PAGE_DROP);
    sqlite3_bind_int64(drop, 1, (sqlite3_int64)place_of(channel, number));
    return db_finish(db, drop);
}

bool
db_message_next(struct slice *rest, struct db_message *message)
{
    struct message m;
    struct fault fault;
    if (!rest->len)
        return false;
    struct reader reader = reader_open(*rest);
    const uint8_t *end = rest->data + rest->len;
    if (message_read(&reader, SIDE_BROKER, &m, &fault))
        return false;
    *message = (struct db_message){
        .wire = slice_of(rest->data, (size_t)(reader.at - rest->data)),
        .seq = m.seq,
        .prev = m.prev,
        .time = m.time,
    };
    *rest = slice_of(reader.at, (size_t)(end - reader.at));
    return true;
}
