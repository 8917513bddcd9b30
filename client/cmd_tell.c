/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_tell: what a command tells its user: errors, notes, messages.
 *
 * An error says what was being done, to what, and what the matter is; what the
 * broker wrote is cleaned before it reaches a terminal. The table at the end
 * turns the wire's codes into exit codes.
 */
#define _GNU_SOURCE /* open_memstream, vasprintf */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd.h"
#include "cmd_format.h"
#include "cmd_text.h"
#include "term.h"

/* Whatever of it a broker, a file or an argument has given: it is cleaned. */
static void
show_on_stderr(const char *line)
{
    fputs("confab: ", stderr);
    text_clean_str(stderr, line);
    fputc('\n', stderr);
}

static const char waits[] = "confab: connecting ...";

static void
wipe_waits(const struct cmd *cmd)
{
    if (cmd->waits)
        fprintf(stderr, "\r%*s\r", (int)strlen(waits), "");
}

void
cmd_waits(struct cmd *cmd, bool still)
{
    wipe_waits(cmd);
    cmd->waits = still && !cmd->for_nobody && !cmd->args->quiet &&
                 isatty(STDERR_FILENO);
    if (cmd->waits)
        fputs(waits, stderr);
}

__attribute__((format(printf, 2, 0))) static void
show(const struct cmd *cmd, const char *format, va_list list)
{
    char *line = NULL;
    if (vasprintf(&line, format, list) < 0)
        return;
    wipe_waits(cmd);
    if (cmd->show)
        cmd->show(cmd->show_context, line);
    else
        show_on_stderr(line);
    free(line);
}

void
cmd_error(const struct cmd *cmd, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    show(cmd, format, list);
    va_end(list);
}

void
cmd_note(const struct cmd *cmd, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (!cmd->args->quiet)
        show(cmd, format, list);
    va_end(list);
}

void
cmd_detail(const struct cmd *cmd, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    if (cmd->args->verbose && !cmd->args->quiet)
        show(cmd, format, list);
    va_end(list);
}

int
cmd_failed(const struct cmd *cmd, int error, const char *doing)
{
    const char *more = confab_last_error();
    cmd_error(cmd, "%s: %s", doing, *more ? more : confab_strerror(error));
    switch (error) {
    case CONFAB_EINVALID:
    case CONFAB_ETOOLARGE:
        return EXIT_INVALID;
    case CONFAB_ETIMEOUT:
        return EXIT_TIMEOUT;
    case CONFAB_EREFUSED:
    case CONFAB_ECLOSED:
        return EXIT_REFUSED;
    default:
        return EXIT_GENERAL;
    }
}

int
cmd_code(const char *wire)
{
    static const uint8_t codes[ERR_COUNT] = {
        [ERR_BAD_MESSAGE] = EXIT_INVALID, [ERR_BAD_VERSION] = EXIT_REFUSED,
        [ERR_BAD_NAME] = EXIT_INVALID,    [ERR_BAD_STATE] = EXIT_REFUSED,
        [ERR_NO_SESSION] = EXIT_REFUSED,  [ERR_IN_USE] = EXIT_REFUSED,
        [ERR_UNKNOWN_OP] = EXIT_REFUSED,  [ERR_DENIED] = EXIT_REFUSED,
        [ERR_NO_CLIENT] = EXIT_NOT_FOUND, [ERR_NO_ROOM] = EXIT_NOT_FOUND,
        [ERR_OFFLINE] = EXIT_NOT_FOUND,   [ERR_FULL] = EXIT_REFUSED,
        [ERR_TOO_LARGE] = EXIT_INVALID,   [ERR_TOO_MANY] = EXIT_REFUSED,
        [ERR_RATE] = EXIT_RATE,           [ERR_INTERNAL] = EXIT_REFUSED,
    };
    if (wire &&
        (strcmp(wire, "handshake") == 0 || strcmp(wire, "encryption") == 0))
        return EXIT_UNREACHABLE;
    enum err err = wire ? err_find(slice_str(wire)) : ERR_COUNT;
    return err < ERR_COUNT && codes[err] ? codes[err] : EXIT_REFUSED;
}

/* What to do about it, where there is something to do. */
static const char *
advice(const char *code)
{
    static const struct {
        const char *code, *text;
    } rows[] = {
        {"in-use", "; choose another id (-i), or end the other program"},
        {"rate", "; try again later"},
        {"full", "; try again later"},
        {"internal", "; the broker's log has the reason"},
    };
    for (size_t i = 0; code && i < sizeof rows / sizeof *rows; i++) {
        if (strcmp(code, rows[i].code) == 0)
            return rows[i].text;
    }
    return "";
}

int
cmd_refused(const struct cmd *cmd, const confab_event *e, const char *doing)
{
    char *line = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&line, &len);
    if (!out)
        return EXIT_GENERAL;
    text_clean_str(out, doing);
    fputs(": ", out);
    text_clean_str(out, e->text && *e->text ? e->text : "refused");
    fputs(" (", out);
    text_clean_str(out, e->code ? e->code : "no code");
    fprintf(out, ")%s", advice(e->code));
    if (fclose(out) == 0)
        cmd_error(cmd, "%s", line);
    free(line);
    return cmd_code(e->code);
}

void
cmd_print_json(const confab_event *e)
{
    if (!json_message(stdout, slice_of(e->raw, e->raw_len), NULL))
        fputs("{}\n", stdout); /* so that lines and messages stay equal */
}

/* --raw: the bytes as they came, unless a terminal is to show them. */
static bool
print_raw(const struct cmd *cmd, const confab_event *e)
{
    if (!e->text || e->gone)
        return false;
    struct slice text = slice_of(e->text, e->text_len);
    if (cmd->terminal)
        text_clean(stdout, text);
    else
        fwrite(text.data, 1, text.len, stdout);
    putchar('\n');
    return true;
}

struct text_look
cmd_look(const struct cmd *cmd)
{
    return (struct text_look){.color = cmd->color,
                              .columns = cmd->terminal ? term_columns() : 0,
                              .rest = ": | less shows all of it"};
}

bool
cmd_print_message(const struct cmd *cmd, const confab_event *e)
{
    if (cmd->args->json) {
        cmd_print_json(e);
        return true;
    }
    if (cmd->args->raw)
        return print_raw(cmd, e);
    if (cmd->args->format) {
        format_message(cmd, e);
        return true;
    }
    char *made = NULL;
    struct text_look look = cmd_look(cmd);
    text_message(stdout, e, text_body(e, &made), &look);
    putchar('\n');
    free(made);
    return true;
}
