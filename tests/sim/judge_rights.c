/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What moderators have done, held against the disk: who is silenced says
 * nothing that is accepted, who is not on the list of the closed room hears
 * nothing of it, what was taken away is gone, and an id has one owner.
 *
 * What had been asked for before a ruling may get its place behind it, and is
 * refused there. So the judge goes by the log, and by nobody's clock.
 */
#include <stdio.h>
#include <stdlib.h>

#include "broker/xmem.h"
#include "judge_state.h"

static const char *
id_of(const struct world *w, unsigned person)
{
    return w->setup->parts[person].id;
}

static bool
is_ruling(const struct kept *k, enum ruling_kind kind, struct slice room,
          struct slice subject)
{
    return k->kind == RECORD_RULING && k->ruling == kind &&
           slice_eq(k->name, room) && slice_eq(k->token, subject);
}

/* --- silenced --- */

static struct slice
silence_subject(const struct silence *s, char text[static 80])
{
    (void)snprintf(text, 80, "%s%s", s->ban ? "id:" : "", s->id);
    return slice_str(text);
}

/* The last word before the message. */
static const struct kept *
silence_at(const struct disk *disk, const struct silence *s, uint64_t seq)
{
    char text[80];
    struct slice subject = silence_subject(s, text);
    struct slice room =
        slice_str(s->room < ROOMS_MAX ? script_room(s->room) : "");
    const struct kept *last = NULL;
    for (size_t i = 0; i < disk->count && disk->kept[i]->seq < seq; i++)
        if (is_ruling(disk->kept[i], s->ban ? RULING_BAN : RULING_MUTE, room,
                      subject))
            last = disk->kept[i];
    return last;
}

void
judge_silenced(struct world *w, bool ban, unsigned person, unsigned room)
{
    struct judge *j = w->judge;
    if (j->silence_count == j->silence_cap) {
        j->silence_cap = j->silence_cap ? 2 * j->silence_cap : 16;
        j->silences =
            xrealloc(j->silences, j->silence_cap * sizeof *j->silences);
    }
    struct silence *s = &j->silences[j->silence_count++];
    *s = (struct silence){.ban = ban, .id = id_of(w, person), .room = room};
    const struct kept *k = silence_at(w->disk, s, UINT64_MAX);
    if (!k)
        world_fail(w, "ruling-lost", "nothing silences %s", s->id);
    s->seq = k ? k->seq : 0;
}

/* Of a session that came before the clock went back we know nothing. */
static bool
is_about(const struct world *w, const struct silence *s, const struct saying *m,
         const struct kept *k)
{
    bool here = s->room == ROOMS_MAX ||
                (k->kind == RECORD_SAY &&
                 slice_eq(k->name, slice_str(script_room(s->room))));
    for (unsigned i = 0; s->ban && i < w->script->count; i++)
        if (w->script->acts[i].kind == ACT_CLOCK)
            return false;
    return here && !strcmp(s->id, id_of(w, m->person));
}

void
rights_said(struct world *w, const struct saying *m, const struct kept *k)
{
    for (size_t i = 0; i < w->judge->silence_count; i++) {
        const struct silence *s = &w->judge->silences[i];
        const struct kept *r =
            is_about(w, s, m, k) ? silence_at(w->disk, s, k->seq) : NULL;
        bool known = r && r->seq <= s->seq;
        if (known && !r->lifted && (!r->upto || r->upto > k->time))
            world_fail(w, s->ban ? "banned-spoke" : "muted-spoke",
                       "s%u of %s is accepted, behind %llu", m->serial, s->id,
                       (unsigned long long)r->seq);
    }
}

bool
judge_was_banned(const struct world *w, unsigned person)
{
    const struct silence ban = {
        .ban = true, .id = id_of(w, person), .room = ROOMS_MAX};
    return silence_at(w->disk, &ban, UINT64_MAX);
}

/* --- the closed room --- */

bool
rights_is_listing(const struct kept *k, struct slice room, struct slice id)
{
    return is_ruling(k, RULING_MEMBER, room, id);
}

void
rights_heard(struct world *w, unsigned person, const struct told *t)
{
    const struct disk *disk = w->disk;
    unsigned room = t->room ? judge_find_room(slice_str(t->room)) : ROOMS_MAX;
    bool listed = false;
    if (room == ROOMS_MAX || !script_is_closed(w->setup, room))
        return;
    for (size_t i = 0; i < disk->count; i++) {
        const struct kept *k = disk->kept[i];
        if (k->seq > t->seq && listed)
            return;
        if (rights_is_listing(k, slice_str(script_room(room)),
                              slice_str(id_of(w, person))))
            listed = !k->lifted;
    }
    if (!listed)
        world_fail(w, "not-listed", "%s is given %llu of %s", id_of(w, person),
                   (unsigned long long)t->seq, t->room);
}

void
judge_put_out(struct world *w, unsigned person, unsigned room)
{
    w->judge->viewers[person].members[room].valid = false;
}

/* --- what was taken away --- */

uint64_t
judge_some_seq(const struct world *w, unsigned room, unsigned percent)
{
    const struct disk *disk = w->disk;
    size_t at = disk->count * percent / 100;
    struct way way = judge_room(room);
    const struct kept *k =
        disk->count ? disk_after(disk, way, disk->kept[at]->seq) : NULL;
    if (!k)
        k = disk_upto(disk, way, UINT64_MAX);
    return k ? k->seq : 1;
}

bool
rights_is_redacted(const struct disk *disk, size_t records,
                   const struct kept *k)
{
    char text[32];
    (void)snprintf(text, sizeof text, "%llu", (unsigned long long)k->seq);
    for (size_t i = 0; i < records; i++)
        if (is_ruling(disk->kept[i], RULING_REDACT, k->name, slice_str(text)))
            return true;
    return false;
}

void
rights_page(struct world *w, unsigned person, const struct asked *a,
            const struct page *page)
{
    const struct disk *disk = w->disk;
    for (size_t i = 0; a->what == ASKED_ROOM && i < page->count; i++) {
        const struct kept *k = disk_find(disk, page->seqs[i]);
        if (!k || k->serial == NO_SERIAL)
            continue;
        if (!page->gone[i] && rights_is_redacted(disk, a->records, k))
            world_fail(w, "not-gone", "%s is shown %llu, which was redacted",
                       id_of(w, person), (unsigned long long)k->seq);
        if (page->gone[i] && !rights_is_redacted(disk, disk->count, k))
            world_fail(w, "gone", "%s is not shown %llu", id_of(w, person),
                       (unsigned long long)k->seq);
    }
}

bool
rights_is_notice(struct world *w, const struct kept *k)
{
    struct reader r = reader_open(k->wire);
    struct message m;
    struct fault fault;
    const struct kept *target;
    if (message_read(&r, SIDE_BROKER, &m, &fault) ||
        !slice_eq(m.kind, slice_str("redact")))
        return false;
    target = disk_find(w->disk, m.re);
    if (!m.gone || !target ||
        !rights_is_redacted(w->disk, w->disk->count, target))
        world_fail(w, "notice", "%llu tells that %llu is gone",
                   (unsigned long long)k->seq, (unsigned long long)m.re);
    return true;
}

/* --- the end --- */

/* On the disk, too. */
static void
end_redacted(struct world *w)
{
    const struct disk *disk = w->disk;
    for (size_t i = 0; i < disk->count; i++) {
        const struct kept *k = disk->kept[i];
        struct reader r = reader_open(k->wire);
        struct message m;
        struct fault fault;
        if (k->kind == RECORD_SAY &&
            !message_read(&r, SIDE_BROKER, &m, &fault) &&
            m.gone != (k->serial == NO_SERIAL ||
                       rights_is_redacted(disk, disk->count, k)))
            world_fail(w, "gone-end", "%llu", (unsigned long long)k->seq);
    }
}

static void
end_claims(struct world *w)
{
    const struct disk *disk = w->disk;
    for (size_t i = 0; i < disk->count; i++)
        for (size_t j = 0; j < i; j++)
            if (is_ruling(disk->kept[i], RULING_CLAIM, slice_str(""),
                          disk->kept[j]->token) &&
                is_ruling(disk->kept[j], RULING_CLAIM, slice_str(""),
                          disk->kept[i]->token))
                world_fail(w, "claimed-twice", "%.*s",
                           SLICE_ARG(disk->kept[i]->token));
}

void
rights_end(struct world *w)
{
    end_redacted(w);
    end_claims(w);
}
