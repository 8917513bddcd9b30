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

#include "log.h"

struct mark {
    uint64_t seq, time;
};

struct tail {
    struct channel *channels;       /* table */
    struct record *oldest, *newest; /* all kept records, by seq */
    size_t bytes;                   /* of channels and rings */
    struct mark forgotten[CHANNEL_KINDS];
};

/* Takes a stored record; false for a kind that no page shows: it stays the
 * caller's. */
[[nodiscard]] bool tail_add(struct tail *tail, struct record *r);
/* Bytes that channels, rings and their table take. */
size_t tail_bytes(const struct tail *tail);
/* Removes the oldest messages until the log's chunks and the tail itself are
 * within `bound`, or nothing is left; tells the owner. */
void tail_trim(struct tail *tail, struct log *log, size_t bound);
/* Answers by the owner's `page`, within the call. */
void tail_read(const struct tail *tail, const struct log *log,
               const struct log_query *q);
/* Frees the index; the records are the arena's. */
void tail_fini(struct tail *tail);

#endif
