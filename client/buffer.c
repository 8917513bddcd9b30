/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffer: entries in a ring, found by their place; see buffer.h.
 *
 * Nearly every entry is newer than all others, so it is put at the end without
 * a look at the rest. One that is not (a page of history, something delivered
 * again) is found a place by halving, and the shorter side of the ring moves.
 * Entries without a seq have no order: they are stepped over, and what is older
 * than they are by the clock goes in front of them only if it is history.
 */
#include "buffer_inner.h"

#include <stdlib.h>
#include <string.h>

enum { RING_ROOM = 64 /* entries; doubled as they come */ };
#define FIRST_ID (UINT64_C(1) << 32) /* room for older ones below it */

struct chat_buffer *
buffer_new(enum buffer_kind kind, const char *name)
{
    struct chat_buffer *b = calloc(1, sizeof *b);
    size_t len = strlen(name);
    if (!b || len > LIMIT_NAME) {
        free(b);
        return NULL;
    }
    b->kind = kind;
    memcpy(b->name, name, len + 1);
    b->low = FIRST_ID;
    return b;
}

struct entry **
buffer_slot(const struct chat_buffer *b, size_t at)
{
    size_t slot = b->first + at;
    return &b->entries[slot < b->room ? slot : slot - b->room];
}

void
buffer_free(struct chat_buffer *b)
{
    if (!b)
        return;
    buffer_clear(b);
    for (size_t i = 0; i < b->waiting_len; i++)
        free(b->waiting[i]);
    free(b->waiting);
    free(b->entries);
    buffer_members_free(b);
    free(b->about);
    past_free(&b->past);
    free(b->draft.text);
    free(b);
}

struct entry *
buffer_copy(const struct entry *e)
{
    size_t from = e->from ? strlen(e->from) + 1 : 0;
    size_t text = e->text && !e->gone ? e->text_len : 0;
    struct entry *copy = malloc(sizeof *copy + from + text + 1);
    if (!copy)
        return NULL;
    char *bytes = (char *)(copy + 1);
    *copy = *e;
    copy->from = from ? bytes : NULL;
    if (from)
        memcpy(bytes, e->from, from);
    if (text)
        memcpy(bytes + from, e->text, text);
    bytes[from + text] = '\0';
    copy->text = bytes + from;
    copy->text_len = text;
    return copy;
}

/* The ring has room for one more; false: no memory. */
static bool
make_room(struct chat_buffer *b)
{
    if (b->len < b->room || b->len == BUFFER_ENTRIES)
        return true; /* for a full one another goes */
    size_t room = b->room ? b->room * 2 : RING_ROOM;
    if (room > BUFFER_ENTRIES)
        room = BUFFER_ENTRIES;
    struct entry **entries = malloc(room * sizeof *entries);
    if (!entries)
        return false;
    for (size_t i = 0; i < b->len; i++)
        entries[i] = *buffer_slot(b, i);
    free(b->entries);
    b->entries = entries;
    b->room = room;
    b->first = 0;
    return true;
}

/* Bytes that count: comings and goings are short, and change. */
static size_t
text_of(const struct entry *e)
{
    return e->kind == ENTRY_COMING ? 0 : e->text_len;
}

static void
drop_first(struct chat_buffer *b)
{
    struct entry *e = *buffer_slot(b, 0);
    b->text -= text_of(e);
    b->first = (b->first + 1) % b->room;
    b->len--;
    b->low++;
    if (b->bottom && b->bottom < b->low)
        b->bottom = b->low;
    if (e->seq) { /* the oldest one: the next that has a seq is it now */
        size_t at = 0;
        while (at < b->len && !(*buffer_slot(b, at))->seq)
            at++;
        b->oldest = at < b->len ? (*buffer_slot(b, at))->seq : 0;
    }
    free(e);
}

void
buffer_drop_last(struct chat_buffer *b)
{
    b->len--;
    b->text -= text_of(*buffer_slot(b, b->len));
    free(*buffer_slot(b, b->len));
    if (b->bottom > b->low + b->len)
        b->bottom--;
}

/* Moves what is on the shorter side of `at` away, and puts it there. */
static void
insert(struct chat_buffer *b, size_t at, struct entry *e)
{
    size_t bottom = b->bottom ? (size_t)(b->bottom - b->low) : 0;
    if (at < b->len - at) {
        b->first = (b->first + b->room - 1) % b->room;
        b->low--;
        for (size_t i = 0; i < at; i++)
            *buffer_slot(b, i) = *buffer_slot(b, i + 1);
    } else {
        for (size_t i = b->len; i > at; i--)
            *buffer_slot(b, i) = *buffer_slot(b, i - 1);
    }
    *buffer_slot(b, at) = e;
    b->text += text_of(e);
    b->len++;
    if (b->bottom)
        b->bottom = b->low + bottom + (bottom >= at);
    if (e->seq > b->newest)
        b->newest = e->seq;
    if (e->seq && (!b->oldest || e->seq < b->oldest))
        b->oldest = e->seq;
}

size_t
buffer_above(const struct chat_buffer *b, uint64_t seq)
{
    size_t from = 0;
    size_t to = b->len;
    if (seq >= b->newest)
        return to;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        size_t at = middle;
        while (at < to && !(*buffer_slot(b, at))->seq)
            at++;
        if (at == to || (*buffer_slot(b, at))->seq > seq)
            to = middle;
        else
            from = at + 1;
    }
    while (to < b->len && !(*buffer_slot(b, to))->seq)
        to++;
    return to;
}

struct entry *
buffer_find_seq(const struct chat_buffer *b, uint64_t seq)
{
    size_t at = seq ? buffer_above(b, seq) : 0;
    while (at && !(*buffer_slot(b, at - 1))->seq)
        at--;
    struct entry *e = at ? *buffer_slot(b, at - 1) : NULL;
    return e && e->seq == seq ? e : NULL;
}

static size_t
place_of(const struct chat_buffer *b, const struct entry *e,
         enum buffer_how how)
{
    size_t at = e->seq ? buffer_above(b, e->seq) : b->len;
    if (how == BUFFER_LIVE || !e->seq)
        return at;
    for (; at; at--) {
        const struct entry *above = *buffer_slot(b, at - 1);
        if (above->seq || above->time <= e->time)
            break;
    }
    return at;
}

static enum activity
activity_of(const struct entry *e)
{
    switch (e->kind) {
    case ENTRY_MESSAGE:
    case ENTRY_ACTION:
    case ENTRY_NOTICE:
        return e->own       ? ACTIVITY_NONE
               : e->mention ? ACTIVITY_MENTION
                            : ACTIVITY_MESSAGE;
    case ENTRY_ERROR:
        return ACTIVITY_MESSAGE;
    case ENTRY_COMING:
    case ENTRY_NEWS:
    case ENTRY_STATUS:
        break;
    }
    return ACTIVITY_COMING;
}

/* History counts from where somebody once read to; before that, all of it is
 * old. */
static void
count(struct chat_buffer *b, const struct entry *e, enum buffer_how how)
{
    enum activity activity = activity_of(e);
    bool unread = how == BUFFER_LIVE ? !e->seq || e->seq > b->read
                                     : b->read && e->seq > b->read;
    if (how == BUFFER_LIVE && activity > b->activity)
        b->activity = activity;
    if (!unread || e->own || e->kind > ENTRY_NOTICE)
        return;
    b->unread++;
    b->mentions += e->mention;
}

/* An older one has to go for this one. */
static bool
is_full(const struct chat_buffer *b, const struct entry *e)
{
    return b->len == BUFFER_ENTRIES ||
           (b->len && b->text + text_of(e) > BUFFER_TEXT);
}

const struct entry *
buffer_place(struct chat_buffer *b, struct entry *e, enum buffer_how how)
{
    if (!e)
        return NULL;
    bool newer = e->seq > b->newest;
    bool there = e->seq && !newer && buffer_find_seq(b, e->seq);
    size_t at = there ? 0 : place_of(b, e, how);
    bool full = is_full(b, e);
    if (there || (full && at == 0) || !make_room(b)) {
        b->whole |= !there && full;
        free(e);
        return NULL;
    }
    if (at == b->len)
        buffer_fold_end(b);
    for (; at && is_full(b, e); at--)
        drop_first(b);
    if (is_full(b, e)) { /* it is the oldest itself by now */
        b->whole = true;
        free(e);
        return NULL;
    }
    if (e->own && e->tick != TICK_WAITING && b->kind == BUFFER_PERSON &&
        e->seq && e->seq <= b->received)
        e->tick = TICK_RECEIVED;
    insert(b, at, e);
    count(b, e, how);
    e->id = b->low + at;
    return e;
}

const struct entry *
buffer_add(struct chat_buffer *b, const struct entry *e, enum buffer_how how)
{
    return buffer_place(b, buffer_copy(e), how);
}

size_t
buffer_len(const struct chat_buffer *b)
{
    return b->len + b->waiting_len;
}

const struct entry *
buffer_at(const struct chat_buffer *b, size_t at)
{
    struct entry *e = at < b->len ? *buffer_slot(b, at)
                                  : b->waiting[at - b->len];
    e->id = b->low + at;
    return e;
}

size_t
buffer_where(const struct chat_buffer *b, uint64_t id)
{
    size_t len = buffer_len(b);
    if (id < b->low)
        return 0;
    return id - b->low < len ? (size_t)(id - b->low) : len;
}

size_t
buffer_marker(const struct chat_buffer *b)
{
    size_t at = b->read && b->unread ? buffer_above(b, b->read) : b->len;
    return at < b->len ? at : SIZE_MAX;
}

void
buffer_seen(struct chat_buffer *b)
{
    b->activity = ACTIVITY_NONE;
}

void
buffer_left(struct chat_buffer *b)
{
    buffer_seen(b);
    if (b->newest > b->read)
        b->read = b->newest;
    b->unread = b->mentions = 0;
}

void
buffer_clear(struct chat_buffer *b)
{
    buffer_fold_end(b);
    for (size_t i = 0; i < b->len; i++)
        free(*buffer_slot(b, i));
    b->low += b->len;
    b->first = b->len = b->text = 0;
    b->oldest = 0;
    b->bottom = b->below = 0;
    b->whole = false;
    b->asked = 0;
}
