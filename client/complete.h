/* SPDX-License-Identifier: MPL-2.0 */
/*
 * complete: what Tab makes of the word before the cursor.
 *
 * A '/' at the start of the line: commands. Behind a command that takes a room
 * or an id (the caller knows): those. Elsewhere ids of this conversation,
 * whoever spoke last first, with ": " behind one at the start of the line. Tab
 * again takes the next, Shift-Tab the one before; any other key keeps what
 * stands there. Case does not matter to what is typed.
 *
 * What is put in is a valid name always, so it can be typed again as a word of
 * a command: a name has no blanks.
 */
#ifndef CONFAB_COMPLETE_H
#define CONFAB_COMPLETE_H

#include "buffers.h"

enum complete_what { COMPLETE_IDS, COMPLETE_ROOMS, COMPLETE_COMMANDS };

enum {
    COMPLETE_MAX = 1024,  /* candidates */
    COMPLETE_LOOK = 2000, /* entries that are asked who spoke last */
};

struct complete {
    char *found[COMPLETE_MAX]; /* best first */
    size_t len, at;
    size_t start;     /* where in the line the word begins */
    size_t behind;    /* the cursor behind what was put there */
    const char *tail; /* what is put behind each */
    bool active;      /* Tab was the last key */
};

struct complete_source {
    const struct buffers *buffers;
    const char *const *commands; /* without the '/'; NULL ends it */
    const char *const *rooms;    /* known beside the open ones; NULL: none */
    enum complete_what what;     /* that the word may be */
};

/* One key: Tab (step 1) or Shift-Tab (-1). False: nothing fits, and the line is
 * as it was. Only the first one looks at `source`. */
bool complete_step(struct complete *c, struct line *l, int step,
                   const struct complete_source *source);
/* Another key came; also at the end. */
void complete_end(struct complete *c);

#endif
