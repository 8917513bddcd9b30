/* SPDX-License-Identifier: MPL-2.0 */
/*
 * theme: see theme.h.
 *
 * A row of a table is a role: its colour where there are 256, where there are
 * 8, and attributes that go with either. One pair of curses per role. Bars are
 * reversed instead of having a ground of their own, so they suit any ground.
 * Static, since a program has one terminal.
 */
#define _XOPEN_SOURCE_EXTENDED 1 /* macOS */
#include "theme.h"

#include <assert.h>
#include <curses.h>
#include <string.h>

#include "cmd_text.h"

enum { OWN_COLOR = -1 };

struct look {
    short color, few; /* of 256, of 8 */
    attr_t attribute;
};

static const struct look looks_default[ROLE_COUNT] = {
    [ROLE_TEXT] = {OWN_COLOR, OWN_COLOR, 0},
    [ROLE_DIM] = {243, OWN_COLOR, 0},
    [ROLE_OWN] = {OWN_COLOR, OWN_COLOR, A_BOLD},
    [ROLE_MENTION] = {163, COLOR_MAGENTA, A_BOLD},
    [ROLE_ERROR] = {196, COLOR_RED, A_BOLD},
    [ROLE_BAR] = {OWN_COLOR, OWN_COLOR, A_REVERSE},
    [ROLE_BAR_ACTIVE] = {OWN_COLOR, OWN_COLOR, A_REVERSE | A_BOLD},
    [ROLE_BAR_MENTION] = {163, COLOR_MAGENTA, A_REVERSE | A_BOLD},
    [ROLE_MARKER] = {31, COLOR_CYAN, 0},
    [ROLE_ID] = {28, COLOR_GREEN, 0},
    [ROLE_ID + 1] = {31, COLOR_CYAN, 0},
    [ROLE_ID + 2] = {63, COLOR_BLUE, 0},
    [ROLE_ID + 3] = {129, COLOR_MAGENTA, 0},
    [ROLE_ID + 4] = {130, COLOR_YELLOW, 0},
    [ROLE_ID + 5] = {131, COLOR_RED, 0},
};

static const struct look looks_dark[ROLE_COUNT] = {
    [ROLE_TEXT] = {OWN_COLOR, OWN_COLOR, 0},
    [ROLE_DIM] = {247, OWN_COLOR, 0},
    [ROLE_OWN] = {OWN_COLOR, OWN_COLOR, A_BOLD},
    [ROLE_MENTION] = {213, COLOR_MAGENTA, A_BOLD},
    [ROLE_ERROR] = {203, COLOR_RED, A_BOLD},
    [ROLE_BAR] = {OWN_COLOR, OWN_COLOR, A_REVERSE},
    [ROLE_BAR_ACTIVE] = {OWN_COLOR, OWN_COLOR, A_REVERSE | A_BOLD},
    [ROLE_BAR_MENTION] = {213, COLOR_MAGENTA, A_REVERSE | A_BOLD},
    [ROLE_MARKER] = {80, COLOR_CYAN, 0},
    [ROLE_ID] = {114, COLOR_GREEN, 0},
    [ROLE_ID + 1] = {80, COLOR_CYAN, 0},
    [ROLE_ID + 2] = {111, COLOR_BLUE, 0},
    [ROLE_ID + 3] = {177, COLOR_MAGENTA, 0},
    [ROLE_ID + 4] = {215, COLOR_YELLOW, 0},
    [ROLE_ID + 5] = {174, COLOR_RED, 0},
};

static const struct look looks_light[ROLE_COUNT] = {
    [ROLE_TEXT] = {OWN_COLOR, OWN_COLOR, 0},
    [ROLE_DIM] = {241, OWN_COLOR, 0},
    [ROLE_OWN] = {OWN_COLOR, OWN_COLOR, A_BOLD},
    [ROLE_MENTION] = {126, COLOR_MAGENTA, A_BOLD},
    [ROLE_ERROR] = {160, COLOR_RED, A_BOLD},
    [ROLE_BAR] = {OWN_COLOR, OWN_COLOR, A_REVERSE},
    [ROLE_BAR_ACTIVE] = {OWN_COLOR, OWN_COLOR, A_REVERSE | A_BOLD},
    [ROLE_BAR_MENTION] = {126, COLOR_MAGENTA, A_REVERSE | A_BOLD},
    [ROLE_MARKER] = {24, COLOR_BLUE, 0},
    [ROLE_ID] = {22, COLOR_GREEN, 0},
    [ROLE_ID + 1] = {24, COLOR_BLUE, 0},
    [ROLE_ID + 2] = {26, COLOR_BLUE, 0},
    [ROLE_ID + 3] = {91, COLOR_MAGENTA, 0},
    [ROLE_ID + 4] = {94, COLOR_RED, 0},
    [ROLE_ID + 5] = {124, COLOR_RED, 0},
};

/* Attributes alone; all that is not here is plain. */
static const struct look looks_mono[ROLE_COUNT] = {
    [ROLE_DIM] = {OWN_COLOR, OWN_COLOR, A_DIM},
    [ROLE_OWN] = {OWN_COLOR, OWN_COLOR, A_BOLD},
    [ROLE_MENTION] = {OWN_COLOR, OWN_COLOR, A_BOLD | A_UNDERLINE},
    [ROLE_ERROR] = {OWN_COLOR, OWN_COLOR, A_BOLD | A_REVERSE},
    [ROLE_BAR] = {OWN_COLOR, OWN_COLOR, A_REVERSE},
    [ROLE_BAR_ACTIVE] = {OWN_COLOR, OWN_COLOR, A_REVERSE | A_BOLD},
    [ROLE_BAR_MENTION] = {OWN_COLOR, OWN_COLOR,
                          A_REVERSE | A_BOLD | A_UNDERLINE},
    [ROLE_MARKER] = {OWN_COLOR, OWN_COLOR, A_DIM},
};

const char *const theme_names[] = {"auto", "dark", "light", "mono", NULL};
enum { THEME_DEFAULT, THEME_DARK, THEME_LIGHT, THEME_MONO, THEME_COUNT };

static const struct look *const themes[THEME_COUNT] = {
    [THEME_DEFAULT] = looks_default,
    [THEME_DARK] = looks_dark,
    [THEME_LIGHT] = looks_light,
    [THEME_MONO] = looks_mono,
};

static_assert((int)ROLE_IDS == TEXT_HUES, "one role for each colour of ids");

static attr_t attributes[ROLE_COUNT];

/* THEME_COUNT: there is none of this name. */
static size_t
theme_find(const char *name)
{
    size_t at = 0;
    while (name && theme_names[at] && strcmp(theme_names[at], name) != 0)
        at++;
    return at;
}

bool
theme_is(const char *name)
{
    return theme_find(name) < THEME_COUNT;
}

int
theme_color(const char *name, enum theme_role role)
{
    size_t at = theme_find(name);
    return at < THEME_MONO ? themes[at][role].color : OWN_COLOR;
}

/* Role number r has the pair r + 1. */
static void
set_pairs(const struct look *looks)
{
    bool owns = use_default_colors() == OK;
    for (short role = 0; role < ROLE_COUNT && role + 1 < COLOR_PAIRS; role++) {
        const struct look *look = &looks[role];
        short color = COLORS >= 256 ? look->color : look->few;
        short pair = (short)(role + 1);
        if (color == OWN_COLOR && owns)
            continue; /* pair 0, without which fewer bytes are sent */
        if (color == OWN_COLOR)
            color = COLOR_WHITE;
        if (init_pair(pair, color, owns ? OWN_COLOR : COLOR_BLACK) == OK)
            attributes[role] |= (attr_t)COLOR_PAIR(pair);
    }
}

bool
theme_set(const char *name, bool color)
{
    size_t at = theme_find(name);
    if (at == THEME_COUNT)
        return false;
    bool colors = color && at != THEME_MONO && has_colors() &&
                  start_color() == OK && COLORS >= 8;
    const struct look *looks = themes[colors ? at : THEME_MONO];
    for (size_t role = 0; role < ROLE_COUNT; role++)
        attributes[role] = looks[role].attribute;
    if (colors)
        set_pairs(looks);
    if (colors && COLORS < 256)
        attributes[ROLE_DIM] |= A_DIM;
    return true;
}

unsigned long
theme_attribute(enum theme_role role)
{
    return attributes[role];
}

enum theme_role
theme_id(const char *id)
{
    return (enum theme_role)(ROLE_ID + text_hue(id));
}
