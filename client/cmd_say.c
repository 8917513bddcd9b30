/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_say: `confab say` and `confab tell`.
 *
 * Both put messages into libconfab's outbox and are done when the broker has
 * acknowledged all of them. With -l the input streams: lines are taken as they
 * come, as many as the outbox holds are under way at once, and a full outbox
 * makes us wait for an acknowledgement, not for the input's end. A line that
 * cannot be sent is told and the next one goes on; the exit code remembers.
 */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_input.h"
#include "cmd_lines.h"

struct say {
    struct cmd *cmd;
    bool tell;
    const char *to;
    char doing[LIMIT_NAME + 16]; /* "say to lobby" */
    struct confab_extra extra;
    size_t pending; /* sent, and no answer taken yet */
    struct line {
        uint64_t number; /* libconfab's */
        uint64_t line;   /* of the input */
    } * lines;           /* of what is pending with -l, oldest first */
    size_t line_first, line_count, line_cap; /* the oldest's place */
    int code;       /* the first thing that went wrong */
    bool told_away; /* that the receiver is not connected */
};

static void
say_wrong(struct say *s, int code)
{
    if (!s->code)
        s->code = code;
}

static void
say_sent(struct say *s, const confab_event *e)
{
    const struct args *args = s->cmd->args;
    if (args->json)
        cmd_print_json(e);
    else if (args->verbose && e->seq)
        printf("%llu\n", (unsigned long long)e->seq);
    if (!s->tell || e->online || s->told_away)
        return;
    s->told_away = true;
    cmd_note(s->cmd, "%s is not connected; kept until he is", s->to);
}

/* Which line of the input a message was, 0: none; it is pending no more. */
static uint64_t
say_answered(struct say *s, uint64_t number)
{
    for (size_t i = s->line_first; i < s->line_count; i++) {
        struct line *line = &s->lines[i];
        if (line->number != number)
            continue;
        line->number = 0;
        while (s->line_first < s->line_count && !s->lines[s->line_first].number)
            s->line_first++;
        return line->line;
    }
    return 0;
}

static bool
say_pending(struct say *s, uint64_t number, uint64_t line)
{
    if (s->line_count == s->line_cap && s->line_first) {
        s->line_count -= s->line_first;
        memmove(s->lines, s->lines + s->line_first,
                s->line_count * sizeof *s->lines);
        s->line_first = 0;
    }
    if (s->line_count == s->line_cap) {
        size_t cap = s->line_cap ? 2 * s->line_cap : 64;
        struct line *lines = realloc(s->lines, cap * sizeof *lines);
        if (!lines)
            return false;
        s->lines = lines;
        s->line_cap = cap;
    }
    s->lines[s->line_count++] = (struct line){number, line};
    return true;
}

static void
say_refused(struct say *s, const confab_event *e, uint64_t line)
{
    size_t at = strlen(s->doing);
    if (line)
        snprintf(s->doing + at, sizeof s->doing - at, ", line %llu",
                 (unsigned long long)line);
    say_wrong(s, cmd_refused(s->cmd, e, s->doing));
    s->doing[at] = '\0';
}

/* Takes one event; an exit code when there is no going on. */
static int
say_step(struct say *s, int64_t deadline)
{
    confab_event *e = NULL;
    int code = cmd_next(s->cmd, &e, deadline);
    bool answer = !code && e->number &&
                  (e->type == CONFAB_SENT || e->type == CONFAB_REFUSED);
    uint64_t line = answer ? say_answered(s, e->number) : 0;
    if (!code && e->type == CONFAB_SENT)
        say_sent(s, e);
    if (!code && e->type == CONFAB_REFUSED)
        say_refused(s, e, line);
    if (answer)
        s->pending--;
    confab_event_free(&e);
    return code;
}

static int
say_timeout(const struct say *s)
{
    cmd_error(s->cmd, "%s: %zu not acknowledged within %g s", s->doing,
              s->pending, s->cmd->args->timeout / 1000.0);
    return s->cmd->online ? EXIT_TIMEOUT : EXIT_UNREACHABLE;
}

/* Waits for acknowledgements until at most `most` are missing, as long as they
 * keep coming. */
static int
say_drain(struct say *s, size_t most)
{
    int64_t deadline = cmd_deadline(s->cmd);
    while (s->pending > most) {
        size_t before = s->pending;
        int code = say_step(s, deadline);
        if (code)
            return code == EXIT_TIMEOUT ? say_timeout(s) : code;
        if (s->pending != before)
            deadline = cmd_deadline(s->cmd);
    }
    return 0;
}

/* Events that came meanwhile; never waits. */
static int
say_take(struct say *s)
{
    int code = 0;
    while (!code)
        code = say_step(s, 0);
    return code == EXIT_TIMEOUT ? 0 : code;
}

/* `line` of the input, 0: it is no line. */
static int
say_one(struct say *s, const char *text, uint64_t line)
{
    for (;;) {
        confab *c = s->cmd->c;
        uint64_t number = 0;
        int error = s->tell ? confab_tell(c, s->to, text, &s->extra, &number)
                            : confab_say(c, s->to, text, &s->extra, &number);
        if (!error) {
            s->pending++;
            bool kept = !line || say_pending(s, number, line);
            return kept ? 0 : cmd_failed(s->cmd, CONFAB_ENOMEM, s->doing);
        }
        if (error != CONFAB_EFULL)
            return cmd_failed(s->cmd, error, s->doing);
        int code = say_drain(s, s->pending / 2);
        if (code)
            return code;
    }
}

/* Says what is wrong with line `number`, if anything. */
static int
say_line(struct say *s, const char *line, size_t len, uint64_t number)
{
    size_t at = strlen(s->doing);
    snprintf(s->doing + at, sizeof s->doing - at, ", line %llu",
             (unsigned long long)number);
    int code = EXIT_INVALID;
    if (len > LIMIT_TEXT)
        cmd_error(s->cmd, "%s: longer than %d bytes; not sent", s->doing,
                  LIMIT_TEXT);
    else if (memchr(line, 0, len))
        cmd_error(s->cmd, "%s: has a NUL byte; not sent", s->doing);
    else
        code = say_one(s, line, number);
    s->doing[at] = '\0';
    if (code == EXIT_INVALID) {
        say_wrong(s, code);
        return 0;
    }
    return code;
}

static int
say_lines(struct say *s)
{
    struct lines in;
    int code = lines_init(&in, STDIN_FILENO, LIMIT_TEXT) ? 0 : EXIT_GENERAL;
    while (!code) {
        char *line = NULL;
        size_t len = 0;
        enum lines_state state = lines_next(&in, &line, &len);
        if (state == LINES_END)
            break;
        if (state == LINES_LINE) {
            code = say_line(s, line, len, in.number);
        } else if (state == LINES_LONG) {
            code = say_line(s, "", LIMIT_TEXT + 1, in.number);
        } else {
            unsigned woke = cmd_sleep(s->cmd, in.fd, INT64_MAX);
            if (woke & WAKE_GONE)
                code = CMD_READER_GONE;
            else
                code = say_take(s);
            if (woke & WAKE_INPUT)
                lines_fill(&in);
        }
    }
    if (!code && in.error) {
        cmd_error(s->cmd, "%s: stdin cannot be read: %s", s->doing,
                  strerror(in.error));
        say_wrong(s, EXIT_GENERAL);
    }
    lines_fini(&in);
    return code;
}

static int
take_meanwhile(void *context)
{
    return say_take(context);
}

/* All of stdin as one message. */
static int
say_input(struct say *s)
{
    struct input in = {s->cmd, s->doing, take_meanwhile, s};
    char *text = malloc(INPUT_SIZE);
    if (!text)
        return cmd_failed(s->cmd, CONFAB_ENOMEM, s->doing);
    int code = input_text(&in, text);
    if (!code)
        code = say_one(s, text, 0);
    free(text);
    return code;
}

/* The words with a space between them. */
static int
say_words(struct say *s, const char **words, int count)
{
    size_t size = 1;
    for (int i = 0; i < count; i++)
        size += strlen(words[i]) + 1;
    char *text = malloc(size);
    if (!text)
        return EXIT_GENERAL;
    *text = '\0';
    char *at = text;
    for (int i = 0; i < count; i++)
        at += snprintf(at, size - (size_t)(at - text), "%s%s", i ? " " : "",
                       words[i]);
    size_t len = (size_t)(at - text);
    int code = EXIT_INVALID;
    if (len <= LIMIT_TEXT)
        code = say_one(s, text, 0);
    else
        cmd_error(s->cmd, "%s: a message is at most %d bytes, this has %zu",
                  s->doing, LIMIT_TEXT, len);
    free(text);
    return code;
}

static int
say_all(struct say *s)
{
    const struct args *args = s->cmd->args;
    const char **words = args->words + 1;
    int count = args->word_count - 1;
    bool dash = count == 1 && strcmp(words[0], "-") == 0;
    if (args->lines)
        return say_lines(s);
    if (count == 0 || dash)
        return say_input(s);
    return say_words(s, words, count);
}

/* What does not go together; NULL: all does. */
static const char *
say_check(const struct args *args)
{
    if (args->lines && args->word_count > 1 && strcmp(args->words[1], "-") != 0)
        return "-l reads the messages from stdin: give no text";
    if (args->once && !args->id)
        return "--once goes with -i: a key belongs to an id";
    if (args->once && (args->lines || !args->keep))
        return "--once is for one message that is stored: no -l, no --no-keep";
    return NULL;
}

static int
say_run(struct cmd *cmd, bool tell)
{
    const struct args *args = cmd->args;
    struct say s = {
        .cmd = cmd,
        .tell = tell,
        .to = args->words[0],
        .extra = {.kind = args->kind,
                  .re = args->re,
                  .fleeting = !args->keep,
                  .receipt = args->receipt},
    };
    const char *wrong = say_check(args);
    if (wrong) {
        cmd_error(cmd, "%s", wrong);
        return EXIT_USAGE;
    }
    snprintf(s.doing, sizeof s.doing, "%s %.*s", tell ? "tell" : "say to",
             LIMIT_NAME, s.to);
    int code = cmd_open(cmd, CMD_SENDING, NULL, NULL);
    if (!code)
        code = say_all(&s);
    if (!code)
        code = say_drain(&s, 0);
    free(s.lines);
    return code ? code : s.code;
}

int
cmd_say(struct cmd *cmd)
{
    return say_run(cmd, false);
}

int
cmd_tell(struct cmd *cmd)
{
    return say_run(cmd, true);
}
