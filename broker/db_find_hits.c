/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Pages of many channels overlap in time, so what is found does not come in
 * order: twice as many as are asked for are kept, and when these are full the
 * older half goes. A message may come twice, from its turn and from its page.
 */
#include <stdlib.h>

#include "db_find.h"
#include "xmem.h"

struct find *
find_new(struct log_search *search)
{
    struct find *find = xcalloc(1, sizeof *find);
    find->search = search;
    return find;
}

void
find_free(struct find **address)
{
    struct find *find = *address;
    *address = NULL;
    if (!find)
        return;
    search_free(&find->search);
    free(find->bytes);
    free(find);
}

static int
newest_first(const void *a, const void *b)
{
    const struct find_hit *one = a;
    const struct find_hit *other = b;
    return (one->seq < other->seq) - (one->seq > other->seq);
}

static void
sort(struct find *find)
{
    unsigned kept = 0;
    qsort(find->hits, find->count, sizeof *find->hits, newest_first);
    for (unsigned i = 0; i < find->count; i++)
        if (!kept || find->hits[i].seq != find->hits[kept - 1].seq)
            find->hits[kept++] = find->hits[i];
    find->count = kept;
}

/* The oldest go, and their bytes: one more than is asked for stays, to know
 * that there is more. */
static void
cut(struct find *find)
{
    sort(find);
    if (find->count > find->search->query.limit + 1)
        find->count = find->search->query.limit + 1;
    uint8_t *bytes = xmalloc(find->cap);
    size_t len = 0;
    for (unsigned i = 0; i < find->count; i++) {
        struct find_hit *hit = &find->hits[i];
        memcpy(bytes + len, find->bytes + hit->at, hit->len);
        hit->at = len;
        len += hit->len;
    }
    free(find->bytes);
    find->bytes = bytes;
    find->len = len;
}

void
find_take(struct find *find, struct slice wire, uint64_t seq)
{
    if (find->count == 2 * find->search->query.limit + 2)
        cut(find);
    if (find->cap - find->len < wire.len) {
        find->cap = 2 * find->cap + wire.len + LIMIT_FRAME;
        find->bytes = xrealloc(find->bytes, find->cap);
    }
    memcpy(find->bytes + find->len, wire.data, wire.len);
    find->hits[find->count++] =
        (struct find_hit){.seq = seq, .at = find->len, .len = wire.len};
    find->len += wire.len;
}

bool
find_is_full(struct find *find, uint64_t seq)
{
    unsigned limit = find->search->query.limit;
    if (find->count <= limit)
        return false;
    sort(find);
    return find->count > limit && find->hits[limit].seq > seq;
}

void
find_settle(struct find *find, uint64_t upto)
{
    const struct log_query *q = &find->search->query;
    struct log_found *found = &find->found;
    size_t bytes = 0;
    sort(find);
    found->messages = find->messages;
    found->upto = upto;
    found->more = upto != 0;
    for (unsigned i = 0; i < find->count; i++) {
        const struct find_hit *hit = &find->hits[i];
        if (hit->seq < upto)
            return;
        bool full = found->count &&
                    (found->count == q->limit || bytes + hit->len > q->bytes);
        if (full) {
            found->more = true;
            found->upto = find->hits[i - 1].seq;
            return;
        }
        find->messages[found->count++] =
            slice_of(find->bytes + hit->at, hit->len);
        bytes += hit->len;
    }
}
