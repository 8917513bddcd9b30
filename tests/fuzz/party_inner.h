/* SPDX-License-Identifier: MPL-2.0 */
/*
 * party_inner: what party.c, who speaks, and party_hear.c, who listens, share.
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

struct party {
    struct access access;
    struct hub *hub;
    struct book *book;
    struct now now;
    struct guest guests[PARTY_IDS];
    uint64_t ref, answered; /* newest question, and answer */
    struct message answer;
    uint64_t looked;  /* in this channel, up to there */
    bool finds, lost; /* the last of the book; what may hide it */
    uint8_t frame[LIMIT_FRAME], bytes[LIMIT_FRAME];
};

extern const char *const party_ids[PARTY_IDS];
extern const char *const party_rooms[PARTY_ROOMS];
struct slice party_place(unsigned place);

/* The answer, whatever it is; good until the next question. */
const struct message *party_ask(struct party *p, struct guest *guest,
                                struct message *m);
/* The sink's: a frame to a guest. */
enum sent party_heard(void *self, void *link, struct slice frame);

#endif
