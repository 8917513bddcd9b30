/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A page that is filled and freed in one transaction is never written, so
 * giving back begins in another one than the last filling.
 *
 * Of the last page of a row SQLite writes no more than the row has, and leaves
 * what was behind it. A row of zeros is as long as its pages, and a rest that
 * lies with the row itself: there must be one, or the last page is cut short.
 * Rows of other tables are as long as they are; so up to 1 KiB of what was in
 * a page before may outlive it there.
 */
#include "db_scrub.h"

#include "db_row.h"

static const char mark[] = "scrub"; /* in meta */

bool
db_scrub_mark(struct db *db)
{
    return db_meta_put(db, mark, 1);
}

void
db_scrub_look(struct db *db, bool *due)
{
    uint64_t value = 0;
    *due = db_meta_get(db, mark, &value) && value;
}

bool
db_scrub_fill(struct db *db, size_t bytes, bool *more)
{
    enum {
        CHAIN = 4, /* bytes of each page that tell the next one */
        REST = (DB_PAGE - 12) * 32 / 255 - 23, /* see SQLite's file format */
    };
    sqlite3_stmt *count = db_statement(db, DB_SCRUB_FREE);
    int code = db_next(db, count);
    uint64_t pages = code == SQLITE_ROW ? row_get_int(count, 0) : 0;
    sqlite3_reset(count);
    *more = pages != 0;
    if (code != SQLITE_ROW)
        return false;
    if (pages > bytes / DB_PAGE)
        pages = bytes / DB_PAGE;
    if (!pages)
        return true;
    uint64_t zeros = pages * (DB_PAGE - CHAIN) + REST;
    sqlite3_stmt *fill = db_statement(db, DB_SCRUB_FILL);
    sqlite3_bind_int64(fill, 1, (sqlite3_int64)zeros);
    return db_finish(db, fill);
}

bool
db_scrub_drop(struct db *db, bool *more)
{
    if (!db_run(db, DB_SCRUB_DROP))
        return false;
    *more = sqlite3_changes(db->sql) != 0;
    return *more || db_meta_put(db, mark, 0);
}
