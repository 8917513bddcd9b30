/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_restore: what outlives the program, in and out.
 *
 * Records come back in the order in which they were kept, or as session_save
 * wrote them; both lead to the same session. A cursor of a room that is not
 * joined in this run is kept as a parked room.
 */
#include "session_state.h"

static int
restore_text(char *to, size_t size, struct slice text)
{
    if (text.len >= size)
        return CONFAB_ESTATE;
    memcpy(to, text.data, text.len);
    to[text.len] = '\0';
    return CONFAB_OK;
}

bool
keep_is_urgent(const struct record *record)
{
    switch (record->kind) {
    case KEEP_NEXT:
    case KEEP_MESSAGE:
    case KEEP_QUEUED:
        return true;
    case KEEP_MARK:
        return record->bytes.len != 0; /* mail is acknowledged with it */
    default:
        return false;
    }
}

/* All that is in the outbox so far. */
static void
may_be_sent(struct session *s)
{
    outbox_restored(&s->outbox);
    s->unsent_from = s->run_from = outbox_next(&s->outbox);
}

static int
restore_message(struct session *s, const struct record *record)
{
    struct reader r = reader_open(record->bytes);
    struct message m;
    struct fault fault;
    if (message_read(&r, SIDE_CLIENT, &m, &fault) != ERR_NONE ||
        !reader_done(&r) || (m.op != OP_SAY && m.op != OP_TELL) ||
        m.n != record->number || m.n < outbox_next(&s->outbox))
        return CONFAB_ESTATE;
    if (!outbox_put(&s->outbox, m.n, 0, record->bytes))
        return CONFAB_ENOMEM;
    s->run_from = outbox_next(&s->outbox);
    if (record->kind == KEEP_MESSAGE)
        may_be_sent(s);
    return CONFAB_OK;
}

static int
restore_room(struct session *s, const struct record *record)
{
    if (!record->name.len || record->name.len > LIMIT_NAME)
        return CONFAB_ESTATE;
    struct room *room = session_find_room(s, record->name);
    if (!room)
        room = room_add(s, record->name);
    if (!room)
        return CONFAB_ENOMEM;
    room->done = record->number;
    room->done_known = true;
    room->chain.last = record->number;
    room->chain.known = true;
    return CONFAB_OK;
}

static int
restore_mark(struct session *s, struct slice mark)
{
    if (mark.len > sizeof s->mark)
        return CONFAB_ESTATE;
    memcpy(s->mark, mark.data, mark.len);
    s->mark_len = mark.len;
    return CONFAB_OK;
}

int
session_restore(struct session *s, const struct record *record)
{
    struct room *room;
    switch (record->kind) {
    case KEEP_ID:
        return slice_eq(record->bytes, slice_str(s->id)) ? CONFAB_OK
                                                         : CONFAB_ESTATE;
    case KEEP_LANE:
        return restore_text(s->lane, sizeof s->lane, record->bytes);
    case KEEP_RESUME:
        return restore_text(s->resume, sizeof s->resume, record->bytes);
    case KEEP_EPOCH:
        return restore_text(s->epoch, sizeof s->epoch, record->bytes);
    case KEEP_NEXT:
        if (!outbox_skip_to(&s->outbox, record->number))
            return CONFAB_ENOMEM;
        may_be_sent(s);
        return CONFAB_OK;
    case KEEP_MESSAGE:
    case KEEP_QUEUED:
        return restore_message(s, record);
    case KEEP_DONE:
        outbox_remove(&s->outbox, record->number);
        return CONFAB_OK;
    case KEEP_ROOM:
        return restore_room(s, record);
    case KEEP_LEFT:
        room = session_find_room(s, record->name);
        if (room)
            room_remove(s, room);
        return CONFAB_OK;
    case KEEP_MAIL:
        s->mail.last = record->number;
        s->mail.known = true;
        s->mail_done = record->number;
        return CONFAB_OK;
    case KEEP_MARK:
        return restore_mark(s, record->bytes);
    }
    return CONFAB_ESTATE;
}

struct saver {
    bool (*keep)(void *owner, const struct record *record);
    void *owner;
};

static bool
save_text(const struct saver *to, enum keep kind, const char *text)
{
    return !text[0] ||
           to->keep(to->owner,
                    &(struct record){.kind = kind, .bytes = slice_str(text)});
}

/* The messages from n `from` to before `to`. */
static bool
save_messages(const struct saver *saver, const struct outbox *o, uint64_t from,
              uint64_t to)
{
    for (size_t i = 0; i < o->len; i++) {
        const struct outgoing *m = outbox_slot(o, i);
        struct record record = {.kind = from ? KEEP_QUEUED : KEEP_MESSAGE};
        if (!m || m->n < from || m->n >= to)
            continue;
        record.number = m->n;
        record.bytes = slice_of(m->bytes, m->len);
        if (!saver->keep(saver->owner, &record))
            return false;
    }
    return true;
}

static bool
save_outbox(const struct saver *saver, const struct session *s)
{
    const struct outbox *o = &s->outbox;
    uint64_t next = outbox_next(o);
    uint64_t from = s->unsent_from < next ? s->unsent_from : next;
    struct record record = {.kind = KEEP_NEXT, .number = from};
    return save_messages(saver, o, 0, from) &&
           saver->keep(saver->owner, &record) &&
           save_messages(saver, o, from, next);
}

static bool
save_cursors(const struct saver *to, const struct session *s)
{
    for (size_t i = 0; i < s->room_count; i++) {
        const struct room *room = s->rooms[i];
        struct record record = {.kind = KEEP_ROOM,
                                .number = room->done,
                                .name = slice_str(room->name)};
        if (room->done_known && !to->keep(to->owner, &record))
            return false;
    }
    struct record mail = {.kind = KEEP_MAIL, .number = s->mail_done};
    struct record mark = {.kind = KEEP_MARK, .bytes = session_mark(s)};
    return (!s->mail.known || to->keep(to->owner, &mail)) &&
           (!s->mark_len || to->keep(to->owner, &mark));
}

bool
session_save(const struct session *s,
             bool (*keep)(void *owner, const struct record *record),
             void *owner)
{
    struct saver to = {.keep = keep, .owner = owner};
    return save_text(&to, KEEP_ID, s->id) &&
           save_text(&to, KEEP_LANE, s->lane) &&
           save_text(&to, KEEP_RESUME, s->resume) &&
           save_text(&to, KEEP_EPOCH, s->epoch) && save_outbox(&to, s) &&
           save_cursors(&to, s);
}
