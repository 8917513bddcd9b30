/* SPDX-License-Identifier: MPL-2.0 */
/*
 * guess: who has tried wrong passwords, and how long he waits for the next.
 *
 * By address (of IPv6 by /64); on this machine, where a tunnel may bring
 * everybody, by address and id. Some tries are free, then each wrong one
 * doubles the wait. A right one forgives what was wrong with the same id, and
 * nothing of an address: who has one password could else guess all others.
 */
#ifndef CONFAB_GUESS_H
#define CONFAB_GUESS_H

#include "hash.h"
#include "proto/limits.h"
#include "proto/slice.h"

enum {
    GUESS_FREE = 5,      /* wrong ones before there is a wait */
    GUESS_WAIT = 1000,   /* ms, doubled with each further one */
    GUESS_DOUBLED = 6,   /* times at most: 64 s */
    GUESS_KEPT = 600000, /* ms: then it is forgotten */
    GUESS_MOST = 4096,   /* addresses remembered; the oldest go */
};

struct guess;

struct guesses {
    struct guess *table;
    struct guess *list; /* oldest first */
    unsigned count;
};

/* ms until it may try again, 0: now. `now` in ms. */
uint64_t guess_wait(struct guesses *guesses, struct slice address,
                    struct slice id, uint64_t now);
void guess_wrong(struct guesses *guesses, struct slice address, struct slice id,
                 uint64_t now);
void guess_right(struct guesses *guesses, struct slice address,
                 struct slice id);
void guess_fini(struct guesses *guesses);

#endif
