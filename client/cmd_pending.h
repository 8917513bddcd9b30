/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_pending: what was asked and has not been answered, oldest first.
 *
 * Answers come nearly in the order of the questions, so a queue that is
 * searched from its front finds the question at once.
 */
#ifndef CONFAB_CMD_PENDING_H
#define CONFAB_CMD_PENDING_H

#include <jansson.h>

#include "proto/message.h"

struct question {
    uint64_t number; /* libconfab's, 0: an answer is known by `room` */
    enum op op;
    char name[LIMIT_NAME + 1]; /* of the room, or the receiver */
    json_t *ref;               /* owned; NULL: none */
    bool quiet;                /* nobody typed it: its answer is not shown */
};

struct pending {
    struct question *rows;
    size_t start, len, cap;
};

void pending_fini(struct pending *p);
/* Adds a copy of `q`, whose `ref` it takes over. False: no memory. */
[[nodiscard]] bool pending_add(struct pending *p, struct question q);
/* Takes out the question with this number, or, with 0, the oldest `op` about
 * `name`; its `ref` is then the caller's. False: there is none. */
[[nodiscard]] bool pending_take(struct pending *p, uint64_t number, enum op op,
                                const char *name, struct question *q);

#endif
