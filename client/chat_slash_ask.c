/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_slash_ask: commands that ask the broker something.
 */
#include "chat_slash.h"

static void
ask(struct chat *ch, int error, struct question q, const char *name)
{
    snprintf(q.name, sizeof q.name, "%.*s", LIMIT_NAME, name);
    chat_ask(ch, error, q);
}

/* The room that is named, or the one that is looked at; NULL after saying that
 * there is none. */
static const char *
room_of(struct chat *ch, char *words)
{
    char *rest = NULL;
    const char *room = slash_word(words, &rest);
    if (!*room)
        room = chat_room(ch) ? chat_room(ch)->name : NULL;
    if (!room)
        chat_say(ch, "you are in no room; name one");
    return room;
}

void
slash_who(struct chat *ch, char *words)
{
    const char *room = room_of(ch, words);
    struct question q = {.op = OP_WHO};
    if (room)
        ask(ch, confab_who(ch->cmd->c, room, NULL, &q.number), q, room);
}

void
slash_rooms(struct chat *ch, char *words)
{
    struct question q = {.op = OP_ROOMS};
    (void)words;
    ask(ch, confab_rooms(ch->cmd->c, NULL, &q.number), q, "rooms");
}

/* Further back in the conversation that is looked at. */
static void
further_back(struct chat *ch, struct chat_buffer *b)
{
    if (b->whole)
        chat_say(ch, "nothing older is to be had");
    else
        chat_older(ch, b, CHAT_PAGE);
}

void
slash_history(struct chat *ch, char *words)
{
    struct chat_buffer *b = buffers_current(&ch->buffers);
    if (ch->view->history && !*words && b->kind != BUFFER_PROGRAM) {
        further_back(ch, b);
        return;
    }
    struct confab_range range = {.limit = CHAT_HISTORY};
    struct question q = {.op = OP_HISTORY};
    if (!*words && b->kind == BUFFER_PERSON)
        range.with = b->name;
    else
        range.room = room_of(ch, words);
    const char *name = range.room ? range.room : range.with;
    if (name)
        ask(ch, confab_history(ch->cmd->c, &range, &q.number), q, name);
}

void
slash_search(struct chat *ch, char *words)
{
    struct confab_search search = {.text = words, .limit = CHAT_FOUND};
    struct question q = {.op = OP_SEARCH};
    if (*words)
        ask(ch, confab_search(ch->cmd->c, &search, &q.number), q, words);
    else
        chat_say(ch, "/search WORDS: all of them, in any order; \"a phrase\", "
                     "begin*, -without");
}
