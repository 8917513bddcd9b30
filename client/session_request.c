/* SPDX-License-Identifier: MPL-2.0 */
/*
 * session_request: what was asked once and is answered by its ref.
 *
 * A question that was on its way when the connection broke is asked again. Not
 * so a message with keep:false, nor what a moderator does: it may have arrived,
 * and a second one would be worse than none (who was kicked has come back, with
 * permission); so the user is told that it is not known.
 */
#include <stdlib.h>

#include "session_state.h"

bool
request_is_act(enum op op)
{
    switch (op) {
    case OP_INVITE:
    case OP_KICK:
    case OP_BAN:
    case OP_MUTE:
    case OP_REDACT:
    case OP_ABOUT:
    case OP_RELOAD:
        return true;
    default:
        return false;
    }
}

static bool
is_said(enum op op)
{
    return op == OP_SAY || op == OP_TELL;
}

struct request *
request_new(struct session *s, const struct message *m, struct slice encoded)
{
    struct request *q = malloc(sizeof *q + encoded.len);
    if (!q)
        return NULL;
    *q =
        (struct request){.number = m->ref.num, .op = m->op, .len = encoded.len};
    if (m->room.len < sizeof q->room && m->room.len)
        memcpy(q->room, m->room.data, m->room.len);
    memcpy(q->bytes, encoded.data, encoded.len);
    *s->requests_end = q;
    s->requests_end = &q->next;
    s->request_count++;
    s->fleeting += is_said(q->op) || request_is_act(q->op);
    s->work = true;
    return q;
}

struct request *
request_find(struct session *s, uint64_t number)
{
    struct request *q = s->requests;
    while (q && q->number != number)
        q = q->next;
    return q;
}

void
request_remove(struct session *s, struct request *q)
{
    struct request **at = &s->requests;
    while (*at != q)
        at = &(*at)->next;
    *at = q->next;
    if (!q->next)
        s->requests_end = at;
    s->request_count--;
    s->fleeting -= is_said(q->op) || request_is_act(q->op);
    free(q);
}

void
request_drop_leave(struct session *s, const char *room)
{
    struct request *next;
    for (struct request *q = s->requests; q; q = next) {
        next = q->next;
        if (q->op == OP_LEAVE && !q->sent && !strcmp(q->room, room))
            request_remove(s, q);
    }
}

static void
refuse_fleeting(struct session *s, const struct request *q)
{
    struct message m = {
        .op = OP_NONE,
        .code = slice_str(err_name(ERR_OFFLINE)),
        .text = slice_str("the connection broke before it was answered"),
    };
    struct event *e = session_event(s, CONFAB_REFUSED, &m, slice_of(NULL, 0));
    if (!e)
        return;
    e->user.number = q->number;
    session_give(s, e);
}

void
request_rewind(struct session *s)
{
    struct request *next;
    for (struct request *q = s->requests; q; q = next) {
        next = q->next;
        bool once = is_said(q->op) || request_is_act(q->op);
        if (q->sent && once)
            refuse_fleeting(s, q);
        /* A hello starts with no rooms, so there is none to leave. */
        if ((q->sent && once) || q->op == OP_LEAVE)
            request_remove(s, q);
        else
            q->sent = false;
    }
}

bool
request_waits(const struct session *s, const struct request *q)
{
    bool lists = q->op == OP_ROOMS || q->op == OP_WHO;
    bool asks = q->op == OP_HISTORY || q->op == OP_RULINGS ||
                q->op == OP_SEARCH;
    if (!lists && !asks && !request_is_act(q->op))
        return false;
    for (size_t i = 0; i < s->room_count; i++) {
        const struct room *room = s->rooms[i];
        bool asked = room->stage == ROOM_ASKED;
        if ((!asked && room->stage != ROOM_WANTED) || room->verb >= q->number)
            continue;
        if (q->room[0] && strcmp(q->room, room->name) == 0)
            return true;
        /* Not for one that was put off: that may take long. */
        if (!q->room[0] && lists && (asked || room->at == 0))
            return true;
    }
    return false;
}
