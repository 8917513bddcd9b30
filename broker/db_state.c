/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rows to structs and back. The marks are numbers in meta, by the names of one
 * table, so that saving and reading cannot disagree.
 */
#include "db_state.h"

#include <sodium.h>
#include <stddef.h>

#include "db_row.h"
#include "db_ruling.h"

enum { WORDS = LIMIT_WINDOW / 64, WINDOW_BYTES = LIMIT_WINDOW / 8 };

static bool
client_put(struct db *db, const struct log_state *state)
{
    struct row row = row_begin(db_statement(db, DB_CLIENT_PUT));
    row_text(&row, state->name);
    row_int(&row, state->known);
    row_int(&row, state->head);
    row_int(&row, state->acked);
    row_int(&row, state->born.seq);
    row_int(&row, state->born.time);
    row_int(&row, state->used);
    row_end(&row);
    return db_finish(db, row.statement);
}

static bool
lane_put(struct db *db, const struct log_state *state)
{
    uint8_t bits[WINDOW_BYTES];
    for (unsigned i = 0; i < sizeof bits; i++)
        bits[i] = (uint8_t)(state->accepted[i / 8] >> (8 * (i % 8)));
    struct row row = row_begin(db_statement(db, DB_LANE_PUT));
    row_text(&row, state->name);
    row_text(&row, state->lane);
    row_int(&row, state->high);
    row_blob(&row, slice_of(bits, sizeof bits));
    row_int(&row, state->used);
    row_end(&row);
    return db_finish(db, row.statement);
}

static bool
state_drop(struct db *db, const struct log_state *state)
{
    bool lane = state->kind == STATE_LANE;
    sqlite3_stmt *drop = db_statement(db, lane ? DB_LANE_DROP : DB_CLIENT_DROP);
    struct row row = row_begin(drop);
    row_text(&row, state->name);
    if (lane)
        row_text(&row, state->lane);
    return db_finish(db, drop);
}

bool
db_state_put(struct db *db, const struct log_state *state)
{
    if (state->kind == STATE_RULING)
        return db_ruling_state(db, state);
    if (state->gone)
        return state_drop(db, state);
    return state->kind == STATE_LANE ? lane_put(db, state)
                                     : client_put(db, state);
}

/* --- marks --- */

static const struct {
    const char *key;
    size_t offset;
} marks_rows[] = {
    {"last", offsetof(struct db_marks, last)},
    {"time", offsetof(struct db_marks, marks.time)},
    {"forgotten-head", offsetof(struct db_marks, marks.head)},
    {"forgotten-mail", offsetof(struct db_marks, marks.acked)},
    {"gone-room", offsetof(struct db_marks, gone[CHANNEL_ROOM].seq)},
    {"gone-room-time", offsetof(struct db_marks, gone[CHANNEL_ROOM].time)},
    {"gone-mail", offsetof(struct db_marks, gone[CHANNEL_MAIL].seq)},
    {"gone-mail-time", offsetof(struct db_marks, gone[CHANNEL_MAIL].time)},
    {"gone-talk", offsetof(struct db_marks, gone[CHANNEL_TALK].seq)},
    {"gone-talk-time", offsetof(struct db_marks, gone[CHANNEL_TALK].time)},
};
enum {
    MARKS_ROWS = sizeof marks_rows / sizeof *marks_rows,
    MARKS_GONE = 4, /* from here on: what db_gone_put saves */
};

static bool
marks_put(struct db *db, const struct db_marks *marks, size_t first)
{
    for (size_t i = first; i < MARKS_ROWS; i++) {
        uint64_t value;
        const char *at = (const char *)marks + marks_rows[i].offset;
        memcpy(&value, at, sizeof value);
        if (!db_meta_put(db, marks_rows[i].key, value))
            return false;
    }
    return true;
}

bool
db_marks_put(struct db *db, const struct log_state *state, uint64_t last,
             const struct mark gone[CHANNEL_KINDS])
{
    struct db_marks marks = {.marks = *state, .last = last};
    memcpy(marks.gone, gone, sizeof marks.gone);
    return marks_put(db, &marks, 0);
}

bool
db_gone_put(struct db *db, const struct mark gone[CHANNEL_KINDS])
{
    struct db_marks marks = {.last = 0};
    memcpy(marks.gone, gone, sizeof marks.gone);
    return marks_put(db, &marks, MARKS_GONE);
}

static bool
marks_read(struct db *db, struct db_marks *marks, bool all)
{
    *marks = (struct db_marks){.marks.kind = STATE_MARKS};
    db->fault[0] = '\0';
    for (size_t i = 0; i < MARKS_ROWS; i++) {
        uint64_t value;
        if (db_meta_get(db, marks_rows[i].key, &value))
            memcpy((char *)marks + marks_rows[i].offset, &value, sizeof value);
        else if (db->fault[0])
            return false;
        else if (all)
            return db_damaged(db, "meta");
    }
    return true;
}

bool
db_marks_get(struct db *db, struct db_marks *marks)
{
    return marks_read(db, marks, true);
}

bool
db_marks_find(struct db *db, struct db_marks *marks)
{
    return marks_read(db, marks, false);
}

/* --- the store --- */

static const char *const epoch_keys[] = {"epoch-high", "epoch-low"};

bool
db_epoch_get(struct db *db, uint64_t epoch[static 2])
{
    for (int i = 0; i < 2; i++) {
        db->fault[0] = '\0';
        if (!db_meta_get(db, epoch_keys[i], &epoch[i]))
            return db->fault[0] ? false : db_damaged(db, "meta");
    }
    return true;
}

bool
db_epoch_make(struct db *db)
{
    uint64_t epoch[2];
    randombytes_buf(epoch, sizeof epoch);
    return db_meta_put(db, epoch_keys[0], epoch[0]) &&
           db_meta_put(db, epoch_keys[1], epoch[1]);
}

bool
db_store_begin(struct db *db)
{
    const struct db_marks none = {.last = 0};
    return db_run(db, DB_BEGIN) && db_epoch_make(db) &&
           marks_put(db, &none, 0) && db_run(db, DB_COMMIT);
}

/* --- all of them --- */

bool
db_client_row(sqlite3_stmt *row, struct log_state *state)
{
    *state = (struct log_state){
        .kind = STATE_CLIENT,
        .name = row_get_bytes(row, 0),
        .known = row_get_int(row, 1),
        .head = row_get_int(row, 2),
        .acked = row_get_int(row, 3),
        .born = {row_get_int(row, 4), row_get_int(row, 5)},
        .used = row_get_int(row, 6),
    };
    return row_is_sound(row) && state->name.len &&
           state->name.len <= LIMIT_NAME;
}

static bool
lane_get(sqlite3_stmt *row, struct log_state *state)
{
    *state = (struct log_state){
        .kind = STATE_LANE,
        .name = row_get_bytes(row, 0),
        .lane = row_get_bytes(row, 1),
        .high = row_get_int(row, 2),
        .used = row_get_int(row, 4),
    };
    struct slice bits = row_get_bytes(row, 3);
    for (size_t i = 0; i < bits.len && i < WINDOW_BYTES; i++)
        state->accepted[i / 8] |= (uint64_t)bits.data[i] << (8 * (i % 8));
    return row_is_sound(row) && state->name.len &&
           state->name.len <= LIMIT_NAME && state->lane.len &&
           state->lane.len <= LIMIT_NAME;
}

bool
db_states_each(struct db *db,
               void (*each)(void *self, const struct log_state *state),
               void *self)
{
    static const struct {
        enum db_statement all;
        bool (*get)(sqlite3_stmt *row, struct log_state *state);
        const char *name;
    } tables[] = {
        {DB_CLIENT_ALL, db_client_row, "clients"},
        {DB_LANE_ALL, lane_get, "lanes"},
        {DB_RULING_ALL, db_ruling_row, "rulings"},
    };
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        struct log_state state;
        sqlite3_stmt *all = db_statement(db, tables[i].all);
        int code;
        while ((code = db_next(db, all)) == SQLITE_ROW) {
            if (!tables[i].get(all, &state))
                return db_damaged(db, tables[i].name);
            if (each)
                each(self, &state);
        }
        if (code != SQLITE_DONE)
            return false;
    }
    return true;
}
