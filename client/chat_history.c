/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_history: conversations are filled from the broker's log.
 *
 * A room begins with its newest page when it is joined, and goes back to where
 * it was read last time, up to a bound; a person's is asked for when it is
 * first looked at. Further back it goes when somebody scrolls there. What comes
 * twice is put in its place once by buffer_add.
 *
 * A page belongs to the question that its conversation waits for. After /clear
 * it waits for none: an older page would stand there as the newest one.
 */
#include <stdlib.h>

#include "chat.h"

static bool
has_older(const struct chat_buffer *b)
{
    return b->kind != BUFFER_PROGRAM && !b->whole && !b->asked;
}

void
chat_older(struct chat *ch, struct chat_buffer *b, unsigned limit)
{
    struct confab_range range = {.before = b->oldest, .limit = limit};
    struct question q = {.op = OP_HISTORY, .quiet = true};
    if (!has_older(b))
        return;
    if (b->kind == BUFFER_ROOM)
        range.room = b->name;
    else
        range.with = b->name;
    snprintf(q.name, sizeof q.name, "%s", b->name);
    int error = confab_history(ch->cmd->c, &range, &q.number);
    b->asked = error ? 0 : q.number;
    chat_ask(ch, error, q);
}

void
chat_fill(struct chat *ch, struct chat_buffer *b)
{
    if (ch->view->history && b->kind == BUFFER_PERSON &&
        buffer_len(b) < CHAT_FEW)
        chat_older(ch, b, CHAT_PAGE);
}

/* How far the other one has acknowledged; the event has no field for it. */
static uint64_t
acked(const confab_event *e)
{
    struct reader r = reader_open(slice_of(e->raw, e->raw_len));
    struct message m;
    struct fault fault;
    if (!e->raw || message_read(&r, SIDE_BROKER, &m, &fault) != ERR_NONE)
        return 0;
    return m.acked;
}

void
chat_page(struct chat *ch, struct chat_buffer *b, const confab_event *e)
{
    if (e->number != b->asked)
        return;
    b->asked = 0;
    if (!e->more)
        b->whole = true;
    /* The newest first: a buffer that is full takes nothing older. */
    for (size_t i = e->messages_len; i-- > 0;) {
        struct entry entry;
        char *made = NULL;
        if (chat_entry(ch, &e->messages[i], &entry, &made) &&
            !buffers_ignores(&ch->buffers, entry.from))
            (void)buffer_add(b, &entry, BUFFER_HISTORY); /* or it is there */
        free(made);
    }
    /* Also when none of them is to be seen, the next page is another one. */
    uint64_t first = e->messages_len ? e->messages[0].seq : 0;
    if (first && (!b->oldest || first < b->oldest))
        b->oldest = first;
    if (b->kind == BUFFER_PERSON)
        buffer_received(b, acked(e));
    if (b->read && b->oldest > b->read && buffer_len(b) < CHAT_UNREAD)
        chat_older(ch, b, LIMIT_PAGE);
    chat_changed(ch);
}
