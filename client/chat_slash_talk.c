/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_slash_talk: commands about rooms, persons and windows.
 */
#include <fnmatch.h>

#include "chat_slash.h"

void
slash_join(struct chat *ch, char *words)
{
    char *rest = NULL;
    char *room = slash_word(words, &rest);
    if (*room)
        chat_join(ch, room, true);
    else
        chat_say(ch, "/join ROOM");
}

static void
leave(struct chat *ch, struct chat_buffer *b)
{
    struct question q;
    char name[LIMIT_NAME + 1];
    snprintf(name, sizeof name, "%s", b->name);
    int error = b->wanted ? confab_leave(ch->cmd->c, name) : 0;
    while (pending_take(&ch->pending, 0, OP_JOIN, name, &q))
        continue; /* nobody waits for its answer any more */
    chat_close(ch, b);
    if (error)
        (void)cmd_failed(ch->cmd, error, name); /* told; the chat goes on */
    else
        chat_say(ch, "you left %s", name);
}

void
slash_leave(struct chat *ch, char *words)
{
    char *rest = NULL;
    const char *name = slash_word(words, &rest);
    struct chat_buffer *b = chat_room(ch);
    if (*name)
        b = buffers_find(&ch->buffers, BUFFER_ROOM, name);
    if (b)
        leave(ch, b);
    else if (*name)
        chat_say(ch, "you are not in %s", name);
    else
        chat_say(ch, "this is no room; name one, or /close");
}

/* An id may have signs of a pattern in it. */
static bool
is_meant(const struct chat_buffer *b, const char *pattern)
{
    return b->kind == BUFFER_PERSON &&
           (strcmp(pattern, b->name) == 0 || !fnmatch(pattern, b->name, 0));
}

/* The one that is looked at goes last, or each that takes its place for a
 * moment would be filled from the log. */
static void
close_persons(struct chat *ch, const char *pattern)
{
    struct chat_buffer *current = buffers_current(&ch->buffers);
    bool too = is_meant(current, pattern);
    unsigned closed = too;
    for (size_t i = ch->buffers.len; i-- > 0;) {
        struct chat_buffer *b = ch->buffers.rows[i];
        if (b == current || !is_meant(b, pattern))
            continue;
        chat_close(ch, b);
        closed++;
    }
    if (too)
        chat_close(ch, current);
    if (closed)
        chat_say(ch, "%u window%s closed", closed, closed == 1 ? "" : "s");
    else
        chat_say(ch, "no window of a person is open for %s", pattern);
}

void
slash_close(struct chat *ch, char *words)
{
    char *rest = NULL;
    struct chat_buffer *b = buffers_current(&ch->buffers);
    const char *pattern = slash_word(words, &rest);
    if (*pattern)
        close_persons(ch, pattern);
    else if (b->kind == BUFFER_PROGRAM)
        chat_say(ch, "this window stays; /quit ends the program");
    else if (b->kind == BUFFER_ROOM)
        leave(ch, b);
    else
        chat_close(ch, b);
}

/* Says it to the person; false after telling why it was not taken. */
static bool
tell(struct chat *ch, struct chat_buffer *b, const char *text)
{
    int error = chat_speak(ch, b, text, NULL);
    if (error == CONFAB_EFULL)
        chat_wrong(ch, "%zu messages wait to be sent; this one was not taken",
                   confab_unsent(ch->cmd->c));
    return !error;
}

/* Which Alt-1, Alt-2 ... goes to the conversation. */
static size_t
number_of(const struct chat *ch, const struct chat_buffer *b)
{
    size_t i = 0;
    while (i < ch->buffers.len && ch->buffers.rows[i] != b)
        i++;
    return i;
}

void
slash_msg(struct chat *ch, char *words)
{
    char *text = NULL;
    const char *to = slash_word(words, &text);
    if (!*to || !*text) {
        chat_say(ch, "/msg ID TEXT");
        return;
    }
    struct chat_buffer *b = chat_person(ch, to);
    if (!b || !tell(ch, b, text))
        return;
    if (ch->view->history && b != buffers_current(&ch->buffers))
        chat_say(ch, "what you tell %s is in window %zu", to, number_of(ch, b));
}

void
slash_query(struct chat *ch, char *words)
{
    char *text = NULL;
    const char *id = slash_word(words, &text);
    if (!*id) {
        chat_say(ch, "/query ID [TEXT]");
        return;
    }
    struct chat_buffer *b = chat_person(ch, id);
    if (!b)
        return;
    chat_show(ch, b);
    if (*text)
        (void)tell(ch, b, text);
}

void
slash_me(struct chat *ch, char *words)
{
    if (*words)
        (void)chat_speak_here(ch, words, "action"); /* told when it was not */
    else
        chat_say(ch, "/me TEXT");
}

static void
list_ignored(struct chat *ch)
{
    if (ch->buffers.ignored_len == 0)
        chat_say(ch, "you ignore nobody: /ignore ID");
    for (size_t i = 0; i < ch->buffers.ignored_len; i++)
        chat_say(ch, "you ignore %s", ch->buffers.ignored[i]);
}

void
slash_ignore(struct chat *ch, char *words)
{
    char *rest = NULL;
    const char *id = slash_word(words, &rest);
    if (!*id)
        list_ignored(ch);
    else if (strcmp(id, ch->cmd->id) == 0)
        chat_say(ch, "that is you");
    else if (buffers_ignore(&ch->buffers, id, true))
        chat_say(ch, "you hear nothing of %s any more; /unignore %s", id, id);
    else
        chat_wrong(ch, "%s is not ignored: %d are already, and no more can be",
                   id, BUFFERS_IGNORED);
}

void
slash_unignore(struct chat *ch, char *words)
{
    char *rest = NULL;
    const char *id = slash_word(words, &rest);
    if (!*id)
        chat_say(ch, "/unignore ID");
    else if (!buffers_ignores(&ch->buffers, id))
        chat_say(ch, "you do not ignore %s", id);
    else if (buffers_ignore(&ch->buffers, id, false))
        chat_say(ch, "you hear %s again", id);
}
