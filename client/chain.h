/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chain: the messages of a room or of the mailbox, in order, none missing.
 *
 * Each message names the one before it, so a reader that knows the last it has
 * knows whether the next one fits. What does not fit is held (bounded) while
 * `history` is asked for what lies between; an answer is final for its range.
 * What history cannot give any more is told to the user as CONFAB_LOST, never
 * passed over.
 */
#ifndef CONFAB_CLIENT_CHAIN_H
#define CONFAB_CLIENT_CHAIN_H

#include "proto/message.h"
#include "session.h"

enum {
    REPAIR_SPREAD = 200,      /* ms: readers that miss the same ask at random */
    REPAIR_PATIENCE = 1000,   /* ms that a topic may be behind its head */
    CHAIN_HELD_MAX = 1048576, /* bytes held during a repair */
};

enum repair {
    REPAIR_NONE,
    REPAIR_DUE, /* history is to be asked at repair_at */
    REPAIR_ASKED,
};

struct held {
    struct held *next;
    size_t len;
    uint8_t bytes[]; /* an encoded message */
};

struct chain {
    const char *room;  /* NULL: the mailbox */
    bool known;        /* `last` means something */
    bool open;         /* joined, or welcome: may deliver */
    bool hurry;        /* at a join: repairs begin at once */
    uint64_t last;     /* all up to here was delivered */
    uint64_t head;     /* the highest seq heard of */
    uint64_t head_due; /* the one that must be reached at */
    uint64_t head_at;  /* ms; 0: none */
    enum repair repair;
    uint64_t repair_at;
    uint64_t repair_ref;
    struct held *held;
    struct held **held_end;
    size_t held_len;
};

void chain_init(struct chain *c, const char *room);
/* Forgets what is held and under way; `last` stays. */
void chain_reset(struct session *s, struct chain *c);
/* The chain is whole up to `head`, or is repaired up to there at once; then
 * what came before goes on. */
void chain_open(struct session *s, struct chain *c, uint64_t head,
                struct now now);
/* A message that just came. */
void chain_live(struct session *s, struct chain *c, const struct message *m,
                struct slice raw, struct now now);
/* The broker says that there is a message `head`. */
void chain_heard(struct chain *c, uint64_t head, struct now now);
/* Whether `ref` is that of the question under way. */
bool chain_asked(const struct chain *c, uint64_t ref);
/* The answer to our question, or an error in its place. */
void chain_answer(struct session *s, struct chain *c, const struct message *m,
                  struct now now);
void chain_refused(struct session *s, struct chain *c, const struct message *m,
                   struct now now);
/* Starts and sends repairs that are due. */
void chain_pump(struct session *s, struct chain *c, struct now now);
uint64_t chain_deadline(const struct chain *c);

#endif
