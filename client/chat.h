/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat: talking in line mode, the state and its parts.
 *
 * On a terminal the row at the bottom is the line being typed; whatever comes
 * in takes that row away, is printed above, and the row is drawn again with
 * nothing lost (chat_above). Without a terminal the same program reads plain
 * lines and prints plain lines. What is typed is either said in the current
 * room, or begins with '/' and is a row of the table in chat_slash.c.
 */
#ifndef CONFAB_CHAT_H
#define CONFAB_CHAT_H

#include "cmd.h"
#include "cmd_lines.h"
#include "cmd_pending.h"
#include "term_line.h"

struct chat_room {
    char name[LIMIT_NAME + 1];
    bool joined; /* the broker has said so */
};

struct chat {
    struct cmd *cmd;
    struct line *line; /* NULL: no terminal */
    struct lines in;   /* else this is read */
    bool drawn;        /* the typed line is on the screen */
    unsigned column;   /* of the cursor, when it was drawn */
    struct chat_room rooms[LIMIT_JOINED];
    size_t room_count;
    size_t current; /* of rooms, when there are any */
    struct pending pending;
    bool quit;
};

/* Takes the typed line off the screen, so that stdout may be printed to. */
void chat_above(struct chat *ch);
/* Draws it again. */
void chat_draw(struct chat *ch);
/* "-- ..." above the typed line; a cmd->show, so the context is a chat. */
void chat_notice(void *context, const char *line);
void chat_say(struct chat *ch, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Shows what happened. */
void chat_event(struct chat *ch, const confab_event *e);
/* A message above the typed line, of several lines when it has several. */
void chat_message(struct chat *ch, const confab_event *e);

/* A whole line was typed: says it, or does what it commands. */
void chat_typed(struct chat *ch, char *text);
/* Says it in the current room, whatever it begins with. */
void chat_text(struct chat *ch, const char *text);
/* Joins the room or goes to it. */
void chat_join(struct chat *ch, const char *name);
/* Notes the question `number` about `name`, or tells why it could not be put.
 */
void chat_ask(struct chat *ch, int error, uint64_t number, enum op op,
              const char *name);
/* Cuts the first word off; `rest` is what stands behind it. */
char *chat_word(char *text, char **rest);

/* chat_admin.c: what moderators type. */
void chat_slash_about(struct chat *ch, char *words);
void chat_slash_invite(struct chat *ch, char *words);
void chat_slash_kick(struct chat *ch, char *words);
void chat_slash_mute(struct chat *ch, char *words);
void chat_slash_ban(struct chat *ch, char *words);
void chat_slash_redact(struct chat *ch, char *words);

/* The current room's name, NULL: none. */
const char *chat_current(const struct chat *ch);
struct chat_room *chat_room_find(struct chat *ch, const char *name);
void chat_room_drop(struct chat *ch, const char *name);

#endif
