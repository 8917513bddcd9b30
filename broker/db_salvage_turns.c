/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Turns are copied, and their messages put into pages at once. A turn that is
 * lost may have had messages of any channel: each gets a hole there. Where a
 * room or a mailbox has lost one that nobody noticed its chain tells.
 */
#include "db_row.h"
#include "db_ruling.h"
#include "db_salvage_inner.h"
#include "db_turn.h"
#include "db_whose.h"

struct turns {
    struct salvage *s;
    struct forward from;
    uint64_t last; /* of the turn before */
    bool gap;      /* some are lost behind it */
};

/* --- a message --- */

/* What is older than its first message a new channel does not have. */
static bool
row_begin_at(struct salvage *s, const struct record *r, struct db_channel *row)
{
    bool talk = channel_key_kind(row->key.bytes) == CHANNEL_TALK;
    row->trimmed.seq = talk ? r->seq - 1 : r->prev;
    row->trimmed.time = row->trimmed.seq ? r->time : 0;
    s->rows[FORWARD_CHANNELS]++;
    return db_channel_number(&s->fresh, row) && db_channel_put(&s->fresh, row);
}

/* Behind the messages of the last page, or as a new one. */
static bool
append_page(struct salvage *s, struct db_channel *row, const struct record *r)
{
    struct mark mark = {r->seq, r->time};
    struct db_page page = {.count = 0};
    bool more = row->first_page < row->next_page;
    if (more && !db_page_get(&s->fresh, row, row->next_page - 1, &page))
        return false;
    more = more && page.count &&
           page.messages.len + r->wire.len <= DB_PAGE_MOST;
    if (!more)
        page = (struct db_page){.first = mark};
    if (more)
        memcpy(s->bytes, page.messages.data, page.messages.len);
    memcpy(s->bytes + page.messages.len, r->wire.data, r->wire.len);
    page.messages = slice_of(s->bytes, page.messages.len + r->wire.len);
    page.last = row->head = mark;
    page.count++;
    row->next_page += !more;
    return db_page_put(&s->fresh, row, row->next_page - 1, &page);
}

static bool
append(struct salvage *s, const struct channel_key *key, const struct record *r)
{
    struct db_channel row;
    bool talk = channel_key_kind(key->bytes) == CHANNEL_TALK;
    int code = db_channel_find(&s->fresh, key, &row);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        return false;
    if (code == SQLITE_DONE && !row_begin_at(s, r, &row))
        return false;
    if (r->seq <= row.head.seq)
        return true;
    struct mark before = {r->prev, r->time};
    if (!talk && row.head.seq && !salvage_hole(s, &row, before))
        return false;
    if (!append_page(s, &row, r))
        return false;
    row.first = row.first ? row.first : r->seq;
    row.count++;
    row.bytes += r->wire.len;
    s->messages += !talk;
    return db_channel_put(&s->fresh, &row);
}

/* --- a turn --- */

/* Every channel may have lost something up to here. */
static bool
holes(struct salvage *s, struct mark upto)
{
    struct db_channel row;
    uint64_t id = 0;
    int code;
    while ((code = db_channel_next(&s->fresh, id, &row)) == SQLITE_ROW) {
        id = row.id;
        if (!salvage_hole(s, &row, upto) || !db_channel_put(&s->fresh, &row))
            return false;
    }
    return code == SQLITE_DONE;
}

static bool
is_readable(struct slice entries)
{
    struct record r;
    while (turn_read(&entries, &r)) {
    }
    return !entries.len;
}

static bool
is_whole(const struct turns *t, sqlite3_stmt *row)
{
    return row_is_sound(row) && row_get_int(row, 0) > t->last &&
           row_get_int(row, 1) >= row_get_int(row, 0) &&
           is_readable(row_get_bytes(row, 2));
}

static bool
take_entries(struct salvage *s, struct slice entries)
{
    struct record r;
    while (turn_read(&entries, &r)) {
        struct channel_key keys[2];
        unsigned count = r.wire.len ? whose_keys(r.wire, keys) : 0;
        salvage_saw(s, (struct mark){r.seq, r.time});
        if (r.kind == RECORD_RULING && !db_ruling_put(&s->fresh, &r))
            return false;
        for (unsigned i = 0; i < count; i++) {
            if (!append(s, &keys[i], &r))
                return false;
        }
    }
    return true;
}

static bool
take_turn(struct turns *t)
{
    struct salvage *s = t->s;
    sqlite3_stmt *row = t->from.statement;
    struct mark before = {row_get_int(row, 0) - 1, s->time};
    if (t->gap && !holes(s, before))
        return false;
    t->gap = false;
    t->last = row_get_int(row, 1);
    s->rows[FORWARD_TURNS]++;
    salvage_saw(s, (struct mark){t->last, 0});
    return salvage_copy(s, &t->from, DB_TURN_PUT) &&
           take_entries(s, row_get_bytes(row, 2));
}

/* Nobody knows the last one of those that are lost; it is not from the future.
 */
static bool
take_end(struct turns *t)
{
    struct salvage *s = t->s;
    if (!t->gap && !s->suspect[FORWARD_TURNS])
        return true;
    salvage_saw(s, (struct mark){s->now, 0});
    return holes(s, (struct mark){s->last, s->time});
}

bool
salvage_turns(struct salvage *s)
{
    struct turns t = {.s = s};
    bool done = salvage_open(s, &t.from, FORWARD_TURNS);
    unsigned skips = 0;
    while (done && forward_next(&t.from)) {
        t.gap = t.gap || t.from.skips > skips;
        skips = t.from.skips;
        if (is_whole(&t, t.from.statement)) {
            done = take_turn(&t);
            continue;
        }
        s->lost[FORWARD_TURNS]++;
        t.gap = true;
    }
    t.gap = t.gap || t.from.skips > skips;
    salvage_close(s, &t.from, FORWARD_TURNS);
    return done && take_end(&t);
}

bool
salvage_peek(struct salvage *s)
{
    struct turns t = {.s = s};
    bool found = false;
    s->before_turns = UINT64_MAX;
    if (!salvage_open(s, &t.from, FORWARD_TURNS))
        return false;
    while (!found && forward_next(&t.from)) {
        found = is_whole(&t, t.from.statement);
        if (found)
            s->before_turns = row_get_int(t.from.statement, 0) - 1;
    }
    salvage_close(s, &t.from, FORWARD_TURNS);
    return true;
}
