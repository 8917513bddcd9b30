/* SPDX-License-Identifier: MPL-2.0 */
/*
 * complete: what Tab makes of the word before the cursor.
 *
 * A '/' at the start of the line: commands. Behind a command that takes a room
 * or an id (the caller knows): those. Elsewhere ids of this conversation,
 * whoever spoke last first, with ": " behind one at the start of the line; and
 * rooms of any place behind '#'-less names are not guessed. Tab again takes the
 * next, Shift-Tab the one before; any other key keeps what stands there. Case
 * does not matter to what is typed.
 */
#ifndef CONFAB_COMPLETE_H
#define CONFAB_COMPLETE_H

#include "buffers.h"

enum complete_what { COMPLETE_IDS, COMPLETE_ROOMS, COMPLETE_COMMANDS };

enum { COMPLETE_MAX = 1024 }; /* candidates */

struct complete {
    char *found[COMPLETE_MAX]; /* best first */
    size_t len, at;
    size_t start;  /* where in the line the word begins */
    size_t behind; /* the cursor behind what was put there */
    bool active;   /* Tab was the last key */
};

struct complete_source {
    const struct buffers *buffers;
    const char *const *commands;
    const char *const *rooms;
    enum complete_what what;
};

/* One key: Tab (step 1) or Shift-Tab (-1). On the first one `commands` (NULL
 * ends it) and `what` the word may be are looked at, and the names in `bs`, and
 * `rooms` (NULL ends it) that are known beside them. False: nothing fits. */
bool complete_step(struct complete *c, struct line *l, int step,
                   const struct complete_source *source);
/* Another key came. */
void complete_end(struct complete *c);

#endif
