/* SPDX-License-Identifier: MPL-2.0 */
/*
 * theme: which colours a screen has, ten at most, readable on light and dark.
 *
 * What is drawn is said by role; a table per theme gives each role a colour and
 * an attribute. With NO_COLOR, --color never or a terminal without colours the
 * theme is "mono": attributes alone.
 *
 * "auto" does not ask which ground a terminal has: where there are 256
 * colours it takes those in the middle, which differ from black and from white
 * by a contrast of 3.9 at least; "dark" and "light" are for who wants more. The
 * terminal's own colours are the ground and the text.
 */
#ifndef CONFAB_THEME_H
#define CONFAB_THEME_H

#include <stdbool.h>
#include <stddef.h>

enum theme_role {
    ROLE_TEXT,
    ROLE_DIM,     /* times, comings and goings, what waits */
    ROLE_OWN,     /* one's own id */
    ROLE_MENTION, /* an id, or an activity, that is about us */
    ROLE_ERROR,
    ROLE_BAR,        /* the rows of subject and status */
    ROLE_BAR_ACTIVE, /* in them: a conversation where something was said */
    ROLE_BAR_MENTION,
    ROLE_MARKER, /* the line between read and unread, days */
    ROLE_ID,     /* and ROLE_IDS behind it: ids, by a hash of the name */
    ROLE_IDS = 6,
    ROLE_COUNT = ROLE_ID + ROLE_IDS,
};

/* The themes there are; NULL ends it. The first is the default. */
extern const char *const theme_names[];

/* Whether there is one; NULL is the default one. */
bool theme_is(const char *name);
/* The colour of a role by its number in the palette of 256; -1: the terminal's
 * own. */
int theme_color(const char *name, enum theme_role role);

/* Sets curses' colours, after newterm; `name` NULL: the default one. False: no
 * such theme. */
[[nodiscard]] bool theme_set(const char *name, bool color);
/* What attrset takes (a chtype's attributes). */
unsigned long theme_attribute(enum theme_role role);
/* The role of an id: the same one always. */
enum theme_role theme_id(const char *id);

#endif
