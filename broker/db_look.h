/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_look: what the commands that look into a log have in common.
 *
 * They see one moment of it (a read transaction that lasts to the end), beside
 * a running broker or alone, and change nothing: of a damaged file not even the
 * write-ahead log is brought in. What is wrong is said on stderr, one line
 * each, and counted; they go on with the rest.
 *
 * Messages that are in turns only have no order by channel. They are put into a
 * temporary table, which SQLite keeps out of memory when there are many.
 */
#ifndef CONFAB_DB_LOOK_H
#define CONFAB_DB_LOOK_H

#include "db_channel.h"

struct look {
    struct db db;
    uint64_t turns;    /* read by look_turns */
    uint64_t problems; /* said so far */
};

/* False: it was said why. */
[[nodiscard]] bool look_open(struct look *look, const char *path);
void look_close(struct look *look);

/* Something is wrong with the file: says what. */
void look_problem(struct look *look, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* The same with the words of the db's fault. */
void look_fault(struct look *look, const char *where);

/* A statement of one's own, for sqlite3_finalize; NULL: it was said why. */
sqlite3_stmt *look_statement(struct look *look, const char *sql);

/* Reads all turns; `waiting` then has the messages that are in no page:
 * kind (of the room or mailbox), name, seq, prev, message. */
enum { WAITING_SEQ, WAITING_PREV, WAITING_MESSAGE };
void look_turns(struct look *look);
/* The messages that wait for a channel, in their order; as look_statement. */
sqlite3_stmt *look_waiting(struct look *look, enum channel_kind kind,
                           struct slice name);

/* The names of a kind, in byte order, of channels and of what waits. */
sqlite3_stmt *look_names(struct look *look, enum channel_kind kind);

#endif
