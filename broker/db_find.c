/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Each volume tells its pages newest first; of all volumes the newest one is
 * next. Its messages are looked at, and when as many as are asked for are newer
 * than all that is left, the answer is there.
 *
 * An answer ends when the work does: a page of it may be short, or empty. Only
 * pages that the asker may read count as work, so where it ends says nothing
 * about others.
 */
#include "db_find.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "db_turn.h"
#include "proto/clock.h"
#include "xmem.h"

enum { CACHE = 256 }; /* channels */

/* The pages of a volume that have the words, one after the other. */
struct course {
    sqlite3_stmt *rows;
    uint64_t volume;
    uint64_t last; /* of the page that is next; 0: none */
};

struct seeker {
    struct db_index *ix;
    struct find *find;
    struct course *courses;
    size_t count;
    struct seen {
        uint64_t id;
        bool wanted;
        uint64_t trimmed, head;
    } cache[CACHE];
};

/* --- turns --- */

static struct channel_key
key_of(const struct message *m)
{
    struct channel_key key;
    struct slice none = {0};
    if (m->op == OP_SAY)
        channel_key(&key, CHANNEL_ROOM, m->room, none);
    else
        channel_key(&key, CHANNEL_TALK, m->from, m->to);
    return key;
}

static bool
wants(const struct log_search *search, const struct channel_key *key)
{
    return search_wants(search, channel_key_kind(key->bytes),
                        channel_key_name(key->bytes),
                        channel_key_with(key->bytes, key->len));
}

/* Retention may have passed it. */
static bool
is_shown(struct seeker *s, const struct channel_key *key, uint64_t seq)
{
    struct db_channel row;
    int code = db_channel_find(&s->ix->log, key, &row);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        s->find->found.complete = false;
    return code == SQLITE_DONE || (code == SQLITE_ROW && seq > row.trimmed.seq);
}

static void
look_at_entry(struct seeker *s, const struct record *r)
{
    struct message m;
    struct fault fault;
    struct reader reader = reader_open(r->wire);
    if ((r->kind != RECORD_SAY && r->kind != RECORD_TELL) ||
        message_read(&reader, SIDE_BROKER, &m, &fault))
        return;
    struct channel_key key = key_of(&m);
    if (wants(s->find->search, &key) && search_match(s->find->search, &m) &&
        is_shown(s, &key, m.seq))
        find_take(s->find, r->wire, m.seq);
}

static bool
look_at_turns(struct seeker *s)
{
    struct turn_row turn = {.first = 0};
    uint64_t looked = 0;
    int code;
    while ((code = turn_next(&s->ix->log, turn.first, &turn)) == SQLITE_ROW) {
        struct slice rest = turn.entries;
        struct record r;
        looked += rest.len;
        if (looked > FIND_TURNS || atomic_load(s->ix->stop)) {
            s->find->found.complete = false;
            return true;
        }
        while (turn_read(&rest, &r))
            look_at_entry(s, &r);
        if (rest.len)
            s->find->found.complete = false;
    }
    if (code == SQLITE_CORRUPT) /* the rest cannot be told from it */
        s->find->found.complete = false;
    return code == SQLITE_DONE || code == SQLITE_CORRUPT ||
           index_log_failed(s->ix);
}

/* --- pages --- */

static bool
course_next(struct db_index *ix, struct course *course)
{
    int code = index_next(ix, course->rows);
    course->last = code == SQLITE_ROW
                       ? (uint64_t)sqlite3_column_int64(course->rows, 0)
                       : 0;
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static bool
course_begin(struct seeker *s, uint64_t volume, const char *ask)
{
    char sql[128];
    struct db_index *ix = s->ix;
    s->courses = xrealloc(s->courses, (s->count + 1) * sizeof *s->courses);
    struct course *course = &s->courses[s->count++];
    *course = (struct course){.volume = volume};
    (void)snprintf(sql, sizeof sql,
                   "SELECT rowid FROM v%" PRIu64 " WHERE v%" PRIu64
                   " MATCH ? ORDER BY rowid DESC",
                   volume, volume);
    if (sqlite3_prepare_v2(ix->sql, sql, -1, &course->rows, NULL))
        return db_fault(ix->fault, "%s", sqlite3_errmsg(ix->sql));
    sqlite3_bind_text(course->rows, 1, ask, -1, SQLITE_STATIC);
    return course_next(ix, course);
}

static bool
courses_begin(struct seeker *s, const char *ask)
{
    sqlite3_stmt *volumes = index_statement(s->ix, INDEX_VOLUMES);
    int code;
    while ((code = index_next(s->ix, volumes)) == SQLITE_ROW) {
        uint64_t volume = (uint64_t)sqlite3_column_int64(volumes, 0);
        if (course_begin(s, volume, ask))
            continue;
        sqlite3_reset(volumes);
        return false;
    }
    return code == SQLITE_DONE;
}

/* NULL: all have come to their end. */
static struct course *
newest(struct seeker *s)
{
    struct course *best = NULL;
    for (size_t i = 0; i < s->count; i++) {
        struct course *course = &s->courses[i];
        if (course->last && (!best || course->last > best->last))
            best = course;
    }
    return best;
}

/* What the log says of the channel, and whether it may be looked into. */
static const struct seen *
see(struct seeker *s, uint64_t id)
{
    struct seen *seen = &s->cache[id % CACHE];
    struct db_channel row;
    if (seen->id == id)
        return seen;
    int code = db_channel_next(&s->ix->log, id - 1, &row);
    bool there = code == SQLITE_ROW && row.id == id;
    *seen = (struct seen){.id = id};
    if (code != SQLITE_ROW && code != SQLITE_DONE) /* since the walk */
        s->find->found.complete = false;
    if (!there)
        return seen;
    seen->wanted = wants(s->find->search, &row.key);
    seen->trimmed = row.trimmed.seq;
    seen->head = row.head.seq;
    return seen;
}

static void
look_at_page(struct seeker *s, uint64_t place, uint64_t last,
             const struct seen *seen)
{
    const struct db_channel row = {.id = place >> INDEX_SHIFT};
    struct db_page page;
    struct message m;
    struct fault fault;
    if (!db_page_get(&s->ix->log, &row, (uint32_t)place, &page)) {
        s->find->found.complete = false;
        return;
    }
    if (page.last.seq != last) /* another log than the one that was indexed */
        s->find->found.complete = false;
    struct reader reader = reader_open(page.messages);
    s->find->looked += page.messages.len;
    while (!reader_done(&reader)) {
        const uint8_t *start = reader.at;
        if (message_read(&reader, SIDE_BROKER, &m, &fault))
            break;
        struct slice wire = slice_of(start, (size_t)(reader.at - start));
        if (m.seq > seen->trimmed && m.seq <= seen->head &&
            search_match(s->find->search, &m))
            find_take(s->find, wire, m.seq);
    }
}

/* The page of a volume with this last seq, if it is to be looked at. */
static bool
look_at_doc(struct seeker *s, const struct course *course)
{
    sqlite3_stmt *at = index_statement(s->ix, INDEX_DOC_AT);
    sqlite3_bind_int64(at, 1, (sqlite3_int64)course->volume);
    sqlite3_bind_int64(at, 2, (sqlite3_int64)course->last);
    int code = index_next(s->ix, at);
    if (code != SQLITE_ROW)
        return code == SQLITE_DONE;
    uint64_t place = (uint64_t)sqlite3_column_int64(at, 0);
    uint64_t first = (uint64_t)sqlite3_column_int64(at, 1);
    bool live = sqlite3_column_int(at, 2);
    sqlite3_reset(at);
    if (!live || first >= s->find->search->query.bound)
        return true;
    const struct seen *seen = see(s, place >> INDEX_SHIFT);
    if (seen->wanted)
        look_at_page(s, place, course->last, seen);
    return true;
}

/* So much was done for this answer that it ends before the pages up to `last`:
 * but not before it has come to where it is asked for. */
static bool
is_enough(const struct seeker *s, uint64_t last)
{
    const struct find *find = s->find;
    return find->looked && last < find->search->query.bound &&
           (find->looked >= FIND_PAGES ||
            clock_ms(CLOCK_MONOTONIC) >= find->until);
}

static bool
look_at_pages(struct seeker *s, uint64_t *upto)
{
    struct course *course;
    while ((course = newest(s)) && !find_is_full(s->find, course->last)) {
        if (is_enough(s, course->last)) {
            *upto = course->last + 1;
            return true;
        }
        if (!look_at_doc(s, course) || !course_next(s->ix, course))
            return false;
    }
    return true;
}

/* --- the whole --- */

/* The channel's word, if it is asked for one alone; false: it is not there. */
static bool
ask_channel(struct seeker *s, char word[static 32])
{
    const struct log_search *search = s->find->search;
    struct slice name = slice_of(search->room, search->room_len);
    struct slice asker = slice_of(search->query.name, search->query.name_len);
    struct slice none = {0};
    struct channel_key key;
    struct db_channel row;
    word[0] = '\0';
    if (search->where == SEARCH_ALL)
        return true;
    bool room = search->where == SEARCH_ROOM;
    channel_key(&key, room ? CHANNEL_ROOM : CHANNEL_TALK, name,
                room ? none : asker);
    int code = db_channel_find(&s->ix->log, &key, &row);
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        s->find->found.complete = false;
    if (code != SQLITE_ROW)
        return false;
    (void)snprintf(word, 32, "\"_%llx\" AND ", (unsigned long long)row.id);
    return true;
}

static bool
find_in_pages(struct seeker *s, uint64_t *upto)
{
    char word[32];
    if (!ask_channel(s, word))
        return true;
    char *terms = terms_ask(&s->find->search->terms);
    size_t size = strlen(terms) + sizeof word;
    char *ask = xmalloc(size);
    (void)snprintf(ask, size, "%s%s", word, terms);
    bool done = courses_begin(s, ask) && look_at_pages(s, upto);
    for (size_t i = 0; i < s->count; i++)
        sqlite3_finalize(s->courses[i].rows);
    free(s->courses);
    free(terms);
    free(ask);
    return done;
}

/* Brings the index up to this moment; `*behind`: it is more than that. */
static bool
catch_up(struct db_index *ix, bool *behind)
{
    size_t bytes = 0;
    bool more = index_is_behind(ix);
    ix->at = 1;
    while (more && bytes < FIND_CATCH_UP && !atomic_load(ix->stop)) {
        if (!index_step(ix, INDEX_STEP, &more))
            return false;
        bytes += ix->batch.bytes;
        if (!batch_write(ix))
            return false;
    }
    *behind = more;
    return true;
}

static bool
is_hurt(struct seeker *s)
{
    if (s->ix->hurt)
        return true;
    sqlite3_stmt *hurt = index_statement(s->ix, INDEX_CHANNEL_HURT);
    bool wanted = false;
    while (!wanted && index_next(s->ix, hurt) == SQLITE_ROW) {
        struct slice name = slice_of(sqlite3_column_blob(hurt, 1),
                                     (size_t)sqlite3_column_bytes(hurt, 1));
        struct slice peer = slice_of(sqlite3_column_blob(hurt, 2),
                                     (size_t)sqlite3_column_bytes(hurt, 2));
        wanted = search_wants(s->find->search,
                              (enum channel_kind)sqlite3_column_int(hurt, 0),
                              name, peer);
    }
    sqlite3_reset(hurt);
    return wanted;
}

static bool
find_all(struct seeker *s, uint64_t *upto)
{
    bool behind = true;
    bool done = s->ix->sql && catch_up(s->ix, &behind);
    s->find->found.complete = done && !behind;
    if (!look_at_turns(s))
        return false;
    if (!done || !find_in_pages(s, upto)) {
        s->find->found.complete = false;
        return !s->ix->sql;
    }
    s->find->found.complete = s->find->found.complete && !is_hurt(s);
    return true;
}

bool
db_find(struct db_index *ix, struct find *find)
{
    struct seeker *s = xcalloc(1, sizeof *s);
    uint64_t upto = 0;
    *s = (struct seeker){.ix = ix, .find = find};
    find->until = clock_ms(CLOCK_MONOTONIC) + FIND_MS;
    bool entered = index_enter(ix);
    bool done = entered && find_all(s, &upto);
    if (entered)
        index_leave(ix);
    find_settle(find, upto);
    free(s);
    return done;
}
