/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_format: see cmd_format.h.
 *
 * The template is walked for each line; it is short. To check it, it is walked
 * once with nothing to fill in. Which fields there are stands in a table.
 */
#define _GNU_SOURCE /* localtime_r */
#include "cmd_format.h"

#include <stdlib.h>
#include <time.h>

#include "cmd_text.h"

enum {
    FORM_MAX = 128, /* bytes of the form of a time, */
    TIME_MAX = 512, /* and of what it becomes */
};

/* What a line is about; only one of them is there. */
struct subject {
    const confab_event *message;
    const struct confab_room *room;
    const char *id;
};

static void
put_number(uint64_t n)
{
    printf("%llu", (unsigned long long)n);
}

static void
put_text(const struct subject *s)
{
    char *made = NULL;
    text_clean(stdout, text_body(s->message, &made));
    free(made);
}

static void
put_from(const struct subject *s)
{
    text_clean_str(stdout, s->message->from);
}

static void
put_to(const struct subject *s)
{
    text_clean_str(stdout, s->message->to);
}

static void
put_in(const struct subject *s)
{
    text_clean_str(stdout, s->message->room);
}

static void
put_kind(const struct subject *s)
{
    text_clean_str(stdout, s->message->kind);
}

static void
put_seq(const struct subject *s)
{
    put_number(s->message->seq);
}

static void
put_re(const struct subject *s)
{
    if (s->message->re)
        put_number(s->message->re);
}

static void
put_id(const struct subject *s)
{
    text_clean_str(stdout, s->id);
}

static void
put_room(const struct subject *s)
{
    text_clean_str(stdout, s->room->name);
}

static void
put_members(const struct subject *s)
{
    put_number(s->room->count);
}

static void
put_about(const struct subject *s)
{
    text_clean_str(stdout, s->room->about);
}

static void
put_head(const struct subject *s)
{
    put_number(s->room->head);
}

#define OF(command) (1U << COMMAND_##command)
#define OF_MESSAGES (OF(LISTEN) | OF(HISTORY) | OF(SEARCH))

static const struct blank {
    const char *name;
    unsigned commands;
    void (*put)(const struct subject *);
} fields[] = {
    {"time", OF_MESSAGES, NULL}, /* has a form of its own */
    {"room", OF_MESSAGES, put_in},   {"to", OF_MESSAGES, put_to},
    {"from", OF_MESSAGES, put_from}, {"text", OF_MESSAGES, put_text},
    {"seq", OF_MESSAGES, put_seq},   {"kind", OF_MESSAGES, put_kind},
    {"re", OF_MESSAGES, put_re},     {"id", OF(WHO), put_id},
    {"room", OF(ROOMS), put_room},   {"members", OF(ROOMS), put_members},
    {"about", OF(ROOMS), put_about}, {"head", OF(ROOMS), put_head},
};
enum { FIELDS = sizeof fields / sizeof *fields };

static bool
has_field(const struct cmd *cmd, const struct blank *field)
{
    return field->commands & (1U << (cmd->args->command - commands));
}

/* One piece of a template: a field with its form, or plain text. */
struct piece {
    const struct blank *field;
    char form[FORM_MAX];
    char text;
};

/* False: the form makes nothing, or too much. It is the user's own, so no
 * compiler can check it, and none needs to: strftime stays within its room. */
static bool
write_time(char *out, const char *form, uint64_t ms)
{
    size_t (*const make)(char *, size_t, const char *, const struct tm *) =
        strftime;
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm = {0};
    return localtime_r(&seconds, &tm) && make(out, TIME_MAX, form, &tm) > 0;
}

static const char *
no_field(const struct cmd *cmd, const char *name, int len)
{
    char names[128];
    size_t at = 0;
    for (size_t i = 0; i < FIELDS && at < sizeof names; i++) {
        if (has_field(cmd, &fields[i]))
            at += (size_t)snprintf(names + at, sizeof names - at, " {%s}",
                                   fields[i].name);
    }
    cmd_error(cmd, "--format: {%.*s} is no field of %s; there are%s", len, name,
              cmd->args->command->name, names);
    return NULL;
}

/* Reads "{name:form}"; NULL after saying what is wrong. */
static const char *
read_field(const struct cmd *cmd, const char *at, struct piece *piece)
{
    size_t len = strcspn(at + 1, "}");
    size_t name = strcspn(at + 1, ":}");
    const char *rest = at + 1 + name + 1;
    if (!at[1 + len]) {
        cmd_error(cmd, "--format: \"%s\" has no } at its end ({{ is a brace)",
                  at);
        return NULL;
    }
    for (size_t i = 0; i < FIELDS; i++) {
        const struct blank *field = &fields[i];
        if (has_field(cmd, field) && strlen(field->name) == name &&
            strncmp(field->name, at + 1, name) == 0)
            piece->field = field;
    }
    if (!piece->field)
        return no_field(cmd, at + 1, (int)name);
    const char *form = "%Y-%m-%dT%H:%M:%S%z";
    int form_len = name < len ? (int)(len - name - 1) : (int)strlen(form);
    form = name < len ? rest : form;
    snprintf(piece->form, sizeof piece->form, "%.*s", form_len, form);
    char made[TIME_MAX];
    bool fits = form_len < FORM_MAX &&
                (piece->field->put || write_time(made, piece->form, 0));
    if (fits && (name == len || !piece->field->put))
        return at + 1 + len + 1;
    cmd_error(cmd, "--format: \"%.*s\" is no form of {%.*s}%s", form_len, form,
              (int)name, at + 1,
              piece->field->put ? "; only {time} has one" : "");
    return NULL;
}

/* Reads the piece at `at` and gives where the next one begins, NULL after
 * saying what is wrong. */
static const char *
read_piece(const struct cmd *cmd, const char *at, struct piece *piece)
{
    static const char escapes[][2] = {{'n', '\n'}, {'t', '\t'}, {'\\', '\\'}};
    *piece = (struct piece){.text = *at};
    if ((*at == '{' || *at == '}') && at[1] == *at)
        return at + 2;
    if (*at == '{')
        return read_field(cmd, at, piece);
    if (*at == '}') {
        cmd_error(cmd, "--format: a } without its { (}} is a brace)");
        return NULL;
    }
    if (*at != '\\')
        return at + 1;
    for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++) {
        if (at[1] == escapes[i][0]) {
            piece->text = escapes[i][1];
            return at + 2;
        }
    }
    cmd_error(cmd, "--format: \"%.2s\": there are \\n, \\t and \\\\", at);
    return NULL;
}

/* What cannot be asked for together, or makes no sense here; NULL: nothing. */
static const char *
contradiction(const struct args *args)
{
    if (args->json)
        return "--format or --json, not both";
    if (args->raw)
        return "--format or --raw, not both";
    return NULL;
}

int
format_check(const struct cmd *cmd)
{
    const char *at = cmd->args->format;
    const char *wrong = at ? contradiction(cmd->args) : NULL;
    if (wrong)
        cmd_error(cmd, "%s", wrong);
    while (!wrong && at && *at) {
        struct piece piece;
        at = read_piece(cmd, at, &piece);
        if (!at)
            return EXIT_USAGE;
    }
    return wrong ? EXIT_USAGE : 0;
}

static void
print(const struct cmd *cmd, const struct subject *s)
{
    const char *at = cmd->args->format;
    while (at && *at) {
        struct piece piece;
        char made[TIME_MAX];
        at = read_piece(cmd, at, &piece);
        if (!piece.field)
            putchar(piece.text);
        else if (piece.field->put)
            piece.field->put(s);
        else if (s->message && write_time(made, piece.form, s->message->time))
            text_clean_str(stdout, made);
    }
    putchar('\n');
}

void
format_message(const struct cmd *cmd, const confab_event *message)
{
    print(cmd, &(struct subject){.message = message});
}

void
format_room(const struct cmd *cmd, const struct confab_room *room)
{
    print(cmd, &(struct subject){.room = room});
}

void
format_id(const struct cmd *cmd, const char *id)
{
    print(cmd, &(struct subject){.id = id});
}
