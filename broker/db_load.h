/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_load: what a start takes from the file.
 */
#ifndef CONFAB_DB_LOAD_H
#define CONFAB_DB_LOAD_H

#include "db_state.h"
#include "tail.h"

/* Looks at everything a start reads. False: something of it is damaged (see
 * db_is_corrupt) or cannot be read; see the fault. */
[[nodiscard]] bool db_is_sound(struct db *db);

struct db_loaded {
    struct db_marks marks;
    uint64_t last;  /* newest seq ever given out, as far as the file knows */
    size_t waiting; /* bytes of turns whose messages are in no page */
};

/* Restores the owner, replays the turns and puts their messages into the tail.
 * False: see the fault. */
[[nodiscard]] bool db_load(struct db *db, struct log *log, struct tail *tail,
                           struct db_loaded *loaded);

#endif
