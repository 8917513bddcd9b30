/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_inner: what the files of the screen share: where its parts are, and
 * who draws them.
 */
#ifndef CONFAB_SCREEN_INNER_H
#define CONFAB_SCREEN_INNER_H

#include "screen.h"
#include "screen_pen.h"
#include "screen_rows.h"

enum {
    SCREEN_ROWS_STATUS = 6,  /* rows from which on there is a status, */
    SCREEN_ROWS_SUBJECT = 8, /* and a subject */
    SCREEN_NONE = -1,
};

/* Where the parts of the screen are. SCREEN_NONE: there is none. */
struct screen_parts {
    int rows, columns;
    int subject, status, input; /* rows */
    int text, text_rows;        /* the first row of the text, and how many */
    int text_columns;
    int members; /* the column in which their list begins */
};

/* Pure. */
void screen_parts(struct screen_parts *parts, const struct scene *scene,
                  int rows, int columns);

/* screen_text.c */
void screen_text(const struct scene *scene, const struct screen_parts *parts);
/* screen_bars.c: subject, status, members */
void screen_bars(const struct scene *scene, const struct screen_parts *parts);
/* screen_input.c; leaves the cursor where it belongs */
void screen_input(const struct scene *scene, const struct screen_parts *parts);

#endif
