/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tail_search: what is looked for, among the messages in memory.
 */
#ifndef CONFAB_TAIL_SEARCH_H
#define CONFAB_TAIL_SEARCH_H

#include "search.h"
#include "tail.h"

/* Bytes of messages that are looked at for one answer: some 10 ms. The next
 * page goes on from there. */
enum { TAIL_SEARCH_MOST = 4 << 20 };

/* `complete`: nothing is kept elsewhere. Answers by the owner's `found`, within
 * the call, and frees the search. */
void tail_search(const struct tail *tail, const struct log *log,
                 struct log_search *search, bool complete);

#endif
