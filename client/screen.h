/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen: conversations on a whole terminal, with curses.
 *
 *     subject of the room                                         (ROLE_BAR)
 *     14:25      <ann> hello                              │ ann
 *     14:25      <bob> hi                                 │ bob
 *     ──────────────── new ─────────────────
 *     14:26 *          joe enters                         │ joe
 *     [14:26] ann  2:lobby (3)  [Act: 3,5]   more below, offline
 *     [lobby] what is being typed
 *
 * curses is for output alone: it knows how little has to be sent when the
 * picture changes. Keys are read by term_keys.c, so they can be tested, and
 * mean the same in line mode. The screen draws what a scene says and remembers
 * nothing but the picture; where a conversation is scrolled to is in its
 * buffer.
 *
 * Whatever others wrote passes wrap.c and text_is_harmful before it comes here.
 */
#ifndef CONFAB_SCREEN_H
#define CONFAB_SCREEN_H

#include "buffers.h"

enum scene_link { SCENE_ONLINE, SCENE_OFFLINE };

/* What is to be seen. All is borrowed. */
struct scene {
    struct buffers *buffers;
    struct line *line;
    enum scene_link link;
    const char *link_text; /* "confab://host:7480", "trying again in 3 s" */
    const char *question;  /* stands in the line's place, NULL: none */
    const char *found;     /* what Tab has to choose from, NULL: nothing */
    uint64_t now;          /* ms since 1970 */
    bool members;          /* the list of members, where there is room */
};

enum {
    SCREEN_COLUMNS = 20, /* less than this by SCREEN_ROWS: only a note that */
    SCREEN_ROWS = 4,     /* the terminal is too small */
    SCREEN_WIDE = 90,    /* columns from which on members are listed */
    SCREEN_MEMBERS = 18, /* columns of their list */
    SCREEN_IDS = 12,     /* columns for ids in front of texts */
};

/* Takes the terminal over: alternate screen, raw keys (term.h), mouse wheel
 * unless `mouse` is false. False: it cannot be done, `*fault` (static) says
 * why, and the terminal is as it was. */
[[nodiscard]] bool screen_open(const char *theme, bool color, bool mouse,
                               const char **fault);
/* Gives it back. */
void screen_close(void);
/* The terminal has another size, or another program had it (Ctrl-Z). */
void screen_resized(void);
/* Draws everything anew with the next screen_draw (Ctrl-L). */
void screen_refresh(void);
void screen_draw(const struct scene *scene);
/* Scrolls the current conversation: LINE_DO_PAGE_UP and its like. True when
 * it is at its top, so that older history is wanted. */
bool screen_scroll(const struct scene *scene, enum line_command command);
/* A mention: the terminal's bell. */
void screen_bell(void);

#endif
