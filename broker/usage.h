/* SPDX-License-Identifier: MPL-2.0 */
/*
 * usage: what the process has taken of the machine.
 */
#ifndef CONFAB_USAGE_H
#define CONFAB_USAGE_H

struct counters;

/* Adds processor time and the most memory that it had at any time. */
void usage_count(struct counters *counters);

#endif
