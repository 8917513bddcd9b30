/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The connection. The lock is on the file itself, whatever its name, and on a
 * file of its own beside it, PATH.lock, for the moment of a salvage in which
 * the file is another one. It is flock's: SQLite's own locks are fcntl's, and
 * they go when any descriptor of the file is closed, so ours stays open until
 * SQLite has closed its own.
 */
#define _DEFAULT_SOURCE /* flock */
#include "db.h"

#include <assert.h>
#include <ctype.h>
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
    DB_URI = 3 * DB_PATH + 32,
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

uint64_t
db_size(const struct db *db)
{
    char wal[DB_PATH + 8];
    struct stat file;
    (void)snprintf(wal, sizeof wal, "%s-wal", db->path);
    uint64_t size = stat(db->path, &file) ? 0 : (uint64_t)file.st_size;
    return size + (stat(wal, &file) ? 0 : (uint64_t)file.st_size);
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

static int
lock_file(struct db *db, const char *path)
{
    struct stat file;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0 || fstat(fd, &file)) {
        (void)db_fault(db->fault, "%s: %s", path, strerror(errno));
    } else if (!S_ISREG(file.st_mode)) {
        (void)db_fault(db->fault, "%s is no regular file", path);
    } else if (!flock(fd, LOCK_EX | LOCK_NB)) {
        return fd;
    } else {
        (void)db_fault(db->fault,
                       errno == EWOULDBLOCK ? "%s is in use by another confabd"
                                            : "%s cannot be locked",
                       db->path);
    }
    if (fd >= 0)
        close(fd);
    return -1;
}

static bool
take_locks(struct db *db)
{
    char path[DB_PATH + 8];
    (void)snprintf(path, sizeof path, "%s.lock", db->path);
    db->file = lock_file(db, db->path);
    db->lock = db->file < 0 ? -1 : lock_file(db, path);
    return db->lock >= 0;
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

bool
db_take_steps(struct db *db, int version)
{
    char sql[128];
    for (int i = version; i < db_version; i++) {
        if (!db_exec(db, db_steps[i]))
            return false;
    }
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA application_id = %d; PRAGMA user_version = %d;",
                   DB_APPLICATION, db_version);
    return db_exec(db, sql);
}

/* Numbered steps from the version that the file has to ours. */
static bool
migrate(struct db *db, int version)
{
    return db_run(db, DB_BEGIN) && db_take_steps(db, version) &&
           db_run(db, DB_COMMIT);
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
    (void)snprintf(
        sql, sizeof sql,
        "PRAGMA page_size = %d; PRAGMA journal_mode = WAL;"
        "PRAGMA synchronous = %s;"
        "PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -%d;"
        "PRAGMA temp_store = MEMORY; PRAGMA cell_size_check = ON;" DB_SECURE,
        DB_PAGE, sync, PAGE_CACHE_KIB);
    if (!check_version(db, mode, &version))
        return false;
    if (mode == DB_LOOK)
        return true;
    return db_exec(db, sql) && (version == db_version || migrate(db, version));
}

static bool
open_file(struct db *db, const char *name, int flags)
{
    if (!sqlite3_open_v2(name, &db->sql, flags | SQLITE_OPEN_NOMUTEX, NULL))
        return true;
    return db_fault(db->fault, "%s: %s", db->path, sqlite3_errmsg(db->sql));
}

/* `path` as a URI in which nothing has a meaning but its slashes. */
static void
uri_of(const char *path, char uri[static DB_URI])
{
    static const char hex[] = "0123456789ABCDEF";
    char *at = uri + snprintf(uri, DB_URI, "file:");
    for (; *path; path++) {
        unsigned char c = (unsigned char)*path;
        bool plain = isalnum(c) || c == '/' || c == '.' || c == '-';
        if (plain) {
            *at++ = (char)c;
            continue;
        }
        *at++ = '%';
        *at++ = hex[c >> 4];
        *at++ = hex[c & 15];
    }
    memcpy(at, "?immutable=1", sizeof "?immutable=1");
}

/* A file on a medium or in a folder that is not to be written to, where SQLite
 * cannot make the files that it shares with others: nobody can change it. */
static bool
open_immutable(struct db *db)
{
    char wal[DB_PATH + 8];
    char uri[DB_URI];
    struct stat file;
    (void)snprintf(wal, sizeof wal, "%s-wal", db->path);
    if (!stat(wal, &file) && file.st_size)
        return db_fault(db->fault,
                        "%s cannot be read where nothing can be written: %s "
                        "has newer messages; copy both elsewhere",
                        db->path, wal);
    sqlite3_close(db->sql);
    uri_of(db->path, uri);
    return open_file(db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI) &&
           set_up(db, DB_LOOK, "OFF");
}

static bool
open_as(struct db *db, enum db_mode mode, const char *sync)
{
    if (mode == DB_OWN)
        return take_locks(db) &&
               open_file(db, db->path,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) &&
               set_up(db, mode, sync);
    struct stat file;
    if (stat(db->path, &file))
        return db_fault(db->fault, "%s: %s", db->path, strerror(errno));
    if (!S_ISREG(file.st_mode))
        return db_fault(db->fault, "%s is no regular file", db->path);
    if (open_file(db, db->path, SQLITE_OPEN_READWRITE) &&
        set_up(db, mode, sync))
        return true;
    int code = sqlite3_errcode(db->sql);
    return (code == SQLITE_CANTOPEN || code == SQLITE_READONLY) &&
           open_immutable(db);
}

int
db_open(struct db *db, const char *path, enum db_mode mode, const char *sync)
{
    *db = (struct db){.file = -1, .lock = -1};
    (void)snprintf(db->path, sizeof db->path, "%s", path);
    mode_t mask = umask(077); /* messages are nobody else's business */
    bool done = open_as(db, mode, sync);
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
    if (db->file >= 0)
        close(db->file);
    db->file = db->lock = -1;
}
