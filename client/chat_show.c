/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat_show: everything that chat puts on the screen.
 *
 * All output passes chat_above first, so the typed line is never overwritten;
 * all that others wrote passes text_clean.
 */
#define _GNU_SOURCE /* vasprintf */
#include <stdarg.h>
#include <stdlib.h>

#include "chat.h"
#include "cmd_text.h"
#include "term.h"

void
chat_above(struct chat *ch)
{
    if (ch->line)
        fputs("\r\x1b[K", stdout);
    ch->drawn = false;
}

void
chat_draw(struct chat *ch)
{
    char prompt[LIMIT_NAME + 4] = "> ";
    const char *room = chat_current(ch);
    if (!ch->line || ch->drawn)
        return;
    if (room)
        snprintf(prompt, sizeof prompt, "[%s] ", room);
    ch->column = line_draw(ch->line, stdout, prompt, term_columns());
    ch->drawn = true;
}

void
chat_notice(void *context, const char *line)
{
    chat_above(context);
    fputs("-- ", stdout);
    text_clean_str(stdout, line);
    putchar('\n');
}

void
chat_say(struct chat *ch, const char *format, ...)
{
    char *line = NULL;
    va_list list;
    va_start(list, format);
    int len = vasprintf(&line, format, list);
    va_end(list);
    if (len < 0)
        return;
    chat_notice(ch, line);
    free(line);
}

/* The first line of `text`, which is moved behind it. */
static struct slice
take_line(struct slice *text)
{
    const uint8_t *end = text->len ? memchr(text->data, '\n', text->len) : NULL;
    struct slice line = *text;
    if (end)
        line.len = (size_t)(end - text->data);
    size_t taken = line.len + (end != NULL);
    *text = slice_of(text->data + taken, text->len - taken);
    if (line.len && line.data[line.len - 1] == '\r')
        line.len--;
    return line;
}

void
chat_message(struct chat *ch, const confab_event *e)
{
    char *made = NULL;
    if (e->kind && strcmp(e->kind, "typing") == 0)
        return;
    struct slice text = text_body(e, &made);
    chat_above(ch);
    text_message(stdout, e, take_line(&text), ch->cmd->color);
    putchar('\n');
    while (text.len) {
        fputs("      ", stdout); /* as wide as the time */
        text_clean(stdout, take_line(&text));
        putchar('\n');
    }
    free(made);
}

/* The ids with commas between them. */
static void
show_names(struct chat *ch, const confab_event *e, const char *what)
{
    chat_above(ch);
    fputs("-- ", stdout);
    text_clean_str(stdout, what);
    printf(" (%llu)", (unsigned long long)e->count);
    for (size_t i = 0; i < e->list_len; i++) {
        fputs(i ? ", " : ": ", stdout);
        text_id(stdout, e->list[i], ch->cmd->color);
    }
    fputs(e->list_len && e->list_len < e->count ? ", ...\n" : "\n", stdout);
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
show_joined(struct chat *ch, const confab_event *e)
{
    struct chat_room *room = chat_room_find(ch, e->room);
    if (room && !room->joined)
        show_names(ch, e, e->room);
    if (room && !room->joined && e->about && *e->about)
        chat_say(ch, "%s is about %s", e->room, e->about);
    if (room)
        room->joined = true;
}

/* We were put out. */
static void
show_own_end(struct chat *ch, const char *room)
{
    struct question q;
    chat_say(ch, "a moderator has put you out of %s", room);
    while (pending_take(&ch->pending, 0, OP_JOIN, room, &q))
        continue;
    chat_room_drop(ch, room);
}

static void
show_presence(struct chat *ch, const confab_event *e)
{
    bool enters = e->type == CONFAB_ENTER;
    bool says_why = !enters && e->why && strcmp(e->why, "left") != 0;
    if (text_is_own_end(e, ch->cmd->id))
        show_own_end(ch, e->room);
    if (!e->id || strcmp(e->id, ch->cmd->id) == 0)
        return;
    chat_say(ch, "%s %s %s%s%s%s", e->id, enters ? "enters" : "leaves", e->room,
             says_why ? " (" : "", says_why ? e->why : "", says_why ? ")" : "");
}

static void
show_refused(struct chat *ch, const confab_event *e)
{
    struct question q = {0};
    const char *doing = e->room ? e->room : "that";
    if (pending_take(&ch->pending, e->number, OP_JOIN, e->room, &q)) {
        doing = q.name;
        if (q.op == OP_JOIN)
            chat_room_drop(ch, q.name);
    }
    (void)cmd_refused(ch->cmd, e, doing); /* its exit code is not for us */
}

static void
show_done(struct chat *ch, const confab_event *e)
{
    struct question q = {0};
    if (pending_take(&ch->pending, e->number, OP_NONE, NULL, &q))
        chat_say(ch, "%s %s: done", op_name(q.op), q.name);
}

static void
show_about(struct chat *ch, const confab_event *e)
{
    if (e->about && *e->about)
        chat_say(ch, "%s: %s is about %s", e->by, e->room, e->about);
    else
        chat_say(ch, "%s: %s has no subject any more", e->by, e->room);
}

static void
show_sent(struct chat *ch, const confab_event *e)
{
    struct question q = {0};
    if (!pending_take(&ch->pending, e->number, OP_TELL, NULL, &q))
        return;
    if (q.op == OP_TELL && !e->online)
        chat_say(ch, "%s is not connected; kept until he is", q.name);
}

/* Shows the answer to a question of ours. */
static void
show_answer(struct chat *ch, const confab_event *e)
{
    struct question q = {0};
    if (!pending_take(&ch->pending, e->number, OP_JOIN, e->room, &q) &&
        e->type != CONFAB_JOINED)
        return;
    if (e->type == CONFAB_JOINED)
        show_joined(ch, e);
    else if (e->type == CONFAB_WHO)
        show_names(ch, e, e->room ? e->room : "connected");
    else if (e->type == CONFAB_ROOMS)
        show_rooms(ch, e);
    for (size_t i = 0; i < e->messages_len; i++)
        chat_message(ch, &e->messages[i]);
    if (e->type == CONFAB_HISTORY && e->messages_len == 0)
        chat_say(ch, "nothing has been said in %s", q.name);
}

void
chat_event(struct chat *ch, const confab_event *e)
{
    switch (e->type) {
    case CONFAB_SAY:
    case CONFAB_TELL:
        chat_message(ch, e);
        return;
    case CONFAB_ENTER:
    case CONFAB_EXIT:
        show_presence(ch, e);
        return;
    case CONFAB_REFUSED:
        show_refused(ch, e);
        return;
    case CONFAB_SENT:
        show_sent(ch, e);
        return;
    case CONFAB_JOINED:
    case CONFAB_WHO:
    case CONFAB_ROOMS:
    case CONFAB_HISTORY:
        show_answer(ch, e);
        return;
    case CONFAB_DONE:
        show_done(ch, e);
        return;
    case CONFAB_ABOUT:
        show_about(ch, e);
        return;
    case CONFAB_INVITED:
        chat_say(ch, "%s invites you: /join %s", e->by, e->room);
        return;
    case CONFAB_RECEIPT:
        chat_say(ch, "%s has received it", e->id ? e->id : e->to);
        return;
    default:
        return; /* cmd_next has told about the connection */
    }
}
