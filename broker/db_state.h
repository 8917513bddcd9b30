/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_state: what the hub knows of ids and lanes, and the marks, as rows.
 */
#ifndef CONFAB_DB_STATE_H
#define CONFAB_DB_STATE_H

#include "channel.h"
#include "db.h"
#include "db_turn.h"

/* Saves or, when it is gone, deletes the row of a client, lane or ruling. */
[[nodiscard]] bool db_state_put(struct db *db, const struct log_state *state);
/* The marks; `last` is the newest seq given out by turns that go now. */
[[nodiscard]] bool db_marks_put(struct db *db, const struct log_state *marks,
                                uint64_t last,
                                const struct mark gone[CHANNEL_KINDS]);
/* What channels without messages have lost. */
[[nodiscard]] bool db_gone_put(struct db *db,
                               const struct mark gone[CHANNEL_KINDS]);

struct db_marks {
    struct log_state marks;
    uint64_t last;
    struct mark gone[CHANNEL_KINDS];
};
/* A store has all of them from its beginning: one that is not there is damage.
 */
[[nodiscard]] bool db_marks_get(struct db *db, struct db_marks *marks);
/* Those that are there. */
[[nodiscard]] bool db_marks_find(struct db *db, struct db_marks *marks);

/* Which store this is: made with it, as two numbers. */
[[nodiscard]] bool db_epoch_get(struct db *db, uint64_t epoch[static 2]);
[[nodiscard]] bool db_epoch_make(struct db *db);
/* What a new store begins with, in a transaction of its own. */
[[nodiscard]] bool db_store_begin(struct db *db);

/* The client whose row, of all columns, a statement stands on; the name is
 * borrowed from it. False: the row is damaged. */
bool db_client_row(sqlite3_stmt *row, struct log_state *state);
/* Gives all clients, then all lanes, those unused for longest first, then the
 * rulings in force, oldest first. NULL only looks whether they can be read. */
[[nodiscard]] bool db_states_each(struct db *db,
                                  void (*each)(void *self,
                                               const struct log_state *state),
                                  void *self);

#endif
