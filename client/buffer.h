/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffer: one conversation: a room, a person, or the program's own notes.
 *
 * It holds the newest BUFFER_ENTRIES entries in the order of the log. What has
 * a seq is put in its place by it, whichever way it came (live, or as a page of
 * history), and once. What has none stands where it came. What was said and is
 * not acknowledged yet stands behind all else, since nobody knows its place.
 *
 * No curses, no clock, no socket: time comes in, and tests type into it. The
 * struct has a longer name than its functions: proto/message.h has a buffer of
 * bytes, and the chat needs both.
 */
#ifndef CONFAB_BUFFER_H
#define CONFAB_BUFFER_H

#include "entry.h"
#include "proto/limits.h"
#include "term_line.h"

enum {
    BUFFER_ENTRIES = 10000, /* the oldest one goes when another comes, */
    BUFFER_TEXT = 4194304,  /* or when they have so many bytes of text */
    BUFFER_FOLD = 5,        /* names that one line of comings and goings has;
                               then it counts the rest */
};

enum buffer_kind { BUFFER_PROGRAM, BUFFER_ROOM, BUFFER_PERSON };

/* What happened in a buffer that nobody looks at; the higher wins. */
enum activity {
    ACTIVITY_NONE,
    ACTIVITY_COMING,  /* somebody came or went */
    ACTIVITY_MESSAGE, /* something was said */
    ACTIVITY_MENTION, /* to us */
};

struct chat_buffer {
    enum buffer_kind kind;
    char name[LIMIT_NAME + 1]; /* of the room or person */
    char *about;               /* of a room, NULL: none */
    bool closed;               /* a closed room */
    bool wanted;               /* a room to be a member of, joined or not yet */
    bool joined;               /* a room we are a member of now */
    bool online; /* a person who was connected last time we knew */

    char **members; /* of a room, sorted by name; */
    size_t member_count, member_room;
    bool members_known; /* false: there are more than the broker tells */
    uint64_t count;     /* how many there are */

    struct entry **entries; /* a ring */
    size_t first, len, room;
    size_t text;            /* bytes of the texts in it */
    struct entry **waiting; /* TICK_WAITING, oldest first */
    size_t waiting_len, waiting_room;
    uint64_t low;      /* id of the first entry; they are without gaps */
    struct fold *fold; /* who came and went in the last entry, NULL: nobody */
    uint64_t received; /* the receiver has all up to this seq */

    uint64_t read;   /* all up to this seq has been read: the marker */
    uint64_t newest; /* seq of the newest message, 0: none */
    uint64_t oldest; /* seq of the oldest message that was here, 0: none */
    bool whole;      /* nothing older is to be had, or can be held */
    uint64_t asked;  /* number of the question for a page of history that is
                        under way, 0: none */
    unsigned unread, mentions; /* behind the marker, by others */
    enum activity activity;

    bool unfolded;   /* long messages are shown whole */
    uint64_t bottom; /* scrolled back: the entry at the bottom, 0: it follows */
    unsigned below;  /* and that many of its rows are below the window */
    struct past past;
    struct draft draft; /* what was being typed here */
};

/* NULL: no memory. */
struct chat_buffer *buffer_new(enum buffer_kind kind, const char *name);
void buffer_free(struct chat_buffer *b);

/* How an entry came to be. */
enum buffer_how {
    BUFFER_LIVE,    /* just said: it counts as activity */
    BUFFER_HISTORY, /* a page of history */
};
/* Takes a copy of `e` (its id is not looked at). Gives the copy, which the
 * buffer owns; NULL when it is there already, is older than what a full buffer
 * holds, or there is no memory. */
const struct entry *buffer_add(struct chat_buffer *b, const struct entry *e,
                               enum buffer_how how);
/* What comes and goes is folded into one entry as long as nothing else is said:
 * "bob, eve enter; joe leaves", then "7 enter, 3 leave". Who comes back within
 * it is not mentioned at all. Gives the entry, new or changed; NULL when nobody
 * is left to mention and it is gone, or there is no memory. */
const struct entry *buffer_coming(struct chat_buffer *b, const char *id,
                                  bool enters, uint64_t time);

/* An own message that waits for its ok: it stands last. */
const struct entry *buffer_wait(struct chat_buffer *b, const struct entry *e);
/* It has its place (seq and time), or was refused (seq 0): it waits no more.
 * It is then an entry, to a person with TICK_KEPT; when a room gives it back,
 * it is there already. False: no such number here. */
bool buffer_sent(struct chat_buffer *b, uint64_t number, uint64_t seq,
                 uint64_t time);
/* The receiver has all up to seq: own entries are TICK_RECEIVED. */
void buffer_received(struct chat_buffer *b, uint64_t seq);
/* The message is gone: its entry has no text any more. */
void buffer_redact(struct chat_buffer *b, uint64_t seq);

/* Entry number `at` from the top, of buffer_len(). The waiting ones are the
 * last. An entry's id is its place, counted from `low`: what comes in between
 * moves the ids on the shorter side of it by one, and `bottom` with them. */
size_t buffer_len(const struct chat_buffer *b);
const struct entry *buffer_at(const struct chat_buffer *b, size_t at);
/* Where the entry with this id is, or the first one behind it. */
size_t buffer_where(const struct chat_buffer *b, uint64_t id);
/* Where the line of the marker is drawn: before entry number .., or SIZE_MAX:
 * all is read, or nothing was read before. */
size_t buffer_marker(const struct chat_buffer *b);
/* Somebody looks at it, to its end: no activity. The marker stays where it is
 * until buffer_left. */
void buffer_seen(struct chat_buffer *b);
/* He looks elsewhere: all is read. */
void buffer_left(struct chat_buffer *b);
/* /clear: the entries go, the log keeps them. A page that is under way is not
 * waited for any more. */
void buffer_clear(struct chat_buffer *b);

/* Members of a room. `ids` are `len` of `count`. */
bool buffer_members(struct chat_buffer *b, const char *const *ids, size_t len,
                    uint64_t count);
bool buffer_enter(struct chat_buffer *b, const char *id, uint64_t count);
void buffer_exit(struct chat_buffer *b, const char *id, uint64_t count);

#endif
