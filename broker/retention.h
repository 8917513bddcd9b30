/* SPDX-License-Identifier: MPL-2.0 */
/*
 * retention: how long which messages stay.
 *
 * The operator writes rules, each with a label of his own, a pattern of room
 * names and at least one bound. The first rule whose pattern matches a room is
 * the room's; a room that none matches is kept for ever. The pattern @ alone,
 * which no room can be called, stands for all direct messages.
 *
 * These are the rules and nothing else: who removes what, and when, is the
 * log's business. A struct retention has no pointers, whoever uses one copies
 * it, so that a reload can exchange them.
 */
#ifndef CONFAB_RETENTION_H
#define CONFAB_RETENTION_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "config_error.h"
#include "proto/limits.h"
#include "proto/slice.h"

enum {
    RETENTION_RULES = 64,               /* at most */
    RETENTION_LABEL = 65,               /* bytes of a label, with its NUL */
    RETENTION_PATTERN = LIMIT_NAME + 1, /* of a pattern, with its NUL */
};

/* What goes beyond a bound may be removed, the oldest first. 0: no bound. */
struct retention_rule {
    char label[RETENTION_LABEL];
    char pattern[RETENTION_PATTERN]; /* *: any bytes, ?: one character */
    uint64_t age_ms;
    uint64_t count; /* messages of one room */
    uint64_t bytes; /* of one room, as they are sent */
};

struct retention {
    struct retention_rule rules[RETENTION_RULES];
    unsigned count;
};

/* Appends the rule `value`: PATTERN [age=TIME] [count=N] [bytes=SIZE]. On false
 * nothing has changed and `error` says why, without naming the label. */
[[nodiscard]] bool retention_add(struct retention *retention, const char *label,
                                 const char *value, struct config_error *error);

/* The rule of a room, or NULL: it is kept for ever. */
const struct retention_rule *retention_find(const struct retention *retention,
                                            struct slice room);
/* The rule of direct messages, or NULL. Its bounds are of one conversation;
 * mail that nobody has acknowledged is never removed. */
const struct retention_rule *retention_mail(const struct retention *retention);

/* A rule as retention_add reads it. */
void retention_print(const struct retention_rule *rule, FILE *file);

#endif
