/* SPDX-License-Identifier: MPL-2.0 */
/*
 * layouts: candidates for how the log lies in a SQLite file.
 *
 * Each writes turns (one transaction each) and reads a page of one channel's
 * messages after a seq. Messages are MESSAGE_BYTES long and begin with their
 * seq and channel (struct message_head), so that what is read can be checked.
 */
#ifndef CONFAB_BENCH_LAYOUTS_H
#define CONFAB_BENCH_LAYOUTS_H

#include "store.h"

enum {
    MESSAGE_BYTES = 200,
    PAGE_MESSAGES = 100,
    TURN_MOST = 1000,
    LAYOUTS = 4,
};

struct message_head {
    uint64_t seq;
    uint32_t channel;
    uint32_t spare;
};

struct turn {
    unsigned count;
    uint8_t bytes[TURN_MOST][MESSAGE_BYTES];
};

struct page {
    unsigned count;
    uint8_t bytes[PAGE_MESSAGES][MESSAGE_BYTES];
};

/* What a layout has in memory while it writes. */
struct writer;

struct layout {
    const char *name;
    const char *schema;
    /* Gives a writer; `segment`: messages that are indexed or moved at once. */
    struct writer *(*open)(struct store *, unsigned channels, unsigned segment);
    /* Inside a transaction. */
    void (*put)(struct writer *, const struct turn *);
    /* Writes what it still has in memory. Takes the writer. */
    void (*close)(struct writer *);
    /* The first messages of the channel after the seq. */
    void (*page)(sqlite3 *, uint32_t channel, uint64_t after, struct page *);
};

extern const struct layout layouts[LAYOUTS];

struct message_head message_head(const uint8_t *bytes);

#endif
