/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Writing is one copy of each message; everything that could be computed from
 * it is not stored a second time.
 */
#include "db_turn.h"

#include <stdlib.h>

#include "db_row.h"
#include "xmem.h"

enum { TURN_LEAST = 4096 };

static void
put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t
get(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
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
    return has_message(r->kind)      ? r->n
           : r->kind == RECORD_ACK   ? r->upto
           : r->kind == RECORD_HELLO ? r->time
                                     : 0;
}

void
turn_add(struct turn *turn, const struct record *r)
{
    struct slice none = {0};
    bool message = has_message(r->kind);
    struct slice from = message ? none : r->from;
    struct slice lane = r->n || r->kind == RECORD_END ? r->lane : none;
    struct slice wire = message ? r->wire : none;
    uint8_t *at = turn_room(turn, TURN_HEADER + from.len + lane.len + wire.len);
    at[0] = (uint8_t)r->kind;
    at[1] = (uint8_t)from.len;
    at[2] = (uint8_t)lane.len;
    at[3] = 0;
    put(at + 4, wire.len, 4);
    put(at + 8, number_of(r), 8);
    copy(copy(copy(at + TURN_HEADER, from), lane), wire);
}

void
turn_fini(struct turn *turn)
{
    free(turn->bytes);
    *turn = (struct turn){0};
}

bool
turn_put(struct db *db, const struct turn *turn)
{
    struct row row = row_begin(db_statement(db, DB_TURN_PUT));
    row_int(&row, turn->first);
    row_int(&row, turn->last);
    row_blob(&row, slice_of(turn->bytes, turn->len));
    row_end(&row);
    return db_finish(db, row.statement);
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

bool
turn_read(struct slice *rest, struct record *r)
{
    *r = (struct record){.keep = true, .stored = true};
    if (rest->len < TURN_HEADER || rest->data[0] > RECORD_END)
        return false;
    const uint8_t *at = rest->data;
    r->kind = (enum record_kind)at[0];
    uint64_t number = get(at + 8, 8);
    size_t wire = get(at + 4, 4);
    size_t len = (size_t)TURN_HEADER + at[1] + at[2] + wire;
    if (len > rest->len)
        return false;
    r->from = slice_of(at + TURN_HEADER, at[1]);
    r->lane = slice_of(r->from.data + at[1], at[2]);
    r->wire = slice_of(r->lane.data + at[2], wire);
    if (has_message(r->kind))
        r->n = number;
    else if (r->kind == RECORD_ACK)
        r->upto = number;
    else
        r->time = number;
    *rest = slice_of(at + len, rest->len - len);
    return !has_message(r->kind) || read_message(r);
}

int
turn_next(struct db *db, uint64_t above, struct turn_row *row)
{
    sqlite3_stmt *next = db_statement(db, DB_TURN_NEXT);
    sqlite3_bind_int64(next, 1, (sqlite3_int64)above);
    int code = db_next(db, next);
    if (code != SQLITE_ROW)
        return code;
    if (!row_is_sound(next)) {
        (void)db_damaged(db, "turns");
        sqlite3_reset(next);
        return SQLITE_CORRUPT;
    }
    row->first = row_get_int(next, 0);
    row->last = row_get_int(next, 1);
    row->entries = row_get_bytes(next, 2);
    return code;
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
