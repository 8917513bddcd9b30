/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The parts that the candidates are made of; see writer.h.
 */
#include "writer.h"

#include <stdlib.h>
#include <string.h>

#include "load.h"

struct message_head
message_head(const uint8_t *bytes)
{
    struct message_head head;
    memcpy(&head, bytes, sizeof head);
    return head;
}

static void *
take(size_t count, size_t size)
{
    void *p = calloc(count, size);
    if (!p)
        fail("no memory");
    return p;
}

static uint64_t
row_id(uint32_t channel, uint32_t number)
{
    return (uint64_t)channel << 32 | number;
}

void
writer_insert(sqlite3_stmt *put, uint64_t id, const void *bytes, size_t len)
{
    sqlite3_bind_int64(put, 1, (int64_t)id);
    sqlite3_bind_blob(put, 2, bytes, (int)len, SQLITE_STATIC);
    store_run(put);
}

/* A row of one channel, whose first message or posting is of `seq`. */
void
writer_insert_row(struct writer *w, uint32_t channel, uint64_t seq, size_t len)
{
    sqlite3_bind_int64(w->put_row, 3, (int64_t)seq);
    writer_insert(w->put_row, row_id(channel, w->rows[channel]++), w->blob,
                  len);
}

/* --- segments --- */

void
segment_clear(struct segment *s, unsigned channels)
{
    s->count = 0;
    memset(s->first, 0xff, channels * sizeof *s->first);
}

static void
segment_init(struct segment *s, unsigned channels, unsigned size)
{
    s->first = take(channels, sizeof *s->first);
    s->last = take(channels, sizeof *s->last);
    s->items = take(size + TURN_MOST, sizeof *s->items);
    s->bytes = take(size + TURN_MOST, MESSAGE_BYTES);
    segment_clear(s, channels);
}

static void
segment_fini(struct segment *s)
{
    free(s->first);
    free(s->last);
    free(s->items);
    free(s->bytes);
}

void
segment_add(struct segment *s, const struct turn *turn)
{
    uint64_t row = message_head(turn->bytes[0]).seq;
    for (unsigned i = 0; i < turn->count; i++) {
        uint32_t channel = message_head(turn->bytes[i]).channel;
        uint32_t at = s->count + i;
        s->items[at] = (struct item){row, i * MESSAGE_BYTES, NONE};
        if (s->first[channel] == NONE)
            s->first[channel] = at;
        else
            s->items[s->last[channel]].next = at;
        s->last[channel] = at;
    }
    memcpy(s->bytes + (size_t)s->count * MESSAGE_BYTES, turn->bytes,
           (size_t)turn->count * MESSAGE_BYTES);
    s->count += turn->count;
    s->last_row = row;
}

const uint8_t *
segment_bytes(const struct segment *s, uint32_t at)
{
    return s->bytes + (size_t)at * MESSAGE_BYTES;
}

/* --- writers --- */

struct writer *
writer_new(struct store *store, unsigned channels, unsigned segment)
{
    struct writer *w = take(1, sizeof *w);
    *w = (struct writer){
        .store = store, .channels = channels, .segment_size = segment};
    w->rows = take(channels, sizeof *w->rows);
    w->blob = take(segment + TURN_MOST, MESSAGE_BYTES);
    for (unsigned i = 0; i < 2; i++)
        segment_init(&w->segments[i], channels, segment);
    w->filling = &w->segments[0];
    return w;
}

void
writer_free(struct writer *w)
{
    sqlite3_finalize(w->put);
    sqlite3_finalize(w->put_row);
    sqlite3_finalize(w->drop);
    for (unsigned i = 0; i < 2; i++)
        segment_fini(&w->segments[i]);
    free(w->rows);
    free(w->blob);
    free(w);
}

void
writer_insert_turn(struct writer *w, const struct turn *turn)
{
    writer_insert(w->put, message_head(turn->bytes[0]).seq, turn->bytes,
                  (size_t)turn->count * MESSAGE_BYTES);
}

/* --- reading rows of one channel --- */

void
page_add(struct page *page, const uint8_t *bytes)
{
    if (page->count < PAGE_MESSAGES)
        memcpy(page->bytes[page->count++], bytes, MESSAGE_BYTES);
}

/* Row of the channel that holds the first one after the seq. */
static uint32_t
find_row(sqlite3 *db, uint32_t channel, uint64_t after)
{
    sqlite3_stmt *most = store_prepare(
        db, "SELECT max(id) FROM rows WHERE id BETWEEN ?1 AND ?2");
    sqlite3_stmt *probe = store_prepare(db, "SELECT seq FROM rows WHERE id=?");
    uint32_t low = 0, high = 0;
    sqlite3_bind_int64(most, 1, (int64_t)row_id(channel, 0));
    sqlite3_bind_int64(most, 2, (int64_t)row_id(channel, UINT32_MAX));
    if (store_step(most))
        high = (uint32_t)sqlite3_column_int64(most, 0) + 1;
    while (high - low > 1) {
        uint32_t middle = low + (high - low) / 2;
        sqlite3_bind_int64(probe, 1, (int64_t)row_id(channel, middle));
        store_step(probe);
        if ((uint64_t)sqlite3_column_int64(probe, 0) <= after)
            low = middle;
        else
            high = middle;
        sqlite3_reset(probe);
    }
    sqlite3_finalize(most);
    sqlite3_finalize(probe);
    return low;
}

/* The rows of the channel from there on. */
sqlite3_stmt *
rows_from(sqlite3 *db, uint32_t channel, uint64_t after)
{
    uint32_t number = find_row(db, channel, after);
    sqlite3_stmt *rows =
        store_prepare(db, "SELECT body FROM rows WHERE id BETWEEN ?1 AND ?2");
    sqlite3_bind_int64(rows, 1, (int64_t)row_id(channel, number));
    sqlite3_bind_int64(rows, 2, (int64_t)row_id(channel, UINT32_MAX));
    return rows;
}
