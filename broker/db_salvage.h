/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_salvage: a new log out of what can be read of a damaged one.
 *
 * Only rows whose sum is right are taken, so nothing is served that nobody
 * said. Where messages are lost this is made known: what is lost at the old end
 * of a channel counts as removed (`trimmed`); in the middle or at the new end
 * stands a hole, a page of no messages that covers the seqs between. Reading
 * across either is not `complete`. A channel that is gone altogether is covered
 * by the marks of channels that are not there. The log gets a new epoch.
 *
 * The damaged file stays, as PATH.damaged-YYYYMMDD-HHMMSS, with its -wal.
 * Nothing of it is touched before the new one is whole: a broker that is killed
 * in the middle does it again, or only the last steps (salvage_resume).
 */
#ifndef CONFAB_DB_SALVAGE_H
#define CONFAB_DB_SALVAGE_H

#include "db.h"

/* Takes the log's lock meanwhile. False: `fault` says why, and all is as it
 * was.
 */
[[nodiscard]] bool db_salvage(const char *path, struct logger *logger,
                              char fault[static DB_FAULT]);

/* Before a log is opened: ends a salvage that was broken off. False: `fault`
 * says why. */
[[nodiscard]] bool salvage_resume(const char *path,
                                  char fault[static DB_FAULT]);

#endif
