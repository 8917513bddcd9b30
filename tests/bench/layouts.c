/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The four candidates.
 *
 *   A  a row per message, and an index by channel
 *   B  a row per channel and turn
 *   C  a row per turn; where a channel's messages are is kept in memory and
 *      written as one row per channel whenever a segment is full
 *   D  a row per turn; behind it, in small steps, the oldest segment is moved
 *      into rows of one channel each, and its turns are deleted
 */
#include "layouts.h"

#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "writer.h"

enum {
    MOVED_BYTES = 65536 / MESSAGE_BYTES * MESSAGE_BYTES, /* in one row */
    MOVE_TIMES = 2, /* bytes moved per byte committed */
    DROP_PART = 4,  /* what dropping a byte costs: a part of moving it */
};

/* --- A --- */

static struct writer *
open_a(struct store *store, unsigned channels, unsigned segment)
{
    struct writer *w = writer_new(store, channels, segment);
    w->put = store_prepare(
        store->db, "INSERT INTO message(seq, body, channel) VALUES(?1,?2,?3)");
    return w;
}

static void
put_a(struct writer *w, const struct turn *turn)
{
    for (unsigned i = 0; i < turn->count; i++) {
        struct message_head head = message_head(turn->bytes[i]);
        sqlite3_bind_int64(w->put, 3, head.channel);
        writer_insert(w->put, head.seq, turn->bytes[i], MESSAGE_BYTES);
    }
}

static void
page_a(sqlite3 *db, uint32_t channel, uint64_t after, struct page *page)
{
    sqlite3_stmt *rows = store_prepare(
        db, "SELECT body FROM message WHERE channel=? AND seq>? ORDER BY seq");
    sqlite3_bind_int64(rows, 1, channel);
    sqlite3_bind_int64(rows, 2, (int64_t)after);
    while (page->count < PAGE_MESSAGES && store_step(rows))
        page_add(page, sqlite3_column_blob(rows, 0));
    sqlite3_finalize(rows);
}

static void
page_of_rows(sqlite3 *db, uint32_t channel, uint64_t after, struct page *page)
{
    sqlite3_stmt *rows = rows_from(db, channel, after);
    while (page->count < PAGE_MESSAGES && store_step(rows)) {
        const uint8_t *bytes = sqlite3_column_blob(rows, 0);
        int len = sqlite3_column_bytes(rows, 0);
        for (int at = 0; at < len; at += MESSAGE_BYTES)
            if (message_head(bytes + at).seq > after)
                page_add(page, bytes + at);
    }
    sqlite3_finalize(rows);
}

/* --- B --- */

static struct writer *
open_rows(struct store *store, unsigned channels, unsigned segment)
{
    struct writer *w = writer_new(store, channels, segment);
    w->put_row = store_prepare(
        store->db, "INSERT INTO rows(id, body, seq) VALUES(?1,?2,?3)");
    return w;
}

static void
put_b(struct writer *w, const struct turn *turn)
{
    struct segment *s = w->filling;
    segment_add(s, turn);
    for (unsigned i = 0; i < turn->count; i++) {
        struct message_head head = message_head(turn->bytes[i]);
        size_t len = 0;
        for (uint32_t at = s->first[head.channel]; at != NONE;
             at = s->items[at].next, len += MESSAGE_BYTES)
            memcpy(w->blob + len, segment_bytes(s, at), MESSAGE_BYTES);
        if (len)
            writer_insert_row(w, head.channel, head.seq, len);
        s->first[head.channel] = NONE;
    }
    s->count = 0;
}

/* --- C --- */

static struct writer *
open_turns(struct store *store, unsigned channels, unsigned segment)
{
    struct writer *w = open_rows(store, channels, segment);
    w->put = store_prepare(store->db, "INSERT INTO turns VALUES(?1,?2)");
    w->drop = store_prepare(
        store->db, "DELETE FROM turns WHERE id=(SELECT min(id) FROM turns)"
                   " RETURNING id, length(body)");
    return w;
}

static void
flush_c(struct writer *w)
{
    struct segment *s = w->filling;
    for (uint32_t channel = 0; channel < w->channels; channel++) {
        size_t len = 0;
        uint32_t first = s->first[channel];
        for (uint32_t at = first; at != NONE; at = s->items[at].next) {
            memcpy(w->blob + len, &s->items[at], sizeof *s->items);
            len += sizeof *s->items;
        }
        if (len)
            writer_insert_row(w, channel,
                              message_head(segment_bytes(s, first)).seq, len);
    }
    segment_clear(s, w->channels);
}

static void
put_c(struct writer *w, const struct turn *turn)
{
    writer_insert_turn(w, turn);
    segment_add(w->filling, turn);
    if (w->filling->count >= w->segment_size)
        flush_c(w);
}

static void
close_c(struct writer *w)
{
    store_begin(w->store);
    flush_c(w);
    store_commit(w->store);
    writer_free(w);
}

static void
page_c(sqlite3 *db, uint32_t channel, uint64_t after, struct page *page)
{
    sqlite3_stmt *rows = rows_from(db, channel, after);
    sqlite3_blob *turn = NULL;
    uint64_t open = 0;
    while (page->count < PAGE_MESSAGES && store_step(rows)) {
        const uint8_t *bytes = sqlite3_column_blob(rows, 0);
        int len = sqlite3_column_bytes(rows, 0);
        for (int at = 0; at < len && page->count < PAGE_MESSAGES;
             at += (int)sizeof(struct item)) {
            struct item item;
            uint8_t message[MESSAGE_BYTES];
            memcpy(&item, bytes + at, sizeof item);
            /* the seq is the row and the place in it */
            if (item.row + item.offset / MESSAGE_BYTES <= after)
                continue;
            if (!turn && sqlite3_blob_open(db, "main", "turns", "body",
                                           (int64_t)item.row, 0, &turn))
                fail("no turn");
            if (open && open != item.row &&
                sqlite3_blob_reopen(turn, (int64_t)item.row))
                fail("no turn");
            open = item.row;
            if (sqlite3_blob_read(turn, message, MESSAGE_BYTES,
                                  (int)item.offset))
                fail("a short turn");
            page_add(page, message);
        }
    }
    sqlite3_blob_close(turn);
    sqlite3_finalize(rows);
}

/* --- D --- */

/* The next row of the channel that is moved: whole messages up to
 * MOVED_BYTES. The next channel when this one has no more. */
static size_t
move_row(struct writer *w, struct segment *s)
{
    uint32_t at = s->first[w->channel];
    size_t len = 0;
    if (at == NONE) {
        w->channel++;
        return 0;
    }
    uint64_t seq = message_head(segment_bytes(s, at)).seq;
    for (; at != NONE && len < MOVED_BYTES; at = s->items[at].next) {
        memcpy(w->blob + len, segment_bytes(s, at), MESSAGE_BYTES);
        len += MESSAGE_BYTES;
    }
    s->first[w->channel] = at;
    writer_insert_row(w, w->channel, seq, len);
    return len;
}

/* The oldest turn of the moved segment; false when there is none. */
static bool
drop_turn(struct writer *w, const struct segment *s)
{
    if (!s->count || w->dropped == s->last_row)
        return false;
    store_step(w->drop);
    w->dropped = (uint64_t)sqlite3_column_int64(w->drop, 0);
    w->credit -= sqlite3_column_int(w->drop, 1) / DROP_PART;
    sqlite3_reset(w->drop);
    return true;
}

static void
move_some(struct writer *w)
{
    struct segment *s = w->moving;
    while (s && w->credit > 0) {
        if (w->channel < w->channels) {
            w->credit -= (int64_t)move_row(w, s);
        } else if (!drop_turn(w, s)) {
            segment_clear(s, w->channels);
            w->moving = NULL;
            return;
        }
    }
}

static void
move_begin(struct writer *w)
{
    w->credit = INT64_MAX; /* what is left of the one before; usually nothing */
    move_some(w);
    w->moving = w->filling;
    w->filling = &w->segments[w->filling == &w->segments[0]];
    w->channel = 0;
    w->credit = 0;
}

static void
put_d(struct writer *w, const struct turn *turn)
{
    writer_insert_turn(w, turn);
    segment_add(w->filling, turn);
    w->credit += (int64_t)turn->count * MESSAGE_BYTES * MOVE_TIMES;
    move_some(w);
    if (w->filling->count >= w->segment_size)
        move_begin(w);
}

static void
close_d(struct writer *w)
{
    store_begin(w->store);
    move_begin(w);
    move_begin(w);
    store_commit(w->store);
    writer_free(w);
}

#define ROWS                                                                   \
    "CREATE TABLE rows(id INTEGER PRIMARY KEY, seq INTEGER, body BLOB);"
#define TURNS "CREATE TABLE turns(id INTEGER PRIMARY KEY, body BLOB);"

const struct layout layouts[LAYOUTS] = {
    {"A",
     "CREATE TABLE message(seq INTEGER PRIMARY KEY, channel INTEGER,"
     " body BLOB); CREATE INDEX by_channel ON message(channel)",
     open_a, put_a, writer_free, page_a},
    {"B", ROWS, open_rows, put_b, writer_free, page_of_rows},
    {"C", ROWS TURNS, open_turns, put_c, close_c, page_c},
    {"D", ROWS TURNS, open_turns, put_d, close_d, page_of_rows},
};
