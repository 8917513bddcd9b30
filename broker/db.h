/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db: the SQLite file behind the log.
 *
 * One process owns it (a lock beside the file says so), one thread writes to it
 * and another makes checkpoints. This is the connection: opening, statements,
 * transactions, and what went wrong in words. What the tables mean is the
 * business of the db_*.c files, one a table; db_schema.c has them all.
 *
 * Every row carries a checksum over its columns (db_row.h), so that nothing
 * that a disk made up is ever taken for a message.
 */
#ifndef CONFAB_DB_H
#define CONFAB_DB_H

#include <sqlite3.h>

#include "log.h"
#include "logger.h"

enum {
    DB_PATH = 512,   /* bytes of a path, with its NUL */
    DB_FAULT = 1024, /* bytes of a fault */
    /* Bytes of SQLite's own pages: twice its default saves a fifth of the CPU
     * under load and costs nothing when a turn is one message. */
    DB_PAGE = 8192,
};

/* Row in the table of db_schema.c. */
enum db_statement {
    DB_BEGIN,
    DB_COMMIT,
    DB_ROLLBACK,
    DB_META_GET,
    DB_META_PUT,
    DB_TURN_PUT,
    DB_TURN_NEXT,
    DB_TURN_FIRST,
    DB_TURN_OF,
    DB_TURN_REPLACE,
    DB_TURN_DROP,
    DB_CHANNEL_FIND,
    DB_CHANNEL_PUT,
    DB_CHANNEL_NEXT,
    DB_CHANNEL_ROOMS,
    DB_CHANNEL_LAST,
    DB_CHANNEL_DROP,
    DB_PAGE_PUT,
    DB_PAGE_GET,
    DB_PAGE_DROP,
    DB_CLIENT_PUT,
    DB_CLIENT_DROP,
    DB_CLIENT_ALL,
    DB_LANE_PUT,
    DB_LANE_DROP,
    DB_LANE_ALL,
    DB_RULING_PUT,
    DB_RULING_DROP,
    DB_RULING_ALL,
    DB_AUDIT_PUT,
    DB_AUDIT_LAST,
    DB_AUDIT_TRIM,
    DB_AUDIT_NEXT,
    DB_DATA_VERSION,
    DB_SCRUB_FREE,
    DB_SCRUB_FILL,
    DB_SCRUB_DROP,
    DB_STATEMENTS,
};

enum db_mode {
    DB_OWN,  /* the broker: locked, made when it is not there */
    DB_LOOK, /* a tool, beside a broker or alone: read only */
};

struct db {
    sqlite3 *sql;
    sqlite3_stmt *statements[DB_STATEMENTS];
    char path[DB_PATH];
    int file, lock; /* descriptors that hold the locks, -1: none */
    bool damaged;   /* why the last statement failed */
    bool worn;      /* something was damaged since it was opened */
    char fault[DB_FAULT];
};

/* What is deleted is overwritten, but for pages that become free as a whole:
 * see db_scrub.h. */
#define DB_SECURE "PRAGMA secure_delete = FAST;"

/* The SQL of a statement, and the schema: steps[i] leads to version i + 1. */
extern const char *const db_sql[DB_STATEMENTS];
extern const char *const db_steps[];
extern const int db_version;
/* Takes the steps from `version` on and notes that the file is ours, within a
 * transaction that is the caller's. False: `db->fault` says why. */
[[nodiscard]] bool db_take_steps(struct db *db, int version);
enum { DB_APPLICATION = 0x636e6662 }; /* "cnfb" */

/* SQLITE_OK; else `db->fault` says why and the db is closed. `sync` is a
 * SQLite level: FULL, NORMAL or OFF. */
[[nodiscard]] int db_open(struct db *db, const char *path, enum db_mode mode,
                          const char *sync);
void db_close(struct db *db);

/* A statement, reset and without values; NULL: see the fault. */
sqlite3_stmt *db_statement(struct db *db, enum db_statement which);
/* Runs one that gives no rows. */
[[nodiscard]] bool db_run(struct db *db, enum db_statement which);
/* The same for one with values. */
[[nodiscard]] bool db_finish(struct db *db, sqlite3_stmt *statement);
/* The next row: SQLITE_ROW or SQLITE_DONE; else see the fault. */
[[nodiscard]] int db_next(struct db *db, sqlite3_stmt *statement);
[[nodiscard]] bool db_exec(struct db *db, const char *sql);

/* No statement stands on a row any more, or the WAL could not begin anew. */
void db_rest(struct db *db);

/* Sets a fault. Always false. */
__attribute__((format(printf, 2, 3))) bool db_fault(char fault[static DB_FAULT],
                                                    const char *format, ...);
/* The db's, from SQLite's last error. Always false. */
bool db_failed(struct db *db);
/* A row does not have the sum it should have. Always false. */
bool db_damaged(struct db *db, const char *what);
/* What the last failure means to a client that wanted to say something. */
enum err db_error(const struct db *db);
/* The file is not sound: what failed could be helped by db_salvage. */
bool db_is_corrupt(const struct db *db);

/* Bytes of the file and of what waits beside it; 0: it cannot be told. */
uint64_t db_size(const struct db *db);

/* A number by name; false: there is none, or it failed (the fault is set). */
bool db_meta_get(struct db *db, const char *key, uint64_t *value);
[[nodiscard]] bool db_meta_put(struct db *db, const char *key, uint64_t value);

#endif
