/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_ready: from a path to a log that can be relied on.
 *
 * While a log is open it says so, with the boot of the machine that it is open
 * in. A broker that was killed leaves that mark, and a file that is as sound as
 * before: a process cannot tear a page that the system has. A machine that went
 * down leaves it, too, and then the whole file is checked. So a start after a
 * kill takes no longer than any other, however large the log.
 *
 * What turns out damaged, now or while a broker ran (db_mark_damaged), is
 * salvaged, see db_salvage.h.
 */
#ifndef CONFAB_DB_READY_H
#define CONFAB_DB_READY_H

#include "db.h"

/* Opens the log as its owner. SQLITE_OK; else `db->fault` says why, and what to
 * do about it, and the db is closed. */
[[nodiscard]] int db_ready(struct db *db, const char *path, const char *sync,
                           struct logger *logger);
/* Everything is written; to be called before db_close. */
[[nodiscard]] bool db_clean(struct db *db);
/* Something in it was damaged: the next start looks at all of it. */
[[nodiscard]] bool db_mark_damaged(struct db *db);

/* Of the machine, since it was started: another one after each time. */
uint64_t db_boot(void);

/* Makes the folder of the path and those above it, for this user alone. False:
 * `fault` says why. For the usual place; other folders are there or wrong. */
[[nodiscard]] bool db_make_folder(const char *path,
                                  char fault[static DB_FAULT]);

#endif
