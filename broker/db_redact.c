/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The page is found by halving, like a reader finds it, and written again.
 */
#include "db_redact.h"

#include <stdlib.h>

#include "db_channel.h"
#include "db_turn.h"
#include "xmem.h"

/* A page under reconstruction. */
struct redaction {
    struct db *db;
    struct db_channel row;
    uint64_t seq;
    uint32_t number;
    struct db_page page;
    uint8_t *bytes;
    size_t len, saved; /* bytes */
};

/* The next page that can be read, up to `high`; `*at` is `high`: none. */
static bool
page_from(struct redaction *r, uint32_t *at, uint32_t high)
{
    while (*at < high && !db_page_get(r->db, &r->row, *at, &r->page)) {
        if (!db_is_corrupt(r->db))
            return false;
        ++*at;
    }
    return true;
}

/* The last page that begins before or with the message; `number` is next_page
 * when there is none. */
static bool
page_find(struct redaction *r)
{
    uint32_t low = r->row.first_page;
    uint32_t high = r->row.next_page;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t at = middle;
        if (!page_from(r, &at, high))
            return false;
        if (at < high && r->page.first.seq <= r->seq)
            low = at + 1;
        else
            high = middle;
    }
    r->number = low == r->row.first_page ? r->row.next_page : low - 1;
    return r->number == r->row.next_page ||
           db_page_get(r->db, &r->row, r->number, &r->page);
}

static void
take_message(struct redaction *r, const struct db_message *m)
{
    uint8_t *at = r->bytes + r->len;
    size_t len = m->seq == r->seq ? log_gone(m->wire, at) : 0;
    if (!len) {
        memcpy(at, m->wire.data, len = m->wire.len);
    }
    r->len += len;
    r->saved += m->wire.len - len;
}

static bool
page_rewrite(struct redaction *r)
{
    struct slice rest = r->page.messages;
    struct db_message m;
    r->bytes = xmalloc(rest.len + 1);
    while (db_message_next(&rest, &m))
        take_message(r, &m);
    bool changed = r->saved && !rest.len;
    r->page.messages = slice_of(r->bytes, r->len);
    if (r->seq > r->row.trimmed.seq)
        r->row.bytes -= r->saved < r->row.bytes ? r->saved : r->row.bytes;
    bool done = !changed || (db_page_put(r->db, &r->row, r->number, &r->page) &&
                             db_channel_put(r->db, &r->row));
    free(r->bytes);
    return done;
}

static bool
redact_page(struct db *db, struct slice room, uint64_t seq)
{
    struct redaction r = {.db = db, .seq = seq};
    struct channel_key key;
    channel_key(&key, CHANNEL_ROOM, room, slice_of(NULL, 0));
    int code = db_channel_find(db, &key, &r.row);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE || db_is_corrupt(db);
    if (!page_find(&r))
        return db_is_corrupt(db);
    return r.number == r.row.next_page || page_rewrite(&r);
}

bool
db_redact(struct db *db, struct slice room, uint64_t seq)
{
    if (!db_exec(db, "PRAGMA secure_delete = ON"))
        return false;
    bool done = redact_page(db, room, seq) && turn_redact(db, seq);
    return db_exec(db, DB_SECURE) && done;
}
