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
    uint64_t at;   /* ms: when */
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

/* Somebody may not speak. */
struct silence {
    uint64_t seq; /* the newest ruling of it, when it was acknowledged */
    bool ban;
    const char *id;
    unsigned room;
};

struct judge {
    struct viewer viewers[PERSONS_MAX];
    struct saying *sayings; /* by serial */
    size_t saying_count, saying_cap;
    struct fact *facts;
    size_t fact_count, fact_cap;
    struct silence *silences;
    size_t silence_count, silence_cap;
};

struct way judge_room(unsigned room);
struct way judge_mail(const struct world *w, unsigned person);
struct saying *judge_find(struct judge *j, uint32_t serial);

/* judge_rights.c */
/* It is on the list of the room, at this message or at some time after it. */
void rights_heard(struct world *w, unsigned person, const struct told *t);
/* It was accepted as the message in the log. */
void rights_said(struct world *w, const struct saying *s, const struct kept *k);
/* A page, that was asked for when there were so many records. */
void rights_page(struct world *w, unsigned person, const struct asked *a,
                 const struct page *page);
/* The message is the news of a redaction, and there is one. */
bool rights_is_notice(struct world *w, const struct kept *k);
/* The message was taken away by one of the first `records`. */
bool rights_is_redacted(const struct disk *disk, size_t records,
                        const struct kept *k);
/* The record puts the id on the list of the room, or takes it off. */
bool rights_is_listing(const struct kept *k, struct slice room,
                       struct slice id);
void rights_end(struct world *w);

#endif
