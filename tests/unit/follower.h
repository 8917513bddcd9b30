/* SPDX-License-Identifier: MPL-2.0 */
/*
 * follower: an index that follows a log, for tests.
 *
 * Channels are put into the log row by row (disk.h), and changed; after each
 * change the index is brought up to date and must have just the pages that are
 * there, in volumes without more that is in vain than they may have.
 */
#ifndef UNIT_FOLLOWER_H
#define UNIT_FOLLOWER_H

#include "broker/db_index.h"
#include "disk.h"

/* Pages of a channel that fills two volumes, messages in a page, pages in a
 * volume. */
enum { PAGES = 6, EACH = 5, MOST = 4 };

struct follower {
    struct disk *disk;
    struct db_index ix;
    atomic_bool stop;
};

struct follower *follower_new(void);
void follower_free(struct follower *f);
/* In steps so small that each is broken off somewhere. */
void follow(struct follower *f);
/* What `sql` gives of the index. */
uint64_t number(struct follower *f, const char *sql);
/* Pages that count, and all that are there. */
uint64_t live(struct follower *f);
uint64_t docs(struct follower *f);

#endif
