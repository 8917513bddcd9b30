/* SPDX-License-Identifier: MPL-2.0 */
/*
 * rules: which roles may do what in which rooms, and which rooms are closed.
 *
 * Two sections of the configuration, each line under a label of the operator's:
 *
 *     closed
 *         staff = "staff-*"
 *     rules
 *         news = "allow moderator say,create news"
 *         quiet = "deny id:bob say *"
 *         calm = "deny member tell *"
 *
 * A rule is a verdict, whom it is about (a role, or id:ID), acts divided by
 * commas, and a pattern of room names in which * is any text; for `tell` the
 * pattern is of the receiver's id. `allow ROLE` is for that role and those
 * above it, `deny ROLE` for it and those below. A deny that matches wins. Where
 * allow rules name the act for a room, one of them must match. Where no rule
 * speaks, everybody may.
 *
 * A closed room is for those on its list (invite) and never published. Whoever
 * can connect can read what is published, so a rule on join or read needs its
 * rooms to be closed: rules_check.
 */
#ifndef CONFAB_RULES_H
#define CONFAB_RULES_H

#include <stdbool.h>
#include <stdio.h>

#include "config_error.h"
#include "proto/limits.h"
#include "proto/slice.h"
#include "users.h"

enum act { ACT_JOIN, ACT_SAY, ACT_READ, ACT_TELL, ACT_CREATE, ACTS };

enum {
    RULES_MAX = 128,
    CLOSED_MAX = 64, /* patterns of closed rooms */
    RULE_LABEL = 65, /* bytes, with the NUL */
    RULE_PATTERN = LIMIT_NAME + 1,
};

struct rule {
    char label[RULE_LABEL];
    char pattern[RULE_PATTERN];
    char id[LIMIT_NAME + 1]; /* "": the role counts */
    enum role role;
    unsigned acts; /* bit 1 << enum act */
    bool deny;
};

struct closed {
    char label[RULE_LABEL];
    char pattern[RULE_PATTERN];
};

struct rules {
    struct rule rules[RULES_MAX];
    struct closed closed[CLOSED_MAX];
    unsigned count, closed_count;
};

/* Each adds a line's value; like config_set. */
[[nodiscard]] bool rules_add(struct rules *rules, const char *label,
                             const char *value, struct config_error *error);
[[nodiscard]] bool rules_add_closed(struct rules *rules, const char *label,
                                    const char *value,
                                    struct config_error *error);
/* Every rule on join or read is about closed rooms only. */
[[nodiscard]] bool rules_check(const struct rules *rules,
                               struct config_error *error);
bool rules_may(const struct rules *rules, enum role role, struct slice id,
               enum act act, struct slice name);
bool rules_is_closed(const struct rules *rules, struct slice room);
/* As config_load reads it, without the label. */
void rule_print(const struct rule *rule, FILE *file);

#endif
