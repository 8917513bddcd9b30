/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_ruling: rulings as rows: those in force, and what was ever ruled.
 *
 * Both are written in the transaction of the turn in which the ruling stands.
 * So they are a function of all turns so far, too, and writing them again from
 * a turn that is still there changes nothing.
 */
#ifndef CONFAB_DB_RULING_H
#define CONFAB_DB_RULING_H

#include "db_turn.h"

enum {
    /* Newest rulings that the list of what was done keeps; and as many claims,
     * which anybody can make, so that nobody can push out what others did. */
    AUDIT_KEPT = 100000,
};

/* One that was made or lifted. */
struct audit {
    uint64_t number, seq, time, until;
    enum ruling_kind kind;
    struct slice by, room, subject, value; /* borrowed from the statement */
    bool lifted;
};

/* A record of that kind, with its place. */
[[nodiscard]] bool db_ruling_put(struct db *db, const struct record *r);
/* Saves or, when it is gone, deletes the row of one in force. */
[[nodiscard]] bool db_ruling_state(struct db *db,
                                   const struct log_state *state);
/* The row, of all columns, that a statement stands on; false: it is damaged. */
bool db_ruling_row(sqlite3_stmt *row, struct log_state *state);
bool db_audit_row(sqlite3_stmt *row, struct audit *audit);

#endif
