/* SPDX-License-Identifier: MPL-2.0 */
/*
 * person_state: the inside of a person, for person*.c only.
 */
#ifndef CONFAB_SIM_PERSON_STATE_H
#define CONFAB_SIM_PERSON_STATE_H

#include "client/session.h"
#include "judge.h"
#include "network.h"
#include "person.h"

enum { ASKED_MAX = 32, ORDERS_MAX = 64 };

/* What a moderator asked for. */
struct asked_order {
    uint64_t number; /* 0: none */
    bool ban;
    unsigned person, room; /* ROOMS_MAX: everywhere */
    bool silences;
};

/* A record of the state file. */
struct line {
    struct line *next;
    struct record record; /* its bytes point behind this */
};

struct number {
    uint64_t n;
    uint32_t serial;
};

struct person {
    struct world *world;
    unsigned index;
    const struct part *part;
    struct dice dice;
    struct session *session; /* NULL: the program does not run */
    uint64_t start_at;
    unsigned runs;
    uint64_t bye_at; /* the program ends then at the latest */
    unsigned away;   /* ms, after bye */

    struct line *lines, **lines_end;
    size_t line_count;
    size_t safe; /* lines that outlive a loss of power */
    struct line *copy, **copy_end;
    bool less;      /* the state is less than it was */
    bool went_back; /* to a copy */
    bool active;    /* not replaced by the other machine of its id */
    char token[65];
    struct number *numbers; /* which message an n was */
    size_t number_count, number_cap;
    uint32_t saying;

    unsigned wanted, direct; /* bit per room */
    unsigned joining;        /* was asked, is not answered */
    struct event *first, **end;
    unsigned waiting; /* events */
    bool deaf;        /* there are too many: nothing is read */
    uint64_t asleep_until;
    uint64_t take_at;
    bool settles; /* the event taken last is to be done with */
    uint64_t cursor;
    char cursor_room[LIMIT_NAME + 1];
    bool cursor_mail;
    uint64_t mail_taken;
    struct asked asked[ASKED_MAX];
    unsigned asked_count;
    struct sought soughts[ASKED_MAX];
    unsigned sought_count;
    struct asked_order orders[ORDERS_MAX];
    unsigned order_count;
};

/* person_event.c */
/* The session gives it: judged at once, taken by the user later. */
void person_gets(struct person *p, struct event *e);
void person_takes(struct person *p);
void person_drop_events(struct person *p);
uint32_t person_serial(const struct person *p, uint64_t n);

/* person_file.c */
bool person_keeps(void *owner, const struct record *record);
bool person_rewrites(void *owner);
void person_forgets(struct person *p);
/* The end of it is lost, as far as it may be. */
void person_tears(struct person *p);
void person_copies(struct person *p);
/* The copy is the state now. */
void person_goes_back(struct person *p);
void person_file_free(struct person *p);
/* Into the new session; tells the judge. */
void person_restores(struct person *p);

/* person.c */
struct now person_now(const struct person *p);
/* The program ends at once, and starts again after so many ms. */
void person_end(struct person *p, unsigned away);

/* person_rule.c */
/* What the script has a moderator do; false: it is something else. */
bool person_rules(struct person *p, const struct act *act);
/* NULL: it was another question. */
const struct asked_order *person_order(const struct person *p, uint64_t number);

/* person_act.c */
/* By hand: all that was taken. */
void person_acks(struct person *p);

#endif
