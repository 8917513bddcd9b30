/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_row: the columns of a row, each hashed as it is bound, and the sum of them
 * as the last one.
 *
 * A column that SQLite would give back differently than it was bound (another
 * type, other bytes) makes another sum, too, so reading checks all of a row at
 * once and knows nothing about tables.
 */
#ifndef CONFAB_DB_ROW_H
#define CONFAB_DB_ROW_H

#include <sqlite3.h>

#include "proto/slice.h"

struct row {
    sqlite3_stmt *statement;
    int column;
    uint64_t sum;
};

/* For a statement whose parameters are all columns of a row, in their order,
 * and the sum. NULL is fine: nothing happens then. */
struct row row_begin(sqlite3_stmt *statement);
void row_int(struct row *row, uint64_t value);
/* The bytes must stay until the statement has run. */
void row_text(struct row *row, struct slice text);
void row_blob(struct row *row, struct slice blob);
void row_end(struct row *row);

/* Whether the row that a statement stands on is as it was written. Its last
 * column is the sum. */
bool row_is_sound(sqlite3_stmt *statement);
uint64_t row_get_int(sqlite3_stmt *statement, int column);
/* Borrowed until the statement goes on. */
struct slice row_get_bytes(sqlite3_stmt *statement, int column);

#endif
