/* SPDX-License-Identifier: MPL-2.0 */
/*
 * complete: the list of what fits, made with the first Tab; see complete.h.
 *
 * Names are compared as the broker does it to find two that look the same
 * (NFKC_Casefold), by bytes where both are ASCII. Who spoke last is known from
 * the newest entries of the conversation, so no list of it is kept.
 */
#include "complete.h"

#include <stdlib.h>
#include <string.h>

#include "proto/name.h"

/* A word, folded. */
struct folded {
    uint8_t bytes[NAME_FOLD_MAX];
    size_t len;
};

static void
fold(struct slice word, struct folded *folded)
{
    if (!slice_is_ascii(word)) {
        folded->len = name_fold(word, folded->bytes);
        return;
    }
    folded->len = word.len;
    for (size_t i = 0; i < word.len; i++) {
        uint8_t c = word.data[i];
        folded->bytes[i] = (uint8_t)(c >= 'A' && c <= 'Z' ? c + 32 : c);
    }
}

static bool
fits(const char *name, const struct folded *typed)
{
    struct folded folded;
    if (name_fault(slice_str(name)))
        return false;
    fold(slice_str(name), &folded);
    return folded.len >= typed->len &&
           memcmp(folded.bytes, typed->bytes, typed->len) == 0;
}

/* Adds the name if it fits and is not there yet. */
static void
offer(struct complete *c, const char *name, const struct folded *typed)
{
    if (c->len == COMPLETE_MAX || !fits(name, typed))
        return;
    for (size_t i = 0; i < c->len; i++) {
        if (strcmp(c->found[i], name) == 0)
            return;
    }
    c->found[c->len] = strdup(name);
    c->len += c->found[c->len] != NULL;
}

static void
offer_all(struct complete *c, const char *const *names,
          const struct folded *typed)
{
    for (; names && *names; names++)
        offer(c, *names, typed);
}

static void
offer_open(struct complete *c, const struct buffers *bs, enum buffer_kind kind,
           const struct folded *typed)
{
    for (size_t i = 0; i < bs->len; i++) {
        if (bs->rows[i]->kind == kind)
            offer(c, bs->rows[i]->name, typed);
    }
}

/* Others who spoke here, the last one first. */
static void
offer_speakers(struct complete *c, const struct chat_buffer *b,
               const struct folded *typed)
{
    const char *before = "";
    size_t len = buffer_len(b);
    size_t most = len < COMPLETE_LOOK ? len : COMPLETE_LOOK;
    for (size_t i = 1; i <= most; i++) {
        const struct entry *e = buffer_at(b, len - i);
        if (!e->from || e->own || e->kind > ENTRY_NOTICE ||
            strcmp(e->from, before) == 0)
            continue;
        before = e->from;
        offer(c, e->from, typed);
    }
}

/* One's own id is nobody to talk to. */
static void
offer_ids(struct complete *c, const struct buffers *bs,
          const struct folded *typed)
{
    const struct chat_buffer *b = buffers_current(bs);
    offer_speakers(c, b, typed);
    if (b->kind == BUFFER_PERSON)
        offer(c, b->name, typed);
    for (size_t i = 0; i < b->member_count; i++) {
        if (strcmp(b->members[i], bs->id) != 0)
            offer(c, b->members[i], typed);
    }
    offer_open(c, bs, BUFFER_PERSON, typed);
}

static void
begin(struct complete *c, struct line *l, const struct complete_source *source)
{
    size_t start = l->cursor;
    while (start && !strchr(" \t\n", l->text[start - 1]))
        start--;
    bool ids = source->what == COMPLETE_IDS;
    bool commands = source->what == COMPLETE_COMMANDS;
    c->tail = ids && start == 0 ? ": " : " ";
    if (ids && l->text[start] == '@')
        c->tail = " ";
    if (start < l->cursor &&
        ((ids && l->text[start] == '@') || (commands && l->text[start] == '/')))
        start++; /* it stays where it is */
    c->start = start;
    c->behind = l->cursor;
    struct slice word = slice_of(l->text + start, l->cursor - start);
    struct folded typed;
    if (word.len > LIMIT_NAME)
        return;
    fold(word, &typed);
    if (word.len && !typed.len)
        return; /* of characters that no name can have */
    if (ids)
        offer_ids(c, source->buffers, &typed);
    else if (commands)
        offer_all(c, source->commands, &typed);
    else
        offer_open(c, source->buffers, BUFFER_ROOM, &typed);
    if (source->what == COMPLETE_ROOMS)
        offer_all(c, source->rooms, &typed);
}

/* Puts the chosen one into the line, with its tail unless there is a blank. */
static bool
put(struct complete *c, struct line *l)
{
    char text[LIMIT_NAME + 4];
    bool blank = strchr(" \t\n", l->text[c->behind]) && l->text[c->behind];
    int len = snprintf(text, sizeof text, "%s%s", c->found[c->at], c->tail);
    len -= blank;
    if (!line_replace(l, c->start, c->behind, slice_of(text, (size_t)len)))
        return false;
    c->behind = c->start + (size_t)len;
    return l->cursor == c->behind;
}

/* Whether what was put there last is still there, and the cursor behind it: the
 * line may be another one by now. */
static bool
stands(const struct complete *c, const struct line *l)
{
    size_t len = strlen(c->found[c->at]);
    return l->cursor == c->behind && c->behind - c->start >= len &&
           memcmp(l->text + c->start, c->found[c->at], len) == 0;
}

bool
complete_step(struct complete *c, struct line *l, int step,
              const struct complete_source *source)
{
    if (c->active && !stands(c, l))
        complete_end(c);
    if (!c->active) {
        begin(c, l, source);
        if (!c->len)
            return false;
        line_keep(l);
        c->at = step < 0 ? c->len - 1 : 0;
    } else {
        c->at = (c->at + (step < 0 ? c->len - 1 : 1)) % c->len;
    }
    l->typing = false;
    c->active = put(c, l);
    if (!c->active)
        complete_end(c);
    return true;
}

void
complete_end(struct complete *c)
{
    for (size_t i = 0; i < c->len; i++)
        free(c->found[i]);
    c->len = c->at = 0;
    c->active = false;
}
