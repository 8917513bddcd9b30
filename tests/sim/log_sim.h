/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_sim: a log engine on a disk that is slow, full, or torn off at any time.
 *
 * It keeps to what broker/log.h promises the hub and to nothing more. One
 * transaction at a time: records are stamped together, become safe together,
 * perhaps later, perhaps not at all; with them, now and then, some of the hub's
 * changes. After a crash another engine is made on the same disk: it restores
 * what was saved and replays what came since, some of it for the second time.
 */
#ifndef CONFAB_SIM_LOG_SIM_H
#define CONFAB_SIM_LOG_SIM_H

#include "disk.h"

/* The disk is borrowed. `wall`: ms since 1970, where the seqs go on. */
struct log *log_sim_new(struct disk *disk, uint64_t wall);
/* The process ends here: what is being written reaches the disk or not. */
void log_sim_crash(struct log *log);
/* When it wants to be called again; UINT64_MAX: it does not. */
uint64_t log_sim_deadline(const struct log *log);

/* The same for searches: then hub_found is to be called. log_sim_search.c */
uint64_t log_sim_lookup_at(const struct log *log);

#endif
