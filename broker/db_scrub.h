/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_scrub: overwrites what SQLite has freed.
 *
 * A message lies in more than one place in its life: in a turn, in a page, in
 * the page that was written when the next message came. SQLite does not
 * overwrite the pages of the file that it frees. So after a redaction all free
 * pages are taken, filled with zeros, and given back when that is committed;
 * bit by bit, in rows of a table made for it.
 */
#ifndef CONFAB_DB_SCRUB_H
#define CONFAB_DB_SCRUB_H

#include "db.h"

/* In a transaction: the file has something to scrub, also after a crash. */
[[nodiscard]] bool db_scrub_mark(struct db *db);
/* Whether it has; `*due` is false when it cannot be read. */
void db_scrub_look(struct db *db, bool *due);
/* Takes about `bytes` of free pages; `*more`: there were some. */
[[nodiscard]] bool db_scrub_fill(struct db *db, size_t bytes, bool *more);
/* In later transactions: gives some of them back, until there are none. */
[[nodiscard]] bool db_scrub_drop(struct db *db, bool *more);

#endif
