/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_feed: one room, or the mailbox, that `confab listen` listens to: where it
 * begins, when it is live, when it has ended.
 *
 * Live from the start, a feed is what libconfab gives. With --since or -e it
 * first catches up: a pager prints history, and what comes live meanwhile is
 * only remembered by its seq, since it is in the history too; when history has
 * passed that seq the feed is live. So the two ends meet without a gap, without
 * a repeat and in bounded memory.
 *
 * With --state libconfab's cursor must know all that is printed, so no pager
 * prints: a room that the state file does not know yet is looked up (what is
 * the first message to print?) and begun there, and libconfab fetches the rest.
 *
 * With -e and rooms alone nothing is joined, unless --state wants it: reading
 * history needs no presence. Mail that waits comes by itself, so -e alone only
 * asks where it ends.
 */
#ifndef CONFAB_CMD_FEED_H
#define CONFAB_CMD_FEED_H

#include "cmd_pager.h"

struct feed {
    const char *room; /* NULL: the mailbox */
    bool joined;      /* the broker has said so, once */
    bool live;
    bool asked;   /* the pager has begun, */
    bool seeking; /* but prints nothing */
    uint64_t skipped;
    uint64_t first; /* seeking: what it has found, 0: nothing */
    uint64_t seen;  /* --state: all up to it was printed */
    uint64_t end;   /* --state and -e: the last one to print */
    struct pager pager;
};

struct feeds {
    struct cmd *cmd;
    struct feed *rows;
    size_t count;
    size_t joining;         /* rooms that are not joined yet */
    size_t behind;          /* feeds that are not live */
    uint64_t heard;         /* all mail up to this seq was printed or is lost */
    uint64_t mail_end;      /* with -e: the last mail to print */
    uint64_t mail_question; /* the question for it, 0: none or answered */
    /* What a pager calls for each message. */
    bool (*show)(void *context, const confab_event *message);
    void *context;
};

/* One for each room and for the mail, as cmd->args say; cmd and show are set.
 * False: no memory. */
[[nodiscard]] bool feeds_init(struct feeds *f);
void feeds_fini(struct feeds *f);
/* Joins the rooms; what needs no joining begins at once. Like all below: 0 or
 * an exit code, after saying why. */
[[nodiscard]] int feeds_start(struct feeds *f);
[[nodiscard]] int feeds_joined(struct feeds *f, const confab_event *e);
[[nodiscard]] int feeds_history(struct feeds *f, const confab_event *e);
[[nodiscard]] int feeds_refused(struct feeds *f, const confab_event *e);
/* Whether a message that just came is to be printed; notes that it was. */
bool feeds_take(struct feeds *f, const confab_event *e);
void feeds_lost(struct feeds *f, const confab_event *e);
/* With -e: all there was is printed. */
bool feeds_ended(const struct feeds *f);
bool feeds_have_mail(const struct feeds *f);

#endif
