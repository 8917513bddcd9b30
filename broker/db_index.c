/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The file, its statements, and its volumes.
 *
 * It is written without a sync, since whatever the machine loses can be made
 * again: a file that was open when the machine went down is not believed. That
 * the process may be killed at any moment is SQLite's write-ahead log's
 * business, which survives in the system's memory.
 */
#include "db_index.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_ready.h"
#include "db_state.h"
#include "proto/clock.h"

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value INTEGER)"
    " WITHOUT ROWID;"
    "CREATE TABLE IF NOT EXISTS volumes (number INTEGER PRIMARY KEY,"
    " stale INTEGER, since INTEGER);"
    "CREATE TABLE IF NOT EXISTS docs (volume INTEGER, last INTEGER,"
    " place INTEGER, first INTEGER, live INTEGER,"
    " PRIMARY KEY (volume, last)) WITHOUT ROWID;"
    "CREATE INDEX IF NOT EXISTS docs_place ON docs (place);"
    "CREATE TABLE IF NOT EXISTS channels (id INTEGER PRIMARY KEY,"
    " kind INTEGER, name BLOB, peer BLOB, first_page INTEGER,"
    " next_page INTEGER, head INTEGER, hurt INTEGER);";

static const char *const sql[INDEX_STATEMENTS] = {
    [INDEX_BEGIN] = "BEGIN IMMEDIATE",
    [INDEX_COMMIT] = "COMMIT",
    [INDEX_ROLLBACK] = "ROLLBACK",
    [INDEX_META_GET] = "SELECT value FROM meta WHERE key = ?",
    [INDEX_META_PUT] = "INSERT OR REPLACE INTO meta VALUES (?, ?)",
    [INDEX_CHANNEL_FROM] = "SELECT * FROM channels WHERE id >= ?"
                           " ORDER BY id LIMIT 1",
    [INDEX_CHANNEL_PUT] = "INSERT OR REPLACE INTO channels VALUES"
                          " (?, ?, ?, ?, ?, ?, ?, ?)",
    [INDEX_CHANNEL_DROP] = "DELETE FROM channels WHERE id = ?",
    [INDEX_CHANNEL_HURT] = "SELECT kind, name, peer FROM channels"
                           " WHERE hurt <> 0",
    [INDEX_DOC_PUT] = "INSERT INTO docs VALUES (?, ?, ?, ?, 1)",
    [INDEX_DOC_AT] = "SELECT place, first, live FROM docs"
                     " WHERE volume = ? AND last = ?",
    [INDEX_DOC_PLACE] = "SELECT volume, last FROM docs"
                        " WHERE place = ? AND live = 1",
    [INDEX_DOC_DEAD] = "UPDATE docs SET live = 0 WHERE place = ?",
    [INDEX_DOCS_GONE] = "UPDATE docs SET live = 0"
                        " WHERE place >= ? AND place < ?",
    [INDEX_DOCS_OF] = "SELECT place FROM docs WHERE volume = ? AND live = 1"
                      " ORDER BY last LIMIT ?",
    [INDEX_DOCS_DROP] = "DELETE FROM docs WHERE volume = ?",
    [INDEX_VOLUME_PUT] = "INSERT INTO volumes VALUES (?, 0, 0)",
    [INDEX_VOLUME_LAST] =
        "SELECT number, stale, (SELECT count(*) FROM docs"
        " WHERE volume = number) FROM volumes ORDER BY number DESC LIMIT 1",
    [INDEX_VOLUME_STALE] = "SELECT number FROM volumes WHERE stale LIMIT 1",
    [INDEX_VOLUME_DROP] = "DELETE FROM volumes WHERE number = ?",
    [INDEX_VOLUMES] = "SELECT number FROM volumes ORDER BY number DESC",
    [INDEX_WORN] = "UPDATE volumes SET stale = 1 WHERE since > 0 AND since < ?",
    [INDEX_GONE_SINCE] =
        "UPDATE volumes SET since = ? WHERE since = 0 AND number IN"
        " (SELECT volume FROM docs WHERE place >= ? AND place < ?)",
    [INDEX_REDACTED] =
        "UPDATE volumes SET stale = 1 WHERE number IN (SELECT volume FROM docs"
        " WHERE place >= ?1 AND place < ?2 AND first <= ?3 AND last >= ?3)",
    [INDEX_WASTE] =
        "UPDATE volumes SET stale = 1 WHERE number < ? AND number IN"
        " (SELECT volume FROM docs GROUP BY volume"
        " HAVING sum(live) * 4 < count(*) * 3)",
};

uint64_t
index_now(void)
{
    return clock_ms(CLOCK_REALTIME);
}

/* --- statements --- */

static bool
index_failed(struct db_index *ix)
{
    return db_fault(ix->fault, "%s", sqlite3_errmsg(ix->sql));
}

bool
index_log_failed(struct db_index *ix)
{
    ix->log_failed = true;
    return db_fault(ix->fault, "the log: %.900s", ix->log.fault);
}

sqlite3_stmt *
index_statement(struct db_index *ix, enum index_statement which)
{
    sqlite3_stmt **at = &ix->statements[which];
    if (!*at && sqlite3_prepare_v3(ix->sql, sql[which], -1,
                                   SQLITE_PREPARE_PERSISTENT, at, NULL)) {
        (void)index_failed(ix);
        return NULL;
    }
    sqlite3_reset(*at);
    return *at;
}

int
index_next(struct db_index *ix, sqlite3_stmt *statement)
{
    int code = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    if (code == SQLITE_ROW)
        return code;
    if (code != SQLITE_DONE && statement)
        (void)index_failed(ix);
    sqlite3_reset(statement);
    return code;
}

bool
index_run(struct db_index *ix, sqlite3_stmt *statement)
{
    return index_next(ix, statement) == SQLITE_DONE;
}

bool
index_exec(struct db_index *ix, const char *text)
{
    return sqlite3_exec(ix->sql, text, NULL, NULL, NULL) == SQLITE_OK ||
           index_failed(ix);
}

static bool
meta_get(struct db_index *ix, const char *key, uint64_t *value)
{
    sqlite3_stmt *get = index_statement(ix, INDEX_META_GET);
    sqlite3_bind_text(get, 1, key, -1, SQLITE_STATIC);
    int code = index_next(ix, get);
    *value = code == SQLITE_ROW ? (uint64_t)sqlite3_column_int64(get, 0) : 0;
    sqlite3_reset(get);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool
index_meta_put(struct db_index *ix, const char *key, uint64_t value)
{
    sqlite3_stmt *put = index_statement(ix, INDEX_META_PUT);
    sqlite3_bind_text(put, 1, key, -1, SQLITE_STATIC);
    sqlite3_bind_int64(put, 2, (sqlite3_int64)value);
    return index_run(ix, put);
}

/* --- volumes --- */

static bool
prepare_insert(struct db_index *ix)
{
    char text[96];
    sqlite3_finalize(ix->insert);
    ix->insert = NULL;
    (void)snprintf(text, sizeof text,
                   "INSERT INTO v%" PRIu64 " (rowid, words) VALUES (?, ?)",
                   ix->volume);
    return sqlite3_prepare_v3(ix->sql, text, -1, SQLITE_PREPARE_PERSISTENT,
                              &ix->insert, NULL) == SQLITE_OK ||
           index_failed(ix);
}

bool
index_volume_begin(struct db_index *ix)
{
    char create[160];
    uint64_t number = ix->volume + 1;
    (void)snprintf(create, sizeof create,
                   "CREATE VIRTUAL TABLE v%" PRIu64
                   " USING fts5 (words, content='', columnsize=0,"
                   " tokenize=\"ascii tokenchars '_'\")",
                   number);
    sqlite3_stmt *put = index_statement(ix, INDEX_VOLUME_PUT);
    sqlite3_bind_int64(put, 1, (sqlite3_int64)number);
    if (!index_run(ix, put) || !index_exec(ix, create))
        return false;
    ix->volume = number;
    ix->docs = 0;
    return prepare_insert(ix);
}

static bool
volume_find(struct db_index *ix)
{
    sqlite3_stmt *last = index_statement(ix, INDEX_VOLUME_LAST);
    int code = index_next(ix, last);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return false;
    bool any = code == SQLITE_ROW;
    ix->volume = any ? (uint64_t)sqlite3_column_int64(last, 0) : 0;
    bool stale = any && sqlite3_column_int(last, 1);
    ix->docs = any ? (uint64_t)sqlite3_column_int64(last, 2) : 0;
    sqlite3_reset(last);
    return any && !stale && ix->docs < ix->most ? prepare_insert(ix)
                                                : index_volume_begin(ix);
}

/* --- opening --- */

/* Ours and nobody else's to read, before SQLite has it. */
static bool
make_file(struct db_index *ix)
{
    int fd = open(ix->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return db_fault(ix->fault, "%s: %s", ix->path, strerror(errno));
    struct stat file;
    bool regular = !fstat(fd, &file) && S_ISREG(file.st_mode);
    close(fd);
    return regular || db_fault(ix->fault, "%s is no regular file", ix->path);
}

static int
on_progress(void *stop)
{
    return atomic_load((const atomic_bool *)stop);
}

static bool
open_file(struct db_index *ix)
{
    enum { OPERATIONS = 4096 }; /* of SQLite's, between two looks at `stop` */
    static const char set_up[] =
        "PRAGMA page_size = 4096; PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = OFF; PRAGMA secure_delete = ON;"
        "PRAGMA cache_size = -8192; PRAGMA temp_store = MEMORY;";
    ix->fault[0] = '\0';
    if (!make_file(ix))
        return false;
    if (sqlite3_open_v2(ix->path, &ix->sql,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL) ||
        sqlite3_exec(ix->sql, set_up, NULL, NULL, NULL) ||
        sqlite3_exec(ix->sql, schema, NULL, NULL, NULL))
        return index_failed(ix);
    sqlite3_progress_handler(ix->sql, OPERATIONS, on_progress,
                             (void *)(uintptr_t)ix->stop);
    return true;
}

/* Made for this log, in this form, and not open when a machine went down. */
static bool
is_ours(struct db_index *ix, bool *ours)
{
    uint64_t epoch[2], high, low, version, boot;
    if (!db_epoch_get(&ix->log, epoch))
        return index_log_failed(ix);
    if (!meta_get(ix, "epoch-high", &high) ||
        !meta_get(ix, "epoch-low", &low) ||
        !meta_get(ix, "version", &version) || !meta_get(ix, "boot", &boot) ||
        !meta_get(ix, "audited", &ix->audited))
        return false;
    *ours = version == INDEX_VERSION && high == epoch[0] && low == epoch[1] &&
            (!boot || boot == db_boot());
    return true;
}

static bool
mark_ours(struct db_index *ix)
{
    uint64_t epoch[2];
    if (!db_epoch_get(&ix->log, epoch))
        return index_log_failed(ix);
    return index_run(ix, index_statement(ix, INDEX_BEGIN)) &&
           (ix->audited || index_tidy_begin(ix)) &&
           index_meta_put(ix, "epoch-high", epoch[0]) &&
           index_meta_put(ix, "epoch-low", epoch[1]) &&
           index_meta_put(ix, "version", INDEX_VERSION) &&
           index_meta_put(ix, "boot", db_boot()) && volume_find(ix) &&
           index_run(ix, index_statement(ix, INDEX_COMMIT));
}

static bool
open_once(struct db_index *ix, bool *ours)
{
    *ours = false;
    return open_file(ix) && is_ours(ix, ours) && (!*ours || mark_ours(ix));
}

bool
index_open(struct db_index *ix)
{
    bool ours;
    if (ix->sql)
        return true;
    ix->at = 1;
    ix->walked = ix->tidied = 0;
    ix->log_failed = false;
    if (open_once(ix, &ours) && ours)
        return true;
    if (ix->log_failed)
        return false;
    index_remove(ix);
    ix->audited = 0;
    return open_file(ix) && mark_ours(ix);
}

/* What a step had gathered when it failed goes as well: when another index is
 * opened, some of it may have been redacted. */
void
index_close(struct db_index *ix)
{
    batch_clear(&ix->batch);
    for (int i = 0; i < INDEX_STATEMENTS; i++) {
        sqlite3_finalize(ix->statements[i]);
        ix->statements[i] = NULL;
    }
    sqlite3_finalize(ix->insert);
    ix->insert = NULL;
    sqlite3_close(ix->sql);
    ix->sql = NULL;
}

void
index_remove(struct db_index *ix)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    char path[sizeof ix->path + 8];
    index_close(ix);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        (void)snprintf(path, sizeof path, "%s%s", ix->path, ends[i]);
        (void)unlink(path);
    }
}

bool
index_init(struct db_index *ix, const char *path, const atomic_bool *stop)
{
    *ix = (struct db_index){.stop = stop,
                            .most = INDEX_VOLUME,
                            .every = INDEX_TIDY,
                            .purge = INDEX_PURGE};
    batch_init(&ix->batch);
    (void)snprintf(ix->path, sizeof ix->path, "%s.search", path);
    if (!db_open(&ix->log, path, DB_LOOK, "OFF"))
        return true;
    return index_log_failed(ix);
}

void
index_fini(struct db_index *ix)
{
    if (ix->sql) {
        sqlite3_progress_handler(ix->sql, 0, NULL, NULL);
        (void)index_meta_put(ix, "boot", 0);
    }
    index_close(ix);
    batch_fini(&ix->batch);
    db_close(&ix->log);
}

bool
index_enter(struct db_index *ix)
{
    return db_exec(&ix->log, "BEGIN") || index_log_failed(ix);
}

void
index_leave(struct db_index *ix)
{
    db_rest(&ix->log);
    (void)db_exec(&ix->log, "ROLLBACK");
}
