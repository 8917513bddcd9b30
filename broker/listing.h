/* SPDX-License-Identifier: MPL-2.0 */
/*
 * listing: the arrays inside answers, encoded into hub->list.
 *
 * Whoever builds one begins, appends elements while they fit, and hands the
 * bytes to the message that carries it. One at a time.
 */
#ifndef CONFAB_LISTING_H
#define CONFAB_LISTING_H

#include "core.h"

/* What a message needs around its list. */
enum { LISTING_LIMIT = LIMIT_FRAME - 1024 };

/* An empty buffer over hub->list. */
struct buffer listing_begin(struct hub *hub);
/* The same, with the header of an array reserved, whose length is known only at
 * the end: listing_close writes it. */
struct buffer listing_array(struct hub *hub);
struct slice listing_close(struct buffer *list, unsigned count);

/* The names of the items of a roll from `at` on, at most `limit` of them;
 * `more` (may be NULL) tells whether some are left. */
struct slice listing_roll(struct hub *hub, const struct roll *roll, size_t at,
                          size_t limit, bool *more);

#endif
