/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Rows that stand for themselves are copied when they are sound. Then what
 * they say must fit to what is left of the messages: an id has a mailbox as
 * soon as there is mail, and no mark may be older than what it stands for.
 */
#include "db_row.h"
#include "db_salvage_inner.h"

bool
salvage_open(struct salvage *s, struct forward *f, enum forward_table table)
{
    return forward_open(f, &s->old, table);
}

void
salvage_close(struct salvage *s, struct forward *f, enum forward_table table)
{
    if (f->skips)
        s->suspect[table] = true;
    forward_close(f);
}

bool
salvage_copy(struct salvage *s, struct forward *f, enum db_statement put)
{
    sqlite3_stmt *to = db_statement(&s->fresh, put);
    int count = sqlite3_column_count(f->statement);
    for (int i = 0; to && i < count; i++)
        sqlite3_bind_value(to, i + 1, sqlite3_column_value(f->statement, i));
    return db_finish(&s->fresh, to);
}

void
salvage_saw(struct salvage *s, struct mark mark)
{
    if (s->last < mark.seq)
        s->last = mark.seq;
    if (s->time < mark.time)
        s->time = mark.time;
}

/* The new log is another one, and nobody has it open yet. */
static bool
is_left_behind(const struct forward *f)
{
    static const char *const keys[] = {"epoch-high", "epoch-low", "boot",
                                       "damaged",    "trial",     "scrub"};
    struct slice key = row_get_bytes(f->statement, 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        if (slice_eq(key, slice_str(keys[i])))
            return true;
    }
    return false;
}

bool
salvage_has(const struct salvage *s, enum forward_table table)
{
    return s->format >= forward_since(table);
}

static bool
copy_table(struct salvage *s, enum forward_table table, enum db_statement put)
{
    struct forward f;
    if (!salvage_has(s, table))
        return true;
    bool done = salvage_open(s, &f, table);
    while (done && forward_next(&f)) {
        bool meta = table == FORWARD_META;
        if (meta && is_left_behind(&f))
            continue;
        if (!row_is_sound(f.statement)) {
            s->lost[table]++;
            s->suspect[table] = true;
            continue;
        }
        s->rows[table]++;
        done = salvage_copy(s, &f, put);
    }
    salvage_close(s, &f, table);
    return done;
}

bool
salvage_rows(struct salvage *s)
{
    if (!copy_table(s, FORWARD_META, DB_META_PUT) ||
        !copy_table(s, FORWARD_CLIENTS, DB_CLIENT_PUT) ||
        !copy_table(s, FORWARD_LANES, DB_LANE_PUT) ||
        !copy_table(s, FORWARD_RULINGS, DB_RULING_PUT) ||
        !copy_table(s, FORWARD_AUDIT, DB_AUDIT_PUT) ||
        !copy_table(s, FORWARD_CHANNELS, DB_CHANNEL_PUT) ||
        !db_marks_find(&s->fresh, &s->marks))
        return false;
    salvage_saw(s, (struct mark){s->marks.last, s->marks.marks.time});
    return true;
}

/* --- ids --- */

/* False when there is no row of the id. */
static bool
client_get(sqlite3_stmt *get, struct slice name, struct log_state *state)
{
    sqlite3_reset(get);
    sqlite3_bind_text(get, 1, (const char *)name.data, (int)name.len,
                      SQLITE_STATIC);
    return sqlite3_step(get) == SQLITE_ROW && db_client_row(get, state);
}

/* An id whose row is lost is known again, and all its mail unread: better twice
 * than never. */
static bool
fit_client(struct salvage *s, sqlite3_stmt *get, const struct db_channel *row)
{
    struct log_state state;
    struct slice name = channel_key_name(row->key.bytes);
    if (!client_get(get, name, &state)) {
        if (!s->suspect[FORWARD_CLIENTS])
            return true;
        state = (struct log_state){.kind = STATE_CLIENT,
                                   .name = name,
                                   .known = true,
                                   .used = row->head.time};
    }
    if (state.head >= row->head.seq)
        return true;
    state.head = row->head.seq;
    return db_state_put(&s->fresh, &state);
}

bool
salvage_mailboxes(struct salvage *s)
{
    static const char sql[] = "SELECT * FROM clients WHERE id = ?";
    sqlite3_stmt *get = NULL;
    struct db_channel row = {.id = 0};
    uint64_t id = 0;
    int code = SQLITE_DONE;
    if (sqlite3_prepare_v2(s->fresh.sql, sql, -1, &get, NULL))
        return db_failed(&s->fresh);
    bool done = true;
    while (done &&
           (code = db_channel_next(&s->fresh, id, &row)) == SQLITE_ROW) {
        id = row.id;
        if (channel_key_kind(row.key.bytes) == CHANNEL_MAIL)
            done = fit_client(s, get, &row);
    }
    sqlite3_finalize(get);
    return done && code == SQLITE_DONE;
}

/* --- the marks --- */

/* Rooms and mailboxes may be missing of which nothing is known any more: for
 * whoever asks for them everything so far is gone. */
bool
salvage_marks(struct salvage *s)
{
    struct mark all = {s->last, s->time};
    struct mark gone[CHANNEL_KINDS] = {all, all, all};
    struct log_state marks = {
        .kind = STATE_MARKS,
        .head = s->last,
        .acked = s->last,
        .time = s->time,
    };
    return db_marks_put(&s->fresh, &marks, s->last, gone) &&
           db_epoch_make(&s->fresh);
}
