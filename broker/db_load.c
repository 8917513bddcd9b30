/* SPDX-License-Identifier: MPL-2.0 */
/*
 * First what was saved, then the turns. A turn may be known already in part, if
 * the broker ended in the middle of a round: replaying it again changes
 * nothing, and pages pass over messages that they have.
 */
#include "db_load.h"

#include "db_channel.h"

static bool
rooms_each(struct db *db, const struct log_owner *owner)
{
    struct db_channel channel;
    int code = db_channel_room(db, true, &channel);
    for (; code == SQLITE_ROW; code = db_channel_room(db, false, &channel)) {
        struct log_state state = {
            .kind = STATE_ROOM,
            .name = channel_key_name(channel.key.bytes),
            .head = channel.head.seq,
            .first = channel.first,
        };
        if (owner)
            owner->restore(owner->self, &state);
    }
    return code == SQLITE_DONE;
}

/* Where an entry could not be read the rest of its turn is lost, and so is the
 * sense of what follows. */
static bool
turns_each(struct db *db, void (*each)(void *self, const struct record *r),
           void *self, struct db_loaded *loaded)
{
    struct turn_row turn = {.last = 0};
    int code;
    while ((code = turn_next(db, turn.first, &turn)) == SQLITE_ROW) {
        struct slice rest = turn.entries;
        struct record r;
        loaded->waiting += rest.len;
        while (turn_read(&rest, &r)) {
            if (!r.seq)
                r.seq = turn.first; /* near enough for what has no place */
            if (each)
                each(self, &r);
        }
        if (rest.len)
            return db_damaged(db, "turns");
        if (loaded->last < turn.last)
            loaded->last = turn.last;
    }
    return code == SQLITE_DONE;
}

bool
db_is_sound(struct db *db)
{
    struct db_loaded loaded = {.last = 0};
    return db_marks_get(db, &loaded.marks) && rooms_each(db, NULL) &&
           db_states_each(db, NULL, NULL) &&
           turns_each(db, NULL, NULL, &loaded);
}

struct replay {
    struct db *db;
    struct log *log;
    struct tail *tail;
    bool failed;
};

/* What is not newer than this may be missing in the tail. */
static void
forget_before(struct tail *tail, struct mark mark)
{
    for (int i = 0; i < CHANNEL_KINDS; i++) {
        if (tail->forgotten[i].seq < mark.seq)
            tail->forgotten[i] = mark;
    }
}

/* A page has it. What the tail has of a channel is newer than its pages. */
static bool
is_paged(struct replay *replay, const struct record *r, enum channel_kind kind)
{
    struct db_channel row;
    struct channel_key key;
    struct slice with = kind == CHANNEL_TALK ? r->from : slice_of(NULL, 0);
    channel_key(&key, kind, r->name, with);
    if (tail_find(replay->tail, &key))
        return false;
    int code = db_channel_find(replay->db, &key, &row);
    replay->failed |= code != SQLITE_ROW && code != SQLITE_DONE;
    return code == SQLITE_ROW && r->seq <= row.head.seq;
}

/* A record of its own for the tail: the entry's bytes go with the row. */
static void
keep_message(struct replay *replay, const struct record *entry)
{
    size_t bytes = entry->from.len + entry->name.len + entry->wire.len;
    struct record *r = log_record(replay->log, entry->kind, bytes);
    r->from = record_copy(r, entry->from);
    r->name = record_copy(r, entry->name);
    r->wire = record_copy(r, entry->wire);
    r->keep = r->stored = true;
    r->seq = entry->seq;
    r->prev = entry->prev;
    r->time = entry->time;
    if (!tail_add(replay->tail, r))
        record_free(replay->log, r);
}

/* The end of a round that was broken off may have moved messages of turns that
 * are still there, and a salvage has moved all of them: between those there may
 * be holes, which only pages know. */
static void
replay_entry(void *self, const struct record *entry)
{
    struct replay *replay = self;
    const struct log_owner *owner = &replay->log->owner;
    bool tell = entry->kind == RECORD_TELL;
    owner->replay(owner->self, entry);
    if (entry->kind != RECORD_SAY && !tell)
        return;
    if (is_paged(replay, entry, tell ? CHANNEL_MAIL : CHANNEL_ROOM) &&
        (!tell || is_paged(replay, entry, CHANNEL_TALK)))
        forget_before(replay->tail, (struct mark){entry->seq, entry->time});
    else
        keep_message(replay, entry);
}

bool
db_load(struct db *db, struct log *log, struct tail *tail,
        struct db_loaded *loaded)
{
    const struct log_owner *owner = &log->owner;
    *loaded = (struct db_loaded){.last = 0};
    if (!db_marks_get(db, &loaded->marks))
        return false;
    loaded->last = loaded->marks.last;
    forget_before(tail, (struct mark){loaded->last, loaded->marks.marks.time});
    /* Rooms that retention emptied have no row: none begins below them. */
    if (loaded->marks.marks.head < loaded->marks.gone[CHANNEL_ROOM].seq)
        loaded->marks.marks.head = loaded->marks.gone[CHANNEL_ROOM].seq;
    struct replay replay = {.db = db, .log = log, .tail = tail};
    owner->restore(owner->self, &loaded->marks.marks);
    return rooms_each(db, owner) &&
           db_states_each(db, owner->restore, owner->self) &&
           turns_each(db, replay_entry, &replay, loaded) && !replay.failed;
}
