/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A step gathers pages while it reads the log, and writes all it has found out
 * when it has let go of it, in one transaction: so the log is held for as long
 * as the reading takes, and FTS5, which likes its documents ascending, gets
 * them so.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db_index.h"
#include "xmem.h"

void
batch_init(struct index_batch *batch)
{
    *batch = (struct index_batch){
        .doc = xcalloc(INDEX_DOCS, sizeof *batch->doc),
        .gone = xcalloc(INDEX_LOOKS, sizeof *batch->gone),
        .channel = xcalloc(INDEX_LOOKS, sizeof *batch->channel),
    };
}

void
batch_fini(struct index_batch *batch)
{
    free(batch->doc);
    free(batch->gone);
    free(batch->channel);
    words_fini(&batch->words);
}

void
batch_clear(struct index_batch *batch)
{
    batch->bytes = 0;
    batch->docs = batch->gones = batch->channels = 0;
    words_clear(&batch->words);
}

/* A channel may bring two ranges that are gone. */
bool
batch_is_full(const struct index_batch *batch, size_t bytes)
{
    return batch->bytes >= bytes || batch->docs == INDEX_DOCS ||
           batch->gones + 2 > INDEX_LOOKS || batch->channels == INDEX_LOOKS;
}

/* The word by which a page is found in its channel alone: none of a text has
 * this first letter. */
static void
put_channel(struct words *words, uint64_t place)
{
    char word[24];
    (void)snprintf(word, sizeof word, "%llx",
                   (unsigned long long)(place >> INDEX_SHIFT));
    words_mark(words, word);
}

void
batch_page(struct index_batch *batch, uint64_t place,
           const struct db_page *page)
{
    struct index_doc *doc = &batch->doc[batch->docs++];
    struct reader reader = reader_open(page->messages);
    struct message m;
    struct fault fault;
    *doc = (struct index_doc){.place = place,
                              .first = page->first.seq,
                              .last = page->last.seq,
                              .at = batch->words.len};
    put_channel(&batch->words, place);
    while (!reader_done(&reader) &&
           !message_read(&reader, SIDE_BROKER, &m, &fault))
        words_add(&batch->words, m.text);
    doc->len = batch->words.len - doc->at;
    batch->bytes += page->messages.len;
}

void
batch_gone(struct index_batch *batch, struct index_gone gone)
{
    batch->gone[batch->gones++] = gone;
}

void
batch_channel(struct index_batch *batch, const struct index_channel *channel)
{
    batch->channel[batch->channels++] = *channel;
}

/* --- writing --- */

static bool
write_gone(struct db_index *ix, const struct index_gone *gone, uint64_t wall)
{
    sqlite3_stmt *docs = index_statement(ix, INDEX_DOCS_GONE);
    sqlite3_bind_int64(docs, 1, (sqlite3_int64)gone->from);
    sqlite3_bind_int64(docs, 2, (sqlite3_int64)gone->to);
    if (!index_run(ix, docs))
        return false;
    sqlite3_stmt *since = index_statement(ix, INDEX_GONE_SINCE);
    sqlite3_bind_int64(since, 1, (sqlite3_int64)wall);
    sqlite3_bind_int64(since, 2, (sqlite3_int64)gone->from);
    sqlite3_bind_int64(since, 3, (sqlite3_int64)gone->to);
    if (gone->dropped && !index_run(ix, since))
        return false;
    sqlite3_stmt *drop = index_statement(ix, INDEX_CHANNEL_DROP);
    sqlite3_bind_int64(drop, 1, (sqlite3_int64)(gone->from >> INDEX_SHIFT));
    return !gone->channel || index_run(ix, drop);
}

static void
bind_name(sqlite3_stmt *statement, int column, struct slice name)
{
    sqlite3_bind_blob(statement, column,
                      name.len ? (const void *)name.data : "", (int)name.len,
                      SQLITE_STATIC);
}

static bool
write_channel(struct db_index *ix, const struct index_channel *channel)
{
    const struct channel_key *key = &channel->key;
    sqlite3_stmt *put = index_statement(ix, INDEX_CHANNEL_PUT);
    sqlite3_bind_int64(put, 1, (sqlite3_int64)channel->id);
    sqlite3_bind_int(put, 2, (int)channel_key_kind(key->bytes));
    bind_name(put, 3, channel_key_name(key->bytes));
    bind_name(put, 4, channel_key_with(key->bytes, key->len));
    sqlite3_bind_int64(put, 5, channel->first_page);
    sqlite3_bind_int64(put, 6, channel->next_page);
    sqlite3_bind_int64(put, 7, (sqlite3_int64)channel->head);
    sqlite3_bind_int(put, 8, (int)channel->hurt);
    return index_run(ix, put);
}

/* The rowid is taken in this volume: by the same page before it was redacted,
 * or by one of another channel that was here before. */
static bool
is_taken(struct db_index *ix, const struct index_doc *doc, bool *taken)
{
    sqlite3_stmt *at = index_statement(ix, INDEX_DOC_AT);
    sqlite3_bind_int64(at, 1, (sqlite3_int64)ix->volume);
    sqlite3_bind_int64(at, 2, (sqlite3_int64)doc->last);
    int code = index_next(ix, at);
    *taken = code == SQLITE_ROW;
    sqlite3_reset(at);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool
write_doc(struct db_index *ix, const struct index_doc *doc)
{
    bool taken;
    if (!is_taken(ix, doc, &taken) ||
        ((taken || ix->docs >= ix->most) && !index_volume_begin(ix)))
        return false;
    sqlite3_stmt *dead = index_statement(ix, INDEX_DOC_DEAD);
    sqlite3_bind_int64(dead, 1, (sqlite3_int64)doc->place);
    sqlite3_stmt *put = index_statement(ix, INDEX_DOC_PUT);
    sqlite3_bind_int64(put, 1, (sqlite3_int64)ix->volume);
    sqlite3_bind_int64(put, 2, (sqlite3_int64)doc->last);
    sqlite3_bind_int64(put, 3, (sqlite3_int64)doc->place);
    sqlite3_bind_int64(put, 4, (sqlite3_int64)doc->first);
    sqlite3_reset(ix->insert);
    sqlite3_bind_int64(ix->insert, 1, (sqlite3_int64)doc->last);
    sqlite3_bind_text(ix->insert, 2,
                      (const char *)ix->batch.words.data + doc->at,
                      (int)doc->len, SQLITE_STATIC);
    ix->docs++;
    ix->pages++;
    return index_run(ix, dead) && index_run(ix, put) &&
           index_run(ix, ix->insert);
}

static int
by_last(const void *a, const void *b)
{
    const struct index_doc *one = a;
    const struct index_doc *other = b;
    return (one->last > other->last) - (one->last < other->last);
}

static bool
write_all(struct db_index *ix, uint64_t wall)
{
    struct index_batch *batch = &ix->batch;
    qsort(batch->doc, batch->docs, sizeof *batch->doc, by_last);
    for (unsigned i = 0; i < batch->gones; i++)
        if (!write_gone(ix, &batch->gone[i], wall))
            return false;
    for (unsigned i = 0; i < batch->docs; i++)
        if (!write_doc(ix, &batch->doc[i]))
            return false;
    for (unsigned i = 0; i < batch->channels; i++)
        if (!write_channel(ix, &batch->channel[i]))
            return false;
    return true;
}

bool
batch_write(struct db_index *ix)
{
    struct index_batch *batch = &ix->batch;
    bool any = batch->docs || batch->gones || batch->channels;
    bool done = !any || (index_run(ix, index_statement(ix, INDEX_BEGIN)) &&
                         write_all(ix, index_now()) &&
                         index_run(ix, index_statement(ix, INDEX_COMMIT)));
    batch_clear(batch);
    return done;
}
