/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_terminfo: asks terminfo what a terminal can do, and what it has to be
 * sent to be as it was.
 */
#ifndef CONFAB_SCREEN_TERMINFO_H
#define CONFAB_SCREEN_TERMINFO_H

#include <stdbool.h>
#include <stddef.h>

/* Whether a screen can be drawn on the terminal that TERM names. False:
 * `*fault` (static) says why, and what to do. */
bool terminfo_can_draw(const char **fault);

/* After newterm: what takes the alternate screen, and what gives it back, with
 * the cursor and the colours. Cut when there is no room. */
void terminfo_enter(char *text, size_t size);
void terminfo_leave(char *text, size_t size);

#endif
