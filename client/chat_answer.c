/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_answer: answers to what was typed, or asked by this program itself.
 *
 * An answer is known by the number of its question. One that nobody asked for
 * any more is dropped.
 */
#define _GNU_SOURCE /* strdup */
#include <stdlib.h>

#include "chat.h"

static void
set_about(struct chat_buffer *b, const confab_event *e)
{
    free(b->about);
    b->about = e->about && *e->about ? strdup(e->about) : NULL;
}

static void
on_joined(struct chat *ch, const confab_event *e)
{
    struct chat_buffer *b = buffers_find(&ch->buffers, BUFFER_ROOM, e->room);
    struct question q;
    while (pending_take(&ch->pending, 0, OP_JOIN, e->room, &q))
        continue;
    if (!b || !b->wanted)
        return;
    bool first = !b->joined;
    b->joined = true;
    b->closed = e->closed;
    set_about(b, e);
    (void)buffer_members(b, e->list, e->list_len, e->count);
    chat_changed(ch);
    if (!first)
        return;
    chat_list(ch, b, e, b->name);
    if (b->about)
        chat_news(ch, b, "%s is about %s", b->name, b->about);
    if (ch->view->history)
        chat_older(ch, b, CHAT_PAGE);
}

/* A join that failed: what was opened for it is closed. */
static void
join_failed(struct chat *ch, const char *name)
{
    struct chat_buffer *b = buffers_find(&ch->buffers, BUFFER_ROOM, name);
    if (!b)
        return;
    b->wanted = b->joined = false;
    if (!b->newest)
        chat_close(ch, b);
}

static enum buffer_kind
receiver_kind(enum op op)
{
    return op == OP_TELL ? BUFFER_PERSON : BUFFER_ROOM;
}

/* The message waits no more; what it was stands where it would have been. */
static void
not_said(struct chat *ch, struct chat_buffer *b, uint64_t number)
{
    char *text = NULL;
    for (size_t i = 0; !text && i < b->waiting_len; i++) {
        if (b->waiting[i]->number == number)
            text = strdup(b->waiting[i]->text);
    }
    (void)buffer_sent(b, number, 0, 0);
    if (text)
        chat_news(ch, b, "not said: %s", text);
    free(text);
}

/* A person or a room without a past: it is not asked for again. */
static void
history_refused(struct chat *ch, uint64_t number)
{
    for (size_t i = 0; i < ch->buffers.len; i++) {
        struct chat_buffer *b = ch->buffers.rows[i];
        if (b->asked != number)
            continue;
        b->asked = 0;
        b->whole = true;
    }
}

static void
on_refused(struct chat *ch, const confab_event *e)
{
    struct question q = {0};
    struct chat_buffer *b = NULL;
    const char *doing = e->room ? e->room : "that";
    if (pending_take(&ch->pending, e->number, OP_JOIN, e->room, &q)) {
        doing = q.name;
        if (q.op == OP_JOIN)
            join_failed(ch, q.name);
        if (q.op == OP_SAY || q.op == OP_TELL)
            b = buffers_find(&ch->buffers, receiver_kind(q.op), q.name);
        if (b)
            not_said(ch, b, e->number);
        if (q.op == OP_HISTORY)
            history_refused(ch, e->number);
    }
    if (!q.quiet)
        (void)cmd_refused(ch->cmd, e, doing); /* its exit code is not for us */
}

static void
show_away(struct chat *ch, struct chat_buffer *b, bool online)
{
    bool told = strcmp(ch->told_away, b->name) == 0;
    b->online = online;
    if (online && told)
        *ch->told_away = '\0';
    if (online || told)
        return;
    snprintf(ch->told_away, sizeof ch->told_away, "%s", b->name);
    chat_news(ch, b, "%s is not connected; kept until he is", b->name);
}

static void
on_sent(struct chat *ch, const confab_event *e)
{
    struct question q = {0};
    if (!pending_take(&ch->pending, e->number, OP_TELL, NULL, &q))
        return;
    struct chat_buffer *b =
        buffers_find(&ch->buffers, receiver_kind(q.op), q.name);
    if (!b)
        return;
    /* Line mode prints what comes back from a room, in the room's order. */
    bool prints = !ch->view->history && q.op == OP_SAY;
    (void)buffer_sent(b, e->number, prints ? 0 : e->seq, e->time);
    chat_changed(ch);
    if (q.op == OP_TELL)
        show_away(ch, b, e->online);
}

static void
show_rooms(struct chat *ch, const confab_event *e)
{
    if (e->rooms_len == 0)
        chat_say(ch, "there are no rooms");
    for (size_t i = 0; i < e->rooms_len; i++)
        chat_say(ch, "%s (%llu)%s%s", e->rooms[i].name,
                 (unsigned long long)e->rooms[i].count,
                 e->rooms[i].about ? ": " : "",
                 e->rooms[i].about ? e->rooms[i].about : "");
    if (e->more)
        chat_say(ch, "and more: confab rooms lists all");
}

static void
on_rooms(struct chat *ch, const confab_event *e, const struct question *q)
{
    chat_learn(ch, e);
    if (!q->quiet)
        show_rooms(ch, e);
}

static void
on_who(struct chat *ch, const confab_event *e, const struct question *q)
{
    struct chat_buffer *b =
        e->room ? buffers_find(&ch->buffers, BUFFER_ROOM, e->room) : NULL;
    if (b && b->joined)
        (void)buffer_members(b, e->list, e->list_len, e->count);
    if (!q->quiet)
        chat_list(ch, NULL, e, e->room ? e->room : "connected");
    chat_changed(ch);
}

static void
on_history(struct chat *ch, const confab_event *e, const struct question *q)
{
    struct chat_buffer *b =
        e->room ? buffers_find(&ch->buffers, BUFFER_ROOM, e->room)
                : buffers_find(&ch->buffers, BUFFER_PERSON, q->name);
    if (q->quiet && b)
        chat_page(ch, b, e);
    if (!q->quiet && e->messages_len == 0)
        chat_say(ch, "nothing has been said in %s", q->name);
    else if (!q->quiet)
        ch->view->page(ch, e->messages, e->messages_len);
}

/* What was found comes newest first, and is read the other way round. */
static void
on_found(struct chat *ch, const confab_event *e, const struct question *q)
{
    for (size_t i = e->messages_len; i-- > 0;)
        ch->view->page(ch, &e->messages[i], 1);
    if (e->messages_len == 0)
        chat_say(ch, "nothing that you may read has: %s", q->name);
    else
        chat_say(ch, "%zu found: %s%s", e->messages_len, q->name,
                 e->more ? "; there are more, confab search has them" : "");
    if (!e->complete)
        chat_say(ch, "not all that is kept could be searched now");
}

/* A subject is told to all who are in the room, and so to us. */
static void
on_done(struct chat *ch, const struct question *q)
{
    const struct chat_buffer *b =
        buffers_find(&ch->buffers, BUFFER_ROOM, q->name);
    if (q->op != OP_ABOUT || !b || !b->joined)
        chat_say(ch, "%s %s: done", op_name(q->op), q->name);
}

void
chat_answer(struct chat *ch, const confab_event *e)
{
    struct question q = {0};
    if (e->type == CONFAB_JOINED)
        on_joined(ch, e);
    else if (e->type == CONFAB_REFUSED)
        on_refused(ch, e);
    else if (e->type == CONFAB_SENT)
        on_sent(ch, e);
    else if (!e->number ||
             !pending_take(&ch->pending, e->number, OP_NONE, NULL, &q))
        return;
    else if (e->type == CONFAB_WHO)
        on_who(ch, e, &q);
    else if (e->type == CONFAB_ROOMS)
        on_rooms(ch, e, &q);
    else if (e->type == CONFAB_HISTORY)
        on_history(ch, e, &q);
    else if (e->type == CONFAB_FOUND)
        on_found(ch, e, &q);
    else if (e->type == CONFAB_DONE)
        on_done(ch, &q);
}
