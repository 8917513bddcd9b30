/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a disk does comes in sectors; what a hand does comes in rows.
 */
#include "store_bytes.h"

#include <stdio.h>

#include "agree.h"
#include "broker/db_row.h"
#include "broker/xmem.h"

enum { SECTOR = 512, MOST_ADDED = 4096, COLUMNS = 32, TEXT_MOST = 80 };

struct bytes
bytes_copy(const struct bytes *bytes)
{
    struct bytes copy = {.data = xmalloc(bytes->len + 1), .len = bytes->len};
    if (bytes->len)
        memcpy(copy.data, bytes->data, bytes->len);
    return copy;
}

static size_t
number(struct input *in, size_t below)
{
    size_t value = input_byte(in);
    value = value << 8 | input_byte(in);
    value = value << 8 | input_byte(in);
    return below ? value % below : 0;
}

/* --- what a disk does --- */

static void
set_byte(struct bytes *b, struct input *in)
{
    size_t at = number(in, b->len);
    b->data[at] = input_byte(in);
}

static void
flip_bit(struct bytes *b, struct input *in)
{
    size_t at = number(in, b->len);
    b->data[at] ^= (uint8_t)(1 << input_byte(in) % 8);
}

static void
clear_sector(struct bytes *b, struct input *in)
{
    size_t at = number(in, b->len) / SECTOR * SECTOR;
    size_t len = b->len - at < SECTOR ? b->len - at : SECTOR;
    memset(b->data + at, input_byte(in), len);
}

static void
swap_sectors(struct bytes *b, struct input *in)
{
    size_t one = number(in, b->len) / SECTOR * SECTOR;
    size_t other = number(in, b->len) / SECTOR * SECTOR;
    uint8_t sector[SECTOR];
    if (b->len - one < SECTOR || b->len - other < SECTOR)
        return;
    memcpy(sector, b->data + one, SECTOR);
    memmove(b->data + one, b->data + other, SECTOR);
    memcpy(b->data + other, sector, SECTOR);
}

static void
cut(struct bytes *b, struct input *in)
{
    b->len = number(in, b->len);
}

static void
grow(struct bytes *b, struct input *in)
{
    size_t more = number(in, MOST_ADDED);
    b->data = xrealloc(b->data, b->len + more + 1);
    memset(b->data + b->len, input_byte(in), more);
    b->len += more;
}

/* A few bytes of the input as they are. */
static void
write_over(struct bytes *b, struct input *in)
{
    size_t at = number(in, b->len);
    size_t len = 1 + input_byte(in) % 16u;
    for (size_t i = at; i < at + len && i < b->len; i++)
        b->data[i] = input_byte(in);
}

static void (*const changes[])(struct bytes *, struct input *) = {
    set_byte, flip_bit, clear_sector, cut,
    grow,     flip_bit, swap_sectors, write_over,
};

void
bytes_change(struct bytes *bytes, unsigned how, struct input *in)
{
    if (bytes->len)
        changes[how % 8](bytes, in);
}

/* --- what a hand does --- */

static const char *const tables[] = {"meta",    "turns", "channels", "pages",
                                     "clients", "lanes", "rulings",  "audit"};
enum { TABLES = sizeof tables / sizeof *tables };

/* A broker would look for each of a million pages. */
static uint64_t
number_near(uint64_t value, struct input *in)
{
    uint8_t byte = input_byte(in);
    return byte == 255 || value + byte < 64 ? 0 : value + byte - 64;
}

/* A column as it is, or from the input. */
static void
bind(struct row *row, sqlite3_stmt *from, int column, struct input *in)
{
    static uint8_t text[COLUMNS][256];
    struct slice bytes = row_get_bytes(from, column);
    int type = sqlite3_column_type(from, column);
    if (type == SQLITE_INTEGER) {
        uint64_t value = row_get_int(from, column);
        if (in)
            value = number_near(value, in);
        row_int(row, value);
        return;
    }
    size_t len = bytes.len;
    uint8_t *copy = in ? text[column] : NULL;
    if (in) {
        len = len < sizeof text[0] ? len : sizeof text[0];
        if (len)
            memcpy(copy, bytes.data, len);
        if (input_byte(in) & 1)
            len = input_byte(in);
        for (size_t i = input_byte(in), n = input_byte(in) % 16u;
             n > 0 && i < len; n--)
            copy[i++] = input_byte(in);
        bytes = slice_of(copy, len);
    }
    if (type == SQLITE_TEXT)
        row_text(row, bytes);
    else
        row_blob(row, bytes);
}

static void
put_row(sqlite3 *db, const char *table, sqlite3_stmt *from, struct input *in)
{
    char sql[256];
    int columns = sqlite3_column_count(from);
    int changed = input_byte(in) % (columns - 1);
    size_t len = (size_t)snprintf(sql, sizeof sql,
                                  "INSERT OR REPLACE INTO %s VALUES (?", table);
    for (int i = 1; i < columns; i++)
        len += (size_t)snprintf(sql + len, sizeof sql - len, ",?");
    (void)snprintf(sql + len, sizeof sql - len, ")");
    sqlite3_stmt *to = NULL;
    MUST(!sqlite3_prepare_v2(db, sql, -1, &to, NULL));
    struct row row = row_begin(to);
    for (int i = 0; i < columns - 1; i++)
        bind(&row, from, i, i == changed ? in : NULL);
    row_end(&row);
    (void)sqlite3_step(to);
    sqlite3_finalize(to);
}

void
rows_change(const char *path, struct input *in)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *from = NULL;
    char sql[128];
    const char *table = tables[input_byte(in) % TABLES];
    (void)snprintf(sql, sizeof sql, "SELECT * FROM %s LIMIT 1 OFFSET %u", table,
                   input_byte(in) % 64u);
    MUST(!sqlite3_open(path, &db));
    MUST(!sqlite3_exec(db, "PRAGMA synchronous = OFF", NULL, NULL, NULL));
    MUST(!sqlite3_prepare_v2(db, sql, -1, &from, NULL));
    if (sqlite3_step(from) == SQLITE_ROW)
        put_row(db, table, from, in);
    sqlite3_finalize(from);
    sqlite3_close(db);
}
