/* SPDX-License-Identifier: MPL-2.0 */
/*
 * marks: what a chat remembers until the next one: which conversations were
 * open and how far each was read, who is ignored.
 *
 * One JSON file for each broker and id, below $XDG_STATE_HOME/confab/chat
 * (0600), replaced whole. A file that is missing is a first start; one that is
 * damaged is told about, set aside as FILE.damaged, and a first start too: it
 * holds nothing that the log does not have.
 */
#ifndef CONFAB_MARKS_H
#define CONFAB_MARKS_H

#include <limits.h>

#include "buffers.h"

struct marks {
    char path[PATH_MAX]; /* "": nothing is written */
};

enum {
    MARKS_FAULT = 256,
    MARKS_FILE = 1048576, /* bytes of the file */
    MARKS_VERSION = 1,
};

/* Finds the file for this broker (its address) and id, and opens the buffers it
 * names, with their markers; rooms are not joined by that. False and `fault`:
 * it was damaged, cannot be read, or there is no place for it; what is there
 * and could not be taken is not replaced then. */
bool marks_load(struct marks *m, struct buffers *bs, const char *broker,
                char fault[static MARKS_FAULT]);
/* Replaces the file; without a place for it does nothing. False and `fault`: it
 * is as it was. */
bool marks_save(const struct marks *m, const struct buffers *bs,
                char fault[static MARKS_FAULT]);

#endif
