/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_find: the answer to a search, out of one moment of the log.
 *
 * Messages that are in turns only are looked at one by one; of those in pages
 * the index says in which. Both are there in one read transaction of the log,
 * within which the index is brought up to date first, so nothing falls between
 * them.
 */
#ifndef CONFAB_DB_FIND_H
#define CONFAB_DB_FIND_H

#include "db_index.h"
#include "search.h"

enum {
    FIND_CATCH_UP = 4 << 20, /* bytes of pages that are indexed first */
    FIND_TURNS = 64 << 20,   /* of turns that are looked at */
    FIND_PAGES = 64 << 20,   /* of pages: then the answer ends here */
    FIND_MS = 1000,          /* the same */
};

/* An answer that borrows nothing. */
struct find {
    struct log_search *search;
    struct find *next;
    struct log_found found;
    struct slice messages[LIMIT_PAGE];
    /* under construction, newest first once it is sorted */
    struct find_hit {
        uint64_t seq;
        size_t at, len; /* in bytes */
    } hits[2 * LIMIT_PAGE + 2];
    unsigned count;
    uint8_t *bytes;
    size_t len, cap;
    uint64_t looked; /* bytes of pages */
    uint64_t until;  /* mono ms */
};

/* Takes the search. */
struct find *find_new(struct log_search *search);
void find_free(struct find **find);
/* Fills `found`. An index that fails is the caller's business: the answer is
 * then what it is, and not complete. False: see the index's fault. */
[[nodiscard]] bool db_find(struct db_index *ix, struct find *find);

/* db_find_hits.c. A message that is looked for. */
void find_take(struct find *find, struct slice wire, uint64_t seq);
/* Are there enough that are newer than all up to `seq`? */
bool find_is_full(struct find *find, uint64_t seq);
/* Fills `found`; `upto`: nothing above it is missing, 0: nothing at all. */
void find_settle(struct find *find, uint64_t upto);

#endif
