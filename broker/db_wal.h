/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_wal: has a write-ahead log lost transactions that were complete?
 *
 * SQLite reads a -wal up to the first frame whose checksum is wrong and takes
 * all behind it for the rest of a write that was broken off. So one bit that
 * changes in the middle of the file undoes every transaction from there on, and
 * nobody is told. Here somebody looks: frames of the same -wal that stand
 * behind a wrong one were written after it.
 *
 * A crash of the machine may leave such frames of one transaction, which was
 * never acknowledged; two that were complete are damage.
 */
#ifndef CONFAB_DB_WAL_H
#define CONFAB_DB_WAL_H

#include <stdbool.h>

/* Whether the -wal of this database is damaged in its middle. To be asked
 * before SQLite has written to it. */
bool wal_is_damaged(const char *path);

#endif
