/* SPDX-License-Identifier: MPL-2.0 */
/*
 * party_inner: what party.c, who speaks, party_hear.c, who listens, and
 * party_find.c, who searches, share.
 */
#ifndef FUZZ_PARTY_INNER_H
#define FUZZ_PARTY_INNER_H

#include "broker/access.h"
#include "party.h"

struct guest {
    struct party *party;
    struct peer *peer;
    uint64_t mail, n;
};

/* A message that history has. */
struct sight {
    uint64_t seq;
    bool gone, found;
    uint8_t len, text[5];
};

enum { PARTY_SEEN = 1024 };

struct party {
    struct access access;
    struct hub *hub;
    struct book *book;
    struct now now;
    uint64_t expire; /* ms, until an id is forgotten */
    struct guest guests[PARTY_IDS];
    uint64_t ref, answered; /* newest question, and answer */
    struct message answer;
    uint64_t looked;  /* in this channel, up to there */
    bool finds, lost; /* the last of the book; what may hide it */
    struct sight seen[PARTY_SEEN];
    unsigned seen_count;
    uint8_t frame[LIMIT_FRAME], bytes[LIMIT_FRAME];
};

extern const char *const party_ids[PARTY_IDS];
extern const char *const party_rooms[PARTY_ROOMS];
struct slice party_place(unsigned place);

/* The answer, whatever it is; good until the next question. */
const struct message *party_ask(struct party *p, struct guest *guest,
                                struct message *m);
/* Somebody has said just this. */
void party_hold(struct party *p, const struct message *m);
/* A message of history. */
void party_saw(struct party *p, const struct message *m);
/* Reads a room, or the conversation of `who` with an id. */
void party_look_at(struct party *p, unsigned who, unsigned place);
/* The sink's: a frame to a guest. */
enum sent party_heard(void *self, void *link, struct slice frame);

#endif
