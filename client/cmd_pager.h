/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_pager: a stretch of history, page by page, oldest first.
 *
 * The broker answers at most so many messages at once, and fewer when they are
 * long. The pager asks on until it has what was wanted. Going forward every
 * page is shown as it comes. For "the newest N" it must know where they begin:
 * when one page is not enough it goes back page by page, keeping only a seq,
 * and then forward from there. So memory does not grow with N.
 */
#ifndef CONFAB_CMD_PAGER_H
#define CONFAB_CMD_PAGER_H

#include "cmd.h"

struct pager {
    const char *room; /* or, with NULL, */
    const char *with; /* a conversation; both NULL: my mailbox */
    /* False: do not go on. */
    bool (*show)(void *context, const confab_event *message);
    void *context;
    uint64_t left;     /* messages still wanted */
    uint64_t before;   /* seq at which to stop, 0: none */
    uint64_t last;     /* all up to this seq has been shown */
    uint64_t number;   /* of the question under way */
    uint64_t earliest; /* while going back: the seq to begin with */
    uint64_t found;    /* while going back: messages behind it */
    bool back;         /* going back */
    bool done;
};

/* Asks the first question, for what --since, --after, --before and -n say;
 * room (or with), show and context are set. `standard` is how many messages
 * are wanted when nothing is said, 0: all. A confab_error. */
[[nodiscard]] int pager_start(struct pager *p, struct cmd *cmd,
                              uint64_t standard);
/* Asks for what came after p->last. */
[[nodiscard]] int pager_resume(struct pager *p, confab *c);
/* Takes the answer with p->number: shows, and asks on unless p->done. */
[[nodiscard]] int pager_answer(struct pager *p, confab *c,
                               const confab_event *answer);

#endif
