/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rows of audit are numbered, so that the oldest to go is found by its number
 * alone. There are three shelves of numbers: claims and rooms have their own,
 * since anybody can claim an id and rule in a room that he has made. So nobody
 * can have what moderators did forgotten by doing much.
 */
#include "db_ruling.h"

#include "db_row.h"

static const uint64_t audit_shelf = UINT64_C(1) << 40;

static_assert(RULING_CLAIM == 0 && RULING_MEMBER == 1 && RULING_BAN == 2 &&
                  RULING_MUTE == 3 && RULING_ABOUT == 4 && RULING_KICK == 5 &&
                  RULING_REDACT == 6 && RULING_RELOAD == 7,
              "these numbers are on disks");

/* --- in force --- */

static bool
ruling_drop(struct db *db, const struct log_state *state)
{
    struct row row = row_begin(db_statement(db, DB_RULING_DROP));
    row_int(&row, state->ruling);
    row_text(&row, state->name);
    row_text(&row, state->lane);
    return db_finish(db, row.statement);
}

bool
db_ruling_state(struct db *db, const struct log_state *state)
{
    if (state->gone)
        return ruling_drop(db, state);
    struct row row = row_begin(db_statement(db, DB_RULING_PUT));
    row_int(&row, state->head);
    row_int(&row, state->ruling);
    row_text(&row, state->name);
    row_text(&row, state->lane);
    row_text(&row, state->by);
    row_blob(&row, state->value);
    row_int(&row, state->until);
    row_int(&row, state->time);
    row_end(&row);
    return db_finish(db, row.statement);
}

bool
db_ruling_row(sqlite3_stmt *row, struct log_state *state)
{
    *state = (struct log_state){
        .kind = STATE_RULING,
        .head = row_get_int(row, 0),
        .ruling = (enum ruling_kind)row_get_int(row, 1),
        .name = row_get_bytes(row, 2),
        .lane = row_get_bytes(row, 3),
        .by = row_get_bytes(row, 4),
        .value = row_get_bytes(row, 5),
        .until = row_get_int(row, 6),
        .time = row_get_int(row, 7),
    };
    return row_is_sound(row) && row_get_int(row, 1) < RULING_KINDS &&
           ruling_lasts(state->ruling) && state->name.len <= LIMIT_NAME &&
           state->lane.len <= LIMIT_SUBJECT && state->by.len <= LIMIT_NAME;
}

/* --- what was done --- */

/* The newest of those numbered below `end`; zeros when there is none. A row
 * that is damaged still has its number. */
static bool
audit_last(struct db *db, uint64_t end, struct audit *last)
{
    sqlite3_stmt *newest = db_statement(db, DB_AUDIT_LAST);
    sqlite3_bind_int64(newest, 1, (sqlite3_int64)end);
    int code = db_next(db, newest);
    *last = (struct audit){.number = 0};
    if (code == SQLITE_ROW && !db_audit_row(newest, last))
        last->seq = 0; /* damaged: only its number is believed, it is the key */
    sqlite3_reset(newest);
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool
audit_insert(struct db *db, uint64_t number, const struct record *r)
{
    struct row row = row_begin(db_statement(db, DB_AUDIT_PUT));
    row_int(&row, number);
    row_int(&row, r->seq);
    row_int(&row, r->time);
    row_text(&row, r->from);
    row_int(&row, r->ruling);
    row_text(&row, r->name);
    row_text(&row, r->token);
    row_blob(&row, turn_value(r));
    row_int(&row, r->upto);
    row_int(&row, r->lifted);
    row_end(&row);
    return db_finish(db, row.statement);
}

/* What is about the broker, claims, what is about a room. */
static uint64_t
audit_base(const struct record *r)
{
    if (r->ruling == RULING_CLAIM)
        return audit_shelf;
    return r->name.len ? 2 * audit_shelf : 0;
}

static bool
audit_put(struct db *db, const struct record *r)
{
    uint64_t base = audit_base(r);
    struct audit last;
    if (!audit_last(db, base + audit_shelf, &last))
        return false;
    if (last.number < base)
        last = (struct audit){.number = base};
    if (r->seq <= last.seq)
        return true; /* it is in there */
    uint64_t number = last.number + 1;
    if (!audit_insert(db, number, r))
        return false;
    if (number - base <= AUDIT_KEPT)
        return true;
    sqlite3_stmt *trim = db_statement(db, DB_AUDIT_TRIM);
    sqlite3_bind_int64(trim, 1, (sqlite3_int64)base);
    sqlite3_bind_int64(trim, 2, (sqlite3_int64)(number - AUDIT_KEPT));
    return db_finish(db, trim);
}

bool
db_audit_row(sqlite3_stmt *row, struct audit *audit)
{
    *audit = (struct audit){
        .number = row_get_int(row, 0),
        .seq = row_get_int(row, 1),
        .time = row_get_int(row, 2),
        .by = row_get_bytes(row, 3),
        .kind = (enum ruling_kind)row_get_int(row, 4),
        .room = row_get_bytes(row, 5),
        .subject = row_get_bytes(row, 6),
        .value = row_get_bytes(row, 7),
        .until = row_get_int(row, 8),
        .lifted = row_get_int(row, 9) != 0,
    };
    return row_is_sound(row) && row_get_int(row, 4) < RULING_KINDS &&
           audit->room.len <= LIMIT_NAME &&
           audit->subject.len <= LIMIT_SUBJECT && audit->by.len <= LIMIT_NAME;
}

bool
db_ruling_put(struct db *db, const struct record *r)
{
    const struct log_state state = {
        .kind = STATE_RULING,
        .gone = r->lifted,
        .name = r->name,
        .lane = r->token,
        .head = r->seq,
        .time = r->time,
        .ruling = r->ruling,
        .by = r->from,
        .value = turn_value(r),
        .until = r->upto,
    };
    return (!ruling_lasts(r->ruling) || db_ruling_state(db, &state)) &&
           audit_put(db, r);
}
