/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd: what all commands of `confab` have in common.
 *
 * A command opens its client (cmd_open), takes events one at a time (cmd_next)
 * and returns an exit code; main closes. Waiting goes through one place,
 * cmd_sleep, which looks at everything that may wake a command: an event, the
 * input, a signal, the reader of stdout going away, the time. So Ctrl-C works
 * everywhere, and nothing waits for ever without being asked to.
 *
 * Data goes to stdout, everything else to stderr. What is printed is flushed
 * before a command sleeps, and only then.
 */
#ifndef CONFAB_CMD_H
#define CONFAB_CMD_H

#include "args.h"
#include "cmd_text.h"
#include "confab.h"
#include "json.h"

/* Beside enum exit_code: whoever reads our stdout is gone. Not an error. */
enum { CMD_READER_GONE = -1 };

enum { CMD_PASSWORD = 1024 + 1 /* bytes, with the NUL */ };

struct cmd {
    const struct args *args;
    confab *c;
    char id[LIMIT_NAME + 1];
    bool terminal;       /* stdout is one */
    bool color;          /* on stdout */
    bool online;         /* at this moment */
    bool ever_online;    /* in this run */
    bool inbox;          /* an inbox session: it has rooms and mail */
    uint64_t acked;      /* mail up to this seq was acknowledged before */
    bool for_nobody;     /* what is told: why something failed is not asked */
    bool waits;          /* for a connection, and his terminal says so */
    bool for_reader;     /* no use in going on when stdout has no reader */
    int output_error;    /* errno of stdout, EPIPE: its reader is gone */
    bool keeps;          /* in a state file, what was printed (cmd_output.h): */
    bool to_file;        /* stdout is a file, */
    int read_fd;         /* from which this reads, -1: none does */
    size_t undone;       /* bytes, at most, of events not done with */
    uint64_t printed_to; /* the end of what is done with, in that file */
    /* Where lines for the user go; NULL: to stderr. */
    void (*show)(void *context, const char *line);
    void *show_context;
};

enum {
    CMD_SENDING = 0,
    CMD_INBOX = 1,      /* with presence, rooms and mail */
    CMD_MANUAL_ACK = 2, /* mail stays until confab_ack */
    CMD_RUNS = 4, /* starts processes; its state file is not about our stdout */
};

/* The name of the user, as an id. */
const char *cmd_user(void);
/* Finds the id, connects and waits (args->timeout) until the broker has said
 * welcome; `each`, unless NULL, sees the events up to it. 0 or an exit code,
 * after saying why on stderr. */
[[nodiscard]] int cmd_open(struct cmd *cmd, unsigned how,
                           void (*each)(void *context, const confab_event *e),
                           void *context);
/* Sends what waits, says bye, frees. Gives `code`, or what went wrong now. */
int cmd_close(struct cmd *cmd, int code);

/* Gives the next event (free it) within `deadline` (cmd_now() + ms; INT64_MAX:
 * no limit). 0, EXIT_TIMEOUT, EXIT_INTERRUPTED and other exit codes of signals,
 * CMD_READER_GONE. A CONFAB_BYE is given together with its exit code, and has
 * been told on stderr. */
[[nodiscard]] int cmd_next(struct cmd *cmd, confab_event **event,
                           int64_t deadline);
/* Waits for the answer to question `number`, at most args->timeout; other
 * events are dropped. A refusal is told on stderr, with `doing` before it
 * ("history of lobby"), and gives its exit code and no event. */
[[nodiscard]] int cmd_answer(struct cmd *cmd, uint64_t number,
                             const char *doing, confab_event **event);

/* What woke cmd_sleep. */
enum {
    WAKE_TIME = 0,
    WAKE_EVENT = 1,
    WAKE_INPUT = 2,
    WAKE_SIGNAL = 4, /* see cmd_signal */
    WAKE_GONE = 8,   /* the reader of stdout */
};
/* Flushes stdout and sleeps; `input` is a descriptor to read from, or -1. */
unsigned cmd_sleep(struct cmd *cmd, int input, int64_t deadline);
/* To be called before an event is done with of which nothing may be lost: what
 * could not be written is then not acknowledged, and comes again. */
void cmd_flush(struct cmd *cmd);

/* The password that --password-file means, "": none. 0 or an exit code after
 * saying why it cannot be had. */
[[nodiscard]] int cmd_password(const struct cmd *cmd,
                               char password[static CMD_PASSWORD]);

/* Monotonic milliseconds, and the wall clock's since 1970. */
int64_t cmd_now(void);
uint64_t cmd_wall(void);
/* The deadline args->timeout from now. */
int64_t cmd_deadline(const struct cmd *cmd);

/* Catches the signals that end a command (and SIGWINCH, SIGCONT); once. */
void cmd_signals(void);
/* The signal that came and ends the command, 0: none. */
int cmd_signal(void);
/* True once after the terminal changed its size or we were continued. */
bool cmd_resized(void);
/* The exit code of a signal: 128 + its number. */
int cmd_signal_code(void);

/* Somebody at a terminal waits for a connection, or no more. What is told next
 * takes the place of that. */
void cmd_waits(struct cmd *cmd, bool still);
/* A line on stderr: errors always, notes unless -q, details with -v. */
void cmd_error(const struct cmd *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cmd_note(const struct cmd *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void cmd_detail(const struct cmd *cmd, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A call of confab.h failed: says so ("confab: say to lobby: text: ...") and
 * gives the exit code. */
int cmd_failed(const struct cmd *cmd, int error, const char *doing);
/* The broker refused: the same for a CONFAB_REFUSED or CONFAB_BYE event. */
int cmd_refused(const struct cmd *cmd, const confab_event *e,
                const char *doing);
/* The exit code of a code of the wire. */
int cmd_code(const char *wire);

/* How text is to look on stdout, at this moment. */
struct text_look cmd_look(const struct cmd *cmd);
/* Prints one message as --json, --raw, --format or none of them asks; false
 * when there was nothing to print (a message without text under --raw). */
bool cmd_print_message(const struct cmd *cmd, const confab_event *e);
/* Prints the event's message of PROTOCOL.md as a line of JSON. */
void cmd_print_json(const confab_event *e);

int cmd_say(struct cmd *cmd);
int cmd_tell(struct cmd *cmd);
int cmd_listen(struct cmd *cmd);
int cmd_run(struct cmd *cmd);
int cmd_history(struct cmd *cmd);
int cmd_search(struct cmd *cmd);
int cmd_stats(struct cmd *cmd);
int cmd_who(struct cmd *cmd);
int cmd_rooms(struct cmd *cmd);
int cmd_ping(struct cmd *cmd);
int cmd_pipe(struct cmd *cmd);
int cmd_chat(struct cmd *cmd);
int cmd_admin(struct cmd *cmd);
int cmd_keygen(struct cmd *cmd);
int cmd_completion(struct cmd *cmd);

extern const struct subcommand admin_subs[];

#endif
