/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_schema: every table and every statement.
 *
 * A turn is what one commit stored, in the order of the log; it is all that
 * stands between a message and its ok. Behind it, whole messages are moved into
 * pages, per channel (a room, a mailbox, a conversation), and what the hub
 * knows of ids and lanes is brought up to date; then the turn goes. So pages,
 * channels, clients and lanes are a function of the turns that went, and a
 * start replays those that are left.
 *
 *     turns     first, last: seqs. entries: see db_turn.c
 *     channels  pages first_page to next_page - 1 are there. head, head_time:
 *               of the newest message moved. first: the oldest that may be
 *               shown. trimmed, trimmed_time: the newest that may not be
 *     pages     place = channel << 32 | number of the page. messages: whole
 *               messages as they are sent, one behind the other
 *     clients   head: newest mail. born, born_time: where it became known
 *     lanes     accepted: 256 bits, the highest n first
 *     rulings   those in force
 *     audit     the newest of all that were made; number: see db_ruling.c
 *     scrub     zeros, for a moment: see db_scrub.h
 *     meta      numbers by name; the epoch is two
 *
 * Rulings are rare and must not be missed by anybody who looks, so their rows
 * are written along with their turn.
 *
 * A step of db_steps is never changed once it was released: add another.
 */
#include "db.h"

#define TABLES                                                                 \
    "CREATE TABLE meta (key TEXT PRIMARY KEY, value INTEGER, sum INTEGER)"     \
    " WITHOUT ROWID;"                                                          \
    "CREATE TABLE turns (first INTEGER PRIMARY KEY, last INTEGER,"             \
    " entries BLOB, sum INTEGER);"                                             \
    "CREATE TABLE channels (id INTEGER PRIMARY KEY, kind INTEGER, name TEXT,"  \
    " peer TEXT, first_page INTEGER, next_page INTEGER, first INTEGER,"        \
    " first_time INTEGER, head INTEGER, head_time INTEGER, count INTEGER, "    \
    "bytes INTEGER,"                                                           \
    " trimmed INTEGER, trimmed_time INTEGER, sum INTEGER,"                     \
    " UNIQUE (kind, name, peer));"                                             \
    "CREATE TABLE pages (place INTEGER PRIMARY KEY, first INTEGER,"            \
    " last INTEGER, first_time INTEGER, last_time INTEGER, count INTEGER,"     \
    " messages BLOB, sum INTEGER);"                                            \
    "CREATE TABLE clients (id TEXT PRIMARY KEY, known INTEGER, head INTEGER,"  \
    " acked INTEGER, born INTEGER, born_time INTEGER, used INTEGER,"           \
    " sum INTEGER) WITHOUT ROWID;"                                             \
    "CREATE TABLE lanes (id TEXT, lane TEXT, high INTEGER, accepted BLOB,"     \
    " used INTEGER, sum INTEGER, PRIMARY KEY (id, lane)) WITHOUT ROWID;"

#define RULINGS                                                                \
    "CREATE TABLE rulings (seq INTEGER PRIMARY KEY, kind INTEGER, room TEXT,"  \
    " subject TEXT, by TEXT, value BLOB, until INTEGER, time INTEGER,"         \
    " sum INTEGER, UNIQUE (kind, room, subject));"                             \
    "CREATE TABLE audit (number INTEGER PRIMARY KEY, seq INTEGER,"             \
    " time INTEGER, by TEXT, kind INTEGER, room TEXT, subject TEXT,"           \
    " value BLOB, until INTEGER, lifted INTEGER, sum INTEGER);"                \
    "CREATE TABLE scrub (id INTEGER PRIMARY KEY, zeros BLOB);"

const char *const db_steps[] = {TABLES, RULINGS};
const int db_version = sizeof db_steps / sizeof *db_steps;

const char *const db_sql[DB_STATEMENTS] = {
    [DB_BEGIN] = "BEGIN IMMEDIATE",
    [DB_COMMIT] = "COMMIT",
    [DB_ROLLBACK] = "ROLLBACK",
    [DB_META_GET] = "SELECT * FROM meta WHERE key = ?",
    [DB_META_PUT] = "INSERT OR REPLACE INTO meta VALUES (?, ?, ?)",
    [DB_TURN_PUT] = "INSERT INTO turns VALUES (?, ?, ?, ?)",
    [DB_TURN_NEXT] = "SELECT * FROM turns WHERE first > ? ORDER BY first"
                     " LIMIT 1",
    [DB_TURN_FIRST] = "SELECT first FROM turns ORDER BY first LIMIT 1",
    [DB_TURN_OF] = "SELECT * FROM turns WHERE first <= ? ORDER BY first DESC"
                   " LIMIT 1",
    [DB_TURN_REPLACE] = "INSERT OR REPLACE INTO turns VALUES (?, ?, ?, ?)",
    [DB_TURN_DROP] = "DELETE FROM turns WHERE first = ?",
    [DB_CHANNEL_FIND] = "SELECT * FROM channels WHERE kind = ? AND name = ?"
                        " AND peer = ?",
    [DB_CHANNEL_PUT] =
        "INSERT INTO channels VALUES"
        " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        " ON CONFLICT (id) DO UPDATE SET first_page = excluded.first_page,"
        " next_page = excluded.next_page, first = excluded.first,"
        " first_time = excluded.first_time,"
        " head = excluded.head, head_time = excluded.head_time,"
        " count = excluded.count, bytes = excluded.bytes,"
        " trimmed = excluded.trimmed, trimmed_time = excluded.trimmed_time,"
        " sum = excluded.sum",
    [DB_CHANNEL_NEXT] = "SELECT * FROM channels WHERE id > ? ORDER BY id"
                        " LIMIT 1",
    [DB_CHANNEL_ROOMS] = "SELECT * FROM channels WHERE kind = 0",
    [DB_CHANNEL_LAST] = "SELECT id FROM channels ORDER BY id DESC LIMIT 1",
    [DB_CHANNEL_DROP] = "DELETE FROM channels WHERE id = ?",
    [DB_PAGE_PUT] = "INSERT OR REPLACE INTO pages VALUES"
                    " (?, ?, ?, ?, ?, ?, ?, ?)",
    [DB_PAGE_GET] = "SELECT * FROM pages WHERE place = ?",
    [DB_PAGE_DROP] = "DELETE FROM pages WHERE place = ?",
    [DB_CLIENT_PUT] = "INSERT OR REPLACE INTO clients VALUES"
                      " (?, ?, ?, ?, ?, ?, ?, ?)",
    [DB_CLIENT_DROP] = "DELETE FROM clients WHERE id = ?",
    [DB_CLIENT_ALL] = "SELECT * FROM clients ORDER BY used",
    [DB_LANE_PUT] = "INSERT OR REPLACE INTO lanes VALUES (?, ?, ?, ?, ?, ?)",
    [DB_LANE_DROP] = "DELETE FROM lanes WHERE id = ? AND lane = ?",
    [DB_LANE_ALL] = "SELECT * FROM lanes ORDER BY used",
    [DB_RULING_PUT] = "INSERT OR REPLACE INTO rulings VALUES"
                      " (?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [DB_RULING_DROP] = "DELETE FROM rulings WHERE kind = ? AND room = ?"
                       " AND subject = ?",
    [DB_RULING_ALL] = "SELECT * FROM rulings ORDER BY seq",
    [DB_AUDIT_PUT] = "INSERT INTO audit VALUES"
                     " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    [DB_AUDIT_LAST] = "SELECT * FROM audit WHERE number < ?"
                      " ORDER BY number DESC LIMIT 1",
    [DB_SCRUB_FREE] = "PRAGMA freelist_count",
    [DB_SCRUB_FILL] = "INSERT INTO scrub (zeros) VALUES (zeroblob(?))",
    [DB_SCRUB_DROP] = "DELETE FROM scrub WHERE id ="
                      " (SELECT min(id) FROM scrub)",
    [DB_AUDIT_NEXT] = "SELECT * FROM audit WHERE number > ? ORDER BY number"
                      " LIMIT 1",
    [DB_DATA_VERSION] = "PRAGMA data_version",
    [DB_AUDIT_TRIM] = "DELETE FROM audit WHERE number BETWEEN ? AND ?",
};
