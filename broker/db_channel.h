/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_channel: the rows of channels and of their pages.
 *
 * A channel's pages are numbered from first_page to next_page - 1 without gaps,
 * and every message of a page is newer than those of the page before. So a seq
 * or a time is found by halving, and a page that is missing is noticed.
 */
#ifndef CONFAB_DB_CHANNEL_H
#define CONFAB_DB_CHANNEL_H

#include "channel.h"
#include "db.h"

enum {
    /* Bytes of messages in a page, but for a single larger one. */
    DB_PAGE_MOST = 32 * 1024,
    /* A page that ends a channel is filled up while it is smaller. */
    DB_PAGE_FILL = 4 * 1024,
    /* Messages in a page: none is smaller than 16 bytes. */
    DB_PAGE_MESSAGES = DB_PAGE_MOST / 16 + 1,
};

struct db_channel {
    uint64_t id; /* 0: it has no row yet */
    struct channel_key key;
    uint32_t first_page, next_page;
    uint64_t first;      /* the oldest message that may be shown, 0: none */
    uint64_t first_time; /* its time */
    struct mark head;    /* newest message that is in a page */
    uint64_t count;      /* messages that may be shown */
    uint64_t bytes;      /* of these */
    struct mark trimmed; /* newest message that may not be shown any more */
};

/* SQLITE_ROW; SQLITE_DONE: `channel` is empty but for its key; else the fault
 * says why. */
int db_channel_find(struct db *db, const struct channel_key *key,
                    struct db_channel *channel);
/* The channel with the next id, as above. Where its row alone is damaged, its
 * id is there, and what is behind it can be had; else the id is 0. */
int db_channel_next(struct db *db, uint64_t id, struct db_channel *channel);
/* The next room of all, while the statement runs; NULL begins it. */
int db_channel_room(struct db *db, bool begin, struct db_channel *channel);
/* Gives a new channel its id; the row is to be put in the same transaction. */
[[nodiscard]] bool db_channel_number(struct db *db, struct db_channel *channel);
[[nodiscard]] bool db_channel_put(struct db *db,
                                  const struct db_channel *channel);
[[nodiscard]] bool db_channel_drop(struct db *db, uint64_t id);

/* A page; when it was read, `messages` is borrowed until the next call. One of
 * no messages is a hole: what was between its first and last is lost. */
struct db_page {
    struct mark first, last;
    uint64_t count;
    struct slice messages;
};

/* False: it is not there or damaged (the fault says which), or it cannot be
 * read. */
[[nodiscard]] bool db_page_get(struct db *db, const struct db_channel *channel,
                               uint32_t number, struct db_page *page);
[[nodiscard]] bool db_page_put(struct db *db, const struct db_channel *channel,
                               uint32_t number, const struct db_page *page);
[[nodiscard]] bool db_page_drop(struct db *db, const struct db_channel *channel,
                                uint32_t number);

/* One message of a page. */
struct db_message {
    struct slice wire;
    uint64_t seq, prev, time;
};

/* Takes the message at the start of `rest`; false: there is none that is whole.
 */
bool db_message_next(struct slice *rest, struct db_message *message);

#endif
