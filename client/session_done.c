/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_done: how far the user is.
 *
 * Three steps of one cursor: what was delivered (chain->last), what he has been
 * given, what he is through with. The last one is what the state file keeps and
 * what is acknowledged to the broker. When he is through with several rooms at
 * once, and has a mark of his own that belongs to them, the records are one
 * group: after a crash all of it is there or nothing, so a program that notes
 * in its mark how far its output goes can cut off what no cursor covers.
 */
#include "session_state.h"

/* The last record waits until it is known whether another one follows. */
struct group {
    struct session *s;
    struct record last;
    bool some;
};

static void
group_add(struct group *g, struct record record)
{
    if (g->some) {
        g->last.more = true;
        session_keep(g->s, &g->last);
    }
    g->last = record;
    g->some = true;
}

static void
group_end(struct group *g)
{
    if (g->some)
        session_keep(g->s, &g->last);
}

void
session_given(struct session *s, const char *room, uint64_t seq)
{
    if (!room) {
        s->mail_given = seq;
        return;
    }
    struct room *r = session_find_room(s, slice_str(room));
    if (!r)
        return; /* left since */
    r->given = seq;
    r->given_due = true;
}

static void
room_done(struct group *g, struct room *r)
{
    bool due = r->given_due;
    r->given_due = false;
    if (!due || (r->done_known && r->given <= r->done))
        return;
    if (r->given > r->chain.last)
        return; /* of another store, or of a room that was left since */
    r->done = r->given;
    r->done_known = true;
    group_add(g, (struct record){.kind = KEEP_ROOM,
                                 .number = r->done,
                                 .name = slice_str(r->name)});
}

static void
mail_done(struct group *g, uint64_t seq, struct now now)
{
    struct session *s = g->s;
    if (seq > s->mail.last || seq <= s->mail_done)
        return;
    s->mail_done = seq;
    s->mail_undone++;
    if (s->ack_at == NEVER)
        s->ack_at = now.ms + ACK_DELAY;
    if (s->mail_undone >= ACK_AT_ONCE)
        s->work = true;
    group_add(g, (struct record){.kind = KEEP_MAIL, .number = seq});
}

static void
mark_done(struct group *g, struct slice mark)
{
    struct session *s = g->s;
    if (!g->some && slice_eq(mark, session_mark(s)))
        return;
    if (!mark.len && !s->mark_len)
        return;
    s->mark_len = mark.len;
    if (mark.len)
        memcpy(s->mark, mark.data, mark.len);
    group_add(g, (struct record){.kind = KEEP_MARK, .bytes = session_mark(s)});
}

int
session_done(struct session *s, const struct slice *mark, struct now now)
{
    if (mark && mark->len > sizeof s->mark)
        return session_refuse(s, CONFAB_EINVALID, "a mark is at most %d bytes",
                              CONFAB_MARK_MAX);
    struct group g = {.s = s};
    for (size_t i = 0; i < s->room_count; i++)
        room_done(&g, s->rooms[i]);
    mail_done(&g, s->mail_given, now);
    s->mail_given = 0;
    if (mark)
        mark_done(&g, *mark);
    group_end(&g);
    return s->failed;
}

struct slice
session_mark(const struct session *s)
{
    return slice_of(s->mark, s->mark_len);
}

int
session_ack(struct session *s, uint64_t seq, struct now now)
{
    int error = session_check_inbox(s);
    if (error)
        return error;
    if (seq > s->mail.last)
        return session_refuse(s, CONFAB_EINVALID, "seq is above the last mail");
    struct group g = {.s = s};
    mail_done(&g, seq, now);
    group_end(&g);
    return s->failed;
}

bool
session_cursor(const struct session *s, const char *room, uint64_t *seq)
{
    if (!room) {
        *seq = s->mail_done;
        return s->mail.known;
    }
    for (size_t i = 0; i < s->room_count; i++) {
        const struct room *r = s->rooms[i];
        if (strcmp(r->name, room) != 0)
            continue;
        *seq = r->done;
        return r->done_known;
    }
    return false;
}

int
session_seek(struct session *s, const char *room, uint64_t seq)
{
    int error = session_check_place(s, OP_JOIN, room);
    if (error)
        return error;
    struct room *r = session_find_room(s, slice_str(room));
    if (r && r->stage != ROOM_PARKED)
        return session_refuse(s, CONFAB_EINVALID, "the room is joined");
    if (seq > WIRE_INT_MAX)
        return session_refuse(s, CONFAB_EINVALID, "seq is above 2^53-1");
    struct record record = {
        .kind = KEEP_ROOM, .number = seq, .name = slice_str(room)};
    error = session_restore(s, &record);
    if (error)
        return session_refuse(s, error, "no memory");
    session_keep(s, &record);
    return s->failed;
}
