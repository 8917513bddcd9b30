/* SPDX-License-Identifier: MPL-2.0 */
/*
 * screen_rows: a conversation as rows, of which a window shows some. Pure.
 *
 * An entry takes one row or more: what is drawn above it (a new day, the line
 * between read and unread), then its text, wrapped. Only what is in the window
 * is ever wrapped, from the bottom up, so it does not matter how long the
 * conversation is; and where it is scrolled to is an entry and some of its
 * rows, so it stays there while others come and go. One message does not fill
 * the window: what is more than ROWS_MOST rows is one that says how many.
 */
#ifndef CONFAB_SCREEN_ROWS_H
#define CONFAB_SCREEN_ROWS_H

#include "buffer.h"

enum {
    ROWS_MOST = 12,   /* of one message, unless its buffer is unfolded */
    ROWS_TIME = 6,    /* columns of "14:25 " */
    ROWS_TICK = 3,    /* of " ✓✓", kept free behind what is our own */
    ROWS_INLINE = 60, /* below this many columns ids stand in the text */
    ROWS_HANG = 40,   /* below this many the rows of a text hang less */
};

/* What stands in front of a text: before, the id, behind. */
struct rows_head {
    const char *before, *behind;
    const char *id; /* NULL: none */
    size_t id_len;  /* bytes of it that have room; */
    bool cut;       /* then "…" follows */
    unsigned columns;
};

enum rows_kind { ROWS_TEXT, ROWS_DAY, ROWS_MARKER, ROWS_MORE };

/* One row. */
struct rows_row {
    enum rows_kind kind;
    const struct entry *entry;
    const char *text; /* of ROWS_TEXT */
    size_t start, end;
    unsigned indent;  /* the column of the text */
    unsigned columns; /* of the text */
    bool first, last; /* of the entry's text */
    unsigned more;    /* of ROWS_MORE: rows of it that are not shown */
};

/* A window onto a conversation. */
struct rows_view {
    const struct chat_buffer *buffer;
    unsigned height, columns;
    size_t len;    /* entries */
    size_t marker; /* buffer_marker */
};

/* The entry at the bottom of the window, and how many of its rows are below. */
struct rows_place {
    size_t at;
    unsigned below;
};

void rows_view(struct rows_view *v, const struct chat_buffer *b,
               unsigned height, unsigned columns);
/* Where the buffer is scrolled to, as far as the window can be filled. */
struct rows_place rows_place(const struct rows_view *v);
/* Moves the place up by that many rows, down when it is less than 0. */
struct rows_place rows_move(const struct rows_view *v, struct rows_place p,
                            int rows);
struct rows_place rows_top(const struct rows_view *v);
struct rows_place rows_bottom(const struct rows_view *v);
/* The buffer is scrolled to it; to its end: it follows. */
void rows_keep(const struct rows_view *v, struct rows_place p,
               struct chat_buffer *b);
/* Nothing is below the window: it follows what is said. */
bool rows_follows(const struct rows_view *v, struct rows_place p);
/* The window begins with the first entry, or there is none. */
bool rows_at_top(const struct rows_view *v, struct rows_place p);

/* Gives the rows of the window, in no certain order; `y` is from its top. The
 * last one is at its bottom, whether it is full or not. */
typedef void rows_take(void *context, unsigned y, const struct rows_row *row);
void rows_each(const struct rows_view *v, struct rows_place p, rows_take *take,
               void *context);

void rows_head(const struct entry *e, unsigned columns, struct rows_head *head);

#endif
