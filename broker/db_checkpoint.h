/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_checkpoint: the thread that brings what was written ahead into the
 * database.
 *
 * SQLite writes commits to a log of its own (the WAL), which must be copied
 * into the database and begun anew before it grows too long. Copying takes an
 * fsync of the database, tens of milliseconds on a busy disk; so a thread does
 * it, on a connection of its own, while the hub's goes on writing. Only the
 * last small piece, without which the WAL cannot begin anew, needs the writer
 * to wait.
 */
#ifndef CONFAB_DB_CHECKPOINT_H
#define CONFAB_DB_CHECKPOINT_H

#include "db.h"

struct checkpoint;

/* For the writer's `db`, which must outlive it. NULL: `db->fault` says why. */
struct checkpoint *checkpoint_new(struct db *db, const char *sync);
/* Around each of the writer's transactions. */
void checkpoint_enter(struct checkpoint *checkpoint);
void checkpoint_leave(struct checkpoint *checkpoint);
/* A checkpoint failed since this was last asked: copies why. */
bool checkpoint_failed(struct checkpoint *checkpoint,
                       char fault[static DB_FAULT]);
/* Stops the thread; `*checkpoint` becomes NULL. */
void checkpoint_free(struct checkpoint **checkpoint);

#endif
