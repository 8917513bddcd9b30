/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A turn may be in pages in part, if the broker is in the middle of a round or
 * ended there: what a channel's head covers does not wait.
 */
#include "db_look.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "db_row.h"
#include "db_turn.h"

void
look_problem(struct look *look, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "%s: ", look->db.path);
    (void)vfprintf(stderr, format, args);
    putc('\n', stderr);
    va_end(args);
    look->problems++;
}

void
look_fault(struct look *look, const char *where)
{
    look_problem(look, "%s: %s", where, look->db.fault);
}

bool
look_open(struct look *look, const char *path)
{
    *look = (struct look){.turns = 0};
    if (db_open(&look->db, path, DB_LOOK, "FULL")) {
        bool named = !strncmp(look->db.fault, path, strlen(path));
        fprintf(stderr, "%s%s%s\n", named ? "" : path, named ? "" : ": ",
                look->db.fault);
        return false;
    }
    sqlite3_db_config(look->db.sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (db_exec(&look->db, "BEGIN; CREATE TEMP TABLE waiting (kind, name, seq,"
                           " prev, message, PRIMARY KEY (kind, name, seq))"
                           " WITHOUT ROWID;"))
        return true;
    look_fault(look, "cannot be read");
    look_close(look);
    return false;
}

/* Alone with a sound file SQLite may tidy up behind us. */
void
look_close(struct look *look)
{
    if (!look->problems)
        sqlite3_db_config(look->db.sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0,
                          NULL);
    db_close(&look->db);
}

sqlite3_stmt *
look_statement(struct look *look, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(look->db.sql, sql, -1, &statement, NULL)) {
        (void)db_failed(&look->db);
        look_fault(look, sql);
    }
    return statement;
}

/* --- turns --- */

struct turns {
    struct look *look;
    sqlite3_stmt *put;
    uint64_t last; /* newest seq so far */
};

static bool
is_paged(struct look *look, const struct channel_key *key, uint64_t seq)
{
    struct db_channel channel;
    int code = db_channel_find(&look->db, key, &channel);
    return code == SQLITE_ROW &&
           (seq <= channel.head.seq || seq <= channel.trimmed.seq);
}

static void
take_message(struct turns *turns, const struct record *r)
{
    struct look *look = turns->look;
    struct slice nobody = {0};
    struct channel_key key;
    channel_key(&key, r->kind == RECORD_SAY ? CHANNEL_ROOM : CHANNEL_MAIL,
                r->name, nobody);
    if (r->seq <= turns->last)
        look_problem(look, "turns: seq %" PRIu64 " stands behind %" PRIu64,
                     r->seq, turns->last);
    turns->last = r->seq;
    if (is_paged(look, &key, r->seq))
        return;
    struct row row = row_begin(turns->put);
    row_int(&row, channel_key_kind(key.bytes));
    row_text(&row, r->name);
    row_int(&row, r->seq);
    row_int(&row, r->prev);
    row_blob(&row, r->wire);
    if (!db_finish(&look->db, turns->put))
        look_fault(look, "waiting messages");
}

static void
take_turn(struct turns *turns, sqlite3_stmt *row)
{
    struct look *look = turns->look;
    uint64_t first = row_get_int(row, 0);
    uint64_t last = row_get_int(row, 1);
    struct slice rest = row_get_bytes(row, 2);
    struct record r;
    look->turns++;
    if (!row_is_sound(row)) {
        look_problem(look, "turns: the one of seq %" PRIu64 " is damaged",
                     first);
        return;
    }
    if (first <= turns->last || last < first)
        look_problem(look, "turns: %" PRIu64 " to %" PRIu64 " behind %" PRIu64,
                     first, last, turns->last);
    while (turn_read(&rest, &r)) {
        if (r.kind == RECORD_SAY || r.kind == RECORD_TELL)
            take_message(turns, &r);
    }
    if (rest.len || turns->last > last)
        look_problem(look,
                     "turns: the one of seq %" PRIu64 " has entries that"
                     " are none",
                     first);
    turns->last = last;
}

void
look_turns(struct look *look)
{
    struct turns turns = {.look = look};
    sqlite3_stmt *all = look_statement(look, "SELECT * FROM turns"
                                             " ORDER BY first");
    turns.put = look_statement(look, "INSERT OR IGNORE INTO waiting"
                                     " VALUES (?, ?, ?, ?, ?)");
    int code = SQLITE_DONE;
    while (all && turns.put && (code = db_next(&look->db, all)) == SQLITE_ROW)
        take_turn(&turns, all);
    if (code != SQLITE_DONE)
        look_fault(look, "turns");
    sqlite3_finalize(turns.put);
    sqlite3_finalize(all);
}

/* --- by channel --- */

sqlite3_stmt *
look_waiting(struct look *look, enum channel_kind kind, struct slice name)
{
    sqlite3_stmt *waiting = look_statement(
        look, "SELECT seq, prev, message FROM waiting WHERE kind = ?1 AND"
              " name = ?2 ORDER BY seq");
    struct row row = row_begin(waiting);
    row_int(&row, kind);
    row_text(&row, name);
    return waiting;
}

sqlite3_stmt *
look_names(struct look *look, enum channel_kind kind)
{
    sqlite3_stmt *names = look_statement(
        look, "SELECT name FROM channels WHERE kind = ?1"
              " UNION SELECT name FROM waiting WHERE kind = ?1 ORDER BY name");
    struct row row = row_begin(names);
    row_int(&row, kind);
    return names;
}
