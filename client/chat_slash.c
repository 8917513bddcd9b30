/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_slash: what is typed: text for the current room, or a command.
 *
 * The commands are one table; /help is written from it. A text that is to
 * begin with a slash is typed with two.
 */
#include "chat.h"

enum { SLASH_HISTORY = 20 }; /* messages that /history shows */

const char *
chat_current(const struct chat *ch)
{
    return ch->room_count ? ch->rooms[ch->current].name : NULL;
}

struct chat_room *
chat_room_find(struct chat *ch, const char *name)
{
    for (size_t i = 0; name && i < ch->room_count; i++) {
        if (strcmp(ch->rooms[i].name, name) == 0)
            return &ch->rooms[i];
    }
    return NULL;
}

void
chat_room_drop(struct chat *ch, const char *name)
{
    struct chat_room *room = chat_room_find(ch, name);
    if (!room)
        return;
    size_t at = (size_t)(room - ch->rooms);
    ch->room_count--;
    memmove(room, room + 1, (ch->room_count - at) * sizeof *room);
    if (ch->current > at || ch->current == ch->room_count)
        ch->current -= ch->current > 0;
    ch->drawn = false;
}

void
chat_ask(struct chat *ch, int error, uint64_t number, enum op op,
         const char *name)
{
    struct question q = {.number = number, .op = op};
    snprintf(q.name, sizeof q.name, "%.*s", LIMIT_NAME, name);
    if (!error && !pending_add(&ch->pending, q))
        error = CONFAB_ENOMEM;
    if (error)
        (void)cmd_failed(ch->cmd, error, name); /* told; the chat goes on */
}

void
chat_join(struct chat *ch, const char *name)
{
    struct chat_room *room = chat_room_find(ch, name);
    if (!room && ch->room_count == LIMIT_JOINED) {
        chat_say(ch, "you are in %d rooms, and no more can be joined",
                 LIMIT_JOINED);
        return;
    }
    if (!room) {
        bool direct = ch->cmd->args->direct;
        int error = confab_join(ch->cmd->c, name, direct ? CONFAB_DIRECT : 0);
        chat_ask(ch, error, 0, OP_JOIN, name);
        if (error)
            return;
        room = &ch->rooms[ch->room_count++];
        *room = (struct chat_room){0};
        snprintf(room->name, sizeof room->name, "%s", name);
    }
    ch->current = (size_t)(room - ch->rooms);
    ch->drawn = false;
}

static void
note_offline(struct chat *ch)
{
    if (!ch->cmd->online)
        chat_say(ch, "not connected: it will be sent when the broker is back");
}

/* Says it as soon as the outbox takes it; what comes meanwhile is shown. */
static int
say_soon(struct chat *ch, const char *room, const char *text,
         const struct confab_extra *extra)
{
    for (;;) {
        confab_event *e = NULL;
        int error = confab_say(ch->cmd->c, room, text, extra, NULL);
        if (error != CONFAB_EFULL)
            return error;
        int code = cmd_next(ch->cmd, &e, INT64_MAX);
        if (!code)
            chat_event(ch, e);
        confab_event_free(&e);
        if (code)
            return error;
    }
}

static void
say(struct chat *ch, const char *text, const char *kind)
{
    struct confab_extra extra = {.kind = kind};
    char room[LIMIT_NAME + 1]; /* a copy: what comes meanwhile may drop it */
    if (!chat_current(ch)) {
        chat_say(ch, "you are in no room: /join ROOM");
        return;
    }
    snprintf(room, sizeof room, "%s", chat_current(ch));
    int error = say_soon(ch, room, text, &extra);
    if (error)
        (void)cmd_failed(ch->cmd, error, room); /* told; the chat goes on */
    else
        note_offline(ch);
}

char *
chat_word(char *text, char **rest)
{
    text += strspn(text, " ");
    size_t len = strcspn(text, " ");
    *rest = text + len;
    if (**rest) {
        **rest = '\0';
        *rest += 1 + strspn(*rest + 1, " ");
    }
    return text;
}

/* What the receiver sees, shown to the sender, too. */
static void
show_told(struct chat *ch, const char *to, const char *text)
{
    confab_event e = {
        .type = CONFAB_TELL,
        .to = to,
        .from = ch->cmd->id,
        .time = cmd_wall(),
        .text = text,
        .text_len = strlen(text),
    };
    chat_message(ch, &e);
}

static void
slash_msg(struct chat *ch, char *words)
{
    char *text = NULL;
    char *to = chat_word(words, &text);
    uint64_t number = 0;
    if (!*to || !*text) {
        chat_say(ch, "/msg ID TEXT");
        return;
    }
    int error = confab_tell(ch->cmd->c, to, text, NULL, &number);
    chat_ask(ch, error, number, OP_TELL, to);
    if (error)
        return;
    show_told(ch, to, text);
    note_offline(ch);
}

static void
slash_join(struct chat *ch, char *words)
{
    char *rest = NULL;
    char *room = chat_word(words, &rest);
    if (*room)
        chat_join(ch, room);
    else
        chat_say(ch, "/join ROOM");
}

/* The room that is named, or the current one; NULL after saying that there is
 * none. */
static const char *
room_of(struct chat *ch, char *words)
{
    char *rest = NULL;
    const char *room = chat_word(words, &rest);
    if (!*room)
        room = chat_current(ch);
    if (!room)
        chat_say(ch, "you are in no room; name one");
    return room;
}

static void
slash_leave(struct chat *ch, char *words)
{
    const char *room = room_of(ch, words);
    struct question q;
    if (!room)
        return;
    if (!chat_room_find(ch, room)) {
        chat_say(ch, "you are not in %s", room);
        return;
    }
    int error = confab_leave(ch->cmd->c, room);
    if (error)
        (void)cmd_failed(ch->cmd, error, room); /* told; the chat goes on */
    else
        chat_say(ch, "you left %s", room);
    while (pending_take(&ch->pending, 0, OP_JOIN, room, &q))
        continue; /* nobody waits for its answer any more */
    chat_room_drop(ch, room);
}

static void
slash_who(struct chat *ch, char *words)
{
    const char *room = room_of(ch, words);
    uint64_t number = 0;
    if (!room)
        return;
    int error = confab_who(ch->cmd->c, room, NULL, &number);
    chat_ask(ch, error, number, OP_WHO, room);
}

static void
slash_rooms(struct chat *ch, char *words)
{
    uint64_t number = 0;
    (void)words;
    int error = confab_rooms(ch->cmd->c, NULL, &number);
    chat_ask(ch, error, number, OP_ROOMS, "rooms");
}

static void
slash_history(struct chat *ch, char *words)
{
    struct confab_range range = {.room = room_of(ch, words),
                                 .limit = SLASH_HISTORY};
    uint64_t number = 0;
    if (!range.room)
        return;
    int error = confab_history(ch->cmd->c, &range, &number);
    chat_ask(ch, error, number, OP_HISTORY, range.room);
}

static void
slash_me(struct chat *ch, char *words)
{
    if (*words)
        say(ch, words, "action");
    else
        chat_say(ch, "/me TEXT");
}

static void
slash_quit(struct chat *ch, char *words)
{
    (void)words;
    ch->quit = true;
}

static void slash_help(struct chat *ch, char *words);

static const struct {
    const char *name;
    void (*run)(struct chat *, char *words);
    const char *words, *help;
} slashes[] = {
    {"join", slash_join, "ROOM", "enter a room, or go to it"},
    {"leave", slash_leave, "[ROOM]", "leave this room"},
    {"msg", slash_msg, "ID TEXT", "say something to one person alone"},
    {"me", slash_me, "TEXT", "say what you do: * ann waves"},
    {"who", slash_who, "[ROOM]", "who is here"},
    {"rooms", slash_rooms, "", "which rooms there are"},
    {"history", slash_history, "[ROOM]", "what was said last"},
    {"about", chat_slash_about, "[TEXT]", "what this room is about"},
    {"invite", chat_slash_invite, "ID", "let somebody into this closed room"},
    {"kick", chat_slash_kick, "ID [WHY]", "put somebody out of this room"},
    {"mute", chat_slash_mute, "ID TIME [WHY]", "silence in this room: 10m, 2h"},
    {"ban", chat_slash_ban, "ID TIME [WHY]", "not on this broker: 10m, 2h, 7d"},
    {"redact", chat_slash_redact, "SEQ [WHY]", "take a message away"},
    {"help", slash_help, "", "this list"},
    {"quit", slash_quit, "", "end (Ctrl-D, too)"},
};

static void
slash_help(struct chat *ch, char *words)
{
    (void)words;
    for (size_t i = 0; i < sizeof slashes / sizeof *slashes; i++)
        chat_say(ch, "/%s %-*s %s", slashes[i].name,
                 16 - (int)strlen(slashes[i].name), slashes[i].words,
                 slashes[i].help);
    chat_say(ch, "//text says \"/text\"");
}

static void
slash(struct chat *ch, char *text)
{
    char *words = NULL;
    const char *name = chat_word(text, &words);
    for (size_t i = 0; i < sizeof slashes / sizeof *slashes; i++) {
        if (strcmp(slashes[i].name, name) == 0) {
            slashes[i].run(ch, words);
            return;
        }
    }
    chat_say(ch, "there is no /%s; /help tells what there is", name);
}

void
chat_text(struct chat *ch, const char *text)
{
    if (*text)
        say(ch, text, NULL);
}

void
chat_typed(struct chat *ch, char *text)
{
    if (text[0] != '/')
        chat_text(ch, text);
    else if (text[1] == '/')
        chat_text(ch, text + 1);
    else
        slash(ch, text + 1);
}
