/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_slash: the commands that are typed, one row each.
 *
 * /help, Tab and what is guessed for a word that is none come from the rows.
 */
#ifndef CONFAB_CHAT_SLASH_H
#define CONFAB_CHAT_SLASH_H

#include "chat.h"

enum { SLASH_MOST = 63 }; /* commands */

enum slash_takes { TAKES_NOTHING, TAKES_ROOM, TAKES_ID, TAKES_COMMAND };

struct slash {
    const char *name;
    const char *alias; /* NULL: none */
    void (*run)(struct chat *ch, char *words);
    enum slash_takes takes; /* what its first word is */
    const char *words;
    const char *help;
};
extern const struct slash slashes[];
extern const size_t slash_count;

/* The row of a command, by name or alias; NULL: there is none. */
const struct slash *slash_find(const char *name);
/* The name that was probably meant, NULL: none is near. */
const char *slash_guess(const char *name);
/* Cuts the first word off, and brings it to NFC; `rest` is what stands behind
 * it. */
char *slash_word(char *text, char **rest);

/* chat_slash_talk.c */
void slash_join(struct chat *ch, char *words);
void slash_leave(struct chat *ch, char *words);
void slash_msg(struct chat *ch, char *words);
void slash_query(struct chat *ch, char *words);
void slash_me(struct chat *ch, char *words);
void slash_close(struct chat *ch, char *words);
void slash_ignore(struct chat *ch, char *words);
void slash_unignore(struct chat *ch, char *words);
/* chat_slash_ask.c */
void slash_who(struct chat *ch, char *words);
void slash_rooms(struct chat *ch, char *words);
void slash_history(struct chat *ch, char *words);
void slash_search(struct chat *ch, char *words);
/* chat_admin.c: what moderators and owners type. */
void slash_about(struct chat *ch, char *words);
void slash_invite(struct chat *ch, char *words);
void slash_kick(struct chat *ch, char *words);
void slash_mute(struct chat *ch, char *words);
void slash_ban(struct chat *ch, char *words);
void slash_redact(struct chat *ch, char *words);

#endif
