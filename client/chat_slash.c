/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_slash: the table of slash commands, and looking things up in it.
 */
#include "chat_slash.h"

#include <assert.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "args_meant.h"

enum { HELP_COLUMNS = 22 /* of name and words, before the help */ };

static void
slash_clear(struct chat *ch, char *words)
{
    (void)words;
    buffer_clear(buffers_current(&ch->buffers));
    ch->view->clear(ch);
    chat_changed(ch);
}

static void
slash_more(struct chat *ch, char *words)
{
    struct chat_buffer *b = buffers_current(&ch->buffers);
    (void)words;
    b->unfolded = !b->unfolded;
    chat_say(ch, "long messages of this window are shown %s; /more again %s",
             b->unfolded ? "whole" : "by their first rows",
             b->unfolded ? "folds them" : "shows all of them");
    chat_changed(ch);
}

static void
slash_quit(struct chat *ch, char *words)
{
    (void)words;
    ch->quit = true;
}

static void slash_help(struct chat *ch, char *words);

const struct slash slashes[] = {
    {"join", "j", slash_join, TAKES_ROOM, "ROOM", "enter a room, or go to it"},
    {"leave", "part", slash_leave, TAKES_ROOM, "[ROOM]", "leave this room"},
    {"msg", "tell", slash_msg, TAKES_ID, "ID TEXT",
     "say something to one person alone"},
    {"query", "q", slash_query, TAKES_ID, "ID [TEXT]",
     "open the conversation with one person"},
    {"me", NULL, slash_me, TAKES_NOTHING, "TEXT", "what you do: * ann waves"},
    {"who", "names", slash_who, TAKES_ROOM, "[ROOM]", "who is here"},
    {"rooms", "list", slash_rooms, TAKES_NOTHING, "", "which rooms there are"},
    {"topic", "about", slash_about, TAKES_NOTHING, "[TEXT|-]",
     "what this room is about; -: nothing"},
    {"search", NULL, slash_search, TAKES_NOTHING, "TERMS",
     "look for words in what was said"},
    {"history", NULL, slash_history, TAKES_ROOM, "[ROOM]",
     "what was said last, or before"},
    {"invite", NULL, slash_invite, TAKES_ID, "ID",
     "let somebody into this closed room"},
    {"kick", NULL, slash_kick, TAKES_ID, "ID [WHY]",
     "put somebody out of this room"},
    {"mute", NULL, slash_mute, TAKES_ID, "ID TIME [WHY]",
     "silence in this room: 10m, 2h"},
    {"ban", NULL, slash_ban, TAKES_ID, "ID TIME [WHY]",
     "not on this broker: 10m, 2h, 7d"},
    {"redact", NULL, slash_redact, TAKES_ID, "SEQ|ID [WHY]",
     "take a message away"},
    {"ignore", NULL, slash_ignore, TAKES_ID, "[ID]",
     "hear nothing of somebody; alone: whom"},
    {"unignore", NULL, slash_unignore, TAKES_ID, "ID", "hear him again"},
    {"more", NULL, slash_more, TAKES_NOTHING, "",
     "show long messages whole, or fold them"},
    {"clear", NULL, slash_clear, TAKES_NOTHING, "", "empty this window"},
    {"close", "wc", slash_close, TAKES_ID, "[ID|PATTERN]",
     "close this window; or persons': eve, spam*, *"},
    {"help", "h", slash_help, TAKES_COMMAND, "[COMMAND]", "this list"},
    {"quit", "exit", slash_quit, TAKES_NOTHING, "", "end (Ctrl-D, too)"},
};
const size_t slash_count = sizeof slashes / sizeof *slashes;
static_assert(sizeof slashes / sizeof *slashes <= SLASH_MOST,
              "Tab lists them in an array of this size");

static void
help_row(struct chat *ch, const struct slash *row)
{
    int left = HELP_COLUMNS - (int)strlen(row->name);
    chat_say(ch, "/%s %-*s %s", row->name, left, row->words, row->help);
}

static void
slash_help(struct chat *ch, char *words)
{
    char *rest = NULL;
    const char *name = slash_word(words, &rest);
    const struct slash *row = slash_find(*name == '/' ? name + 1 : name);
    if (*name && !row)
        chat_wrong(ch, "there is no command %s; /help alone lists all", name);
    if (row && row->alias)
        chat_say(ch, "/%s is /%s, too", row->name, row->alias);
    if (row)
        help_row(ch, row);
    if (*name)
        return;
    for (size_t i = 0; i < slash_count; i++)
        help_row(ch, &slashes[i]);
    chat_say(ch, "//text says \"/text\"; confab(1) has the keys");
}

const struct slash *
slash_find(const char *name)
{
    for (size_t i = 0; i < slash_count; i++) {
        const char *alias = slashes[i].alias;
        if (strcmp(slashes[i].name, name) == 0 ||
            (alias && strcmp(alias, name) == 0))
            return &slashes[i];
    }
    return NULL;
}

const char *
slash_guess(const char *name)
{
    struct meant meant = {.typed = name};
    for (size_t i = 0; i < slash_count; i++) {
        args_meant_look(&meant, slashes[i].name);
        if (slashes[i].alias)
            args_meant_look(&meant, slashes[i].alias);
    }
    return meant.word;
}

/* In place: names are in NFC, and a terminal may give another form. One that
 * would be longer stays, and the broker says what is wrong with it. */
static void
compose(char *word)
{
    size_t len = strlen(word);
    uint8_t *made = utf8proc_NFC((const uint8_t *)word);
    if (made && strlen((char *)made) <= len)
        memcpy(word, made, strlen((char *)made) + 1);
    free(made);
}

char *
slash_word(char *text, char **rest)
{
    text += strspn(text, " ");
    size_t len = strcspn(text, " ");
    *rest = text + len;
    if (**rest) {
        **rest = '\0';
        *rest += 1 + strspn(*rest + 1, " ");
    }
    compose(text);
    return text;
}
