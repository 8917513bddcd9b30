/* SPDX-License-Identifier: MPL-2.0 */
/*
 * entry: one thing that stands in a conversation: what somebody said, who came
 * and went, what the broker or this program has to tell.
 *
 * An entry is data, never text made for a screen: it keeps the seq and the time
 * it has in the log, and who said it. How it looks is a matter of the view
 * (screen.c, chat_plain.c).
 */
#ifndef CONFAB_ENTRY_H
#define CONFAB_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum entry_kind {
    ENTRY_MESSAGE, /* <ann> text */
    ENTRY_ACTION,  /* * ann text */
    ENTRY_NOTICE,  /* -ann- text */
    ENTRY_COMING, /* who entered and left; text: "bob, eve enter; joe leaves" */
    ENTRY_NEWS,   /* what a moderator or the broker did; text */
    ENTRY_STATUS, /* what this program says; text */
    ENTRY_ERROR,  /* the same, and something is wrong */
};

/* How far one's own message has come. */
enum entry_tick {
    TICK_NONE,
    TICK_WAITING,  /* not acknowledged by the broker yet */
    TICK_KEPT,     /* on the broker's disk */
    TICK_RECEIVED, /* its receiver has it (direct messages) */
};

struct entry {
    uint64_t id;     /* in its buffer, grows from the top down; buffer_at */
    uint64_t seq;    /* in the log, 0: it is not there */
    uint64_t time;   /* ms since 1970 */
    uint64_t number; /* libconfab's, while TICK_WAITING */
    enum entry_kind kind;
    enum entry_tick tick;
    bool own;         /* we said it */
    bool mention;     /* it has our id in it, or is for us alone */
    bool gone;        /* a moderator took it away: no text */
    const char *from; /* NULL: nobody */
    const char *text; /* raw, ends in a NUL; may hold line feeds, and whatever
                         a stranger put there */
    size_t text_len;
};

#endif
