/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat: `confab chat`, its beginning and its end; see chat.h.
 *
 * The first connection is made before the screen is taken, so that a broker
 * that cannot be reached, or does not want us, is one line on stderr and an
 * exit code. From then on the connection may come and go.
 */
#define _GNU_SOURCE /* isatty, getline */
#include "chat.h"

#include <stdlib.h>
#include <unistd.h>

#include "proto/name.h"

/* Asks who it is; the answer is kept in cmd->id. */
static int
ask_id(struct cmd *cmd)
{
    const char *user = getenv("USER");
    char *line = NULL;
    size_t room = 0;
    const char *fault = NULL;
    do {
        fprintf(stderr, "Your id%s%s%s: ", user ? " [" : "", user ? user : "",
                user ? "]" : "");
        ssize_t len = getline(&line, &room, stdin);
        if (len < 0)
            break;
        line[strcspn(line, "\n")] = '\0';
        const char *id = !*line && user ? user : line;
        fault = name_fault(slice_str(id));
        if (fault)
            fprintf(stderr, "This cannot be an id: it %s.\n", fault);
        else
            snprintf(cmd->id, sizeof cmd->id, "%s", id);
    } while (fault);
    free(line);
    if (cmd_signal())
        return cmd_signal_code();
    return *cmd->id ? 0 : EXIT_USAGE;
}

/* What is said before there are conversations: since when it is online. */
static void
before_open(void *context, const confab_event *e)
{
    struct chat *ch = context;
    if (e->type == CONFAB_ONLINE)
        ch->mail.before = e->time;
}

/* Connects, and makes what the conversations need. */
static int
connect_and_make(struct chat *ch, bool terminal)
{
    struct cmd *cmd = ch->cmd;
    int code = terminal && !cmd->args->id ? ask_id(cmd) : 0;
    if (!code)
        code = cmd_open(cmd, CMD_INBOX, before_open, ch);
    if (code)
        return code;
    bool made = buffers_init(&ch->buffers, cmd->id);
    if (made && terminal) {
        ch->line = line_new();
        ch->answer = line_new();
        made = ch->line && ch->answer;
    } else if (made) {
        made = lines_init(&ch->in, STDIN_FILENO, LIMIT_TEXT);
    }
    if (!made)
        cmd_error(cmd, "no memory for a chat");
    return made ? 0 : EXIT_GENERAL;
}

/* Takes the terminal: wholly, or what it can do. */
static int
take_terminal(struct chat *ch, bool terminal)
{
    const char *term = getenv("TERM");
    const char *fault = NULL;
    ch->view = terminal && !ch->cmd->args->plain ? &chat_full : &chat_plain;
    if (ch->view == &chat_full && (!term || !*term || !strcmp(term, "dumb"))) {
        fault = "the terminal (TERM) cannot place text";
        ch->view = &chat_plain;
    }
    int code = ch->view->open(ch, &fault);
    if (code && ch->view == &chat_full) {
        ch->view = &chat_plain;
        code = ch->view->open(ch, NULL);
    }
    if (!code && fault)
        cmd_note(ch->cmd, "line by line, as with --plain: %s", fault);
    return code;
}

/* The conversations of last time, and those that are named now. */
static void
open_conversations(struct chat *ch)
{
    const struct args *args = ch->cmd->args;
    char fault[MARKS_FAULT];
    if (ch->keeps_marks &&
        !marks_load(&ch->marks, &ch->buffers, args->broker, fault))
        chat_wrong(ch, "what was read last time is not known: %s", fault);
    for (size_t i = 1; i < ch->buffers.len; i++) {
        const struct chat_buffer *b = ch->buffers.rows[i];
        if (b->kind == BUFFER_ROOM)
            chat_join(ch, b->name, false);
    }
    for (int i = 0; i < args->word_count; i++)
        chat_join(ch, args->words[i], i == 0);
    chat_fill(ch, buffers_current(&ch->buffers));
    if (!ch->line)
        return;
    chat_news(ch, ch->buffers.rows[0], "you are %s; /help tells the commands%s",
              ch->cmd->id,
              ch->view->history ? "" : ", /history what was said before");
    if (ch->buffers.len == 1)
        chat_say(ch, "you are in no room yet: /join ROOM");
    line_use(ch->line, &buffers_current(&ch->buffers)->past);
}

/* Which rooms there are, for Tab. */
static void
ask_rooms(struct chat *ch)
{
    struct question q = {.op = OP_ROOMS, .name = "rooms", .quiet = true};
    if (ch->line)
        chat_ask(ch, confab_rooms(ch->cmd->c, NULL, &q.number), q);
}

static void
remember(struct chat *ch)
{
    char fault[MARKS_FAULT];
    if (!ch->keeps_marks)
        return;
    buffer_left(buffers_current(&ch->buffers));
    if (!marks_save(&ch->marks, &ch->buffers, fault))
        cmd_error(ch->cmd, "what was read cannot be remembered: %s", fault);
}

/* From the first picture to the last. */
static int
talk(struct chat *ch)
{
    struct cmd *cmd = ch->cmd;
    cmd->show = chat_notice;
    cmd->show_context = ch;
    open_conversations(ch);
    ask_rooms(ch);
    int code = chat_loop(ch);
    cmd->show = NULL;
    ch->view->close(ch);
    /* What was told on the screen is gone with it. */
    if (ch->view->history && code > 0 && !cmd_signal())
        cmd_error(cmd, "%s", ch->last_words);
    remember(ch);
    return code;
}

int
cmd_chat(struct cmd *cmd)
{
    bool terminal = isatty(STDIN_FILENO) && isatty(STDOUT_FILENO);
    if (cmd->args->json) {
        cmd_error(cmd, "chat is for people: use pipe, or listen --json");
        return EXIT_USAGE;
    }
    struct chat *ch = calloc(1, sizeof *ch);
    if (!ch)
        return EXIT_GENERAL;
    ch->cmd = cmd;
    ch->keeps_marks = terminal;
    cmd->for_reader = true;
    int code = connect_and_make(ch, terminal);
    if (!code)
        code = take_terminal(ch, terminal);
    if (!code)
        code = talk(ch);
    chat_paste_drop(ch);
    chat_tab_fini(ch);
    line_free(ch->line);
    line_free(ch->answer);
    lines_fini(&ch->in);
    pending_fini(&ch->pending);
    buffers_fini(&ch->buffers);
    free(ch);
    return code;
}
