/* SPDX-License-Identifier: MPL-2.0 */
/* History while the run goes on; and everything, when it is over. */
#include "judge_state.h"
#include "person.h"

enum { QUOTA_LOOKED_AT = 100, QUOTA_SHARE = 4 };

static const char *
id_of(const struct world *w, unsigned person)
{
    return w->setup->parts[person].id;
}

/* --- history --- */

static struct way
asked_way(const struct world *w, unsigned person, const struct asked *a)
{
    if (a->what == ASKED_ROOM)
        return judge_room(a->other);
    struct way way = judge_mail(w, person);
    if (a->what == ASKED_TALK) {
        way.kind = CHANNEL_TALK;
        way.with = slice_str(id_of(w, a->other));
    }
    return way;
}

void
judge_asks(struct world *w, unsigned person, struct asked *a)
{
    const struct disk *disk = w->disk;
    const struct kept *newest =
        disk_upto(disk, asked_way(w, person, a), UINT64_MAX);
    size_t at = (size_t)(disk->count * a->bound / 100);
    a->bound = disk->count ? disk->kept[at]->seq : 1;
    a->newest = newest ? newest->seq : 0;
    a->records = disk->count;
}

static void
page_fails(struct world *w, unsigned person, const struct asked *a,
           const char *what)
{
    world_fail(w, "history", "%s asked (%u) %s %llu: %s", id_of(w, person),
               a->what,
               a->after    ? "after"
               : a->before ? "before"
                           : "the newest",
               (unsigned long long)a->bound, what);
}

/* Each message but the first is the one after the one before. */
static void
page_chain(struct world *w, unsigned person, const struct asked *a,
           const struct page *page)
{
    struct way way = asked_way(w, person, a);
    for (size_t i = 0; i < page->count; i++) {
        const struct kept *k = disk_find(w->disk, page->seqs[i]);
        if (!k || disk_upto(w->disk, way, k->seq) != k)
            page_fails(w, person, a, "a message that is not there");
        if (i && disk_after(w->disk, way, page->seqs[i - 1]) != k)
            page_fails(w, person, a, "a message is missing");
    }
}

void
judge_page(struct world *w, unsigned person, const struct asked *a,
           const struct page *page)
{
    struct way way = asked_way(w, person, a);
    page_chain(w, person, a, page);
    rights_page(w, person, a, page);
    if (!page->complete)
        page_fails(w, person, a, "it is not complete");
    uint64_t last = page->count ? page->seqs[page->count - 1] : 0;
    uint64_t first = page->count ? page->seqs[0] : 0;
    const struct kept *before = disk_upto(w->disk, way, a->bound - 1);
    const struct kept *after = disk_after(w->disk, way, a->bound);
    if (a->before && before && last != before->seq)
        page_fails(w, person, a, "it does not end there");
    if (a->after && page->count && (!after || first != after->seq))
        page_fails(w, person, a, "it does not begin there");
    bool ends = !a->before && !(a->after && page->more);
    if (ends && last < a->newest && (!a->after || a->newest > a->bound))
        page_fails(w, person, a, "it does not reach the end");
}

/* --- the end --- */

/* Each message names the one before it in its room or mailbox. */
static void
end_chains(struct world *w)
{
    const struct disk *disk = w->disk;
    for (size_t i = 0; i < disk->count; i++) {
        const struct kept *k = disk->kept[i];
        struct way way = {.name = k->name};
        if (k->kind != RECORD_SAY && k->kind != RECORD_TELL)
            continue;
        way.kind = k->kind == RECORD_SAY ? CHANNEL_ROOM : CHANNEL_MAIL;
        const struct kept *before = disk_upto(disk, way, k->seq - 1);
        if (k->prev != (before ? before->seq : 0))
            world_fail(w, "chain", "%llu of %.*s has prev %llu, not %llu",
                       (unsigned long long)k->seq, SLICE_ARG(k->name),
                       (unsigned long long)k->prev,
                       (unsigned long long)(before ? before->seq : 0));
    }
}

static void
end_order(struct world *w)
{
    const struct disk *disk = w->disk;
    for (size_t i = 1; i < disk->count; i++)
        if (disk->kept[i]->seq <= disk->kept[i - 1]->seq ||
            disk->kept[i]->time < disk->kept[i - 1]->time)
            world_fail(w, "order", "%llu comes behind %llu",
                       (unsigned long long)disk->kept[i]->seq,
                       (unsigned long long)disk->kept[i - 1]->seq);
}

/* In the log, each message is what somebody said, once; and not when he was
 * told that it was refused. The seq of each saying becomes the one it has. */
static void
end_log(struct world *w, uint64_t *seqs)
{
    const struct disk *disk = w->disk;
    for (size_t i = 0; i < disk->count; i++) {
        const struct kept *k = disk->kept[i];
        if (k->kind != RECORD_SAY && k->kind != RECORD_TELL)
            continue;
        if (k->kind == RECORD_SAY && rights_is_notice(w, k))
            continue;
        struct saying *s = judge_find(w->judge, k->serial);
        if (!s || s->fleeting ||
            !slice_eq(k->from, slice_str(id_of(w, s->person)))) {
            world_fail(w, "invented", "nobody said %llu (s%u)",
                       (unsigned long long)k->seq, k->serial);
            return;
        }
        uint64_t *seq = &seqs[s - w->judge->sayings];
        if (*seq && !s->doubtful)
            world_fail(w, "stored-twice", "s%u of %s is in the log twice",
                       s->serial, id_of(w, s->person));
        if (s->fate == FATE_REFUSED && !s->doubtful)
            world_fail(w, "refused-stored",
                       "%s was told that s%u is refused, it is in the log",
                       id_of(w, s->person), s->serial);
        *seq = k->seq;
    }
}

/* What a mailbox held unread when the message of `at` came to it; of its
 * sender's alone, or of all. */
static unsigned
unread(const struct disk *disk, size_t at, bool alone)
{
    const struct kept *mail = disk->kept[at];
    uint64_t acked = 0;
    unsigned count = 0;
    for (size_t i = at; i-- > 0;) {
        const struct kept *k = disk->kept[i];
        bool ack = k->kind == RECORD_ACK && slice_eq(k->from, mail->name);
        if (ack && k->upto > acked)
            acked = k->upto;
    }
    for (size_t i = 0; i <= at; i++) {
        const struct kept *k = disk->kept[i];
        bool same = k->kind == RECORD_TELL && slice_eq(k->name, mail->name);
        if (same && k->seq > acked && (!alone || slice_eq(k->from, mail->from)))
            count++;
    }
    return count;
}

static void
end_quota(struct world *w)
{
    unsigned most = w->setup->quota;
    for (size_t i = 0; most < QUOTA_LOOKED_AT && i < w->disk->count; i++) {
        const struct kept *k = w->disk->kept[i];
        if (k->kind != RECORD_TELL)
            continue;
        if (unread(w->disk, i, false) > most ||
            unread(w->disk, i, true) > most / QUOTA_SHARE)
            world_fail(w, "quota", "%llu of %.*s to %.*s is more than may be",
                       (unsigned long long)k->seq, SLICE_ARG(k->from),
                       SLICE_ARG(k->name));
    }
}

static void
end_sayings(struct world *w, const uint64_t *seqs)
{
    for (size_t i = 0; i < w->judge->saying_count; i++) {
        const struct saying *s = &w->judge->sayings[i];
        if (s->fleeting)
            continue;
        bool may = s->doubtful || !person_is_active(w->persons[s->person]);
        if (s->fate == FATE_OPEN && !may)
            world_fail(w, "unanswered", "%s has no answer for s%u",
                       id_of(w, s->person), s->serial);
        if (s->fate == FATE_SENT && !seqs[i])
            world_fail(w, "acknowledged-lost",
                       "%s was told that s%u is stored; it is not",
                       id_of(w, s->person), s->serial);
    }
}

static void
end_view(struct world *w, unsigned person, const struct view *view,
         struct way way)
{
    const struct kept *k = disk_after(w->disk, way, view->last);
    if (view->known && k)
        world_fail(w, "never-came", "%s never got %llu (s%u) of %.*s",
                   id_of(w, person), (unsigned long long)k->seq, k->serial,
                   SLICE_ARG(way.name));
}

static void
end_mail(struct world *w, unsigned person)
{
    const struct viewer *v = &w->judge->viewers[person];
    struct way way = judge_mail(w, person);
    uint64_t acked = disk_acked(w->disk, way.name);
    struct view view = v->mail;
    if (!view.known || view.last < acked)
        view = (struct view){.known = true, .last = acked};
    end_view(w, person, &view, way);
}

static void
end_room(struct world *w, unsigned person, unsigned room)
{
    const struct viewer *v = &w->judge->viewers[person];
    const struct members *m = &v->members[room];
    unsigned truth = 0;
    if (!person_wants(w->persons[person], room))
        return;
    for (unsigned i = 0; i < w->setup->persons; i++)
        if (person_is_active(w->persons[i]) &&
            person_wants(w->persons[i], room))
            truth |= 1u << (w->setup->parts[i].second ? 0 : i);
    if (!v->rooms[room].known)
        world_fail(w, "never-joined", "%s never joined %s", id_of(w, person),
                   script_room(room));
    end_view(w, person, &v->rooms[room], judge_room(room));
    if (!m->valid || m->who != truth)
        world_fail(w, "roster-end", "%s sees %#x in %s (%s), it is %#x",
                   id_of(w, person), m->who, script_room(room),
                   m->valid ? "sure" : "not sure", truth);
}

void
judge_end(struct world *w)
{
    static uint64_t seqs[ACTS_MAX * SERIALS_PER_ACT];
    memset(seqs, 0, w->judge->saying_count * sizeof *seqs);
    end_order(w);
    end_chains(w);
    end_quota(w);
    end_log(w, seqs);
    rights_end(w);
    end_sayings(w, seqs);
    if (!person_is_active(w->persons[0]) &&
        !person_is_active(w->persons[w->setup->second]))
        world_fail(w, "nobody", "%s is on neither machine", id_of(w, 0));
    for (unsigned i = 0; i < w->setup->persons; i++) {
        if (!person_is_active(w->persons[i]))
            continue;
        if (!person_is_settled(w->persons[i]))
            world_fail(w, "restless", "%s has not come to rest", id_of(w, i));
        if (w->setup->parts[i].sending)
            continue;
        end_mail(w, i);
        for (unsigned room = 0; room < w->setup->rooms; room++)
            end_room(w, i, room);
    }
}
