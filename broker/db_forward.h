/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_forward: reads a table in the order of its key, over places that cannot be
 * read.
 *
 * One bad page of the file must not lose what is behind it. Where SQLite gives
 * up, reading goes on at a larger key: with growing steps until there is
 * something again, then back by halves to where that begins.
 */
#ifndef CONFAB_DB_FORWARD_H
#define CONFAB_DB_FORWARD_H

#include "db.h"

struct forward {
    struct db *db;
    sqlite3_stmt *statement; /* the row, after SQLITE_ROW */
    bool text;               /* the key is a name, else a number */
    bool ended;
    uint64_t at; /* the key of the row */
    uint8_t key[2 * LIMIT_NAME];
    size_t key_len;
    unsigned skips; /* places passed over */
};

enum forward_table {
    FORWARD_META,
    FORWARD_TURNS,
    FORWARD_CHANNELS,
    FORWARD_PAGES,
    FORWARD_CLIENTS,
    FORWARD_LANES,
    FORWARD_RULINGS,
    FORWARD_AUDIT,
    FORWARD_TABLES,
};
const char *forward_name(enum forward_table table);
/* The format of the file that has it first. */
int forward_since(enum forward_table table);
/* All rows that have a sum. */
const char *forward_all(enum forward_table table);

/* False: it cannot be read at all; see the fault. */
[[nodiscard]] bool forward_open(struct forward *forward, struct db *db,
                                enum forward_table table);
/* Begins anew behind a number. */
void forward_seek(struct forward *forward, uint64_t above);
/* Whether there is a next row. What is in it is not checked. */
bool forward_next(struct forward *forward);
void forward_close(struct forward *forward);

#endif
