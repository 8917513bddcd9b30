/* SPDX-License-Identifier: MPL-2.0 */
/* What is said and heard, held against the disk. */
#include "judge_state.h"

#include <stdlib.h>

#include "broker/xmem.h"

struct judge *
judge_new(struct world *w)
{
    return w->judge = xcalloc(1, sizeof *w->judge);
}

void
judge_free(struct judge *j)
{
    for (unsigned i = 0; i < PERSONS_MAX; i++)
        free(j->viewers[i].fleeting);
    free(j->sayings);
    free(j->facts);
    free(j->silences);
    free(j);
}

struct way
judge_room(unsigned room)
{
    return (struct way){.kind = CHANNEL_ROOM,
                        .name = slice_str(script_room(room))};
}

struct way
judge_mail(const struct world *w, unsigned person)
{
    return (struct way){.kind = CHANNEL_MAIL,
                        .name = slice_str(w->setup->parts[person].id)};
}

unsigned
judge_find_room(struct slice name)
{
    unsigned room = 0;
    while (room < ROOMS_MAX && !slice_eq(slice_str(script_room(room)), name))
        room++;
    return room;
}

static const char *
id_of(const struct world *w, unsigned person)
{
    return w->setup->parts[person].id;
}

/* --- what is said --- */

struct saying *
judge_find(struct judge *j, uint32_t serial)
{
    size_t low = 0;
    size_t high = j->saying_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (j->sayings[middle].serial < serial)
            low = middle + 1;
        else
            high = middle;
    }
    bool found = low < j->saying_count && j->sayings[low].serial == serial;
    return found ? &j->sayings[low] : NULL;
}

void
judge_said(struct world *w, unsigned person, uint32_t serial, bool fleeting)
{
    struct judge *j = w->judge;
    if (j->saying_count == j->saying_cap) {
        j->saying_cap = j->saying_cap ? 2 * j->saying_cap : 256;
        j->sayings = xrealloc(j->sayings, j->saying_cap * sizeof *j->sayings);
    }
    j->sayings[j->saying_count++] = (struct saying){
        .serial = serial, .person = person, .fleeting = fleeting, .at = w->now};
}

/* The `ok` means that it is on the disk, in this place. */
static void
check_sent(struct world *w, const struct saying *s)
{
    const struct kept *k = s->seq ? disk_find(w->disk, s->seq) : NULL;
    if (s->seq && (!k || k->serial != s->serial))
        world_fail(w, "ok-not-stored",
                   "%s was told that s%u is stored as %llu, where is %s",
                   id_of(w, s->person), s->serial, (unsigned long long)s->seq,
                   k ? "another" : "nothing");
    else if (k)
        rights_said(w, s, k);
}

static void
check_code(struct world *w, const struct saying *s, const char *code)
{
    if (w->setup->entry != ENTRY_OPEN && !strcmp(code, "denied"))
        return;
    static const char *const codes[] = {"full", "internal", "no-client"};
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (!strcmp(code, codes[i]))
            return;
    world_fail(w, "refused-oddly", "%s was refused s%u: %s",
               id_of(w, s->person), s->serial, code);
}

void
judge_answered(struct world *w, unsigned person, uint32_t serial, uint64_t seq,
               const char *code)
{
    struct saying *s = judge_find(w->judge, serial);
    if (!s || s->person != person) {
        world_fail(w, "answer-unknown", "%s got an answer for s%u",
                   id_of(w, person), serial);
        return;
    }
    if (s->fate != FATE_OPEN) {
        world_fail(w, "answered-twice", "%s got two answers for s%u",
                   id_of(w, person), serial);
        return;
    }
    s->seq = seq;
    s->fate = code ? FATE_REFUSED : FATE_SENT;
    if (code && !strcmp(code, "bad-state") && s->doubtful)
        s->fate = FATE_ORPHAN;
    else if (code)
        check_code(w, s, code);
    else
        check_sent(w, s);
}

/* --- what is heard --- */

void
judge_starts(struct world *w, unsigned person, bool less)
{
    struct judge *j = w->judge;
    struct viewer *v = &j->viewers[person];
    free(v->fleeting);
    *v = (struct viewer){
        .fresh = true,
        .floor = disk_acked(w->disk, slice_str(id_of(w, person)))};
    for (size_t i = 0; less && i < j->saying_count; i++)
        if (j->sayings[i].person == person && j->sayings[i].fate == FATE_OPEN)
            j->sayings[i].fate = FATE_ORPHAN;
}

/* It may have been answered already, since the state was copied. */
void
judge_reopens(struct world *w, unsigned person, uint32_t serial)
{
    struct saying *s = judge_find(w->judge, serial);
    if (s && s->person == person)
        s->fate = FATE_OPEN;
}

void
judge_doubts(struct world *w, unsigned person, uint32_t serial)
{
    struct saying *s = judge_find(w->judge, serial);
    if (s && s->person == person)
        s->doubtful = true;
}

void
judge_doubts_all(struct world *w, unsigned person)
{
    for (size_t i = 0; i < w->judge->saying_count; i++) {
        struct saying *s = &w->judge->sayings[i];
        if (s->person == person && s->fate == FATE_OPEN)
            s->doubtful = true;
    }
}

void
judge_resumes(struct world *w, unsigned person, struct slice room, uint64_t seq)
{
    struct viewer *v = &w->judge->viewers[person];
    unsigned at = room.len ? judge_find_room(room) : 0;
    struct view *view = room.len ? &v->rooms[at] : &v->mail;
    view->known = seq != NO_TIME;
    view->last = seq;
}

static void
hear_fleeting(struct world *w, unsigned person, const struct told *t)
{
    struct viewer *v = &w->judge->viewers[person];
    for (size_t i = 0; i < v->fleeting_count; i++)
        if (v->fleeting[i] == t->serial)
            world_fail(w, "fleeting-twice", "%s is given s%u a second time",
                       id_of(w, person), t->serial);
    v->fleeting =
        xrealloc(v->fleeting, (v->fleeting_count + 1) * sizeof *v->fleeting);
    v->fleeting[v->fleeting_count++] = t->serial;
}

/* It must be the next of its room or mailbox. */
static void
hear_next(struct world *w, unsigned person, const struct told *t,
          struct view *view)
{
    const char *where = t->room ? t->room : "the mail";
    struct way way = t->room ? judge_room(judge_find_room(slice_str(t->room)))
                             : judge_mail(w, person);
    const struct kept *next = disk_after(w->disk, way, view->last);
    uint64_t last = view->last;
    view->last = t->seq;
    bool same = next && next->seq == t->seq;
    if (same && next->serial == t->serial && !t->gone)
        return;
    if (same && t->gone &&
        (next->serial == NO_SERIAL ||
         rights_is_redacted(w->disk, w->disk->count, next)))
        return;
    if (t->seq <= last)
        world_fail(w, "twice", "%s is given %llu of %s again, after %llu",
                   id_of(w, person), (unsigned long long)t->seq, where,
                   (unsigned long long)last);
    else if (next && next->seq < t->seq)
        world_fail(w, "missing",
                   "%s is given %llu of %s, but not %llu (s%u) before it",
                   id_of(w, person), (unsigned long long)t->seq, where,
                   (unsigned long long)next->seq, next->serial);
    else
        world_fail(w, "not-stored",
                   "%s is given %llu (s%u) of %s, which is not in the log",
                   id_of(w, person), (unsigned long long)t->seq, t->serial,
                   where);
}

/* The first mail of a lineage: what comes before it was acknowledged. */
static void
open_mail(struct world *w, unsigned person, uint64_t seq)
{
    struct viewer *v = &w->judge->viewers[person];
    struct way way = judge_mail(w, person);
    const struct kept *before = disk_upto(w->disk, way, seq - 1);
    v->mail.known = true;
    v->mail.last = before ? before->seq : 0;
    if (before && before->seq > disk_acked(w->disk, way.name))
        world_fail(w, "mail-missing",
                   "%s is given %llu first, though %llu is unread",
                   id_of(w, person), (unsigned long long)seq,
                   (unsigned long long)before->seq);
    if (seq <= v->floor)
        world_fail(w, "mail-again", "%s is given %llu, which was acknowledged",
                   id_of(w, person), (unsigned long long)seq);
}

void
judge_online(struct world *w, unsigned person)
{
    if (w->setup->second)
        w->judge->viewers[person].fresh = true;
}

/* What an older state does not know to have read does not come again, when it
 * was acknowledged. */
static void
skip_mail(struct world *w, unsigned person, uint64_t seq)
{
    struct view *mail = &w->judge->viewers[person].mail;
    struct way way = judge_mail(w, person);
    const struct kept *before = disk_upto(w->disk, way, seq - 1);
    bool read = before && before->seq <= disk_acked(w->disk, way.name);
    if (read && before->seq > mail->last)
        mail->last = before->seq;
}

void
judge_heard(struct world *w, unsigned person, const struct told *t)
{
    struct viewer *v = &w->judge->viewers[person];
    if (!t->seq) {
        hear_fleeting(w, person, t);
        return;
    }
    struct view *view = &v->mail;
    if (t->room)
        view = &v->rooms[judge_find_room(slice_str(t->room))];
    if (!view->known && t->room) {
        world_fail(w, "not-joined", "%s is given %llu of %s without joining",
                   id_of(w, person), (unsigned long long)t->seq, t->room);
        return;
    }
    if (!view->known)
        open_mail(w, person, t->seq);
    else if (!t->room && v->fresh)
        skip_mail(w, person, t->seq);
    v->fresh = v->fresh && t->room;
    rights_heard(w, person, t);
    hear_next(w, person, t, view);
}

/* Nothing is ever removed here, so nothing can be lost. */
void
judge_lost(struct world *w, unsigned person, const struct told *t)
{
    world_fail(w, "lost", "%s is told that %s is lost up to %llu",
               id_of(w, person), t->room ? t->room : "the mail",
               (unsigned long long)t->seq);
}

void
judge_left(struct world *w, unsigned person, unsigned room)
{
    struct viewer *v = &w->judge->viewers[person];
    v->rooms[room].known = false;
    v->members[room].valid = false;
}

void
judge_receipt(struct world *w, unsigned person, const char *to, uint64_t seq)
{
    const struct kept *k = disk_find(w->disk, seq);
    bool ours = k && k->kind == RECORD_TELL &&
                slice_eq(k->from, slice_str(id_of(w, person))) &&
                slice_eq(k->name, slice_str(to));
    if (!ours || disk_acked(w->disk, slice_str(to)) < seq)
        world_fail(w, "receipt", "%s gets a receipt of %s for %llu",
                   id_of(w, person), to, (unsigned long long)seq);
}
