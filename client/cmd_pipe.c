/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_pipe: `confab pipe`, a bot's way in without ZeroMQ.
 *
 * Lines of JSON on stdin are what a client may send by PROTOCOL.md, lines on
 * stdout what the broker sends; cmd_pipe_in does the first, this file the
 * second and the loop around both. libconfab keeps the session: it says hello
 * and reconnects (each `welcome` is printed, without its secret), numbers and
 * resends, repairs gaps. One line is not of PROTOCOL.md: {"op":"lost","room":R,
 * "seq":S} says that messages up to S cannot be had any more.
 *
 * At the end of stdin everything asked is still answered before the program
 * ends.
 */
#include "cmd_pipe.h"

#include <stdlib.h>
#include <unistd.h>

enum {
    LINE_MAX_BYTES = 6 * LIMIT_FRAME, /* a frame in JSON, all escaped */
    TURN_EVENTS = 256,                /* before the input is looked at again */
};

static void
print_line(json_t *line)
{
    if (line)
        json_line(stdout, line);
    json_decref(line);
}

void
pipe_ok(json_t *ref)
{
    if (ref)
        print_line(json_pack("{s:s,s:O}", "op", "ok", "ref", ref));
}

/* An event without a message behind it, made up from what it says. */
static json_t *
made_up(const confab_event *e, json_t *ref)
{
    json_t *line = json_object();
    bool sent = e->type == CONFAB_SENT;
    if (!line)
        return NULL;
    json_object_set_new(line, "op", json_string(sent ? "ok" : "error"));
    if (ref)
        json_object_set(line, "ref", ref);
    if (sent && e->seq)
        json_object_set_new(line, "seq", json_integer((json_int_t)e->seq));
    if (!sent)
        json_object_set_new(line, "code",
                            json_string(e->code ? e->code : "internal"));
    if (!sent)
        json_object_set_new(line, "text", json_string(e->text ? e->text : ""));
    return line;
}

static void
print_answer(const confab_event *e, json_t *ref)
{
    if (!e->raw || !json_message(stdout, slice_of(e->raw, e->raw_len), ref))
        print_line(made_up(e, ref));
}

/* The session has ended, for good. */
static void
print_bye(const confab_event *e)
{
    if (e->code)
        print_line(made_up(e, NULL));
    else
        print_line(json_pack("{s:s,s:s*,s:s*}", "op", "bye", "why", e->why,
                             "text", e->text));
}

static void
print_lost(const confab_event *e)
{
    json_t *line = json_pack("{s:s}", "op", "lost");
    if (line && e->room)
        json_object_set_new(line, "room", json_string(e->room));
    if (line)
        json_object_set_new(line, "seq", json_integer((json_int_t)e->seq));
    print_line(line);
}

static void
on_answer(struct pipe *p, const confab_event *e)
{
    struct question q = {0};
    bool asked = pending_take(&p->pending, e->number, OP_JOIN, e->room, &q);
    if (e->type != CONFAB_SENT || q.ref)
        print_answer(e, asked ? q.ref : NULL);
    json_decref(q.ref);
}

/* One event answers every join of the room: libconfab joins once. */
static void
on_joined(struct pipe *p, const confab_event *e)
{
    struct question q = {0};
    on_answer(p, e);
    while (pending_take(&p->pending, 0, OP_JOIN, e->room, &q)) {
        print_answer(e, q.ref);
        json_decref(q.ref);
    }
}

void
pipe_event(struct pipe *p, const confab_event *e)
{
    switch (e->type) {
    case CONFAB_SENT:
    case CONFAB_REFUSED:
    case CONFAB_HISTORY:
    case CONFAB_WHO:
    case CONFAB_ROOMS:
    case CONFAB_PONG:
    case CONFAB_DONE:
    case CONFAB_RULINGS:
        on_answer(p, e);
        return;
    case CONFAB_JOINED:
        on_joined(p, e);
        return;
    case CONFAB_LOST:
        print_lost(e);
        return;
    case CONFAB_BYE:
        print_bye(e);
        return;
    case CONFAB_TELL:
        print_answer(e, NULL);
        cmd_flush(p->cmd); /* acknowledged when the next event is taken */
        return;
    default:
        if (e->raw)
            print_answer(e, NULL);
    }
}

/* What has come, but no more than a turn of it. */
static int
take_events(struct pipe *p)
{
    for (int i = 0; i < TURN_EVENTS; i++) {
        confab_event *e = NULL;
        int code = cmd_next(p->cmd, &e, 0);
        if (e)
            pipe_event(p, e);
        confab_event_free(&e);
        if (code)
            return code == EXIT_TIMEOUT ? 0 : code;
    }
    return 0;
}

/* Does the line as soon as the outbox takes it. */
static int
do_line(struct pipe *p, const char *line, size_t len)
{
    for (;;) {
        int error = pipe_line(p, line, len);
        if (error != CONFAB_EFULL)
            return error ? cmd_failed(p->cmd, error, "pipe") : 0;
        if (cmd_sleep(p->cmd, -1, INT64_MAX) & WAKE_GONE)
            return CMD_READER_GONE;
        int code = take_events(p);
        if (code)
            return code;
    }
}

/* What has been read; LINES_WAIT or LINES_END through `state`. */
static int
take_lines(struct pipe *p, enum lines_state *state)
{
    for (;;) {
        char *line = NULL;
        size_t len = 0;
        int code = 0;
        *state = p->bye ? LINES_END : lines_next(&p->in, &line, &len);
        if (*state == LINES_LINE)
            code = do_line(p, line, len);
        else if (*state == LINES_LONG)
            pipe_long(p);
        else
            return 0;
        if (code)
            return code;
    }
}

static int
pipe_loop(struct pipe *p)
{
    enum lines_state state = LINES_WAIT;
    while (state != LINES_END) {
        int code = take_events(p);
        if (!code)
            code = take_lines(p, &state);
        if (code || state == LINES_END)
            return code;
        unsigned woke = cmd_sleep(p->cmd, p->in.fd, INT64_MAX);
        if (woke & WAKE_GONE)
            return CMD_READER_GONE;
        if (woke & WAKE_INPUT)
            lines_fill(&p->in);
    }
    return 0;
}

/* The answers to what was asked before the end of stdin. */
static int
pipe_finish(struct pipe *p)
{
    while (p->pending.len) {
        confab_event *e = NULL;
        int code = cmd_next(p->cmd, &e, cmd_deadline(p->cmd));
        if (e)
            pipe_event(p, e);
        confab_event_free(&e);
        if (code == EXIT_TIMEOUT)
            cmd_error(p->cmd, "pipe: %zu not answered within %g s",
                      p->pending.len, p->cmd->args->timeout / 1000.0);
        if (code)
            return code;
    }
    return 0;
}

static void
each_event(void *context, const confab_event *e)
{
    pipe_event(context, e);
}

static int
pipe_run(struct pipe *p)
{
    unsigned how = p->cmd->args->manual_ack ? CMD_MANUAL_ACK : 0U;
    int code = cmd_open(p->cmd, CMD_INBOX | how, each_event, p);
    if (!code)
        code = pipe_loop(p);
    return code ? code : pipe_finish(p);
}

int
cmd_pipe(struct cmd *cmd)
{
    struct pipe *p = calloc(1, sizeof *p); /* large for a stack */
    int code = EXIT_GENERAL;
    if (p && lines_init(&p->in, STDIN_FILENO, LINE_MAX_BYTES)) {
        p->cmd = cmd;
        cmd->for_reader = true;
        code = pipe_run(p);
        lines_fini(&p->in);
        pending_fini(&p->pending);
    }
    free(p);
    return code;
}
