/* SPDX-License-Identifier: MPL-2.0 */
/*
 * wrap: a text, cut into rows of a terminal.
 *
 * A grapheme cluster is never cut in two, a row ends behind a word where that
 * is possible, and what is harmful in a text (cmd_text.h) is as wide as what is
 * written in its place. A tab is one space. A line feed, also one with a
 * carriage return before it, ends a row; where there is but one row it is
 * written as U+23CE. A byte that is no UTF-8 is U+FFFD. Pure: no curses.
 *
 * What a cluster looks like is decided here as well, since its width follows
 * from it, and terminals do not agree about the newer ones. So of a cluster
 * only that is written about which they do: of emoji joined by U+200D the
 * first, no skin, no variation selector, no tag, and at most WRAP_POINTS
 * characters.
 */
#ifndef CONFAB_WRAP_H
#define CONFAB_WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WRAP_POINTS = 8 }; /* characters that are written of one cluster */

/* One cluster, as it is written. */
struct wrap_glyph {
    size_t end;       /* of its bytes in the text */
    unsigned columns; /* 0: nothing is to be seen */
    unsigned count;
    int32_t points[WRAP_POINTS];
};

/* The cluster at `at`, which is less than `len`. */
void wrap_glyph(const char *text, size_t len, size_t at, struct wrap_glyph *g);
/* Columns of one character by itself, in a cluster. */
unsigned wrap_point(int32_t point);

/* One row: the bytes from start to end of the text, `columns` wide. */
struct wrap_row {
    size_t start, end;
    size_t next; /* where the next row begins */
    unsigned columns;
};

/* Gives the row that begins at `row->next` (0 at first), at most `columns` (at
 * least 2) wide; blanks at the end of a row are skipped. False: there is none,
 * the text has ended. An empty text has one empty row, and so has a run of
 * empty lines: a message is not to push out what others said with nothing.
 * Something escaped that is wider than a row has one for itself, and is cut. */
bool wrap_next(const char *text, size_t len, unsigned columns,
               struct wrap_row *row);

/* Columns of the grapheme cluster at `at`; it ends at `*next`. */
unsigned wrap_cluster(const char *text, size_t len, size_t at, size_t *next);
unsigned wrap_width(const char *text, size_t len);
/* The first bytes that fit into `columns`. */
size_t wrap_cut(const char *text, size_t len, unsigned columns);

#endif
