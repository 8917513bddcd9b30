/* SPDX-License-Identifier: MPL-2.0 */
/*
 * search: what is looked for, where, and what of it was found.
 *
 * The hub decides where somebody may look; whoever looks never opens anything
 * else. All of it is one value that borrows nothing, since a search is answered
 * by another thread when the hub has long gone on, and what it brings back is
 * looked at once more by the hub: rights may have changed meanwhile.
 *
 * Messages come newest first. A page is those from the newest that is asked for
 * down to `upto`: nothing that matches is missing between.
 */
#ifndef CONFAB_SEARCH_H
#define CONFAB_SEARCH_H

#include "log.h"
#include "terms.h"

/* Closed rooms that are not looked into, in byte order. */
struct veil {
    size_t count;
    struct slice *rooms; /* and behind them their bytes */
};

enum search_where { SEARCH_ALL, SEARCH_ROOM, SEARCH_TALK };

struct log_search {
    struct log_query query; /* origin, ref, turn; name: the asker; bound: only
                               what is before it; limit, bytes; floor: of his
                               direct messages only newer ones */
    enum search_where where;
    uint64_t since; /* ms: only what is not older */
    uint8_t room_len, from_len;
    uint8_t room[LIMIT_NAME]; /* the room, or the other one of a talk */
    uint8_t from[LIMIT_NAME]; /* who has said it; none: anybody */
    uint64_t redactions;      /* the hub's count when it was asked */
    struct veil veil;
    struct terms terms;
    struct words words; /* of the message that is looked at */
};

struct log_found {
    const struct slice *messages; /* newest first, as they were sent */
    unsigned count;
    uint64_t upto;
    bool more;     /* perhaps, before `upto` */
    bool complete; /* all that is kept was looked at */
};

struct log_search *search_new(void);
void search_free(struct log_search **search);

/* May this channel be looked into, and is it asked for? */
bool search_wants(const struct log_search *search, enum channel_kind kind,
                  struct slice name, struct slice with);
/* Is this message, of a channel that is wanted, what is looked for? */
bool search_match(struct log_search *search, const struct message *m);

#endif
