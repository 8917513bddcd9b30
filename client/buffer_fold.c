/* SPDX-License-Identifier: MPL-2.0 */
/*
 * buffer_fold: comings and goings of many people in one entry.
 *
 * As long as nothing else is said, each change makes the last entry anew from
 * the list of those who are elsewhere than before it. Who is where he was then
 * is taken off the list, so a client that reconnects every second is one line
 * that comes and goes, and no flood.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "buffer_inner.h"

enum { FOLD_MAX = 1024 /* names; whoever is more is only counted */ };

struct fold {
    char (*names)[LIMIT_NAME + 1]; /* in the order in which they came */
    bool *enters;
    size_t len, room;
    size_t more[2]; /* beyond FOLD_MAX: leaves, enters */
};

void
buffer_fold_end(struct chat_buffer *b)
{
    if (!b->fold)
        return;
    free(b->fold->names);
    free(b->fold->enters);
    free(b->fold);
    b->fold = NULL;
}

static void
take_off(struct fold *f, size_t at)
{
    f->len--;
    memmove(f->names + at, f->names + at + 1, (f->len - at) * sizeof *f->names);
    memmove(f->enters + at, f->enters + at + 1,
            (f->len - at) * sizeof *f->enters);
}

static bool
make_room(struct fold *f)
{
    if (f->len < f->room)
        return true;
    size_t room = f->room ? f->room * 2 : 8;
    void *names = realloc(f->names, room * sizeof *f->names);
    if (names)
        f->names = names;
    void *enters = realloc(f->enters, room * sizeof *f->enters);
    if (enters)
        f->enters = enters;
    if (!names || !enters)
        return false;
    f->room = room;
    return true;
}

/* False: no memory. */
static bool
note(struct fold *f, const char *id, bool enters)
{
    for (size_t i = 0; i < f->len; i++) {
        if (strcmp(f->names[i], id) != 0)
            continue;
        if (f->enters[i] != enters)
            take_off(f, i);
        return true;
    }
    if (f->len == FOLD_MAX) {
        f->more[enters]++;
        return true;
    }
    if (!make_room(f))
        return false;
    snprintf(f->names[f->len], sizeof f->names[f->len], "%s", id);
    f->enters[f->len++] = enters;
    return true;
}

/* "bob, eve enter" or "7 enter"; behind what is in `out` already. */
static void
tell(const struct fold *f, bool enters, bool named, FILE *out)
{
    static const char *const verbs[2][2] = {{"leave", "leaves"},
                                            {"enter", "enters"}};
    size_t count = f->more[enters];
    for (size_t i = 0; i < f->len; i++)
        count += f->enters[i] == enters;
    if (!count)
        return;
    if (ftell(out) > 0)
        fputs(named ? "; " : ", ", out);
    const char *between = "";
    for (size_t i = 0; named && i < f->len; i++) {
        if (f->enters[i] != enters)
            continue;
        fprintf(out, "%s%s", between, f->names[i]);
        between = ", ";
    }
    if (!named)
        fprintf(out, "%zu", count);
    fprintf(out, " %s", verbs[enters][count == 1]);
}

static struct entry *
make_entry(const struct fold *f, uint64_t time)
{
    enum { LONGEST = BUFFER_FOLD * (LIMIT_NAME + 2) + 64 };
    char text[LONGEST] = "";
    FILE *out = fmemopen(text, sizeof text, "w");
    if (!out)
        return NULL;
    bool named = f->len <= BUFFER_FOLD && !f->more[0] && !f->more[1];
    tell(f, true, named, out);
    tell(f, false, named, out);
    fclose(out);
    return buffer_copy(&(struct entry){.kind = ENTRY_COMING,
                                       .time = time,
                                       .text = text,
                                       .text_len = strlen(text)});
}

/* The last entry is the fold's; it becomes `e`. */
static const struct entry *
change_last(struct chat_buffer *b, struct entry *e)
{
    struct entry **last = buffer_slot(b, b->len - 1);
    e->id = b->low + b->len - 1;
    free(*last);
    *last = e;
    return e;
}

const struct entry *
buffer_coming(struct chat_buffer *b, const char *id, bool enters, uint64_t time)
{
    struct fold *f = b->fold;
    bool begun = f && (f->len || f->more[0] || f->more[1]);
    if (!f)
        f = b->fold = calloc(1, sizeof *f);
    if (!f || !note(f, id, enters))
        return NULL;
    if (!f->len && !f->more[0] && !f->more[1]) {
        if (begun)
            buffer_drop_last(b);
        return NULL;
    }
    struct entry *e = make_entry(f, time);
    if (!e)
        return NULL;
    if (begun)
        return change_last(b, e);
    b->fold = NULL; /* so that its own first entry does not end it */
    const struct entry *placed = buffer_place(b, e, BUFFER_LIVE);
    b->fold = f;
    if (!placed)
        buffer_fold_end(b);
    return placed;
}
