/* SPDX-License-Identifier: MPL-2.0 */
/*
 * portion: how many bytes a turn takes in.
 *
 * All that a turn took waits for its commit, and whoever comes meanwhile waits
 * for that, too, and then for the next one. What a commit takes depends on the
 * disk, on the log's housekeeping that rides in it, and on what else the
 * machine does. So it is measured: a turn that took long makes the next
 * smaller, short ones that were full make them larger.
 *
 * Never so small that the commit as such is what costs: a thousand messages
 * share it in the smallest portion, and where the disk is slow as such smaller
 * ones would only make everybody wait more often.
 */
#ifndef CONFAB_PORTION_H
#define CONFAB_PORTION_H

#include <stddef.h>
#include <stdint.h>

enum {
    PORTION_LEAST = 256 << 10,
    PORTION_MOST = 4 << 20,
    PORTION_SHORT = 10, /* ms: the next may be larger */
    PORTION_LONG = 20,  /* ms: the next must be smaller */
    PORTION_STEP = 8,   /* a part of it by which it grows */
};

/* The next turn's, after one of `portion` that took in `taken` bytes and lasted
 * so many ms, commit and all. */
size_t portion_next(size_t portion, size_t taken, uint64_t ms);

#endif
