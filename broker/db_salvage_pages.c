/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Pages are read in the order of their places, channel by channel. The numbers
 * of a channel's pages have no gaps, and its row knows where they begin and
 * end: so every page that is lost is noticed.
 *
 * A channel whose own row is lost is known by its messages. All of a mailbox
 * have one receiver, all of a conversation have one pair; when both is true the
 * two have the same messages, and it does not matter which is which. Where such
 * a channel ends nobody knows; if any page is lost, it may be one of its last.
 */
#include <stdlib.h>

#include "db_row.h"
#include "db_salvage_inner.h"
#include "db_whose.h"
#include "xmem.h"

/* A channel while its pages are copied. */
struct regain {
    struct db_channel row; /* as it becomes; id 0: none */
    struct db_channel was; /* as it was; an orphan's is made up */
    bool orphan;
    uint32_t expected; /* number of the next page */
};

struct orphan {
    uint64_t id;
    struct channel_key keys[2]; /* room; or mail and talk */
    bool room, mail, talk;      /* what it can be */
    bool placed;
};

struct orphans {
    struct orphan *all;
    size_t count, cap;
};

bool
salvage_hole(struct salvage *s, struct db_channel *row, struct mark upto)
{
    bool empty = row->first_page == row->next_page;
    struct mark from = empty ? row->trimmed : row->head;
    struct db_page hole = {
        .first = {from.seq + 1, from.time},
        .last = upto,
        .messages = slice_str(""),
    };
    if (upto.seq <= from.seq)
        return true;
    if (hole.last.time < hole.first.time)
        hole.last.time = hole.first.time;
    row->head = hole.last;
    if (empty) {
        row->trimmed = hole.last;
        return true;
    }
    s->holes++;
    return db_page_put(&s->fresh, row, row->next_page++, &hole);
}

/* --- one channel --- */

/* What turns have, too, comes from there. */
static struct mark
end_of(const struct salvage *s, const struct regain *g)
{
    struct mark end = g->was.head;
    if (g->orphan && s->suspect[FORWARD_PAGES])
        end = (struct mark){s->marks.last, s->marks.marks.time};
    if (end.seq > s->before_turns)
        end.seq = s->before_turns;
    return end;
}

static bool
regain_end(struct salvage *s, struct regain *g)
{
    struct db_channel *row = &g->row;
    bool talk = channel_key_kind(row->key.bytes) == CHANNEL_TALK;
    if (!row->id)
        return true;
    if (!salvage_hole(s, row, end_of(s, g)))
        return false;
    if (row->head.seq < row->trimmed.seq)
        row->head = row->trimmed;
    if (!talk && g->was.count > row->count)
        s->lost_messages += g->was.count - row->count;
    salvage_saw(s, row->head);
    return db_channel_put(&s->fresh, row);
}

static void
regain_begin(struct regain *g, const struct db_channel *was, bool orphan)
{
    *g = (struct regain){
        .row = {.id = was->id, .key = was->key, .trimmed = was->trimmed},
        .was = *was,
        .orphan = orphan,
        .expected = was->first_page,
    };
}

/* Where what was lost before a page ends: its first message may know. */
static struct mark
lost_upto(const struct regain *g, const struct db_page *page)
{
    struct slice rest = page->messages;
    struct db_message m;
    struct mark upto = {page->first.seq - 1, page->first.time};
    if (channel_key_kind(g->row.key.bytes) != CHANNEL_TALK &&
        db_message_next(&rest, &m) && m.prev < upto.seq)
        upto.seq = m.prev;
    return upto;
}

static void
count_messages(struct salvage *s, struct regain *g, const struct db_page *page)
{
    struct slice rest = page->messages;
    struct db_message m;
    bool talk = channel_key_kind(g->row.key.bytes) == CHANNEL_TALK;
    while (db_message_next(&rest, &m)) {
        if (m.seq <= g->row.trimmed.seq)
            continue;
        if (!g->row.count++) {
            g->row.first = m.seq;
            g->row.first_time = m.time;
        }
        g->row.bytes += m.wire.len;
        s->messages += !talk;
    }
}

static bool
regain_page(struct salvage *s, struct regain *g, uint32_t number,
            const struct db_page *page)
{
    if (number < g->expected || page->first.seq <= g->row.head.seq)
        return true; /* an old copy of something */
    if (number > g->expected && !salvage_hole(s, &g->row, lost_upto(g, page)))
        return false;
    g->expected = number + 1;
    if (!db_page_put(&s->fresh, &g->row, g->row.next_page++, page))
        return false;
    count_messages(s, g, page);
    g->row.head = page->last;
    s->rows[FORWARD_PAGES]++;
    return true;
}

static struct db_page
page_of(sqlite3_stmt *row)
{
    return (struct db_page){
        .first = {row_get_int(row, 1), row_get_int(row, 3)},
        .last = {row_get_int(row, 2), row_get_int(row, 4)},
        .count = row_get_int(row, 5),
        .messages = row_get_bytes(row, 6),
    };
}

/* --- channels without a row --- */

static bool
key_is(const struct channel_key *a, const struct channel_key *b)
{
    return a->len == b->len && !memcmp(a->bytes, b->bytes, a->len);
}

static struct orphan *
orphan_get(struct orphans *orphans, uint64_t id)
{
    if (orphans->count && orphans->all[orphans->count - 1].id == id)
        return &orphans->all[orphans->count - 1];
    if (orphans->count == orphans->cap) {
        orphans->cap = orphans->cap ? orphans->cap * 2 : 16;
        orphans->all =
            xrealloc(orphans->all, orphans->cap * sizeof *orphans->all);
    }
    struct orphan *orphan = &orphans->all[orphans->count++];
    *orphan = (struct orphan){.id = id};
    return orphan;
}

static void
orphan_see(struct orphan *orphan, struct slice rest)
{
    struct db_message m;
    while (db_message_next(&rest, &m)) {
        struct channel_key keys[2];
        unsigned count = whose_keys(m.wire, keys);
        if (!orphan->keys[0].len) {
            memcpy(orphan->keys, keys, sizeof keys);
            orphan->room = count == 1;
            orphan->mail = orphan->talk = count == 2;
        }
        orphan->room = orphan->room && key_is(&orphan->keys[0], &keys[0]);
        orphan->mail = orphan->mail && key_is(&orphan->keys[0], &keys[0]);
        orphan->talk = orphan->talk && key_is(&orphan->keys[1], &keys[1]);
    }
}

static bool
is_free(struct salvage *s, const struct channel_key *key)
{
    struct db_channel channel;
    return db_channel_find(&s->fresh, key, &channel) == SQLITE_DONE;
}

/* What is only one thing is placed first, so that it gets its name. */
static const struct channel_key *
orphan_key(struct salvage *s, const struct orphan *orphan, bool unsure)
{
    const struct channel_key *keys = orphan->keys;
    bool both = orphan->mail && orphan->talk;
    if (both && !unsure)
        return NULL;
    if ((orphan->room || orphan->mail) && is_free(s, &keys[0]))
        return &keys[0];
    return orphan->talk && is_free(s, &keys[1]) ? &keys[1] : NULL;
}

static bool
orphan_copy(struct salvage *s, const struct orphan *orphan,
            const struct channel_key *key)
{
    struct forward f;
    struct regain g;
    struct db_channel was = {.id = orphan->id, .key = *key};
    regain_begin(&g, &was, true);
    bool done = salvage_open(s, &f, FORWARD_PAGES);
    if (done)
        forward_seek(&f, (orphan->id << 32) - 1);
    while (done && forward_next(&f) && f.at >> 32 == orphan->id) {
        struct db_page page = page_of(f.statement);
        if (row_is_sound(f.statement))
            done = regain_page(s, &g, (uint32_t)f.at, &page);
    }
    salvage_close(s, &f, FORWARD_PAGES);
    s->rows[FORWARD_CHANNELS] += done;
    return done && regain_end(s, &g);
}

static bool
orphans_copy(struct salvage *s, struct orphans *orphans)
{
    for (unsigned unsure = 0; unsure < 2; unsure++) {
        for (size_t i = 0; i < orphans->count; i++) {
            struct orphan *orphan = &orphans->all[i];
            const struct channel_key *key =
                orphan->placed ? NULL : orphan_key(s, orphan, unsure);
            orphan->placed = orphan->placed || key;
            if (key && !orphan_copy(s, orphan, key))
                return false;
        }
    }
    return true;
}

/* --- all pages --- */

/* From the channel that was read to the one that has this id; those between had
 * pages, or none. */
static bool
regain_pass(struct salvage *s, struct regain *g, uint64_t id)
{
    struct db_channel was;
    while (g->was.id < id) {
        uint64_t before = g->was.id;
        if (!regain_end(s, g))
            return false;
        int code = db_channel_next(&s->fresh, before, &was);
        if (code != SQLITE_ROW && code != SQLITE_DONE)
            return false;
        if (code == SQLITE_DONE)
            was = (struct db_channel){.id = UINT64_MAX};
        regain_begin(g, &was, false);
        if (code == SQLITE_DONE)
            g->row.id = 0;
    }
    return true;
}

static bool
take_page(struct salvage *s, struct regain *g, struct orphans *orphans,
          struct forward *f)
{
    uint64_t id = f->at >> 32;
    struct db_page page = page_of(f->statement);
    if (!row_is_sound(f->statement)) {
        s->lost[FORWARD_PAGES]++;
        s->suspect[FORWARD_PAGES] = true;
        return true;
    }
    if (!regain_pass(s, g, id))
        return false;
    if (g->was.id == id)
        return regain_page(s, g, (uint32_t)f->at, &page);
    orphan_see(orphan_get(orphans, id), page.messages);
    return true;
}

bool
salvage_pages(struct salvage *s)
{
    struct orphans orphans = {.count = 0};
    struct regain g = {.expected = 0};
    struct forward f;
    bool done = salvage_open(s, &f, FORWARD_PAGES) && salvage_peek(s);
    while (done && forward_next(&f))
        done = take_page(s, &g, &orphans, &f);
    salvage_close(s, &f, FORWARD_PAGES);
    done = done && regain_pass(s, &g, UINT64_MAX) && orphans_copy(s, &orphans);
    free(orphans.all);
    return done;
}
