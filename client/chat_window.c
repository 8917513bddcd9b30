/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_window: which conversation is looked at, and which ones there are.
 *
 * Each has a line of its own that was being typed there and lines of its own to
 * bring back, so they are exchanged whenever another one is looked at.
 */
#include "chat.h"

#include "proto/name.h"

/* Another one than `before` is looked at by now. */
static void
turn(struct chat *ch, struct chat_buffer *before)
{
    struct chat_buffer *b = buffers_current(&ch->buffers);
    chat_tab_end(ch);
    if (ch->line && before != b) {
        if (before)
            line_put_aside(ch->line, &before->draft);
        line_use(ch->line, &b->past);
        line_bring_back(ch->line, &b->draft);
    }
    chat_fill(ch, b);
    chat_changed(ch);
}

void
chat_show(struct chat *ch, struct chat_buffer *b)
{
    struct chat_buffer *before = buffers_current(&ch->buffers);
    if (buffers_show(&ch->buffers, b))
        turn(ch, before);
}

void
chat_step(struct chat *ch, int step)
{
    struct chat_buffer *before = buffers_current(&ch->buffers);
    buffers_next(&ch->buffers, step);
    turn(ch, before);
}

void
chat_go(struct chat *ch, size_t number)
{
    enum { ALT_ZERO = 10 };
    struct chat_buffer *before = buffers_current(&ch->buffers);
    if (number == ALT_ZERO && number >= ch->buffers.len)
        number = 0; /* the program's own */
    if (buffers_go(&ch->buffers, number))
        turn(ch, before);
}

void
chat_active(struct chat *ch)
{
    struct chat_buffer *before = buffers_current(&ch->buffers);
    if (buffers_active(&ch->buffers))
        turn(ch, before);
}

void
chat_close(struct chat *ch, struct chat_buffer *b)
{
    bool looked_at = b == buffers_current(&ch->buffers);
    if (looked_at && ch->line)
        line_put_aside(ch->line, &b->draft); /* goes with it */
    buffers_close(&ch->buffers, b);
    if (looked_at)
        turn(ch, NULL);
    chat_changed(ch);
}

struct chat_buffer *
chat_room(const struct chat *ch)
{
    struct chat_buffer *b = buffers_current(&ch->buffers);
    return b->kind == BUFFER_ROOM ? b : NULL;
}

/* The conversation, made if need be. NULL after saying why not. */
static struct chat_buffer *
window_open(struct chat *ch, enum buffer_kind kind, const char *name)
{
    bool room = kind == BUFFER_ROOM;
    const char *fault = name_fault(slice_str(name));
    struct chat_buffer *b = NULL;
    if (fault)
        chat_wrong(ch, "%s: this cannot be %s: it %s", name,
                   room ? "a room" : "an id", fault);
    else
        b = buffers_open(&ch->buffers, kind, name);
    if (!fault && !b && buffers_full(&ch->buffers, kind))
        chat_wrong(ch,
                   "%s: %d conversations %s are open, and no more can be: "
                   "/close %s",
                   name, room ? LIMIT_JOINED : BUFFERS_PERSONS,
                   room ? "in rooms" : "with persons",
                   room ? "one" : "one, or * for all of them");
    else if (!fault && !b)
        chat_wrong(ch, "%s: no memory for another conversation", name);
    return b;
}

/* False after saying why not. */
static bool
join(struct chat *ch, const char *name)
{
    struct question q = {.op = OP_JOIN};
    int flags = ch->cmd->args->direct ? CONFAB_DIRECT : 0;
    int error = confab_join(ch->cmd->c, name, flags);
    snprintf(q.name, sizeof q.name, "%s", name);
    chat_ask(ch, error, q);
    return !error;
}

/* The room's conversation, and that it is to be joined: in this order, or we
 * would be a member of a room that nobody sees. There are as many windows for
 * rooms as rooms that one can be in. NULL after saying why not. */
static struct chat_buffer *
room_open(struct chat *ch, const char *name)
{
    bool was_there = buffers_find(&ch->buffers, BUFFER_ROOM, name);
    struct chat_buffer *b = window_open(ch, BUFFER_ROOM, name);
    if (!b || b->wanted)
        return b;
    b->wanted = join(ch, name);
    if (b->wanted)
        return b;
    if (!was_there)
        chat_close(ch, b);
    return NULL;
}

void
chat_join(struct chat *ch, const char *name, bool shows)
{
    struct chat_buffer *b = room_open(ch, name);
    if (b && shows)
        chat_show(ch, b);
}

struct chat_buffer *
chat_person(struct chat *ch, const char *id)
{
    return window_open(ch, BUFFER_PERSON, id);
}
