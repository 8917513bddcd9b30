/* SPDX-License-Identifier: MPL-2.0 */
/*
 * chat: `confab chat`, the loop around keys and events; see chat.h.
 */
#define _GNU_SOURCE /* isatty, getline */
#include "chat.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/name.h"
#include "term.h"

enum { TURN_EVENTS = 256 }; /* before the keys are looked at again */

static int
take_events(struct chat *ch)
{
    for (int i = 0; i < TURN_EVENTS; i++) {
        confab_event *e = NULL;
        int code = cmd_next(ch->cmd, &e, 0);
        if (!code)
            chat_event(ch, e);
        confab_event_free(&e);
        if (code)
            return code == EXIT_TIMEOUT ? 0 : code;
    }
    return 0;
}

static void
typed_enter(struct chat *ch)
{
    char text[LIMIT_TEXT + 1];
    line_take(ch->line, text);
    chat_above(ch);
    chat_typed(ch, text);
}

/* Several lines were pasted: each is said, and none is a command. What stands
 * behind the last line feed is not a line yet. */
static void
say_pasted(struct chat *ch)
{
    char *text = ch->line->pasted;
    chat_above(ch);
    for (char *end; (end = strchr(text, '\n')); text = end + 1) {
        *end = '\0';
        if (end > text)
            chat_text(ch, text);
    }
    line_insert(ch->line, (const uint8_t *)text, strlen(text));
}

static void
take_key(struct chat *ch, uint8_t byte)
{
    switch (line_feed(ch->line, byte)) {
    case LINE_NOTHING:
        return;
    case LINE_CHANGED:
        ch->drawn = false;
        return;
    case LINE_ENTER:
        typed_enter(ch);
        return;
    case LINE_COMMAND:
        if (ch->line->command == LINE_DO_REDRAW)
            fputs("\x1b[H\x1b[2J", stdout);
        ch->drawn = false;
        return;
    case LINE_PASTED:
        say_pasted(ch);
        return;
    case LINE_CLOSE:
        ch->quit = true;
        return;
    }
}

static void
take_keys(struct chat *ch)
{
    uint8_t bytes[4096];
    ssize_t n = read(STDIN_FILENO, bytes, sizeof bytes);
    if (n == 0 || (n < 0 && errno != EINTR && errno != EAGAIN))
        ch->quit = true; /* the terminal is gone */
    for (ssize_t i = 0; i < n && !ch->quit; i++)
        take_key(ch, bytes[i]);
}

static void
take_lines(struct chat *ch)
{
    enum lines_state state = LINES_LINE;
    lines_fill(&ch->in);
    while (!ch->quit && state != LINES_WAIT) {
        char *line = NULL;
        size_t len = 0;
        state = lines_next(&ch->in, &line, &len);
        if (state == LINES_LINE)
            chat_typed(ch, line);
        else if (state == LINES_LONG)
            chat_say(ch, "line %llu is longer than %d bytes; not sent",
                     (unsigned long long)ch->in.number, LIMIT_TEXT);
        else if (state == LINES_END)
            ch->quit = true;
    }
}

/* The terminal has another size, or the shell had it. What was drawn may now
 * take several rows, up to the one it begins in. */
static void
redraw(struct chat *ch)
{
    term_again();
    unsigned rows = ch->column / term_columns();
    if (rows)
        printf("\x1b[%uA", rows);
    fputs("\r\x1b[J", stdout);
    ch->drawn = false;
}

/* What was sent and asked, at the end of a plain input. */
static int
finish(struct chat *ch)
{
    while (confab_unsent(ch->cmd->c) || ch->pending.len) {
        confab_event *e = NULL;
        int code = cmd_next(ch->cmd, &e, cmd_deadline(ch->cmd));
        if (!code)
            chat_event(ch, e);
        confab_event_free(&e);
        if (code == EXIT_TIMEOUT)
            cmd_error(ch->cmd, "not everything was answered within %g s",
                      ch->cmd->args->timeout / 1000.0);
        if (code)
            return code;
    }
    return take_events(ch);
}

static int
chat_loop(struct chat *ch)
{
    while (!ch->quit) {
        int code = take_events(ch);
        if (code)
            return code;
        chat_draw(ch);
        unsigned woke = cmd_sleep(ch->cmd, STDIN_FILENO, INT64_MAX);
        if (woke & WAKE_GONE)
            return CMD_READER_GONE;
        if (cmd_resized() && ch->line)
            redraw(ch);
        if (!(woke & WAKE_INPUT))
            continue;
        if (ch->line)
            take_keys(ch);
        else
            take_lines(ch);
    }
    return ch->line ? 0 : finish(ch);
}

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

static int
chat_open(struct chat *ch, bool terminal)
{
    struct cmd *cmd = ch->cmd;
    int code = terminal && !cmd->args->id ? ask_id(cmd) : 0;
    if (!code)
        code = cmd_open(cmd, CMD_INBOX, NULL, NULL);
    if (code)
        return code;
    for (int i = 0; i < cmd->args->word_count; i++)
        chat_join(ch, cmd->args->words[i]);
    ch->current = 0; /* the one that was named first */
    if (!terminal)
        return lines_init(&ch->in, STDIN_FILENO, LIMIT_TEXT) ? 0 : EXIT_GENERAL;
    ch->line = line_new();
    if (!ch->line || !term_init()) {
        cmd_error(cmd, "the terminal cannot be set: %s", strerror(errno));
        return EXIT_GENERAL;
    }
    chat_say(ch, "you are %s; /help tells the commands", cmd->id);
    if (ch->room_count == 0)
        chat_say(ch, "you are in no room yet: /join ROOM");
    return 0;
}

int
cmd_chat(struct cmd *cmd)
{
    if (cmd->args->json) {
        cmd_error(cmd, "chat is for people: use pipe, or listen --json");
        return EXIT_USAGE;
    }
    struct chat *ch = calloc(1, sizeof *ch);
    if (!ch)
        return EXIT_GENERAL;
    ch->cmd = cmd;
    cmd->for_reader = true;
    int code = chat_open(ch, isatty(STDIN_FILENO) && isatty(STDOUT_FILENO));
    if (!code) {
        cmd->show = chat_notice;
        cmd->show_context = ch;
        code = chat_loop(ch);
        chat_above(ch);
        fflush(stdout);
        cmd->show = NULL;
    }
    term_fini();
    line_free(ch->line);
    lines_fini(&ch->in);
    pending_fini(&ch->pending);
    free(ch);
    return code;
}
