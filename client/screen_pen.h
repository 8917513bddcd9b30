/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_pen: writes text into the cells of curses, exactly as wide as wrap.c
 * has counted it.
 *
 * curses places characters by libc's wcwidth, the terminal by a table of its
 * own, we by wrap.c. Where libc's width is another than ours, or it knows none,
 * U+FFFD is written and blanks up to our width; a mark that is not 0 wide for
 * libc is left out. And every cluster is moved to its column. So what stands
 * behind it never shifts in the picture that curses has; and wrap.c writes of a
 * cluster only what terminals agree about, so neither does it in the terminal.
 * All text that others wrote goes through here, and here what is harmful in it
 * is escaped (wrap_glyph).
 */
#ifndef CONFAB_SCREEN_PEN_H
#define CONFAB_SCREEN_PEN_H

#include <stdint.h>

#include "theme.h"

/* Writes in row y from column x on; nothing in column `end` or behind it. */
struct pen {
    int y, x, end;
    enum theme_role role;
};

void pen_text(struct pen *p, const char *text, size_t len);
void pen_str(struct pen *p, const char *text);
/* The text, cut with "…" when it has more columns than this. */
void pen_cut(struct pen *p, const char *text, unsigned columns);
[[gnu::format(printf, 2, 3)]] void pen_print(struct pen *p, const char *format,
                                             ...);
/* The character as often as there is room, up to column `end`. */
void pen_fill(struct pen *p, int32_t point, int end);

#endif
