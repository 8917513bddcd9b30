/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_verbs: what the user wants said.
 *
 * Whatever a verb makes is written and then read again as the broker would read
 * it, so there is one set of rules and one wording of what is wrong, and no
 * message leaves that a broker could call bad.
 */
#include <stdarg.h>
#include <stdio.h>

#include "session_state.h"

int
session_refuse(struct session *s, int error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(s->fault, sizeof s->fault, format, args);
    va_end(args);
    return error;
}

static int
fail_memory(struct session *s)
{
    return session_refuse(s, CONFAB_ENOMEM, "no memory");
}

static int
check_open(struct session *s)
{
    if (s->stage == STAGE_ENDED)
        return session_refuse(s, CONFAB_ECLOSED, "the client has ended");
    return CONFAB_OK;
}

int
session_check_inbox(struct session *s)
{
    if (s->sending)
        return session_refuse(s, CONFAB_EINVALID,
                              "a sending client has no inbox");
    return check_open(s);
}

/* The encoded message, in s->scratch. */
static int
encode(struct session *s, const struct message *m, struct slice *encoded)
{
    struct buffer out = {.data = s->scratch,
                         .cap = sizeof s->scratch - FRAME_HEADER};
    if (!message_write(&out, SIDE_CLIENT, m))
        return session_refuse(s, CONFAB_ETOOLARGE,
                              "the message is larger than a frame");
    struct reader r = reader_open(slice_of(out.data, out.len));
    struct message check;
    struct fault fault;
    enum err err = message_read(&r, SIDE_CLIENT, &check, &fault);
    if (err != ERR_NONE)
        return session_refuse(
            s, err == ERR_TOO_LARGE ? CONFAB_ETOOLARGE : CONFAB_EINVALID, "%s",
            fault.text);
    if (!reader_done(&r))
        return session_refuse(s, CONFAB_EINVALID,
                              "data is not one MessagePack value");
    *encoded = slice_of(out.data, out.len);
    return CONFAB_OK;
}

void
session_add(struct message *m, enum field field, struct slice *to,
            const char *text)
{
    if (!text)
        return;
    *to = slice_str(text);
    m->has |= MESSAGE_BIT(field);
}

void
session_add_uint(struct message *m, enum field field, uint64_t *to,
                 uint64_t value)
{
    if (!value)
        return;
    *to = value;
    m->has |= MESSAGE_BIT(field);
}

int
session_ask(struct session *s, struct message *m, uint64_t *number)
{
    int error = check_open(s);
    if (error)
        return error;
    if (s->request_count >= REQUESTS_MAX)
        return session_refuse(s, CONFAB_EFULL,
                              "too many questions wait for answers");
    m->ref.num = s->numbers + 1;
    m->has |= MESSAGE_BIT(FIELD_REF);
    struct slice encoded = slice_of(NULL, 0);
    error = encode(s, m, &encoded);
    if (error)
        return error;
    if (!request_new(s, m, encoded))
        return fail_memory(s);
    s->numbers++;
    if (number)
        *number = s->numbers;
    return CONFAB_OK;
}

/* Takes a message into the outbox, and into the state file before it counts. */
static int
post(struct session *s, struct message *m, uint64_t *number)
{
    if (outbox_full(&s->outbox))
        return session_refuse(s, CONFAB_EFULL, "the outbox is full");
    if (s->once && outbox_next(&s->outbox) != 1)
        return session_refuse(s, CONFAB_EINVALID,
                              "a client with `once` says one message");
    m->n = outbox_next(&s->outbox);
    m->has |= MESSAGE_BIT(FIELD_N);
    struct slice encoded = slice_of(NULL, 0);
    int error = encode(s, m, &encoded);
    if (error)
        return error;
    if (!outbox_put(&s->outbox, m->n, s->numbers + 1, encoded))
        return fail_memory(s);
    bool sent = m->n < s->unsent_from;
    session_keep(s, &(struct record){.kind = sent ? KEEP_MESSAGE : KEEP_QUEUED,
                                     .number = m->n,
                                     .bytes = encoded});
    if (s->failed)
        return session_refuse(s, s->failed, "the state file cannot be written");
    s->numbers++;
    s->work = true;
    if (number)
        *number = s->numbers;
    return CONFAB_OK;
}

static int
send_body(struct session *s, struct message *m, const char *text,
          const struct confab_extra *extra, uint64_t *number)
{
    static const struct confab_extra none;
    if (!extra)
        extra = &none;
    int error = check_open(s);
    if (error)
        return error;
    session_add(m, FIELD_TEXT, &m->text, text);
    session_add(m, FIELD_KIND, &m->kind, extra->kind);
    session_add_uint(m, FIELD_RE, &m->re, extra->re);
    if (extra->data && extra->data_len) {
        m->data = slice_of(extra->data, extra->data_len);
        m->has |= MESSAGE_BIT(FIELD_DATA);
    }
    if (!(m->has & (MESSAGE_BIT(FIELD_TEXT) | MESSAGE_BIT(FIELD_DATA))))
        return session_refuse(s, CONFAB_EINVALID, "neither text nor data");
    if (!extra->fleeting)
        return post(s, m, number);
    if (s->once)
        return session_refuse(s, CONFAB_EINVALID,
                              "what is not stored cannot be said once");
    m->has |= MESSAGE_BIT(FIELD_KEEP); /* false */
    return session_ask(s, m, number);
}

int
session_say(struct session *s, const char *room, const char *text,
            const struct confab_extra *extra, uint64_t *number)
{
    struct message m = {.op = OP_SAY};
    if (!room)
        return session_refuse(s, CONFAB_EINVALID, "room is missing");
    session_add(&m, FIELD_ROOM, &m.room, room);
    return send_body(s, &m, text, extra, number);
}

int
session_tell(struct session *s, const char *to, const char *text,
             const struct confab_extra *extra, uint64_t *number)
{
    struct message m = {.op = OP_TELL};
    if (!to)
        return session_refuse(s, CONFAB_EINVALID, "to is missing");
    session_add(&m, FIELD_TO, &m.to, to);
    if (extra && extra->receipt) {
        m.has |= MESSAGE_BIT(FIELD_WANT_RECEIPT);
        m.receipt = true;
    }
    return send_body(s, &m, text, extra, number);
}

int
session_check_room(struct session *s, enum op op, const char *room)
{
    struct message m = {.op = op};
    if (!room)
        return session_refuse(s, CONFAB_EINVALID, "room is missing");
    session_add(&m, FIELD_ROOM, &m.room, room);
    struct slice encoded = slice_of(NULL, 0);
    return encode(s, &m, &encoded);
}

int
session_check_place(struct session *s, enum op op, const char *room)
{
    int error = session_check_inbox(s);
    return error ? error : session_check_room(s, op, room);
}

int
session_join(struct session *s, const char *room, int flags)
{
    int error = session_check_place(s, OP_JOIN, room);
    if (error)
        return error;
    struct room *r = session_find_room(s, slice_str(room));
    if (!r)
        r = room_add(s, slice_str(room));
    if (!r)
        return fail_memory(s);
    request_drop_leave(s, room);
    r->ask_direct = (flags & CONFAB_DIRECT) != 0;
    r->stage = ROOM_WANTED;
    r->verb = s->numbers;
    r->at = 0;
    s->work = true;
    return CONFAB_OK;
}

int
session_leave(struct session *s, const char *room)
{
    int error = session_check_place(s, OP_LEAVE, room);
    if (error)
        return error;
    struct room *r = session_find_room(s, slice_str(room));
    if (!r)
        return CONFAB_OK;
    struct message m = {.op = OP_LEAVE};
    session_add(&m, FIELD_ROOM, &m.room, room);
    /* One that is to be joined may be joined already: a join may be repeated.
     */
    if (s->stage == STAGE_ONLINE && r->stage != ROOM_PARKED)
        error = session_ask(s, &m, NULL);
    if (error)
        return error;
    room_remove(s, r);
    s->work = true;
    session_keep(s,
                 &(struct record){.kind = KEEP_LEFT, .name = slice_str(room)});
    return s->failed;
}

int
session_history(struct session *s, const struct confab_range *range,
                uint64_t *number)
{
    struct message m = {.op = OP_HISTORY};
    bool after = range->after || range->from_after;
    if (range->room && range->with)
        return session_refuse(s, CONFAB_EINVALID, "either room or with");
    if (after + (range->before != 0) + (range->since != 0) > 1)
        return session_refuse(s, CONFAB_EINVALID,
                              "one of after, before and since");
    session_add(&m, FIELD_ROOM, &m.room, range->room);
    session_add(&m, FIELD_WITH, &m.with, range->with);
    session_add_uint(&m, FIELD_BEFORE, &m.before, range->before);
    session_add_uint(&m, FIELD_SINCE, &m.since, range->since);
    session_add_uint(&m, FIELD_LIMIT, &m.limit, range->limit);
    m.after = range->after;
    if (after)
        m.has |= MESSAGE_BIT(FIELD_AFTER);
    return session_ask(s, &m, number);
}

int
session_who(struct session *s, const char *room, const char *after,
            uint64_t *number)
{
    struct message m = {.op = OP_WHO};
    session_add(&m, FIELD_ROOM, &m.room, room);
    session_add(&m, FIELD_AFTER_NAME, &m.after_name, after);
    return session_ask(s, &m, number);
}

int
session_rooms(struct session *s, const char *after, uint64_t *number)
{
    struct message m = {.op = OP_ROOMS};
    session_add(&m, FIELD_AFTER_NAME, &m.after_name, after);
    return session_ask(s, &m, number);
}

int
session_ping(struct session *s, uint64_t *number)
{
    struct message m = {.op = OP_PING};
    return session_ask(s, &m, number);
}

int
session_search(struct session *s, const struct confab_search *search,
               uint64_t *number)
{
    struct message m = {.op = OP_SEARCH};
    if (!search->text)
        return session_refuse(s, CONFAB_EINVALID, "text is missing");
    session_add(&m, FIELD_TEXT, &m.text, search->text);
    session_add(&m, FIELD_ROOM, &m.room, search->room);
    session_add(&m, FIELD_WITH, &m.with, search->with);
    session_add(&m, FIELD_FROM, &m.from, search->from);
    session_add_uint(&m, FIELD_BEFORE, &m.before, search->before);
    session_add_uint(&m, FIELD_SINCE, &m.since, search->since);
    session_add_uint(&m, FIELD_LIMIT, &m.limit, search->limit);
    return session_ask(s, &m, number);
}

int
session_stats(struct session *s, uint64_t *number)
{
    struct message m = {.op = OP_STATS};
    return session_ask(s, &m, number);
}

int
session_say_bye(struct session *s)
{
    if (s->stage != STAGE_ONLINE || s->bye_wanted)
        return CONFAB_OK;
    /* The broker forgets our numbers with it; an answer that is lost with the
     * power would have its message said and stored again. */
    if (!s->outbox.live)
        session_keep_answers(s);
    struct message m = {.op = OP_BYE};
    int error = s->failed ? s->failed : session_ask(s, &m, NULL);
    s->bye_wanted = !error;
    return error;
}
