/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_finder: the thread that keeps the index and answers searches out of it.
 *
 * It has connections of its own to both files, so the loop never waits for it.
 * It indexes in small steps, with a pause as long as the step after each, and
 * lets everything else go first. Searches, for which somebody waits, come
 * before a step, but not for ever: what was redacted has to leave the index.
 *
 * An index that cannot be written or read is removed and begun anew a minute
 * later. Until then, and while it is behind, answers say that they are not
 * complete; the broker goes on.
 */
#ifndef CONFAB_DB_FINDER_H
#define CONFAB_DB_FINDER_H

#include "counters.h"
#include "db_find.h"

enum {
    FINDER_WAITING = 64,  /* searches that may wait for the thread */
    FINDER_LOOK = 1000,   /* ms between two looks at a log that is quiet */
    FINDER_REST = 3,      /* times as long as a step took, before the next: a
                             quarter of a core at most */
    FINDER_LATE = 500,    /* ms that searches may keep the index waiting */
    FINDER_STOP = 1000,   /* ms in which what was redacted must be out */
    FINDER_AGAIN = 60000, /* ms until an index that failed is begun anew */
};

struct finder;

/* For the log at `path`, which must be open. Without `thread` nothing happens
 * but in finder_ask, which then answers at once. NULL: `fault` says why. */
struct finder *finder_new(const char *path, bool thread,
                          char fault[static DB_FAULT]);
/* Readable when there is an answer or a fault; -1: no thread. */
int finder_fd(const struct finder *finder);
/* Takes the search; false: too many wait. */
[[nodiscard]] bool finder_ask(struct finder *finder, struct log_search *search);
/* The next answer, for find_free; NULL: none is ready. */
struct find *finder_answer(struct finder *finder);
/* The index failed since this was last asked: copies why. */
bool finder_failed(struct finder *finder, char fault[static DB_FAULT]);
void finder_count(struct finder *finder, struct counters *counters);
/* Stops the thread, which does not take long. `*finder` becomes NULL. */
void finder_free(struct finder **finder);

#endif
