/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pager_write: one channel of a round, and one of a walk of retention.
 */
#ifndef CONFAB_PAGER_WRITE_H
#define CONFAB_PAGER_WRITE_H

#include "pager.h"

/* Writes the channel's messages that are in no page yet, `*bytes` of them; not
 * all, and `*more`, when that is beyond the step's budget. False: see the fault
 * of the db. */
[[nodiscard]] bool pager_write(struct pager *pager,
                               const struct channel *channel, size_t *bytes,
                               bool *more);
/* Looks at the next channel of the walk, takes from it what its rule does not
 * keep; spends the step's budget. */
[[nodiscard]] bool pager_retain(struct pager *pager, uint64_t wall);

#endif
