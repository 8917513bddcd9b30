/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd: opening, waiting, closing; see cmd.h.
 *
 * libconfab connects by itself and tells how it goes by events, so "cannot
 * reach the broker" is a deadline here, not an error of a call. What every
 * command must know about the connection (is it there, is it for good) is noted
 * in cmd_next, before the command sees the event.
 */
#include "cmd.h"

#include <errno.h>
#include <poll.h>
#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd_output.h"
#include "cmd_reach.h"
#include "cmd_signal.h"
#include "proto/clock.h"
#include "proto/name.h"
#include "proto/os.h"

enum {
    LINGER_MS = 1000, /* that who is done waits for his last words to be sent */
    NOTE_MS = 1000,   /* that somebody waits for a connection without a word */
};

int64_t
cmd_now(void)
{
    return (int64_t)clock_ms(CLOCK_MONOTONIC);
}

uint64_t
cmd_wall(void)
{
    return clock_ms(CLOCK_REALTIME);
}

int64_t
cmd_deadline(const struct cmd *cmd)
{
    return cmd_now() + cmd->args->timeout;
}

const char *
cmd_user(void)
{
    const char *user = getenv("USER");
    const struct passwd *entry = user && *user ? NULL : getpwuid(getuid());
    if (entry)
        user = entry->pw_name;
    if (!user || strlen(user) > LIMIT_NAME - 5 || name_fault(slice_str(user)))
        return "user";
    return user;
}

static int
find_id(struct cmd *cmd)
{
    uint8_t random[2] = {0};
    char key[CONFAB_KEY_SIZE];
    if (*cmd->id)
        return 0; /* chat has asked */
    if (cmd->args->id) {
        snprintf(cmd->id, sizeof cmd->id, "%s", cmd->args->id);
        return 0;
    }
    /* Where a key says who it is, an id of each run would be another one. */
    if (confab_server_key(cmd->args->broker, key) == 0) {
        snprintf(cmd->id, sizeof cmd->id, "%s", cmd_user());
        return 0;
    }
    if (!os_random(random, sizeof random)) {
        cmd_error(cmd, "no random number for an id: %s; use -i",
                  strerror(errno));
        return EXIT_GENERAL;
    }
    snprintf(cmd->id, sizeof cmd->id, "%.59s-%02x%02x", cmd_user(), random[0],
             random[1]);
    cmd_detail(cmd, "your id is %s (-i gives another)", cmd->id);
    return 0;
}

/* When confab is killed at the moment in which it starts a process for `run`,
 * what was to become that process has the lock of the state file until it is
 * another program. It is gone in a moment, or it is somebody else's. */
static int
open_client(struct cmd *cmd, const struct confab_options *options, bool starts)
{
    enum { LOCKED_MS = 1000, AGAIN_MS = 20 };
    int64_t until = cmd_now() + LOCKED_MS;
    int error = confab_open(&cmd->c, options);
    while (error == CONFAB_ESTATE && starts && cmd_now() < until &&
           !cmd_signal()) {
        (void)cmd_sleep(cmd, -1, cmd_now() + AGAIN_MS);
        error = confab_open(&cmd->c, options);
    }
    return error;
}

static int
start(struct cmd *cmd, unsigned how)
{
    char password[CMD_PASSWORD] = "";
    int code = find_id(cmd);
    if (!code)
        code = cmd_password(cmd, password);
    if (code)
        return code;
    cmd->inbox = how & CMD_INBOX;
    struct confab_options options = {
        .id = cmd->id,
        .url = cmd->args->broker,
        .sending = !cmd->inbox,
        .state = cmd->args->state,
        .once = cmd->args->once,
        .agent = "confab/" CONFAB_VERSION,
        .manual_ack = how & CMD_MANUAL_ACK,
        .manual_done = cmd->args->state != NULL,
        .key = cmd->args->key,
        .password = *password ? password : NULL,
    };
    int error = open_client(cmd, &options, how & CMD_RUNS);
    os_wipe(password, sizeof password);
    if (error)
        return cmd_failed(cmd, error, "connect");
    bool prints = cmd->args->state && !(how & CMD_RUNS);
    return prints ? output_open(cmd) : 0;
}

static int
not_reached(const struct cmd *cmd)
{
    char fault[REACH_FAULT];
    if (cmd->for_nobody)
        return EXIT_UNREACHABLE; /* a look may take long */
    reach_fault(cmd->args->broker, fault);
    cmd_error(cmd,
              "cannot reach the broker at %s within %g s: %s (-b names "
              "another, -t waits longer)",
              cmd->args->broker, cmd->args->timeout / 1000.0, fault);
    return EXIT_UNREACHABLE;
}

/* Somebody is there, and there is no talking to him: what may be over in a
 * moment (the far end of a tunnel is not up yet), and what is not. */
static bool
is_hindrance(const confab_event *e, const char *code)
{
    return e->type == CONFAB_REFUSED && e->code && strcmp(e->code, code) == 0;
}

/* The time is over. `refusal` (NULL: none) is what the broker answered last,
 * although libconfab keeps trying. */
static int
not_open(const struct cmd *cmd, const confab_event *refusal)
{
    return refusal ? cmd_refused(cmd, refusal, cmd->id) : not_reached(cmd);
}

int
cmd_open(struct cmd *cmd, unsigned how,
         void (*each)(void *context, const confab_event *e), void *context)
{
    confab_event *refusal = NULL;
    int code = start(cmd, how);
    int64_t deadline = cmd_deadline(cmd);
    int64_t note = cmd_now() + NOTE_MS;
    while (!code && !cmd->online) {
        confab_event *e = NULL;
        code = cmd_next(cmd, &e, note < deadline ? note : deadline);
        if (code == EXIT_TIMEOUT && note < deadline) {
            cmd_waits(cmd, true);
            note = INT64_MAX;
            code = 0;
        }
        if (e && each)
            each(context, e);
        if (!code && e && is_hindrance(e, "encryption"))
            code = cmd_refused(cmd, e, cmd->id);
        else if (e && e->type == CONFAB_REFUSED) {
            confab_event_free(&refusal);
            refusal = e;
            e = NULL;
        }
        confab_event_free(&e);
    }
    if (code == EXIT_TIMEOUT)
        code = not_open(cmd, refusal);
    cmd_waits(cmd, false);
    confab_event_free(&refusal);
    return code;
}

int
cmd_close(struct cmd *cmd, int code)
{
    cmd_flush(cmd);
    code = output_close(cmd, code);
    int error =
        confab_close(&cmd->c, cmd->output_error ? -LINGER_MS : LINGER_MS);
    if (error && !code) {
        cmd_error(cmd, "not everything was acknowledged by the broker");
        code = EXIT_TIMEOUT;
    }
    if (cmd->output_error && cmd->output_error != EPIPE) {
        cmd_error(cmd, "cannot write to stdout: %s",
                  strerror(cmd->output_error));
        return EXIT_GENERAL;
    }
    return code == CMD_READER_GONE ? 0 : code;
}

void
cmd_flush(struct cmd *cmd)
{
    int failed = fflush(stdout) ? errno : 0;
    if (!failed && ferror(stdout))
        failed = EIO; /* a full buffer was lost before */
    if (!cmd->output_error)
        cmd->output_error = failed;
}

unsigned
cmd_sleep(struct cmd *cmd, int input, int64_t deadline)
{
    enum { EVENT, SIGNAL, OUTPUT, INPUT, COUNT };
    struct pollfd fds[COUNT] = {
        [EVENT] = {.fd = cmd->c ? confab_fd(cmd->c) : -1, .events = POLLIN},
        [SIGNAL] = {.fd = signal_fd(), .events = POLLIN},
        [OUTPUT] = {.fd = cmd->for_reader ? STDOUT_FILENO : -1},
        [INPUT] = {.fd = input, .events = POLLIN},
    };
    cmd_flush(cmd);
    int64_t left = deadline - cmd_now();
    int wait = deadline == INT64_MAX ? -1
               : left < 0            ? 0
               : left > INT32_MAX    ? INT32_MAX
                                     : (int)left;
    if (cmd->output_error)
        return WAKE_GONE;
    if (poll(fds, COUNT, wait) <= 0)
        return cmd_signal() ? WAKE_SIGNAL : WAKE_TIME;
    signal_drain();
    if (fds[OUTPUT].revents & (POLLERR | POLLHUP))
        cmd->output_error = EPIPE;
    return (fds[EVENT].revents ? WAKE_EVENT : 0U) |
           (fds[INPUT].revents ? WAKE_INPUT : 0U) |
           (fds[SIGNAL].revents ? WAKE_SIGNAL : 0U) |
           (cmd->output_error ? WAKE_GONE : 0U);
}

/* What only the welcome itself says. */
static void
read_welcome(struct cmd *cmd, const confab_event *e)
{
    struct reader r = reader_open(slice_of(e->raw, e->raw_len));
    struct message m;
    struct fault fault;
    if (!e->raw || message_read(&r, SIDE_BROKER, &m, &fault) != ERR_NONE)
        return;
    cmd->acked = m.acked;
}

static void
note_online(struct cmd *cmd, const confab_event *e)
{
    if (cmd->ever_online)
        cmd_note(cmd, "connected to the broker again");
    else
        cmd_detail(cmd, "connected to %s as %s", cmd->args->broker, cmd->id);
    cmd->online = cmd->ever_online = true;
    read_welcome(cmd, e);
}

static int
note_bye(struct cmd *cmd, const confab_event *e)
{
    cmd->online = false;
    if (e->code)
        return cmd_refused(cmd, e, cmd->id);
    bool replaced = e->why && strcmp(e->why, "replaced") == 0;
    bool reason = e->text && *e->text;
    cmd_error(cmd, "the session of %s has ended: %s%s%s", cmd->id,
              replaced ? "it was taken over by another program"
              : e->why ? e->why
                       : "the broker ended it",
              reason ? ": " : "", reason ? e->text : "");
    return EXIT_REFUSED;
}

/* What every command must know of an event; an exit code when it is the end. */
static int
note_event(struct cmd *cmd, const confab_event *e)
{
    switch (e->type) {
    case CONFAB_ONLINE:
        note_online(cmd, e);
        return 0;
    case CONFAB_OFFLINE:
        cmd->online = false;
        cmd_note(cmd, "the connection to the broker is lost; trying again");
        return 0;
    case CONFAB_EPOCH:
        cmd_note(cmd, "the broker has begun a new log: what was said before "
                      "cannot be had from it");
        return 0;
    case CONFAB_LOST:
        cmd_note(cmd, "messages of %s up to %llu cannot be had any more",
                 e->room ? e->room : "your mailbox",
                 (unsigned long long)e->seq);
        return 0;
    case CONFAB_BYE:
        return note_bye(cmd, e);
    default:
        return 0;
    }
}

int
cmd_next(struct cmd *cmd, confab_event **event, int64_t deadline)
{
    for (;;) {
        if (cmd_signal())
            return cmd_signal_code();
        if (cmd->output_error)
            return CMD_READER_GONE;
        int error = confab_next(cmd->c, event, 0);
        if (!error && cmd->ever_online &&
            (is_hindrance(*event, "encryption") ||
             is_hindrance(*event, "handshake"))) {
            cmd_note(cmd, "%s", (*event)->text);
            confab_event_free(event);
            continue;
        }
        if (!error)
            return note_event(cmd, *event);
        if (error != CONFAB_ETIMEOUT)
            return cmd_failed(cmd, error, "next event");
        if (cmd_now() >= deadline)
            return EXIT_TIMEOUT;
        if (cmd_sleep(cmd, -1, deadline) & WAKE_GONE)
            return CMD_READER_GONE;
    }
}

int
cmd_answer(struct cmd *cmd, uint64_t number, const char *doing,
           confab_event **event)
{
    int64_t deadline = cmd_deadline(cmd);
    for (;;) {
        int code = cmd_next(cmd, event, deadline);
        if (code == EXIT_TIMEOUT && !cmd->online)
            return not_reached(cmd);
        if (code == EXIT_TIMEOUT)
            cmd_error(cmd, "%s: no answer within %g s (-t waits longer)", doing,
                      cmd->args->timeout / 1000.0);
        if (!code && (*event)->number == number) {
            if ((*event)->type != CONFAB_REFUSED)
                return 0;
            code = cmd_refused(cmd, *event, doing);
        }
        confab_event_free(event);
        if (code)
            return code;
    }
}
