/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_terminfo: asks terminfo what a terminal can do, and what it has to be
 * sent to be as it was.
 *
 * A file of its own, because <term.h> makes macros of words like `columns` and
 * `lines`.
 */
#define _XOPEN_SOURCE 700
#define _XOPEN_SOURCE_EXTENDED 1
#include <curses.h>
#include <stdlib.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#include "screen_terminfo.h"

/* The string of a capability; NULL: it has none. */
static const char *
capability(const char *name)
{
    char copy[16];
    size_t len = strlen(name);
    if (len >= sizeof copy)
        return NULL;
    memcpy(copy, name, len + 1); /* older curses want no const */
    const char *found = tigetstr(copy);
    return found == (const char *)-1 ? NULL : found;
}

bool
terminfo_can_draw(const char **fault)
{
    int error = 0;
    if (setupterm(NULL, STDOUT_FILENO, &error) != OK) {
        const char *term = getenv("TERM");
        *fault = !term || !*term
                     ? "TERM is not set, so it is not known what the terminal "
                       "can do; set it"
                     : "the terminal that TERM names is not known here; set "
                       "TERM=xterm-256color if it is like that";
        return false;
    }
    bool can = capability("cup") && capability("el") && capability("clear");
    del_curterm(cur_term);
    if (!can)
        *fault = "the terminal cannot place text (by what TERM says of it)";
    return can;
}

/* Appends the string without the "$<5>" of terminals that need time. */
static void
append(char *text, size_t size, const char *string)
{
    size_t len = strlen(text);
    for (; string && *string && len + 1 < size; string++) {
        const char *end =
            string[0] == '$' && string[1] == '<' ? strchr(string, '>') : NULL;
        if (end)
            string = end;
        else
            text[len++] = *string;
    }
    text[len] = '\0';
}

void
terminfo_enter(char *text, size_t size)
{
    *text = '\0';
    append(text, size, capability("smcup"));
}

void
terminfo_leave(char *text, size_t size)
{
    *text = '\0';
    append(text, size, capability("sgr0"));
    append(text, size, capability("op"));
    append(text, size, capability("cnorm"));
    if (!capability("rmcup")) /* the picture stays; the prompt goes below it */
        append(text, size, "\r\n");
    append(text, size, capability("rmcup"));
}
