/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_retain: takes from a channel what its rule does not keep.
 *
 * Message by message as far as anybody can see: `trimmed` hides what went. On
 * the disk a page goes when all of it has.
 */
#ifndef CONFAB_DB_RETAIN_H
#define CONFAB_DB_RETAIN_H

#include "db_channel.h"
#include "retention.h"

enum { RETAIN_PAGES = 8 }; /* pages looked at in one step */

struct retain {
    const struct retention_rule *rule;
    uint64_t now;   /* ms since 1970 */
    uint64_t floor; /* seqs above it stay whatever the rule says */
    bool more;      /* the step ended before the rule was satisfied */
    size_t read;    /* bytes of messages that were looked at */
    bool changed;
};

/* Changes the row, which is the caller's to put, and its pages. False: see the
 * fault. */
[[nodiscard]] bool db_retain(struct db *db, struct db_channel *channel,
                             struct retain *retain);
/* Whether a step would change anything, by the row alone. */
bool db_retain_due(const struct db_channel *channel,
                   const struct retain *retain);

#endif
