/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Who is in a room. A version `rv` stands for one list, the same for everybody
 * who is ever told of it, whatever way he came to it.
 */
#include "broker/xmem.h"
#include "judge_state.h"

static unsigned
person_bit(struct world *w, const char *id)
{
    for (unsigned i = 0; i < w->setup->persons; i++)
        if (!w->setup->parts[i].sending && !strcmp(w->setup->parts[i].id, id))
            return 1u << i;
    world_fail(w, "stranger", "%s is in a room", id);
    return 0;
}

static unsigned
list_bits(struct world *w, const struct told *t)
{
    unsigned who = 0;
    for (size_t i = 0; i < t->list_len; i++)
        who |= person_bit(w, t->list[i]);
    return who;
}

static unsigned
count_bits(unsigned who)
{
    unsigned count = 0;
    for (; who; who &= who - 1)
        count++;
    return count;
}

static void
fact_check(struct world *w, unsigned room, uint64_t rv, unsigned who)
{
    struct judge *j = w->judge;
    for (size_t i = j->fact_count; i-- > 0;) {
        const struct fact *f = &j->facts[i];
        if (f->room != room || f->rv != rv)
            continue;
        if (f->who != who)
            world_fail(w, "roster-differs",
                       "%s at rv %llu: %#x are in it for one, %#x for another",
                       script_room(room), (unsigned long long)rv, f->who, who);
        return;
    }
    if (j->fact_count == j->fact_cap) {
        j->fact_cap = j->fact_cap ? 2 * j->fact_cap : 64;
        j->facts = xrealloc(j->facts, j->fact_cap * sizeof *j->facts);
    }
    j->facts[j->fact_count++] = (struct fact){room, rv, who};
}

static void
members_set(struct world *w, unsigned person, const struct told *t)
{
    unsigned room = judge_find_room(slice_str(t->room));
    unsigned who = list_bits(w, t);
    struct members *m = &w->judge->viewers[person].members[room];
    fact_check(w, room, t->rv, who);
    if (count_bits(who) != t->count)
        world_fail(w, "roster-count", "%s: %#x are %llu", t->room, who,
                   (unsigned long long)t->count);
    if (m->valid && t->rv < m->rv)
        return; /* an answer from before what came meanwhile */
    *m = (struct members){.valid = true, .rv = t->rv, .who = who};
}

void
judge_joined(struct world *w, unsigned person, const struct told *t)
{
    unsigned room = judge_find_room(slice_str(t->room));
    struct viewer *v = &w->judge->viewers[person];
    struct view *view = &v->rooms[room];
    v->members[room].valid = false;
    members_set(w, person, t);
    if (!(v->members[room].who & person_bit(w, w->setup->parts[person].id)))
        world_fail(w, "roster-self", "%s is not in %s, which he joined",
                   w->setup->parts[person].id, t->room);
    if (!t->has_cursor)
        return;
    const struct kept *k = disk_find(w->disk, t->seq);
    if (t->seq && (!k || disk_upto(w->disk, judge_room(room), t->seq) != k))
        world_fail(w, "head", "%s joined %s at %llu, where is no message",
                   w->setup->parts[person].id, t->room,
                   (unsigned long long)t->seq);
    view->known = true;
    view->last = t->seq;
}

void
judge_roster(struct world *w, unsigned person, bool enter, const struct told *t)
{
    unsigned room = judge_find_room(slice_str(t->room));
    struct members *m = &w->judge->viewers[person].members[room];
    unsigned bit = person_bit(w, t->id);
    if (!t->complete || !m->valid) {
        m->valid = false;
        return;
    }
    if (t->rv <= m->rv)
        world_fail(w, "roster-again", "%s: rv %llu comes after %llu", t->room,
                   (unsigned long long)t->rv, (unsigned long long)m->rv);
    if (enter == !!(m->who & bit))
        world_fail(w, "roster-wrong", "%s %s %s at rv %llu, among %#x", t->id,
                   enter ? "enters" : "leaves", t->room,
                   (unsigned long long)t->rv, m->who);
    m->who ^= bit;
    m->rv = t->rv;
    fact_check(w, room, m->rv, m->who);
    if (count_bits(m->who) != t->count)
        world_fail(w, "roster-count", "%s: %#x are %llu at rv %llu", t->room,
                   m->who, (unsigned long long)t->count,
                   (unsigned long long)t->rv);
}

void
judge_who(struct world *w, unsigned person, const struct told *t)
{
    if (t->room && !t->more)
        members_set(w, person, t);
}
