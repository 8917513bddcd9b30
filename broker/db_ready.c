/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Opening has three ends: it is fine, it is damaged (then the damage is dealt
 * with, once), or it is none of our business.
 */
#define _DEFAULT_SOURCE /* realpath */
#include "db_ready.h"

#include <errno.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "db_forward.h"
#include "db_load.h"
#include "db_row.h"
#include "db_salvage.h"
#include "db_state.h"
#include "db_wal.h"
#include "proto/os.h"

static const char boot_key[] = "boot";
static const char damaged_key[] = "damaged";

/* --- where it is --- */

bool
db_make_folder(const char *path, char fault[static DB_FAULT])
{
    char folder[DB_PATH];
    (void)snprintf(folder, sizeof folder, "%s", path);
    for (char *end = strchr(folder + 1, '/'); end; end = strchr(end + 1, '/')) {
        *end = '\0';
        if (mkdir(folder, 0700) && errno != EEXIST)
            return db_fault(fault, "the folder %s cannot be made: %s", folder,
                            strerror(errno));
        *end = '/';
    }
    return true;
}

/* Under all its names it is one file, and what belongs to it (the lock, -wal)
 * is beside that. A path that leads nowhere stays as it is. */
static bool
resolve(const char *given, char path[static DB_PATH],
        char fault[static DB_FAULT])
{
    char copy[DB_PATH];
    (void)snprintf(path, DB_PATH, "%s", given);
    (void)snprintf(copy, sizeof copy, "%s", given);
    char *whole = realpath(given, NULL);
    char *folder = whole ? NULL : realpath(dirname(copy), NULL);
    const char *name = strrchr(given, '/');
    int len = 0;
    if (whole)
        len = snprintf(path, DB_PATH, "%s", whole);
    else if (folder)
        len = snprintf(path, DB_PATH, "%s/%s", folder, name ? name + 1 : given);
    free(whole);
    free(folder);
    return len < DB_PATH ||
           db_fault(fault, "%s: its whole path is too long", given);
}

/* SQLite would make a new log of a lost file, and throw away what is left. */
static bool
check_place(const char *path, char fault[static DB_FAULT])
{
    char name[DB_PATH + 8];
    struct stat file, wal;
    (void)snprintf(name, sizeof name, "%s", path);
    const char *folder = dirname(name);
    if (stat(folder, &file))
        return db_fault(fault, "%s: there is no folder %s", path, folder);
    (void)snprintf(name, sizeof name, "%s-wal", path);
    bool empty = stat(path, &file) || !file.st_size;
    if (empty && !stat(name, &wal) && wal.st_size)
        return db_fault(
            fault,
            "%s is lost or empty, but %s is there: restore the file or "
            "a backup, or remove both to begin a new log",
            path, name);
    return true;
}

/* --- what it was --- */

/* Of the machine since it was started; where it does not tell, every start is
 * one after a crash. */
enum { BOOT_UNKNOWN = 1 };

uint64_t
db_boot(void)
{
    uint64_t id = os_boot();
    return id > BOOT_UNKNOWN ? id : BOOT_UNKNOWN;
}

/* What one of SQLite's own checks says. */
static bool
pragma_check(struct db *db, const char *pragma)
{
    sqlite3_stmt *check = NULL;
    if (sqlite3_prepare_v2(db->sql, pragma, -1, &check, NULL))
        return db_failed(db);
    int code = db_next(db, check);
    const char *says =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(check, 0) : NULL;
    bool sound = says && !strcmp(says, "ok");
    if (says && !sound) {
        const char *line = strrchr(says, '\n'); /* behind a headline */
        (void)db_fault(db->fault, "%s", line ? line + 1 : says);
        db->damaged = true;
    }
    sqlite3_finalize(check);
    return sound;
}

static bool
rows_are_sound(struct db *db)
{
    for (int i = 0; i < FORWARD_TABLES; i++) {
        sqlite3_stmt *all = NULL;
        enum forward_table table = (enum forward_table)i;
        int code;
        if (sqlite3_prepare_v2(db->sql, forward_all(table), -1, &all, NULL))
            return db_failed(db);
        while ((code = db_next(db, all)) == SQLITE_ROW && row_is_sound(all)) {
        }
        if (code == SQLITE_ROW)
            (void)db_damaged(db, forward_name(table));
        sqlite3_finalize(all);
        if (code != SQLITE_DONE)
            return false;
    }
    return true;
}

/* As much as its marks ask for. Channels are looked up by name: one that its
 * index has lost would look like one that never had a message. So are rulings:
 * one that is lifted would come back. */
static bool
check(struct db *db, struct logger *logger)
{
    uint64_t boot = 0;
    uint64_t damaged = 0;
    db->fault[0] = '\0';
    if ((!db_meta_get(db, boot_key, &boot) ||
         !db_meta_get(db, damaged_key, &damaged)) &&
        db->fault[0])
        return false;
    bool crashed = boot && (boot == BOOT_UNKNOWN || boot != db_boot());
    if (damaged || crashed)
        LOG(logger, LOG_WARN, "log.check", LOG_TEXT("path", db->path),
            LOG_TEXT("why", damaged ? "it was found damaged"
                                    : "the machine went down while it was "
                                      "open"));
    return (!(damaged || crashed) ||
            pragma_check(db, "PRAGMA quick_check(1)")) &&
           pragma_check(db, "PRAGMA integrity_check(channels)") &&
           pragma_check(db, "PRAGMA integrity_check(rulings)") &&
           (!damaged || rows_are_sound(db)) && db_is_sound(db);
}

static bool
mark_open(struct db *db)
{
    return db_run(db, DB_BEGIN) && db_meta_put(db, boot_key, db_boot()) &&
           db_meta_put(db, damaged_key, 0) && db_run(db, DB_COMMIT);
}

/* --- opening --- */

/* Nothing was ever written to it. */
static bool
is_fresh(struct db *db, bool *fresh)
{
    sqlite3_stmt *any = NULL;
    if (sqlite3_prepare_v2(db->sql, "SELECT 1 FROM meta LIMIT 1", -1, &any,
                           NULL))
        return db_failed(db);
    int code = db_next(db, any);
    *fresh = code == SQLITE_DONE;
    sqlite3_finalize(any);
    return code == SQLITE_DONE || code == SQLITE_ROW;
}

static int
open_checked(struct db *db, const char *path, const char *sync,
             struct logger *logger)
{
    int code = db_open(db, path, DB_OWN, sync);
    if (code)
        return code;
    bool fresh = false;
    if (is_fresh(db, &fresh) && (!fresh || db_store_begin(db)) &&
        check(db, logger) && mark_open(db))
        return SQLITE_OK;
    code = db_is_corrupt(db) ? SQLITE_CORRUPT : SQLITE_ERROR;
    db_close(db);
    return code;
}

static int
salvage_and_open(struct db *db, const char *path, const char *sync,
                 struct logger *logger)
{
    LOG(logger, LOG_ERROR, "log.damaged", LOG_TEXT("path", path),
        LOG_TEXT("why", db->fault));
    if (!db_salvage(path, logger, db->fault))
        return SQLITE_CORRUPT;
    return open_checked(db, path, sync, logger);
}

int
db_ready(struct db *db, const char *given, const char *sync,
         struct logger *logger)
{
    char path[DB_PATH];
    *db = (struct db){.file = -1, .lock = -1};
    if (!resolve(given, path, db->fault) || !salvage_resume(path, db->fault) ||
        !check_place(path, db->fault))
        return SQLITE_CANTOPEN;
    int code = SQLITE_CORRUPT;
    if (wal_is_damaged(path))
        (void)db_fault(db->fault, "%s-wal has lost transactions", path);
    else
        code = open_checked(db, path, sync, logger);
    if (code == SQLITE_CORRUPT)
        code = salvage_and_open(db, path, sync, logger);
    if (code == SQLITE_NOTADB)
        (void)db_fault(
            db->fault,
            "%s is no log of confab, or its first bytes are damaged: "
            "restore a backup, or move it away to begin a new log",
            path);
    return code;
}

bool
db_clean(struct db *db)
{
    return db_meta_put(db, boot_key, 0);
}

bool
db_mark_damaged(struct db *db)
{
    return db_meta_put(db, damaged_key, 1);
}
