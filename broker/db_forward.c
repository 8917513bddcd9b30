/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A tree that is damaged may lead anywhere: a row whose key does not grow is
 * taken for a place that cannot be read, too, or reading might never end.
 */
#include "db_forward.h"

#include <stdio.h>
#include <string.h>

#include "db_row.h"

static void
bind_key(struct forward *f, uint64_t at, struct slice key)
{
    sqlite3_reset(f->statement);
    if (f->text)
        sqlite3_bind_text(f->statement, 1, (const char *)key.data, (int)key.len,
                          SQLITE_TRANSIENT);
    else
        sqlite3_bind_int64(f->statement, 1, (sqlite3_int64)at);
}

/* A row whose key is at least so much. SQLITE_ROW or SQLITE_DONE, anything else
 * is a place that cannot be read. */
static int
step(struct forward *f, uint64_t at, struct slice key)
{
    int code = sqlite3_step(f->statement);
    if (code != SQLITE_ROW)
        return code;
    if (f->text)
        return slice_cmp(row_get_bytes(f->statement, 0), key) < 0
                   ? SQLITE_CORRUPT
                   : code;
    return row_get_int(f->statement, 0) < at ? SQLITE_CORRUPT : code;
}

static int
probe(struct forward *f, uint64_t at)
{
    struct slice none = {0};
    bind_key(f, at, none);
    return step(f, at, none);
}

static bool
is_good(int code)
{
    return code == SQLITE_ROW || code == SQLITE_DONE;
}

static int
skip_numbers(struct forward *f)
{
    uint64_t from = f->at + 1;
    uint64_t bad = from;
    uint64_t good = from;
    for (uint64_t by = 1; !is_good(probe(f, good)); by *= 2) {
        bad = good;
        if (by > (uint64_t)INT64_MAX - from)
            return SQLITE_DONE;
        good = from + by;
    }
    while (good - bad > 1) {
        uint64_t middle = bad + (good - bad) / 2;
        if (is_good(probe(f, middle)))
            good = middle;
        else
            bad = middle;
    }
    return probe(f, good);
}

/* Tries larger keys, of names that share ever less with the one that was read
 * last. */
static int
skip_names(struct forward *f)
{
    uint8_t key[sizeof f->key] = {0};
    memcpy(key, f->key, f->key_len);
    size_t len = f->key_len ? f->key_len : 1;
    while (key[0] < UINT8_MAX) {
        struct slice from = slice_of(key, len);
        bool carry = key[len - 1]++ == UINT8_MAX;
        bind_key(f, 0, from);
        int code = carry ? SQLITE_CORRUPT : step(f, 0, from);
        if (is_good(code))
            return code;
        len -= len > 1;
    }
    return SQLITE_DONE;
}

static void
remember(struct forward *f)
{
    struct slice key = row_get_bytes(f->statement, 0);
    if (!f->text) {
        f->at = row_get_int(f->statement, 0);
        return;
    }
    f->key_len = key.len < sizeof f->key ? key.len : sizeof f->key;
    if (f->key_len)
        memcpy(f->key, key.data, f->key_len);
}

static const struct {
    const char *name;
    const char *from; /* with the key's column first of all */
    bool text;        /* the key is a name */
    int since;        /* format; 0: the first */
} tables[FORWARD_TABLES] = {
    [FORWARD_META] = {"meta", "WHERE key >= ? ORDER BY key", true, 0},
    [FORWARD_TURNS] = {"turns", "WHERE first >= ? ORDER BY first", false, 0},
    [FORWARD_CHANNELS] = {"channels", "WHERE id >= ? ORDER BY id", false, 0},
    [FORWARD_PAGES] = {"pages", "WHERE place >= ? ORDER BY place", false, 0},
    [FORWARD_CLIENTS] = {"clients", "WHERE id >= ? ORDER BY id", true, 0},
    [FORWARD_LANES] = {"lanes", "WHERE id >= ? ORDER BY id", true, 0},
    [FORWARD_RULINGS] = {"rulings", "WHERE seq >= ? ORDER BY seq", false, 2},
    [FORWARD_AUDIT] = {"audit", "WHERE number >= ? ORDER BY number", false, 2},
};

const char *
forward_name(enum forward_table table)
{
    return tables[table].name;
}

int
forward_since(enum forward_table table)
{
    return tables[table].since;
}

/* `trial` is written to find out whether there is room. */
const char *
forward_all(enum forward_table table)
{
    static const char *const all[FORWARD_TABLES] = {
        [FORWARD_META] = "SELECT * FROM meta WHERE key <> 'trial'",
        [FORWARD_TURNS] = "SELECT * FROM turns",
        [FORWARD_CHANNELS] = "SELECT * FROM channels",
        [FORWARD_PAGES] = "SELECT * FROM pages",
        [FORWARD_CLIENTS] = "SELECT * FROM clients",
        [FORWARD_LANES] = "SELECT * FROM lanes",
        [FORWARD_RULINGS] = "SELECT * FROM rulings",
        [FORWARD_AUDIT] = "SELECT * FROM audit",
    };
    return all[table];
}

bool
forward_open(struct forward *f, struct db *db, enum forward_table table)
{
    char sql[128];
    *f = (struct forward){.db = db, .text = tables[table].text};
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s %s", tables[table].name,
                   tables[table].from);
    if (sqlite3_prepare_v2(db->sql, sql, -1, &f->statement, NULL))
        return db_failed(db);
    bind_key(f, 0, slice_str(""));
    return true;
}

void
forward_seek(struct forward *f, uint64_t above)
{
    struct slice none = {0};
    f->at = above;
    f->ended = false;
    bind_key(f, above + 1, none);
}

bool
forward_next(struct forward *f)
{
    if (f->ended)
        return false;
    int code = step(f, f->at + 1, slice_of(f->key, f->key_len));
    if (!is_good(code)) {
        f->skips++;
        code = f->text ? skip_names(f) : skip_numbers(f);
    }
    f->ended = code != SQLITE_ROW;
    if (!f->ended)
        remember(f);
    return !f->ended;
}

void
forward_close(struct forward *f)
{
    sqlite3_finalize(f->statement);
    f->statement = NULL;
}
