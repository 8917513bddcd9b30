/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who asks, where he may look, and whether a message is what he looks for. What
 * costs most, the words of the text, comes last.
 */
#include "search.h"

#include <stdlib.h>

#include "xmem.h"

struct log_search *
search_new(void)
{
    return xcalloc(1, sizeof(struct log_search));
}

void
search_free(struct log_search **address)
{
    struct log_search *search = *address;
    *address = NULL;
    if (!search)
        return;
    free(search->veil.rooms);
    terms_fini(&search->terms);
    words_fini(&search->words);
    free(search);
}

static struct slice
asker(const struct log_search *search)
{
    return slice_of(search->query.name, search->query.name_len);
}

static struct slice
subject(const struct log_search *search)
{
    return slice_of(search->room, search->room_len);
}

static bool
is_veiled(const struct veil *veil, struct slice room)
{
    size_t low = 0, high = veil->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = slice_cmp(veil->rooms[middle], room);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

bool
search_wants(const struct log_search *search, enum channel_kind kind,
             struct slice name, struct slice with)
{
    if (kind == CHANNEL_ROOM && search->where == SEARCH_ROOM)
        return slice_eq(name, subject(search));
    if (kind == CHANNEL_ROOM)
        return search->where == SEARCH_ALL && !is_veiled(&search->veil, name);
    if (kind != CHANNEL_TALK || search->where == SEARCH_ROOM)
        return false;
    bool first = slice_eq(name, asker(search));
    bool second = slice_eq(with, asker(search));
    if (search->where == SEARCH_ALL)
        return first || second;
    return (first && slice_eq(with, subject(search))) ||
           (second && slice_eq(name, subject(search)));
}

bool
search_match(struct log_search *search, const struct message *m)
{
    const struct log_query *q = &search->query;
    struct slice from = slice_of(search->from, search->from_len);
    if (!m->text.len || m->seq >= q->bound || m->time < search->since ||
        (m->op == OP_TELL && m->seq <= q->floor.seq) ||
        (from.len && !slice_eq(from, m->from)))
        return false;
    words_clear(&search->words);
    words_add(&search->words, m->text);
    return terms_match(&search->terms, words_all(&search->words));
}
