/* SPDX-License-Identifier: MPL-2.0 */
/*
 * world: one run of a script: the broker, the persons and the network between
 * them, in virtual time.
 *
 * Nothing in here waits, and nothing is left to any chance but the seed's. Time
 * goes on to the next moment at which something is due.
 *
 * The two sides share names (struct session, struct record), so no file knows
 * both: person.c is the client's side, broker.c the hub's, and they meet in
 * network.c, which knows neither.
 */
#ifndef CONFAB_SIM_WORLD_H
#define CONFAB_SIM_WORLD_H

#include <stdarg.h>
#include <stdio.h>

#include "proto/slice.h"
#include "script.h"

#define NO_TIME UINT64_MAX

struct world;
struct broker;
struct network;
struct person;
struct judge;
struct disk;

enum { FAULT_CODE = 32, FAULT_TEXT_MAX = 400 };

/* What the judge found first. */
struct finding {
    bool found;
    char code[FAULT_CODE]; /* the rule */
    char text[FAULT_TEXT_MAX];
};

struct world {
    const struct script *script;
    const struct setup *setup;
    uint64_t now;   /* ms */
    uint64_t clock; /* ms: what the broker's clock shows beyond that */
    bool healing;   /* the script is over; no more faults */
    struct broker *broker;
    struct network *network;
    struct person *persons[PERSONS_MAX];
    struct judge *judge;
    struct disk *disk;
    struct finding finding;
    uint64_t steps;
    uint64_t print; /* of all that was traced: two runs must agree */
    FILE *trace;    /* NULL: none */
};

/* Plays the script; gives what was found. `trace` may be NULL. */
struct finding world_run(const struct script *script, FILE *trace,
                         uint64_t *print);

/* A line of the trace. */
__attribute__((format(printf, 2, 3))) void world_note(struct world *w,
                                                      const char *format, ...);
/* A rule was broken. The first one counts. */
__attribute__((format(printf, 3, 4))) void world_fail(struct world *w,
                                                      const char *code,
                                                      const char *format, ...);

/* One frame, shortened, for the trace. `how` says where it goes. */
void world_note_frame(struct world *w, const char *how, unsigned person,
                      struct slice frame);

/* What the broker's clock shows, ms since 1970. */
static inline uint64_t
world_wall(const struct world *w)
{
    return w->clock + w->now;
}

#endif
