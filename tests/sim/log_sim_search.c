/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Searches are answered as if by another thread: some time after one was asked
 * the log is looked into, and some time after that the hub hears of it. What
 * happens between is the hub's business.
 */
#include <stdlib.h>

#include "broker/tail_search.h"
#include "broker/xmem.h"
#include "log_sim_state.h"

enum { SLOW = 40 /* ms, at most, to either */ };

struct lookup {
    struct lookup *next;
    struct log_search *search;
    uint64_t looks_at, answers_at;
    bool looked;
    struct log_found found;
    struct slice messages[LIMIT_PAGE];
    uint8_t *bytes;
};

static void
lookup_free(struct lookup *lookup)
{
    search_free(&lookup->search);
    free(lookup->bytes);
    free(lookup);
}

/* The log's bytes are good within the call only; and so is the search. */
static void
keep_found(void *self, const struct log_search *search,
           const struct log_found *found)
{
    struct lookup *lookup = self;
    size_t bytes = 0;
    (void)search;
    for (unsigned i = 0; i < found->count; i++)
        bytes += found->messages[i].len;
    uint8_t *at = lookup->bytes = xmalloc(bytes + 1);
    for (unsigned i = 0; i < found->count; i++) {
        struct slice message = found->messages[i];
        memcpy(at, message.data, message.len);
        lookup->messages[i] = slice_of(at, message.len);
        at += message.len;
    }
    lookup->found = *found;
    lookup->found.messages = lookup->messages;
}

/* tail_search frees what it is given: it gets all that is needed for looking,
 * and the rest is needed for the answer. */
static void
look(const struct log_sim *l, struct lookup *lookup)
{
    const struct log log = {.owner = {.self = lookup, .found = keep_found}};
    struct log_search *search = search_new();
    *search = *lookup->search;
    tail_search(&l->tail, &log, search, true);
    lookup->search->veil = (struct veil){.count = 0};
    lookup->search->terms = (struct terms){.count = 0};
    lookup->search->words = (struct words){.len = 0};
    lookup->looked = true;
}

bool
log_sim_search(struct log *log, struct log_search *search)
{
    struct log_sim *l = log_sim(log);
    struct dice *dice = &l->disk->dice;
    struct lookup *lookup = xcalloc(1, sizeof *lookup);
    lookup->search = search;
    lookup->looks_at = l->disk->now + dice_below(dice, SLOW);
    lookup->answers_at = lookup->looks_at + dice_below(dice, SLOW);
    lookup->next = l->lookups;
    l->lookups = lookup;
    return true;
}

void
log_sim_answer(struct log *log)
{
    struct log_sim *l = log_sim(log);
    struct lookup **at = &l->lookups;
    while (*at) {
        struct lookup *lookup = *at;
        if (!lookup->looked && lookup->looks_at <= l->disk->now)
            look(l, lookup);
        if (!lookup->looked || lookup->answers_at > l->disk->now) {
            at = &lookup->next;
            continue;
        }
        *at = lookup->next;
        log->owner.found(log->owner.self, lookup->search, &lookup->found);
        lookup_free(lookup);
    }
}

uint64_t
log_sim_lookup_at(const struct log *log)
{
    uint64_t at = UINT64_MAX;
    for (const struct lookup *l = log_sim(log)->lookups; l; l = l->next) {
        uint64_t next = l->looked ? l->answers_at : l->looks_at;
        at = next < at ? next : at;
    }
    return at;
}

void
log_sim_forget_searches(struct log *log)
{
    struct log_sim *l = log_sim(log);
    while (l->lookups) {
        struct lookup *next = l->lookups->next;
        lookup_free(l->lookups);
        l->lookups = next;
    }
}
