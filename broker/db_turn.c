/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Writing is one copy of each message; everything that could be computed from
 * it is not stored a second time.
 */
#include "db_turn.h"

#include <stdlib.h>

#include "db_row.h"
#include "proto/little.h"
#include "xmem.h"

enum { TURN_LEAST = 4096 };

/* As they are on the disk, whatever the order of enum record_kind. */
static const enum record_kind kinds[] = {
    RECORD_SAY,   RECORD_TELL, RECORD_ACK,
    RECORD_HELLO, RECORD_END,  RECORD_RULING,
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static uint8_t
kind_number(enum record_kind kind)
{
    uint8_t number = 0;
    while (kinds[number] != kind)
        number++;
    return number;
}

void
turn_clear(struct turn *turn)
{
    turn->len = 0;
    turn->first = turn->last = 0;
}

static uint8_t *
turn_room(struct turn *turn, size_t need)
{
    if (turn->cap - turn->len < need) {
        size_t cap = turn->cap ? turn->cap : TURN_LEAST;
        while (cap - turn->len < need)
            cap *= 2;
        turn->bytes = xrealloc(turn->bytes, cap);
        turn->cap = cap;
    }
    uint8_t *at = turn->bytes + turn->len;
    turn->len += need;
    return at;
}

static uint8_t *
copy(uint8_t *to, struct slice bytes)
{
    if (bytes.len)
        memcpy(to, bytes.data, bytes.len);
    return to + bytes.len;
}

static bool
has_message(enum record_kind kind)
{
    return kind == RECORD_SAY || kind == RECORD_TELL;
}

static uint64_t
number_of(const struct record *r)
{
    return has_message(r->kind)       ? r->n
           : r->kind == RECORD_HELLO  ? r->time
           : r->kind == RECORD_ACK    ? r->upto
           : r->kind == RECORD_RULING ? r->upto
                                      : 0;
}

struct slice
turn_value(const struct record *r)
{
    return slice_of(r->body, r->body_len);
}

static void
put_ruling(uint8_t *at, const struct record *r)
{
    assert(r->name.len <= LIMIT_NAME && r->token.len <= LIMIT_SUBJECT);
    little_put(at, r->seq, 8);
    little_put(at + 8, r->time, 8);
    at[16] = (uint8_t)r->ruling;
    at[17] = r->lifted;
    at[18] = (uint8_t)r->name.len;
    at[19] = (uint8_t)r->token.len;
    copy(copy(copy(at + TURN_RULING, r->name), r->token), turn_value(r));
}

static size_t
wire_len(const struct record *r)
{
    if (has_message(r->kind))
        return r->wire.len;
    if (r->kind != RECORD_RULING)
        return 0;
    return TURN_RULING + r->name.len + r->token.len + r->body_len;
}

void
turn_add(struct turn *turn, const struct record *r)
{
    struct slice none = {0};
    struct slice from = has_message(r->kind) ? none : r->from;
    struct slice lane = r->n || r->kind == RECORD_END ? r->lane : none;
    size_t wire = wire_len(r);
    uint8_t *at = turn_room(turn, TURN_HEADER + from.len + lane.len + wire);
    at[0] = kind_number(r->kind);
    at[1] = (uint8_t)from.len;
    at[2] = (uint8_t)lane.len;
    at[3] = 0;
    little_put(at + 4, wire, 4);
    little_put(at + 8, number_of(r), 8);
    at = copy(copy(at + TURN_HEADER, from), lane);
    if (r->kind == RECORD_RULING)
        put_ruling(at, r);
    else if (wire)
        copy(at, r->wire);
}

void
turn_fini(struct turn *turn)
{
    free(turn->bytes);
    *turn = (struct turn){0};
}

static bool
row_put(struct db *db, enum db_statement put, const struct turn *turn)
{
    struct row row = row_begin(db_statement(db, put));
    row_int(&row, turn->first);
    row_int(&row, turn->last);
    row_blob(&row, slice_of(turn->bytes, turn->len));
    row_end(&row);
    return db_finish(db, row.statement);
}

bool
turn_put(struct db *db, const struct turn *turn)
{
    return row_put(db, DB_TURN_PUT, turn);
}

static bool
read_message(struct record *r)
{
    struct message m;
    struct fault fault;
    struct reader reader = reader_open(r->wire);
    enum op op = r->kind == RECORD_SAY ? OP_SAY : OP_TELL;
    if (message_read(&reader, SIDE_BROKER, &m, &fault) || m.op != op ||
        !reader_done(&reader) || !m.seq)
        return false;
    r->from = m.from;
    r->name = r->kind == RECORD_SAY ? m.room : m.to;
    r->seq = m.seq;
    r->prev = m.prev;
    r->time = m.time;
    return true;
}

static bool
read_ruling(struct record *r)
{
    const uint8_t *at = r->wire.data;
    if (r->wire.len < TURN_RULING || at[16] >= RULING_KINDS ||
        at[18] > LIMIT_NAME || at[19] > LIMIT_SUBJECT)
        return false;
    size_t names = (size_t)TURN_RULING + at[18] + at[19];
    if (r->wire.len < names)
        return false;
    r->seq = little_get(at, 8);
    r->time = little_get(at + 8, 8);
    r->ruling = (enum ruling_kind)at[16];
    r->lifted = at[17] != 0;
    r->name = slice_of(at + TURN_RULING, at[18]);
    r->token = slice_of(at + TURN_RULING + at[18], at[19]);
    r->body = (uint8_t *)(uintptr_t)at + names; /* nobody writes to it */
    r->body_len = (uint32_t)(r->wire.len - names);
    r->wire = slice_of(NULL, 0);
    return r->seq != 0;
}

static bool
read_rest(struct record *r, uint64_t number)
{
    switch (r->kind) {
    case RECORD_ACK:
        r->upto = number;
        return true;
    case RECORD_RULING:
        r->upto = number;
        return read_ruling(r);
    case RECORD_HELLO:
        r->time = number;
        return true;
    case RECORD_END:
        return true;
    default:
        r->n = number;
        return read_message(r);
    }
}

bool
turn_read(struct slice *rest, struct record *r)
{
    *r = (struct record){.keep = true, .stored = true};
    if (rest->len < TURN_HEADER || rest->data[0] >= KINDS)
        return false;
    const uint8_t *at = rest->data;
    r->kind = kinds[at[0]];
    uint64_t wire = little_get(at + 4, 4);
    uint64_t len = (uint64_t)TURN_HEADER + at[1] + at[2] + wire;
    if (len > rest->len || at[1] > LIMIT_NAME || at[2] > LIMIT_NAME)
        return false;
    r->from = slice_of(at + TURN_HEADER, at[1]);
    r->lane = slice_of(r->from.data + at[1], at[2]);
    r->wire = slice_of(r->lane.data + at[2], (size_t)wire);
    if (!read_rest(r, little_get(at + 8, 8)))
        return false;
    *rest = slice_of(at + (size_t)len, rest->len - (size_t)len);
    return true;
}

/* --- rows --- */

static int
turn_row(struct db *db, sqlite3_stmt *statement, struct turn_row *row)
{
    int code = db_next(db, statement);
    if (code != SQLITE_ROW)
        return code;
    if (!row_is_sound(statement)) {
        (void)db_damaged(db, "turns");
        sqlite3_reset(statement);
        return SQLITE_CORRUPT;
    }
    row->first = row_get_int(statement, 0);
    row->last = row_get_int(statement, 1);
    row->entries = row_get_bytes(statement, 2);
    return code;
}

int
turn_next(struct db *db, uint64_t above, struct turn_row *row)
{
    sqlite3_stmt *next = db_statement(db, DB_TURN_NEXT);
    sqlite3_bind_int64(next, 1, (sqlite3_int64)above);
    return turn_row(db, next, row);
}

bool
turn_drop(struct db *db, uint64_t upto, bool *more)
{
    sqlite3_stmt *first = db_statement(db, DB_TURN_FIRST);
    int code = db_next(db, first);
    uint64_t oldest = code == SQLITE_ROW ? row_get_int(first, 0) : UINT64_MAX;
    sqlite3_reset(first);
    *more = code == SQLITE_ROW && oldest <= upto;
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return false;
    if (!*more)
        return true;
    sqlite3_stmt *drop = db_statement(db, DB_TURN_DROP);
    sqlite3_bind_int64(drop, 1, (sqlite3_int64)oldest);
    return db_finish(db, drop);
}

/* --- a message that is redacted --- */

/* The entry of a message again, with what is left of it. */
static void
add_gone(struct turn *turn, struct slice entry, const struct record *r)
{
    size_t before = entry.len - r->wire.len;
    uint8_t *at = turn_room(turn, entry.len);
    copy(at, slice_of(entry.data, before));
    size_t len = log_gone(r->wire, at + before);
    little_put(at + 4, len, 4);
    turn->len -= r->wire.len - len;
}

/* False: it is not in there. */
static bool
copy_without(struct turn *turn, struct slice rest, uint64_t seq)
{
    bool found = false;
    struct record r;
    for (;;) {
        const uint8_t *at = rest.data;
        size_t left = rest.len;
        if (!turn_read(&rest, &r))
            break;
        struct slice entry = slice_of(at, left - rest.len);
        bool is_it = r.kind == RECORD_SAY && r.seq == seq;
        found = found || is_it;
        if (is_it)
            add_gone(turn, entry, &r);
        else
            copy(turn_room(turn, entry.len), entry);
    }
    return found && !rest.len;
}

bool
turn_redact(struct db *db, uint64_t seq)
{
    sqlite3_stmt *of = db_statement(db, DB_TURN_OF);
    struct turn_row row;
    struct turn turn = {.len = 0};
    sqlite3_bind_int64(of, 1, (sqlite3_int64)seq);
    int code = turn_row(db, of, &row);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE || db_is_corrupt(db);
    bool found = seq <= row.last && copy_without(&turn, row.entries, seq);
    sqlite3_reset(of);
    turn.first = row.first;
    turn.last = row.last;
    bool done = !found || row_put(db, DB_TURN_REPLACE, &turn);
    turn_fini(&turn);
    return done;
}
