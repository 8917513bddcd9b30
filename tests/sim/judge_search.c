/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What a search brings, held against a walk over the disk: each message is one
 * that is sought, of those that the person may read, and was not redacted when
 * he asked; and none is missing that was there by then and that he could read
 * all the time.
 */
#include <stdio.h>

#include "judge_state.h"

void
judge_seeks(struct world *w, struct sought *s)
{
    const struct disk *disk = w->disk;
    s->records = disk->count;
    if (s->before && disk->count)
        s->before = disk->kept[disk->count * s->before / 100]->seq;
}

static void
search_fails(struct world *w, unsigned person, const struct sought *s,
             uint64_t seq, const char *what)
{
    world_fail(w, "search", "%s looked for %s (%u, %u) before %llu: %llu %s",
               w->setup->parts[person].id, s->text, s->where, s->other,
               (unsigned long long)s->before, (unsigned long long)seq, what);
}

/* Is it one of those that are looked for, wherever it is? */
static bool
is_sought(const struct sought *s, const struct kept *k)
{
    char text[16];
    size_t len = strlen(s->text) - 1; /* without the star */
    (void)snprintf(text, sizeof text, "s%u", k->serial);
    return k->serial != NO_SERIAL && !strncmp(text, s->text, len) &&
           (!s->before || k->seq < s->before);
}

static bool
is_there(const struct world *w, unsigned person, const struct sought *s,
         const struct kept *k)
{
    struct slice me = slice_str(w->setup->parts[person].id);
    bool ours = k->kind == RECORD_TELL &&
                (slice_eq(k->from, me) || slice_eq(k->name, me));
    if (s->where == SOUGHT_IN_ALL)
        return ours || k->kind == RECORD_SAY;
    if (s->where == SOUGHT_IN_ROOM)
        return k->kind == RECORD_SAY &&
               slice_eq(k->name, slice_str(script_room(s->other)));
    struct slice other = slice_str(w->setup->parts[s->other].id);
    return k->kind == RECORD_TELL &&
           ((slice_eq(k->from, me) && slice_eq(k->name, other)) ||
            (slice_eq(k->from, other) && slice_eq(k->name, me)));
}

/* All the time since he asked, or at some time. */
static bool
may_read(const struct world *w, unsigned person, const struct sought *s,
         const struct kept *k, bool always)
{
    unsigned room = judge_find_room(k->name);
    if (k->kind != RECORD_SAY || !script_is_closed(w->setup, room))
        return true;
    bool listed = false, some = false, all = true;
    for (size_t i = 0; i <= w->disk->count; i++) {
        if (i >= s->records) {
            some = some || listed;
            all = all && listed;
        }
        if (i < w->disk->count &&
            rights_is_listing(w->disk->kept[i], k->name,
                              slice_str(w->setup->parts[person].id)))
            listed = !w->disk->kept[i]->lifted;
    }
    return always ? all : some;
}

/* Newest first, and each may be there. */
static void
check_found(struct world *w, unsigned person, const struct sought *s,
            const struct page *page)
{
    for (size_t i = 0; i < page->count; i++) {
        const struct kept *k = disk_find(w->disk, page->seqs[i]);
        uint64_t seq = page->seqs[i];
        if (i && seq >= page->seqs[i - 1])
            search_fails(w, person, s, seq, "is not older");
        if (!k || !is_sought(s, k) || !is_there(w, person, s, k))
            search_fails(w, person, s, seq, "is not what is looked for");
        else if (!may_read(w, person, s, k, false))
            search_fails(w, person, s, seq, "may not be read");
        else if (page->gone[i] || rights_is_redacted(w->disk, s->records, k))
            search_fails(w, person, s, seq, "is redacted");
    }
}

void
judge_found(struct world *w, unsigned person, const struct sought *s,
            const struct page *page)
{
    size_t at = 0;
    check_found(w, person, s, page);
    if (!page->complete)
        search_fails(w, person, s, 0, "it is not complete");
    if (page->more && !page->upto)
        search_fails(w, person, s, 0, "does not tell where to go on");
    for (size_t i = s->records; i-- > 0;) {
        const struct kept *k = w->disk->kept[i];
        if (page->more && k->seq < page->upto)
            return;
        while (at < page->count && page->seqs[at] > k->seq)
            at++;
        bool found = at < page->count && page->seqs[at] == k->seq;
        if (!found && is_sought(s, k) && is_there(w, person, s, k) &&
            may_read(w, person, s, k, true) &&
            !rights_is_redacted(w->disk, w->disk->count, k))
            search_fails(w, person, s, k->seq, "is not found");
    }
}
