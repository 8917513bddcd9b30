/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_turn: what one commit stores, as one row.
 *
 * Entries stand one behind the other in the order of the log: a header of
 * TURN_HEADER bytes, the names that its kind has, the message as it is sent.
 *
 *     1  kind      2 length of `from`      3 length of `lane`     4 zero
 *     5-8  length of the message
 *     9-16 number: n of a say or tell, upto of an ack, time of a hello, until
 *          of a ruling
 *
 * `from` stands only in entries without a message; a message says itself who it
 * is from. Integers are little-endian. In the place of a message a ruling has
 *
 *     1-8  seq       9-16 time
 *     17 kind        18 is it lifted    19, 20 length of room and subject
 *     room, subject, value
 */
#ifndef CONFAB_DB_TURN_H
#define CONFAB_DB_TURN_H

#include "db.h"

enum { TURN_HEADER = 16, TURN_RULING = 20 };

/* A ban names an address: "address:" and at most LIMIT_ADDRESS bytes. */
enum { LIMIT_SUBJECT = 8 + LIMIT_ADDRESS };

/* A turn being written; its bytes are used again for the next. */
struct turn {
    uint8_t *bytes;
    size_t len, cap;
    uint64_t first, last; /* seqs of its records, volatile ones included */
};

void turn_clear(struct turn *turn);
/* A record that was stamped and is to be stored. */
void turn_add(struct turn *turn, const struct record *r);
void turn_fini(struct turn *turn);
[[nodiscard]] bool turn_put(struct db *db, const struct turn *turn);

/* Reads the entry at the start of `rest` and moves on; the record borrows the
 * bytes. False: there is none, or `*rest` still has something and it is no
 * entry. */
bool turn_read(struct slice *rest, struct record *r);
/* The value of a ruling that was read, or is to be stored. */
struct slice turn_value(const struct record *r);

/* A row as it is read. */
struct turn_row {
    uint64_t first, last;
    struct slice entries;
};

/* The first turn above a seq; borrowed until the next call. SQLITE_ROW,
 * SQLITE_DONE, or anything else with a fault. */
int turn_next(struct db *db, uint64_t above, struct turn_row *row);
/* Deletes the oldest turn if all of it is at most `upto`; `*more`: it did. */
[[nodiscard]] bool turn_drop(struct db *db, uint64_t upto, bool *more);
/* Takes the body out of the room's message with this seq, if a turn has it. A
 * turn that is damaged stays as it is: nobody is shown anything of it. */
[[nodiscard]] bool turn_redact(struct db *db, uint64_t seq);

#endif
