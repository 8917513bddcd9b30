/* SPDX-License-Identifier: MPL-2.0 */
/*
 * term_line: the line that is being typed.
 *
 * Bytes of the terminal go in, one at a time, and edit a line of UTF-8: the
 * cursor moves by what a person takes for one character (grapheme clusters),
 * columns are those of East Asian width. It knows no terminal and reads no
 * clock, so tests can type into it; term_draw.c finds the window that follows
 * the cursor when the line is longer than the row.
 *
 * Alt-Enter puts a line feed into it. What is pasted enters nothing: one line
 * is put in, several are handed to the owner (LINE_PASTED), who asks.
 */
#ifndef CONFAB_TERM_LINE_H
#define CONFAB_TERM_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "proto/limits.h"
#include "proto/slice.h"

enum {
    LINE_HISTORY = 200,  /* lines that the arrow keys bring back */
    LINE_SEQUENCE = 32,  /* bytes of an escape sequence that are looked at */
    LINE_UNDO = 32,      /* steps that Ctrl-_ takes back */
    LINE_IDLE_MS = 50,   /* when line_idle is to be called */
    LINE_STALE = 40,     /* so many times, and a paste has ended by itself */
    PASTE_MAX = 1048576, /* bytes of a paste; the rest is dropped */
    PASTE_CHUNK = 4096,  /* the room for it grows from this */
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
    LINE_ENTER,   /* the line is complete: line_take */
    LINE_CLOSE,   /* Ctrl-D on an empty line */
    LINE_COMMAND, /* l->command, and l->go */
    LINE_PASTED,  /* l->pasted has several lines, or more than fits in here */
};

struct line {
    char text[LIMIT_TEXT + 1]; /* ends in a NUL; a line feed is a character */
    size_t len, cursor;        /* bytes; the cursor is at a boundary */
    size_t first;              /* the first byte in the window, at one, too */
    char killed[LIMIT_TEXT + 1];

    struct past *past; /* of the conversation; borrowed, or `own` */
    struct past own;
    size_t past_at; /* past->len: the line itself */
    char *draft;    /* the line, while an older one is shown */

    struct draft undo[LINE_UNDO]; /* the line as it was, newest last */
    size_t undo_len;
    bool typing; /* the last key put a character in: one step with the next */

    enum line_command command; /* with LINE_COMMAND */
    unsigned go;               /* with LINE_DO_GO, from 1 */

    enum {
        IN_GROUND,
        IN_ESCAPE,
        IN_CSI,
        IN_SS3,
        IN_STRING, /* an answer of the terminal, up to its end */
        IN_MOUSE,  /* three bytes of an old mouse report */
    } key;
    char sequence[LINE_SEQUENCE]; /* from behind the ESC */
    size_t sequence_len;
    uint8_t partial[4]; /* a character that is not complete */
    size_t partial_len;
    bool after_return; /* so that a LF behind it is not another line */

    bool pasting;      /* between the marks that a terminal puts around it */
    bool stale;        /* its end never came */
    bool burst;        /* no line_idle since the last byte */
    unsigned idles;    /* calls of line_idle since then */
    char *pasted;      /* UTF-8, lines end in a LF, ends in a NUL; LINE_PASTED:
                          until the next byte is fed */
    size_t pasted_len; /* bytes */
    size_t pasted_room;
    bool pasted_cut; /* it was longer than PASTE_MAX, or there is no memory */
};

struct line *line_new(void); /* NULL: no memory */
void line_free(struct line *l);
enum line_result line_feed(struct line *l, uint8_t byte);
/* Whether line_idle is to be called when no byte came for LINE_IDLE_MS; again
 * after it, as long as this says so. */
bool line_waits(const struct line *l);
/* No byte came: an ESC was the Escape key, what else began is given up. A paste
 * whose end does not come for long is taken for complete. */
enum line_result line_idle(struct line *l);
/* Puts the line into the history and empties it. Copies it to `text`. */
void line_take(struct line *l, char text[static LIMIT_TEXT + 1]);

/* The history is this one from now on (borrowed; NULL: the line's own). */
void line_use(struct line *l, struct past *past);
void past_free(struct past *past); /* its lines */
/* Takes the line away, so that another one can be typed. False, and nothing
 * changed: no memory. An empty line makes an empty draft. */
bool line_put_aside(struct line *l, struct draft *draft);
/* The line is what was put aside, which is then none; what was there is lost.
 */
void line_bring_back(struct line *l, struct draft *draft);
/* Puts `len` bytes of UTF-8 in the place of the bytes from `from` to `to`; the
 * cursor is behind them. False, and nothing changed: they do not fit. */
bool line_replace(struct line *l, size_t from, size_t to, struct slice text);

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
void line_transpose(struct line *l);  /* Ctrl-T */
void line_older(struct line *l);
void line_newer(struct line *l);
void line_undo(struct line *l); /* Ctrl-_ */
/* Ahead of a change: remembers the line for line_undo. */
void line_keep(struct line *l);
/* A paste: it begins, has one more character, ends. */
void line_paste_begin(struct line *l);
void line_paste(struct line *l, const uint8_t *bytes, size_t len);
enum line_result line_paste_end(struct line *l);

/* The end of the grapheme cluster that begins at `at`. */
size_t line_next(const struct line *l, size_t at);
/* The first boundary of clusters at or behind `from`. */
size_t line_boundary(const struct line *l, size_t from);
/* Columns of the bytes from `from` to `to`, as they are drawn: a tab and a line
 * feed are one, what is harmful is as wide as its escape. */
unsigned line_width(const char *text, size_t from, size_t to);
#define LINE_FEED_SIGN "\xe2\x8f\x8e" /* what a line feed is drawn as */

/* What of the line can be seen in one row. */
struct line_window {
    size_t start, end; /* bytes */
    unsigned column;   /* of the cursor, from the start */
};
/* The window moves no further than it must. `columns` includes one for the
 * cursor behind the text; 1 at least. */
void line_window(struct line *l, unsigned columns, struct line_window *window);

/* Writes prompt and line to the cursor's row, within `columns`. The prompt is
 * clean. Gives the column of the cursor. */
unsigned line_draw(struct line *l, FILE *out, const char *prompt,
                   unsigned columns);

#endif
