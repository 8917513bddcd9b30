/* SPDX-License-Identifier: MPL-2.0 */
/*
 * page: an answer to a log_query under construction.
 *
 * Messages are offered one by one, from the end that was asked for, until the
 * page is full or there are no more; then what it says about itself is filled
 * in: up to where it is final, whether there is more, whether something is
 * missing. So the rules are the same wherever the messages are kept.
 */
#ifndef CONFAB_PAGE_H
#define CONFAB_PAGE_H

#include "channel.h"

struct page {
    const struct log_query *query;
    struct log_page out;
    struct slice messages[LIMIT_PAGE];
    unsigned limit, count; /* going backward they are filled from the end */
    size_t bytes;
    uint64_t last; /* seq of the newest message */
    bool full;     /* there was more than it takes */
    bool damaged;  /* something could not be read */
};

void page_init(struct page *page, const struct log_query *q);
/* From the newest to the oldest. */
bool page_is_backward(const struct page *page);
/* False: it takes no more. The first is always taken, so that whoever pages
 * gets on. The bytes are borrowed until page_answer. */
[[nodiscard]] bool page_offer(struct page *page, struct slice message,
                              uint64_t seq);
/* Messages up to this seq are not shown to the asker of a channel that has lost
 * so much: they are gone, or were somebody else's. */
uint64_t page_floor(const struct page *page, const struct mark *trimmed);
/* Gives it to the owner. `head` and `first` as in struct log_page; `trimmed` is
 * what the channel has lost. */
void page_answer(struct page *page, const struct log *log,
                 const struct mark *trimmed);

#endif
