/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_verify: is everything there, and what it should be?
 *
 * First SQLite's own check of the file, then ours of what it holds: the sum of
 * every row, every message, and the chain of each room and mailbox: a message's
 * prev is the seq of the one before it. So a message that is missing is found
 * although nothing else remembers it.
 *
 * Two things look like a broken chain and are none. Behind a hole, which
 * db_salvage leaves where messages were lost, any prev is right. An id that was
 * forgotten and came back begins a chain at what was forgotten.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "db_forward.h"
#include "db_look.h"
#include "db_row.h"
#include "db_whose.h"
#include "tool.h"

/* A channel while it is walked along, and what its row should say. */
struct chain {
    enum channel_kind kind;
    struct channel_key key;
    char where[2 * LIMIT_NAME + 32];
    uint64_t last, time; /* of the message before, 0: there was none */
    bool hole;           /* some are known to be lost before the next one */
    uint64_t trimmed, first, count, bytes;
};

struct verify {
    struct look look;
    uint64_t messages, rooms, mailboxes, pages, holes;
    uint64_t forgotten; /* highest head of a mailbox that was forgotten */
    struct chain chain;
};

/* --- whole tables --- */

static void
check_file(struct verify *v)
{
    struct look *look = &v->look;
    sqlite3_stmt *check = look_statement(look, "PRAGMA quick_check(20)");
    int code = SQLITE_DONE;
    while (check && (code = db_next(&look->db, check)) == SQLITE_ROW) {
        const char *says = (const char *)sqlite3_column_text(check, 0);
        const char *line = says ? strrchr(says, '\n') : NULL;
        if (says && strcmp(says, "ok") != 0)
            look_problem(look, "file: %s", line ? line + 1 : says);
    }
    if (code != SQLITE_DONE)
        look_fault(look, "file");
    sqlite3_finalize(check);
}

/* Tables whose rows say nothing about other rows. */
static void
check_rows(struct verify *v, enum forward_table table)
{
    struct look *look = &v->look;
    const char *name = forward_name(table);
    sqlite3_stmt *all = look_statement(look, forward_all(table));
    int code = SQLITE_DONE;
    for (uint64_t i = 1; all && (code = db_next(&look->db, all)) == SQLITE_ROW;
         i++) {
        if (!row_is_sound(all))
            look_problem(look, "%s: row %" PRIu64 " is damaged", name, i);
    }
    if (code != SQLITE_DONE)
        look_fault(look, name);
    sqlite3_finalize(all);
}

/* --- a channel --- */

static void
name_chain(struct chain *chain, enum channel_kind kind, struct slice name,
           struct slice with)
{
    static const char *const kinds[CHANNEL_KINDS] = {
        [CHANNEL_ROOM] = "room",
        [CHANNEL_MAIL] = "mailbox",
        [CHANNEL_TALK] = "conversation",
    };
    *chain = (struct chain){.kind = kind};
    channel_key(&chain->key, kind, name, with);
    (void)snprintf(chain->where, sizeof chain->where, "%s %.*s%s%.*s",
                   kinds[kind], SLICE_ARG(name), with.len ? " and " : "",
                   SLICE_ARG(with));
}

static void
count_channel(struct verify *v, enum channel_kind kind)
{
    v->rooms += kind == CHANNEL_ROOM;
    v->mailboxes += kind == CHANNEL_MAIL;
}

/* The prev of a message behind another one. */
static bool
continues(const struct verify *v, const struct chain *chain, uint64_t prev)
{
    if (!chain->last || chain->hole || chain->kind == CHANNEL_TALK)
        return true;
    if (chain->kind == CHANNEL_MAIL && prev > chain->last)
        return prev <= v->forgotten;
    return prev == chain->last;
}

static void
check_message(struct verify *v, const struct db_message *m)
{
    struct look *look = &v->look;
    struct chain *chain = &v->chain;
    if (m->seq <= chain->last || m->time < chain->time)
        look_problem(look, "%s: seq %" PRIu64 " stands behind %" PRIu64,
                     chain->where, m->seq, chain->last);
    if (m->prev >= m->seq || !continues(v, chain, m->prev))
        look_problem(look,
                     "%s: seq %" PRIu64 " follows %" PRIu64 ", but %" PRIu64
                     " stands there",
                     chain->where, m->seq, m->prev, chain->last);
    if (!whose_is(m->wire, &chain->key))
        look_problem(look, "%s: seq %" PRIu64 " does not belong there",
                     chain->where, m->seq);
    chain->last = m->seq;
    chain->time = m->time;
    chain->hole = false;
    if (m->seq <= chain->trimmed)
        return;
    if (!chain->count++)
        chain->first = m->seq;
    chain->bytes += m->wire.len;
    v->messages += chain->kind != CHANNEL_TALK;
}

static void
check_hole(struct verify *v, const struct db_page *page)
{
    v->holes++;
    v->chain.hole = true;
    v->chain.last = page->last.seq;
    v->chain.time = page->last.time;
}

static void
check_page(struct verify *v, uint32_t number, const struct db_page *page)
{
    struct chain *chain = &v->chain;
    struct slice rest = page->messages;
    struct db_message m = {.seq = 0};
    uint64_t count = 0;
    if (page->first.seq <= chain->last || page->last.seq < page->first.seq)
        look_problem(&v->look, "%s: page %" PRIu32 " overlaps", chain->where,
                     number);
    if (!page->count && !rest.len) {
        check_hole(v, page);
        return;
    }
    for (; db_message_next(&rest, &m); count++) {
        if (!count && (m.seq != page->first.seq || m.time != page->first.time))
            look_problem(&v->look, "%s: page %" PRIu32 " begins wrong",
                         chain->where, number);
        check_message(v, &m);
    }
    if (rest.len || count != page->count || m.seq != page->last.seq ||
        m.time != page->last.time)
        look_problem(&v->look, "%s: page %" PRIu32 " ends wrong", chain->where,
                     number);
}

static void
check_pages(struct verify *v, const struct db_channel *channel)
{
    for (uint32_t i = channel->first_page; i < channel->next_page; i++) {
        struct db_page page;
        v->pages++;
        if (db_page_get(&v->look.db, channel, i, &page)) {
            check_page(v, i, &page);
            continue;
        }
        look_problem(&v->look, "%s: page %" PRIu32 ": %s", v->chain.where, i,
                     v->look.db.fault);
        v->chain.hole = true;
    }
}

/* What waits comes behind the pages; its seqs are in the turns' order. */
static void
check_waiting(struct verify *v)
{
    struct chain *chain = &v->chain;
    struct look *look = &v->look;
    if (chain->kind == CHANNEL_TALK)
        return;
    sqlite3_stmt *waiting =
        look_waiting(look, chain->kind, channel_key_name(chain->key.bytes));
    while (db_next(&look->db, waiting) == SQLITE_ROW) {
        struct slice wire = row_get_bytes(waiting, WAITING_MESSAGE);
        struct db_message m;
        if (db_message_next(&wire, &m))
            check_message(v, &m);
    }
    sqlite3_finalize(waiting);
}

static void
check_channel(struct verify *v, const struct db_channel *channel)
{
    struct look *look = &v->look;
    struct chain *chain = &v->chain;
    struct db_channel found;
    const struct channel_key *key = &channel->key;
    name_chain(chain, channel_key_kind(key->bytes),
               channel_key_name(key->bytes),
               channel_key_with(key->bytes, key->len));
    chain->trimmed = channel->trimmed.seq;
    count_channel(v, chain->kind);
    if (db_channel_find(&look->db, key, &found) != SQLITE_ROW ||
        found.id != channel->id)
        look_problem(look, "%s: is not found by its name", chain->where);
    check_pages(v, channel);
    if (channel->first_page < channel->next_page &&
        channel->head.seq != chain->last)
        look_problem(look, "%s: ends at %" PRIu64 ", not at %" PRIu64,
                     chain->where, chain->last, channel->head.seq);
    if (channel->count != chain->count || channel->bytes != chain->bytes ||
        channel->first != chain->first)
        look_problem(look,
                     "%s: has %" PRIu64 " messages, not %" PRIu64
                     ", or another first one or size",
                     chain->where, chain->count, channel->count);
    chain->last = channel->head.seq;
    check_waiting(v);
}

/* By id, over damaged rows. */
static void
check_channels(struct verify *v)
{
    struct look *look = &v->look;
    sqlite3_stmt *ids = look_statement(look, "SELECT id FROM channels"
                                             " ORDER BY id");
    int code = SQLITE_DONE;
    while (ids && (code = db_next(&look->db, ids)) == SQLITE_ROW) {
        uint64_t id = row_get_int(ids, 0);
        struct db_channel channel;
        if (db_channel_next(&look->db, id - 1, &channel) == SQLITE_ROW)
            check_channel(v, &channel);
        else
            look_problem(look, "channels: row %" PRIu64 ": %s", id,
                         look->db.fault);
    }
    if (code != SQLITE_DONE)
        look_fault(look, "channels");
    sqlite3_finalize(ids);
}

/* Rooms and mailboxes that are in no page at all. */
static void
check_new(struct verify *v, enum channel_kind kind)
{
    struct look *look = &v->look;
    struct slice nobody = {0};
    struct db_channel channel;
    sqlite3_stmt *names = look_names(look, kind);
    while (db_next(&look->db, names) == SQLITE_ROW) {
        struct slice name = row_get_bytes(names, 0);
        if (name.len > LIMIT_NAME)
            continue;
        name_chain(&v->chain, kind, name, nobody);
        if (db_channel_find(&look->db, &v->chain.key, &channel) != SQLITE_DONE)
            continue;
        count_channel(v, kind);
        check_waiting(v);
    }
    sqlite3_finalize(names);
}

static void
check_strays(struct verify *v)
{
    struct look *look = &v->look;
    sqlite3_stmt *all = look_statement(look, "SELECT count(*) FROM pages");
    uint64_t count = v->pages;
    if (db_next(&look->db, all) == SQLITE_ROW)
        count = row_get_int(all, 0);
    else
        look_fault(look, "pages");
    if (count > v->pages)
        look_problem(look, "pages: %" PRIu64 " are of no channel",
                     count - v->pages);
    sqlite3_finalize(all);
}

/* --- the command --- */

static void
summary(const struct verify *v)
{
    printf("%" PRIu64 " messages in %" PRIu64 " rooms, %" PRIu64
           " mailboxes, %" PRIu64 " turns",
           v->messages, v->rooms, v->mailboxes, v->look.turns);
    if (v->holes)
        printf(", %" PRIu64 " holes", v->holes);
    printf(": %s\n", v->look.problems ? "damaged" : "sound");
}

int
db_verify(const char *path)
{
    struct verify v = {.messages = 0};
    if (!look_open(&v.look, path))
        return EXIT_FAILURE;
    (void)db_meta_get(&v.look.db, "forgotten-mail", &v.forgotten);
    check_file(&v);
    check_rows(&v, FORWARD_META);
    check_rows(&v, FORWARD_CLIENTS);
    check_rows(&v, FORWARD_LANES);
    check_rows(&v, FORWARD_RULINGS);
    check_rows(&v, FORWARD_AUDIT);
    look_turns(&v.look);
    check_channels(&v);
    check_new(&v, CHANNEL_ROOM);
    check_new(&v, CHANNEL_MAIL);
    check_strays(&v);
    summary(&v);
    look_close(&v.look);
    return v.look.problems ? EXIT_FAILURE : EXIT_SUCCESS;
}
