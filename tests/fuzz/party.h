/* SPDX-License-Identifier: MPL-2.0 */
/*
 * party: a hub on a database, and a few who talk in it.
 *
 * The text of each message is its number in the book, where it stands who said
 * it to whom and at which seq. So whatever a database gives back, live or as
 * history, can be held against what was said. Which files are behind it and
 * what was done to them is not known here.
 */
#ifndef FUZZ_PARTY_H
#define FUZZ_PARTY_H

#include "agree.h"
#include "broker/core.h"

enum { PARTY_IDS = 3, PARTY_ROOMS = 2, PARTY_SAID = 256 };

/* A message is to a room, or behind the rooms to an id. */
enum { PARTY_PLACES = PARTY_ROOMS + PARTY_IDS };

struct said {
    uint64_t seq;
    unsigned from, place;
    bool gone; /* redacted */
};

struct book {
    struct said said[PARTY_SAID];
    unsigned count;
    bool changed; /* somebody has changed the files */
    bool doubted; /* or that of the index */
};

struct party;

/* Opens the database, and all say hello and join. NULL: it was refused. Without
 * a `book` nothing is held against anything. Borrows book and path. */
struct party *party_open(const char *path, struct book *book, uint64_t wall);
/* The end of an orderly broker. */
void party_close(struct party **party);

/* Adds to the book. False: it was refused. */
bool party_say(struct party *party, unsigned from, unsigned place);
/* The first guest, who may, takes the message of that number away. */
bool party_redact(struct party *party, unsigned number);
/* He makes a subject of a room, and mutes `who` in another, or ends that. */
bool party_rule(struct party *party, unsigned who, bool lift);
/* `who` has all the mail that came. */
void party_ack(struct party *party, unsigned who);
/* `who` ends his session, for good as far as his lane goes. */
void party_bye(struct party *party, unsigned who);
/* Nobody comes for so long that all who have no mail are forgotten; then they
 * come again. */
void party_forget(struct party *party);
/* Time for the pager. */
void party_rest(struct party *party);

/* Reads all that is there, and holds it against the book. */
void party_look(struct party *party);
/* From now on it can be searched. */
void party_searches(struct party *party);
/* `who` looks for a number, or all that begin with it, in a place, or with
 * PARTY_PLACES in all that he may read. Of that he gets what history has, and
 * if the answer says that it is complete, all of it, but for what an index that
 * was changed does not know. True: it says so. */
bool party_find(struct party *party, unsigned who, unsigned place,
                unsigned number, bool begins);
/* The newest message of the book is there, or known to be missing. */
void party_finds_last(struct party *party);

#endif
