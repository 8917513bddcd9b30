/* SPDX-License-Identifier: MPL-2.0 */
/*
 * judge: knows what should be, is told what is, and says what is not right.
 *
 * While a run goes on each message that a person is given is held against the
 * log's disk: it must be the next of its room or mailbox. So nothing can be
 * missing, doubled or out of order, for anybody, without a complaint at once.
 * In the end the rest is compared: who has what, who is where, what became of
 * each message that was said.
 *
 * A lineage is a person with its state file; when that is lost, another begins.
 */
#ifndef CONFAB_SIM_JUDGE_H
#define CONFAB_SIM_JUDGE_H

#include "world.h"

struct judge *judge_new(struct world *w);
void judge_free(struct judge *j);

/* ROOMS_MAX when there is none. */
unsigned judge_find_room(struct slice name);

/* A message was taken into a person's outbox. */
void judge_said(struct world *w, unsigned person, uint32_t serial,
                bool fleeting);
/* Its answer: `code` NULL: sent, as `seq` (0: not told). */
void judge_answered(struct world *w, unsigned person, uint32_t serial,
                    uint64_t seq, const char *code);

/* A program starts, with the state of the one before, or with less of it; which
 * messages it still has to say; what the state says of a room (NULL: of the
 * mail). */
void judge_starts(struct world *w, unsigned person, bool less);
void judge_reopens(struct world *w, unsigned person, uint32_t serial);
/* An old state cannot know whether it has said it: once or twice is right. */
void judge_doubts(struct world *w, unsigned person, uint32_t serial);
/* It says so itself, of one of those that have no answer. */
void judge_doubts_all(struct world *w, unsigned person);
void judge_resumes(struct world *w, unsigned person, struct slice room,
                   uint64_t seq);

/* What the user is given. Rooms and ids are strings. */
struct told {
    const char *room; /* NULL: mail */
    uint64_t seq;     /* 0: not kept */
    uint32_t serial;
    const char *id;
    uint64_t rv, count;
    bool complete, more, has_cursor, gone;
    const char *const *list;
    size_t list_len;
};
/* Welcome: another machine may have read some of the mail meanwhile. */
void judge_online(struct world *w, unsigned person);
void judge_joined(struct world *w, unsigned person, const struct told *t);
void judge_left(struct world *w, unsigned person, unsigned room);
void judge_heard(struct world *w, unsigned person, const struct told *t);
void judge_lost(struct world *w, unsigned person, const struct told *t);
void judge_roster(struct world *w, unsigned person, bool enter,
                  const struct told *t);
void judge_who(struct world *w, unsigned person, const struct told *t);
void judge_receipt(struct world *w, unsigned person, const char *to,
                   uint64_t seq);

/* A question about history, and its answer. */
enum { ASKED_ROOM, ASKED_TALK, ASKED_MAIL };
struct asked {
    uint64_t number;
    unsigned what;
    unsigned other; /* room or person */
    bool after, before;
    uint64_t bound;
    uint64_t newest; /* in the log when it was asked */
    size_t records;  /* the same */
};
void judge_asks(struct world *w, unsigned person, struct asked *a);
struct page {
    const uint64_t *seqs;
    const bool *gone;
    size_t count;
    bool more, complete;
    uint64_t upto;
};
void judge_page(struct world *w, unsigned person, const struct asked *a,
                const struct page *page);

/* What is looked for: all that begins so. */
enum sought_where { SOUGHT_IN_ALL, SOUGHT_IN_ROOM, SOUGHT_IN_TALK };
struct sought {
    uint64_t number;
    char text[8];
    enum sought_where where;
    unsigned other;  /* room or person */
    uint64_t before; /* percent of the log, of which judge_seeks makes a seq; 0:
                        from the newest on */
    size_t records;  /* in the log when it was asked */
};
void judge_seeks(struct world *w, struct sought *s);
void judge_found(struct world *w, unsigned person, const struct sought *s,
                 const struct page *page);

/* Some message of the room that is on the disk, at so many percent; 0: none. */
uint64_t judge_some_seq(const struct world *w, unsigned room, unsigned percent);
/* A moderator was told that it is done: nobody may speak now (mute) or be here
 * (ban). ROOMS_MAX: everywhere. */
void judge_silenced(struct world *w, bool ban, unsigned person, unsigned room);
/* It was put out of the room, or not let in. */
void judge_put_out(struct world *w, unsigned person, unsigned room);
/* Whether there was ever a ban of its id. */
bool judge_was_banned(const struct world *w, unsigned person);

/* All is quiet. */
void judge_end(struct world *w);

#endif
