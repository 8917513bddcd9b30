/* SPDX-License-Identifier: MPL-2.0 */
/*
 * wrap: a text, cut into rows of a terminal.
 *
 * Columns are those of East Asian width, a grapheme cluster is never cut in
 * two, a row ends behind a word where that is possible, and what is harmful in
 * a text (cmd_text.h) is as wide as what is written in its place. A tab is one
 * space. A line feed ends a row. Pure: no curses.
 */
#ifndef CONFAB_WRAP_H
#define CONFAB_WRAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One row: the bytes from start to end of the text, `columns` wide. */
struct wrap_row {
    size_t start, end;
    unsigned columns;
};

/* Gives the row that begins at `start`, at most `columns` (at least 2) wide;
 * the next one begins at `*next`, blanks at the end of a row are skipped.
 * False: there is none, the text has ended. An empty text has one empty row. */
bool wrap_next(const char *text, size_t len, size_t start, unsigned columns,
               struct wrap_row *row, size_t *next);
/* How many rows it takes. */
size_t wrap_rows(const char *text, size_t len, unsigned columns);

/* Columns of the grapheme cluster at `at`; it ends at `*next`. */
unsigned wrap_cluster(const char *text, size_t len, size_t at, size_t *next);
unsigned wrap_width(const char *text, size_t len);
/* The first bytes that fit into `columns`. */
size_t wrap_cut(const char *text, size_t len, unsigned columns);

#endif
