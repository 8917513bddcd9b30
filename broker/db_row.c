/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The sum is XXH3 over each column, seeded with the sum so far. It finds what
 * disks do to bytes; it is no protection against somebody who writes to the
 * file, and need not be.
 */
#include "db_row.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "proto/little.h"

static uint64_t
sum_int(uint64_t sum, uint64_t value)
{
    uint8_t bytes[8];
    little_put(bytes, value, sizeof bytes);
    return XXH3_64bits_withSeed(bytes, sizeof bytes, sum ^ 1);
}

static uint64_t
sum_bytes(uint64_t sum, struct slice bytes)
{
    return XXH3_64bits_withSeed(bytes.data, bytes.len, sum ^ 2);
}

struct row
row_begin(sqlite3_stmt *statement)
{
    return (struct row){.statement = statement};
}

void
row_int(struct row *row, uint64_t value)
{
    if (row->statement)
        sqlite3_bind_int64(row->statement, ++row->column, (sqlite3_int64)value);
    row->sum = sum_int(row->sum, value);
}

void
row_text(struct row *row, struct slice text)
{
    if (row->statement)
        sqlite3_bind_text(row->statement, ++row->column,
                          text.len ? (const char *)text.data : "",
                          (int)text.len, SQLITE_STATIC);
    row->sum = sum_bytes(row->sum, text);
}

void
row_blob(struct row *row, struct slice blob)
{
    if (row->statement)
        sqlite3_bind_blob(row->statement, ++row->column,
                          blob.len ? (const void *)blob.data : "",
                          (int)blob.len, SQLITE_STATIC);
    row->sum = sum_bytes(row->sum, blob);
}

void
row_end(struct row *row)
{
    if (row->statement)
        sqlite3_bind_int64(row->statement, ++row->column,
                           (sqlite3_int64)row->sum);
}

bool
row_is_sound(sqlite3_stmt *statement)
{
    int last = sqlite3_column_count(statement) - 1;
    uint64_t sum = 0;
    for (int i = 0; i < last; i++) {
        if (sqlite3_column_type(statement, i) == SQLITE_INTEGER)
            sum = sum_int(sum, row_get_int(statement, i));
        else
            sum = sum_bytes(sum, row_get_bytes(statement, i));
    }
    return sum == row_get_int(statement, last);
}

uint64_t
row_get_int(sqlite3_stmt *statement, int column)
{
    return (uint64_t)sqlite3_column_int64(statement, column);
}

struct slice
row_get_bytes(sqlite3_stmt *statement, int column)
{
    const void *data = sqlite3_column_blob(statement, column);
    return slice_of(data, (size_t)sqlite3_column_bytes(statement, column));
}
