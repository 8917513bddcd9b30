/* SPDX-License-Identifier: MPL-2.0 */
/*
 * channel: the messages of one room, mailbox or conversation that are in
 * memory.
 *
 * A ring of pointers to records, in the order of the log. Seqs and times both
 * grow along it, so every question is a binary search. What a channel has lost
 * at its old end leaves a mark: the highest seq and time that went.
 */
#ifndef CONFAB_CHANNEL_H
#define CONFAB_CHANNEL_H

#include "hash.h"
#include "log.h"

enum { CHANNEL_KEY = 2 + 2 * LIMIT_NAME };

/* Which channel: the kind, the length of the first name, the first name, and
 * for a conversation the second; of the two the lower one is first. */
struct channel_key {
    size_t len;
    uint8_t bytes[CHANNEL_KEY];
};

struct ring {
    struct record **slots;
    size_t size, first, count;
};

struct channel {
    UT_hash_handle hh;
    struct ring ring;
    struct mark trimmed;
    /* of an engine that writes messages elsewhere before they go */
    struct channel *next_unpaged;
    bool unpaged; /* some of them are not there yet, or it is in that list */
    uint8_t key_len;
    uint8_t key[];
};

void channel_key(struct channel_key *key, enum channel_kind kind,
                 struct slice name, struct slice with);
enum channel_kind channel_key_kind(const uint8_t *key);
struct slice channel_key_name(const uint8_t *key);
/* The second name; empty. */
struct slice channel_key_with(const uint8_t *key, size_t len);

/* All that is allocated is added to `*bytes`, the allocator's own share too,
 * since strangers choose how many channels there are. */
struct channel *channel_new(const struct channel_key *key, size_t *bytes);
void channel_free(struct channel *channel, size_t *bytes);

struct record *channel_at(const struct channel *channel, size_t i);
void channel_push(struct channel *channel, struct record *r, size_t *bytes);
/* The oldest goes. */
void channel_shift(struct channel *channel, size_t *bytes);
/* The first place whose seq, or time, is at least `least`; the count when there
 * is none. */
size_t channel_by_seq(const struct channel *channel, uint64_t least);
size_t channel_by_time(const struct channel *channel, uint64_t least);

#endif
