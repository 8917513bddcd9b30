/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The connection. The lock is on a file of its own, PATH.lock: SQLite's own
 * locks are on the database file, and closing any descriptor of that would drop
 * them all.
 */
#define _DEFAULT_SOURCE /* flock */
#include "db.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_row.h"

enum {
    PAGE_CACHE_KIB = 16384,
    OPEN_MS = 10000, /* a tool may hold the file for so long at a start */
};

bool
db_fault(char fault[static DB_FAULT], const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(fault, DB_FAULT, format, args);
    va_end(args);
    return false;
}

bool
db_failed(struct db *db)
{
    int code = sqlite3_errcode(db->sql);
    int system = sqlite3_system_errno(db->sql);
    bool disk = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
    (void)db_fault(db->fault, "%s%s%s", sqlite3_errmsg(db->sql),
                   disk && system ? ": " : "",
                   disk && system ? strerror(system) : "");
    if (code == SQLITE_CORRUPT || code == SQLITE_NOTADB)
        db->damaged = db->worn = true;
    return false;
}

bool
db_damaged(struct db *db, const char *what)
{
    (void)db_fault(db->fault, "a row of %s is damaged", what);
    db->damaged = db->worn = true;
    return false;
}

bool
db_is_corrupt(const struct db *db)
{
    return db->damaged;
}

enum err
db_error(const struct db *db)
{
    int system = sqlite3_system_errno(db->sql);
    int code = sqlite3_errcode(db->sql);
    bool full = code == SQLITE_FULL || (code == SQLITE_IOERR &&
                                        (system == ENOSPC || system == EDQUOT));
    return full ? ERR_FULL : ERR_INTERNAL;
}

/* --- statements --- */

sqlite3_stmt *
db_statement(struct db *db, enum db_statement which)
{
    sqlite3_stmt **at = &db->statements[which];
    db->damaged = false;
    if (!*at && sqlite3_prepare_v3(db->sql, db_sql[which], -1,
                                   SQLITE_PREPARE_PERSISTENT, at, NULL)) {
        (void)db_failed(db);
        return NULL;
    }
    sqlite3_reset(*at);
    sqlite3_clear_bindings(*at);
    return *at;
}

int
db_next(struct db *db, sqlite3_stmt *statement)
{
    int code = statement ? sqlite3_step(statement) : SQLITE_ERROR;
    if (code == SQLITE_ROW)
        return code;
    if (code != SQLITE_DONE && statement)
        (void)db_failed(db);
    sqlite3_reset(statement);
    return code;
}

bool
db_finish(struct db *db, sqlite3_stmt *statement)
{
    return db_next(db, statement) == SQLITE_DONE;
}

bool
db_run(struct db *db, enum db_statement which)
{
    return db_finish(db, db_statement(db, which));
}

bool
db_exec(struct db *db, const char *sql)
{
    return sqlite3_exec(db->sql, sql, NULL, NULL, NULL) == SQLITE_OK ||
           db_failed(db);
}

void
db_rest(struct db *db)
{
    for (int i = 0; i < DB_STATEMENTS; i++)
        sqlite3_reset(db->statements[i]);
}

/* --- meta --- */

bool
db_meta_get(struct db *db, const char *key, uint64_t *value)
{
    sqlite3_stmt *get = db_statement(db, DB_META_GET);
    sqlite3_bind_text(get, 1, key, -1, SQLITE_STATIC);
    bool there = db_next(db, get) == SQLITE_ROW;
    bool sound = there && row_is_sound(get);
    if (sound)
        *value = row_get_int(get, 1);
    sqlite3_reset(get);
    return sound || (there && db_damaged(db, "meta"));
}

bool
db_meta_put(struct db *db, const char *key, uint64_t value)
{
    struct row row = row_begin(db_statement(db, DB_META_PUT));
    row_text(&row, slice_str(key));
    row_int(&row, value);
    row_end(&row);
    return db_finish(db, row.statement);
}

/* --- opening --- */

static bool
take_lock(struct db *db)
{
    char path[DB_PATH + 8];
    (void)snprintf(path, sizeof path, "%s.lock", db->path);
    db->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (db->lock < 0) {
        (void)db_fault(db->fault, "%s: %s", path, strerror(errno));
        return false;
    }
    if (!flock(db->lock, LOCK_EX | LOCK_NB))
        return true;
    (void)db_fault(db->fault,
                   errno == EWOULDBLOCK ? "%s is in use by another confabd"
                                        : "%s cannot be locked",
                   db->path);
    return false;
}

static bool
pragma_int(struct db *db, const char *sql, int *value)
{
    sqlite3_stmt *statement = NULL;
    bool done = sqlite3_prepare_v2(db->sql, sql, -1, &statement, NULL) ==
                    SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;
    if (done)
        *value = sqlite3_column_int(statement, 0);
    else
        (void)db_failed(db);
    sqlite3_finalize(statement);
    return done;
}

/* Numbered steps from the version that the file has to ours. */
static bool
migrate(struct db *db, int version)
{
    char sql[128];
    if (!db_run(db, DB_BEGIN))
        return false;
    for (int i = version; i < db_version; i++) {
        if (!db_exec(db, db_steps[i]))
            return false;
    }
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                   DB_APPLICATION, db_version);
    return db_exec(db, sql) && db_run(db, DB_COMMIT);
}

/* Is it ours, and of a version that we can read or bring up to date? Changes
 * nothing. */
static bool
check_version(struct db *db, enum db_mode mode, int *format)
{
    int application, version, tables;
    if (!pragma_int(db, "PRAGMA application_id", &application) ||
        !pragma_int(db, "PRAGMA user_version", format) ||
        !pragma_int(db, "SELECT count(*) FROM sqlite_master", &tables))
        return false;
    version = *format;
    bool fresh = !application && !version && !tables;
    if (!fresh && application != DB_APPLICATION) {
        (void)db_fault(db->fault,
                       "%s is a SQLite database, but not a log of confab",
                       db->path);
        return false;
    }
    if (version < 0 || version > db_version) {
        (void)db_fault(
            db->fault,
            "%s was written by a newer confabd (format %d, this one knows "
            "%d)",
            db->path, version, db_version);
        return false;
    }
    if (version == db_version || mode == DB_OWN)
        return true;
    (void)db_fault(db->fault, "%s is %s", db->path,
                   fresh ? "empty"
                         : "of an older format: start confabd on it once");
    return false;
}

static bool
set_up(struct db *db, enum db_mode mode, const char *sync)
{
    char sql[320];
    int version = 0;
    sqlite3_extended_result_codes(db->sql, 0);
    sqlite3_busy_timeout(db->sql, OPEN_MS);
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA page_size = %d; PRAGMA journal_mode = WAL;"
                   "PRAGMA synchronous = %s;"
                   "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -%d;"
                   "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;"
                   "PRAGMA secure_delete = OFF;",
                   DB_PAGE, sync, PAGE_CACHE_KIB);
    if (!check_version(db, mode, &version))
        return false;
    if (mode == DB_LOOK)
        return true;
    return db_exec(db, sql) && (version == db_version || migrate(db, version));
}

int
db_open(struct db *db, const char *path, enum db_mode mode, const char *sync)
{
    *db = (struct db){.lock = -1};
    int flags = mode == DB_OWN ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
                               : SQLITE_OPEN_READWRITE;
    (void)snprintf(db->path, sizeof db->path, "%s", path);
    mode_t mask = umask(077); /* messages are nobody else's business */
    bool done = mode != DB_OWN || take_lock(db);
    if (done &&
        sqlite3_open_v2(path, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL)) {
        (void)db_fault(db->fault, "%s: %s", path, sqlite3_errmsg(db->sql));
        done = false;
    }
    done = done && set_up(db, mode, sync);
    umask(mask);
    if (done)
        return SQLITE_OK;
    int code = db->sql ? sqlite3_errcode(db->sql) : SQLITE_CANTOPEN;
    db_close(db);
    return code ? code : SQLITE_ERROR;
}

void
db_close(struct db *db)
{
    for (int i = 0; i < DB_STATEMENTS; i++) {
        sqlite3_finalize(db->statements[i]);
        db->statements[i] = NULL;
    }
    sqlite3_close(db->sql);
    db->sql = NULL;
    if (db->lock >= 0)
        close(db->lock);
    db->lock = -1;
}
