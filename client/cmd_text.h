/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_text: what others wrote, as text that may go to a terminal.
 *
 * Whatever a stranger sends, it must not move the cursor, change the title,
 * turn the direction of what follows or fake a line of its own. So control
 * characters (C0 but the tab, DEL, C1), bidi controls and the line separators
 * U+2028 and U+2029 are written as \u001b, in four hex digits: visible,
 * harmless, and in a JSON string still the same value.
 *
 * A terminal cuts a long line into rows where it has no more columns, and what
 * stands at the start of a row looks like a line of its own: whoever knows or
 * guesses how wide it is can have somebody else say something. So what goes to
 * a terminal is cut into rows here, and each but the first is indented.
 */
#ifndef CONFAB_CMD_TEXT_H
#define CONFAB_CMD_TEXT_H

#include <stdio.h>

#include "confab.h"
#include "proto/slice.h"

/* True for the characters that are escaped; TEXT_ESCAPED columns each. */
bool text_is_harmful(int32_t point);
enum { TEXT_ESCAPED = 6 };

/* Writes the text with what is above escaped; bytes that are no UTF-8 become
 * U+FFFD. A line feed is escaped, too. */
void text_clean(FILE *out, struct slice text);
/* The same for a C string; NULL writes nothing. */
void text_clean_str(FILE *out, const char *text);

/* "13:46", in local time. */
void text_time(FILE *out, uint64_t ms);

/* The colour of an id, as a number below TEXT_HUES: always the same, here and
 * on the whole screen (theme.h). */
enum { TEXT_HUES = 6 };
unsigned text_hue(const char *id);
/* Where it is written. All zero: plain, and not to a terminal. */
struct text_look {
    bool color;
    unsigned columns; /* of the terminal; 0: it is none */
    unsigned used;    /* of these, by what the caller has written before */
    bool whole;       /* all rows of a text, or TEXT_MOST at most */
    const char *rest; /* then: how to see those that are missing */
};

/* The text, behind `used` columns. On a terminal in rows, as wrap.h makes them;
 * those behind the first begin with TEXT_HANG blanks. Else as text_clean. */
enum {
    TEXT_HANG = 6,  /* as wide as the time */
    TEXT_MOST = 12, /* rows; the last one tells how many more there are */
    TEXT_LEAST = 10 /* columns; with fewer left it begins in the next row */
};
void text_rows(FILE *out, struct slice text, const struct text_look *look);

/* The id, with `color` in that. */
void text_id(FILE *out, const char *id, bool color);

/* One message, on one line unless a terminal is too narrow for it, without the
 * line feed at its end:
 *     13:46 lobby <ann> text      13:46 lobby * ann text      (action)
 *     13:46 lobby -ann- text      (notice)
 *     13:46 @bob <ann> text       (to bob alone)
 *     13:46 lobby * ann removed the message 1795355500000001
 * `text` stands in for the message's own text. */
void text_message(FILE *out, const confab_event *e, struct slice text,
                  const struct text_look *look);

/* What happened in a room besides messages, without the room and the line feed:
 *     bob enters      bob leaves (kicked)      ann: about TEXT
 *     ann invites you                                          */
void text_news(FILE *out, const confab_event *e, const struct text_look *look);
/* Whether the event says that `id`, which is us, was put out of a room. */
bool text_is_own_end(const confab_event *e, const char *id);

/* What stands for the body of a message without text: its data as JSON, or
 * "(removed)". Borrows from `e` or is static; `*made` is to be freed. */
struct slice text_body(const confab_event *e, char **made);

#endif
