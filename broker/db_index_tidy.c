/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What must leave the index: words of a message that was redacted, at once;
 * those of pages that retention has dropped, before long; and copies of pages
 * that have grown, when a quarter of a volume is such.
 *
 * All of it is done in the same way. A volume is stale; its pages that are
 * still there are written into the one that is open, some at a time; the empty
 * one is dropped, which overwrites it, and SQLite's write-ahead log is cut off.
 *
 * Redactions are read from the log's own list of what was ruled. They are known
 * by their numbers, so none is missed while the broker was not there.
 */
#include <inttypes.h>
#include <stdio.h>

#include "db_index.h"
#include "db_ruling.h"

enum {
    TIDY_PAGES = 32,      /* pages that are moved at once */
    TIDY_REDACTIONS = 64, /* rulings that are looked at, at once */
};

/* Numbers of what is about a room: see db_ruling.c. */
static const uint64_t shelf = UINT64_C(2) << 40;
static const uint64_t shelf_end = UINT64_C(3) << 40;

static bool
mark_redacted(struct db_index *ix, const struct audit *audit)
{
    const struct record r = {
        .kind = RECORD_RULING, .ruling = audit->kind, .token = audit->subject};
    struct channel_key key;
    struct db_channel row;
    uint64_t seq = log_redacted(&r);
    if (!seq)
        return true;
    channel_key(&key, CHANNEL_ROOM, audit->room, slice_of(NULL, 0));
    int code = db_channel_find(&ix->log, &key, &row);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE || index_log_failed(ix);
    sqlite3_stmt *mark = index_statement(ix, INDEX_REDACTED);
    const uint64_t from = row.id << INDEX_SHIFT;
    const uint64_t to = (row.id + 1) << INDEX_SHIFT;
    sqlite3_bind_int64(mark, 1, (sqlite3_int64)from);
    sqlite3_bind_int64(mark, 2, (sqlite3_int64)to);
    sqlite3_bind_int64(mark, 3, (sqlite3_int64)seq);
    return index_run(ix, mark);
}

/* The next ruling; `*any`: there was one. A row that is damaged tells at least
 * its number. Without all of them, from the last one on, nobody knows what was
 * redacted: then everything is made again. */
static bool
take_ruling(struct db_index *ix, bool *any)
{
    struct audit audit;
    sqlite3_stmt *next = db_statement(&ix->log, DB_AUDIT_NEXT);
    sqlite3_bind_int64(next, 1, (sqlite3_int64)ix->audited);
    int code = db_next(&ix->log, next);
    *any = code == SQLITE_ROW;
    if (code == SQLITE_DONE)
        return true;
    if (code != SQLITE_ROW)
        return index_log_failed(ix);
    bool sound = db_audit_row(next, &audit);
    bool lost = !sound || audit.number != ix->audited + 1;
    ix->audited = audit.number;
    bool done = lost ? db_fault(ix->fault, "it is not known what was redacted")
                     : mark_redacted(ix, &audit);
    sqlite3_reset(next);
    return done;
}

bool
index_tidy_begin(struct db_index *ix)
{
    struct audit audit = {.number = 0};
    sqlite3_stmt *last = db_statement(&ix->log, DB_AUDIT_LAST);
    sqlite3_bind_int64(last, 1, (sqlite3_int64)shelf_end);
    int code = db_next(&ix->log, last);
    if (code == SQLITE_ROW)
        (void)db_audit_row(last, &audit);
    sqlite3_reset(last);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return index_log_failed(ix);
    ix->audited = audit.number > shelf ? audit.number : shelf;
    return index_meta_put(ix, "audited", ix->audited);
}

static bool
take_rulings(struct db_index *ix, bool *more)
{
    uint64_t before = ix->audited;
    *more = true;
    for (unsigned i = 0; *more && i < TIDY_REDACTIONS; i++)
        if (!take_ruling(ix, more))
            return false;
    return before == ix->audited || index_meta_put(ix, "audited", ix->audited);
}

/* --- volumes --- */

static bool
find_waste(struct db_index *ix)
{
    uint64_t wall = index_now();
    if (wall < ix->tidied + ix->every && wall >= ix->tidied)
        return true;
    ix->tidied = wall;
    sqlite3_stmt *worn = index_statement(ix, INDEX_WORN);
    uint64_t least = wall >= ix->purge ? wall - ix->purge + 1 : 0;
    sqlite3_bind_int64(worn, 1, (sqlite3_int64)least);
    sqlite3_stmt *waste = index_statement(ix, INDEX_WASTE);
    sqlite3_bind_int64(waste, 1, (sqlite3_int64)ix->volume);
    return index_run(ix, worn) && index_run(ix, waste);
}

/* 0: none is. */
static bool
stale_volume(struct db_index *ix, uint64_t *volume)
{
    sqlite3_stmt *stale = index_statement(ix, INDEX_VOLUME_STALE);
    int code = index_next(ix, stale);
    *volume = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(stale, 0) : 0;
    sqlite3_reset(stale);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool
drop_volume(struct db_index *ix, uint64_t volume)
{
    char drop[64];
    (void)snprintf(drop, sizeof drop, "DROP TABLE v%" PRIu64, volume);
    sqlite3_stmt *docs = index_statement(ix, INDEX_DOCS_DROP);
    sqlite3_bind_int64(docs, 1, (sqlite3_int64)volume);
    sqlite3_stmt *row = index_statement(ix, INDEX_VOLUME_DROP);
    sqlite3_bind_int64(row, 1, (sqlite3_int64)volume);
    if (!index_run(ix, index_statement(ix, INDEX_BEGIN)) ||
        !index_run(ix, docs) || !index_run(ix, row) || !index_exec(ix, drop) ||
        !index_run(ix, index_statement(ix, INDEX_COMMIT)))
        return false;
    return index_exec(ix, "PRAGMA wal_checkpoint (TRUNCATE)");
}

/* Takes a page along; one that is not there any more, or cannot be read, is
 * left behind. */
static bool
move_page(struct db_index *ix, uint64_t place)
{
    const struct db_channel row = {.id = place >> INDEX_SHIFT};
    struct db_page page;
    const struct index_gone left = {.from = place, .to = place + 1};
    if (db_page_get(&ix->log, &row, (uint32_t)place, &page))
        batch_page(&ix->batch, place, &page);
    else if (db_is_corrupt(&ix->log))
        batch_gone(&ix->batch, left);
    else
        return index_log_failed(ix);
    return true;
}

static bool
move_pages(struct db_index *ix, uint64_t volume, bool *any)
{
    sqlite3_stmt *of = index_statement(ix, INDEX_DOCS_OF);
    sqlite3_bind_int64(of, 1, (sqlite3_int64)volume);
    sqlite3_bind_int64(of, 2, TIDY_PAGES);
    int code;
    *any = false;
    while ((code = index_next(ix, of)) == SQLITE_ROW) {
        uint64_t place = (uint64_t)sqlite3_column_int64(of, 0);
        *any = true;
        if (!move_page(ix, place)) {
            sqlite3_reset(of);
            return false;
        }
    }
    return code == SQLITE_DONE;
}

/* The open one is closed, since its own pages are not to go into it again. */
static bool
close_volume(struct db_index *ix, uint64_t volume)
{
    return volume != ix->volume ||
           (index_run(ix, index_statement(ix, INDEX_BEGIN)) &&
            index_volume_begin(ix) &&
            index_run(ix, index_statement(ix, INDEX_COMMIT)));
}

bool
index_tidy(struct db_index *ix, bool *more)
{
    uint64_t volume;
    bool any;
    if (!take_rulings(ix, more) || !find_waste(ix) ||
        !stale_volume(ix, &volume))
        return false;
    if (!volume)
        return true;
    *more = true;
    if (!close_volume(ix, volume) || !move_pages(ix, volume, &any))
        return false;
    return any ? batch_write(ix) : drop_volume(ix, volume);
}
