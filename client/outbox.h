/* SPDX-License-Identifier: MPL-2.0 */
/*
 * outbox: messages accepted from the user and not yet answered by the broker.
 *
 * A message gets its `n` when it is accepted and keeps it until it is answered,
 * so that the broker can tell a repeat from news, whatever happens to the
 * connection. The numbers are consecutive, so the outbox is a ring of slots
 * where slot i holds n = base + i; an answered slot is empty until all before
 * it are. Sent are only those within LIMIT_WINDOW of the lowest unanswered.
 *
 * The outbox never drops a message by itself: only an answer takes it out.
 */
#ifndef CONFAB_CLIENT_OUTBOX_H
#define CONFAB_CLIENT_OUTBOX_H

#include "proto/message.h"

struct outgoing {
    uint64_t number; /* what the user knows it by */
    uint64_t n;
    bool sent;    /* on this connection */
    bool refused; /* waits for outbox_renumber */
    size_t len;
    uint8_t bytes[]; /* the encoded message, with its n */
};

struct outbox {
    struct outgoing **slots; /* a ring of `cap` */
    size_t cap;              /* a power of two */
    size_t first;            /* where the slot of `base` is */
    size_t len;              /* slots in use, empty ones included */
    size_t live;             /* messages */
    size_t flying;           /* sent, neither answered nor refused */
    size_t refused;
    size_t at;        /* slots before it were looked at by _fill */
    uint64_t base;    /* n of the first slot */
    uint64_t highest; /* n ever sent */
    size_t limit;     /* messages at most */
};

void outbox_init(struct outbox *o, size_t limit);
void outbox_clear(struct outbox *o);

/* The number that the next message gets. */
uint64_t outbox_next(const struct outbox *o);
/* Numbers below `n` are used up. False: no memory. */
[[nodiscard]] bool outbox_skip_to(struct outbox *o, uint64_t n);
/* Any of the numbers so far may have been sent, in an earlier run. */
void outbox_restored(struct outbox *o);
bool outbox_full(const struct outbox *o);

/* Puts a copy of an encoded message that carries `n`, which is outbox_next or,
 * when a saved outbox is restored, above. False: no memory. */
[[nodiscard]] bool outbox_put(struct outbox *o, uint64_t n, uint64_t number,
                              struct slice bytes);

/* The message of `n` that was sent or restored; NULL when it was answered. */
struct outgoing *outbox_find(const struct outbox *o, uint64_t n);
void outbox_remove(struct outbox *o, uint64_t n);

/* The broker will take it later, under another number. */
void outbox_refuse(struct outbox *o, uint64_t n);
/* Whether nothing is in flight and outbox_renumber may be called. */
bool outbox_settled(const struct outbox *o);
/* Gives what was refused, and what was never sent, new numbers, above all that
 * was sent and above `n`, in the order in which the user said it. False: no
 * memory, nothing changed. */
[[nodiscard]] bool outbox_renumber(struct outbox *o, uint64_t n);
/* Instead, under the number that it has: what was refused is not used up. */
void outbox_retry(struct outbox *o);

/* A new connection: all that is unanswered is to be sent again, in order. */
void outbox_rewind(struct outbox *o);
/* The next message that may be sent now, or NULL. */
struct outgoing *outbox_peek(struct outbox *o);
/* It is: marks what outbox_peek gave as sent. */
void outbox_pass(struct outbox *o);

/* The i-th slot in order, NULL when it is empty; i < o->len. */
struct outgoing *outbox_slot(const struct outbox *o, size_t i);

#endif
