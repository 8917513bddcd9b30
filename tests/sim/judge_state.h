/* SPDX-License-Identifier: MPL-2.0 */
/* judge_state: the inside of the judge, for judge*.c only. */
#ifndef CONFAB_SIM_JUDGE_STATE_H
#define CONFAB_SIM_JUDGE_STATE_H

#include "disk.h"
#include "judge.h"

enum fate {
    FATE_OPEN,
    FATE_SENT,
    FATE_REFUSED,
    FATE_ORPHAN, /* its lineage was lost before the answer */
};

struct saying {
    uint32_t serial;
    unsigned person;
    bool fleeting;
    bool doubtful; /* two copies of a state were to say it */
    enum fate fate;
    uint64_t seq;
};

/* What a person has of a room or of the mail. */
struct view {
    bool known;
    uint64_t last;
};

struct members {
    bool valid;
    uint64_t rv;
    unsigned who; /* bit per person */
};

struct viewer {
    struct view rooms[ROOMS_MAX], mail;
    struct members members[ROOMS_MAX];
    bool fresh;         /* no mail has come in this run */
    uint64_t floor;     /* mail up to it was acknowledged before */
    uint32_t *fleeting; /* given in this run */
    size_t fleeting_count;
};

/* Who is in a room at this version. */
struct fact {
    unsigned room;
    uint64_t rv;
    unsigned who;
};

struct judge {
    struct viewer viewers[PERSONS_MAX];
    struct saying *sayings; /* by serial */
    size_t saying_count, saying_cap;
    struct fact *facts;
    size_t fact_count, fact_cap;
};

struct way judge_room(unsigned room);
struct way judge_mail(const struct world *w, unsigned person);
struct saying *judge_find(struct judge *j, uint32_t serial);

#endif
