/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tail: the newest stored messages, found by channel.
 *
 * A log engine gives it each stored record at commit. The records stay where
 * they are, in the log's arena; the tail only points at them, from one queue in
 * log order (who goes first) and from one ring per channel (who is found
 * where). A record is in the channel of its room, or in two: its receiver's
 * mail and the conversation of the two ids.
 *
 * What has been removed leaves a mark, the highest seq and time that went, so
 * that a page can say that something is missing. A channel without messages is
 * not kept; its mark then joins the one mark of all such channels of its kind.
 */
#ifndef CONFAB_TAIL_H
#define CONFAB_TAIL_H

#include "channel.h"

struct page;

struct tail {
    struct channel *channels;       /* table */
    struct record *oldest, *newest; /* all kept records, by seq */
    size_t bytes;                   /* of channels and rings */
    struct mark forgotten[CHANNEL_KINDS];
    /* Of an engine that writes messages elsewhere before they go: channels with
     * messages that are not there yet, longest ago first. */
    bool pages;
    struct channel *unpaged, *unpaged_last;
    size_t unpaged_count;
};

/* Takes a stored record; false for a kind that no page shows: it stays the
 * caller's. */
[[nodiscard]] bool tail_add(struct tail *tail, struct record *r);
/* Bytes that channels, rings and their table take. */
size_t tail_bytes(const struct tail *tail);
/* Removes the oldest messages until the log's chunks and the tail itself are
 * within `bound`, or nothing is left; tells the owner. */
void tail_trim(struct tail *tail, struct log *log, size_t bound);
/* The same, down to the first record above `upto`; tells nobody. */
void tail_shrink(struct tail *tail, struct log *log, size_t bound,
                 uint64_t upto);
/* The channel's messages up to `upto` are not shown any more. It may be freed.
 */
void tail_hide(struct tail *tail, struct channel *channel, struct mark upto);
/* Takes the body out of the room's message, where the record lies. Nothing
 * happens when it is not in the tail. */
void tail_redact(struct tail *tail, struct slice room, uint64_t seq);
/* Frees the channel if nothing is in it any more. */
void tail_settle(struct tail *tail, struct channel *channel);
/* NULL when there is none. */
struct channel *tail_find(const struct tail *tail,
                          const struct channel_key *key);
/* Takes out the first of the unpaged channels (there is one), or puts it back
 * in its place, or behind the others. */
struct channel *tail_unpaged_take(struct tail *tail);
void tail_unpaged_return(struct tail *tail, struct channel *channel);
void tail_unpaged_add(struct tail *tail, struct channel *channel);
/* Answers by the owner's `page`, within the call. */
void tail_read(const struct tail *tail, const struct log *log,
               const struct log_query *q);
/* Offers the page what the channel has in its range, above a seq; false: the
 * page is full. */
bool tail_offer(const struct channel *channel, struct page *page,
                uint64_t above);
/* Frees the index; the records are the arena's. */
void tail_fini(struct tail *tail);

#endif
