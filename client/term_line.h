/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_line: the line that is being typed.
 *
 * Bytes of the terminal go in, one at a time, and edit a line of UTF-8: the
 * cursor moves by what a person takes for one character (grapheme clusters),
 * columns are those of East Asian width. It knows no terminal and reads no
 * clock, so tests can type into it; term_draw.c writes it to one row, with a
 * window that follows the cursor when the line is longer.
 */
#ifndef CONFAB_TERM_LINE_H
#define CONFAB_TERM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/limits.h"

enum {
    LINE_HISTORY = 200, /* lines that the arrow keys bring back */
    LINE_SEQUENCE = 16, /* bytes of an escape sequence */
};

struct line {
    char text[LIMIT_TEXT + 1]; /* ends in a NUL */
    size_t len, cursor;        /* bytes; the cursor is at a boundary */
    char killed[LIMIT_TEXT + 1];
    char *past[LINE_HISTORY]; /* newest last */
    size_t past_len, past_at; /* past_at == past_len: the line itself */
    char *draft;              /* the line, while an older one is shown */
    enum { KEY_GROUND, KEY_ESCAPE, KEY_CSI, KEY_SS3 } key;
    char sequence[LINE_SEQUENCE];
    size_t sequence_len;
    uint8_t partial[4]; /* a character that is not complete */
    size_t partial_len;
    bool pasting;
    bool after_return; /* so that a LF behind it is not another line */
    size_t first;      /* the first byte in the window */
};

/* Lines that were typed in one conversation, for the arrow keys. */
struct past {
    char *lines[LINE_HISTORY]; /* newest last */
    size_t len;
};

/* A line that is put aside, half typed. */
struct draft {
    char *text; /* NULL: none */
    size_t cursor;
};

/* Keys that are not about the line; the owner of the line knows what they do.
 */
enum line_command {
    LINE_DO_NOTHING,
    LINE_DO_COMPLETE,      /* Tab */
    LINE_DO_COMPLETE_BACK, /* Shift-Tab */
    LINE_DO_PAGE_UP,       /* PageUp */
    LINE_DO_PAGE_DOWN,
    LINE_DO_WHEEL_UP, /* of the mouse */
    LINE_DO_WHEEL_DOWN,
    LINE_DO_TOP,      /* Ctrl-Home, Alt-< */
    LINE_DO_BOTTOM,   /* Ctrl-End, Alt-> */
    LINE_DO_NEXT,     /* Ctrl-N: the next conversation */
    LINE_DO_PREVIOUS, /* Ctrl-P */
    LINE_DO_ACTIVE,   /* Alt-A: where something happened */
    LINE_DO_GO,       /* Alt-1 ... Alt-9, Alt-0: number l->go, from 1 */
    LINE_DO_REDRAW,   /* Ctrl-L */
    LINE_DO_MEMBERS,  /* F9, Alt-N: the list of members on and off */
    LINE_DO_CANCEL,   /* Escape alone, Ctrl-G */
};

enum line_result {
    LINE_NOTHING, /* nothing to see */
    LINE_CHANGED,
    LINE_ENTER, /* the line is complete: line_take */
    LINE_CLEAR, /* Ctrl-L: clear the screen */
    LINE_CLOSE, /* Ctrl-D on an empty line */
};

struct line *line_new(void); /* NULL: no memory */
void line_free(struct line *l);
enum line_result line_feed(struct line *l, uint8_t byte);
/* Puts the line into the history and empties it. Copies it to `text`. */
void line_take(struct line *l, char text[static LIMIT_TEXT + 1]);

/* What one key does; for term_keys.c. */
void line_insert(struct line *l, const uint8_t *bytes, size_t len);
void line_left(struct line *l);
void line_right(struct line *l);
void line_word_left(struct line *l);
void line_word_right(struct line *l);
void line_home(struct line *l);
void line_end(struct line *l);
void line_backspace(struct line *l);
void line_delete(struct line *l);
void line_kill_word(struct line *l);  /* Ctrl-W */
void line_kill_left(struct line *l);  /* Ctrl-U */
void line_kill_right(struct line *l); /* Ctrl-K */
void line_kill_next(struct line *l);  /* Alt-D */
void line_yank(struct line *l);       /* Ctrl-Y */
void line_older(struct line *l);
void line_newer(struct line *l);

/* The end of the grapheme cluster that begins at `at`. */
size_t line_next(const struct line *l, size_t at);
/* Columns of the bytes from `from` to `to`, as they are drawn. */
unsigned line_width(const char *text, size_t from, size_t to);

/* Writes prompt and line to the cursor's row, within `columns`. The prompt is
 * clean. Gives the column of the cursor. */
unsigned line_draw(struct line *l, FILE *out, const char *prompt,
                   unsigned columns);

#endif
