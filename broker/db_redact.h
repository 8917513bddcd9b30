/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_redact: takes the body of a message out of the file.
 *
 * Page and turn are rewritten with what log_gone leaves, in the transaction of
 * the turn in which the redaction stands: whenever the broker ends, both
 * happened or neither. What SQLite frees meanwhile is overwritten.
 */
#ifndef CONFAB_DB_REDACT_H
#define CONFAB_DB_REDACT_H

#include "db.h"

/* It need not be there. What is damaged stays as it is: nothing of it is ever
 * shown. False: see the fault. */
[[nodiscard]] bool db_redact(struct db *db, struct slice room, uint64_t seq);

#endif
