/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_ask: `confab history`, `who`, `rooms` and `ping`: one question, its
 * answer on stdout, page after page where there is more.
 *
 * With --json each answer is printed as it came; history prints its messages,
 * one a line, so that it reads like `listen`.
 */
#include <stdlib.h>

#include "cmd.h"
#include "cmd_format.h"
#include "cmd_pager.h"
#include "cmd_text.h"
#include "wrap.h"

/* Messages that `confab history` shows when no number is given. */
enum { HISTORY_STANDARD = 100 };

static bool
show_message(void *context, const confab_event *e)
{
    cmd_print_message(context, e);
    return true;
}

static int
history_pages(struct cmd *cmd, struct pager *p, const char *doing)
{
    const struct args *args = cmd->args;
    bool asked = args->has_after || args->since.type != SINCE_NOTHING;
    bool told = false;
    while (!p->done) {
        confab_event *e = NULL;
        int code = cmd_answer(cmd, p->number, doing, &e);
        if (code)
            return code;
        if (!e->complete && !told && asked)
            cmd_note(cmd, "%s: not complete, some have been removed", doing);
        else if (!e->complete && !told)
            cmd_detail(cmd, "%s: older messages have been removed", doing);
        told = told || !e->complete;
        int error = pager_answer(p, cmd->c, e);
        confab_event_free(&e);
        if (error)
            return cmd_failed(cmd, error, doing);
    }
    return 0;
}

/* What does not go together; NULL: all does. */
static const char *
history_check(const struct args *args)
{
    int places = (args->word_count != 0) + (args->with != NULL) + args->mail;
    int starts = args->has_after + (args->before != 0) +
                 (args->since.type != SINCE_NOTHING);
    if (places != 1)
        return "history of what? one of ROOM, --with ID and --mail";
    if (starts > 1)
        return "only one of --after, --before and --since";
    if (args->state && !args->follow)
        return "--state goes with --follow";
    if (!args->follow)
        return NULL;
    if (args->word_count == 0 || args->before)
        return "--follow goes with a ROOM, and without --before";
    if (args->count && starts)
        return "--follow goes with -n or with where to begin, not with both";
    return NULL;
}

/* What was said, and then what is: `listen`, which begins where we would. */
static int
history_follow(struct cmd *cmd)
{
    const struct args *given = cmd->args;
    struct args args = *given;
    args.command = &commands[COMMAND_LISTEN];
    args.count = 0;
    args.has_after = false;
    if (given->has_after)
        args.since = (struct since){.type = SINCE_SEQ, .value = given->after};
    else if (args.since.type == SINCE_NOTHING)
        args.since = (struct since){.type = SINCE_NEWEST,
                                    .value = given->count ? given->count
                                                          : HISTORY_STANDARD};
    cmd->args = &args;
    int code = cmd_listen(cmd);
    cmd->args = given;
    return code;
}

int
cmd_history(struct cmd *cmd)
{
    const struct args *args = cmd->args;
    struct pager p = {
        .room = args->word_count ? args->words[0] : NULL,
        .with = args->with,
        .show = show_message,
        .context = cmd,
    };
    char doing[LIMIT_NAME + 32];
    const char *wrong = history_check(args);
    if (wrong) {
        cmd_error(cmd, "%s", wrong);
        return EXIT_USAGE;
    }
    if (args->follow)
        return history_follow(cmd);
    snprintf(doing, sizeof doing, "history %s %.*s", p.room ? "of" : "with",
             LIMIT_NAME,
             p.room   ? p.room
             : p.with ? p.with
                      : "others");
    int code = cmd_open(cmd, CMD_SENDING, NULL, NULL);
    if (code)
        return code;
    int error = pager_start(&p, cmd, HISTORY_STANDARD);
    return error ? cmd_failed(cmd, error, doing)
                 : history_pages(cmd, &p, doing);
}

static void
print_who(const struct cmd *cmd, const confab_event *e)
{
    for (size_t i = 0; i < e->list_len; i++) {
        if (cmd->args->format) {
            format_id(cmd, e->list[i]);
            continue;
        }
        text_id(stdout, e->list[i], cmd->color);
        putchar('\n');
    }
}

/* Where the next column begins, behind a tab. */
static unsigned
behind_tab(unsigned used)
{
    enum { TAB = 8 };
    return (used / TAB + 1) * TAB;
}

static void
print_about(const struct cmd *cmd, const struct confab_room *room)
{
    struct text_look look = cmd_look(cmd);
    int digits = snprintf(NULL, 0, "%llu", (unsigned long long)room->count);
    unsigned name = wrap_width(room->name, strlen(room->name));
    look.used = behind_tab(behind_tab(name) + (unsigned)digits);
    putchar('\t');
    text_rows(stdout, slice_str(room->about), &look);
}

/* room, members and what it is about, with tabs between them. */
static void
print_rooms(const struct cmd *cmd, const confab_event *e)
{
    for (size_t i = 0; i < e->rooms_len; i++) {
        const struct confab_room *room = &e->rooms[i];
        if (cmd->args->format) {
            format_room(cmd, room);
            continue;
        }
        text_clean_str(stdout, room->name);
        printf("\t%llu", (unsigned long long)room->count);
        if (room->about)
            print_about(cmd, room);
        putchar('\n');
    }
}

/* The name after which the next page begins, a copy; NULL: no more pages. */
static char *
last_name(const confab_event *e)
{
    const char *last = e->list_len    ? e->list[e->list_len - 1]
                       : e->rooms_len ? e->rooms[e->rooms_len - 1].name
                                      : NULL;
    return e->more && last ? strdup(last) : NULL;
}

static int
ask_names(struct cmd *cmd, const char *room, const char *after,
          uint64_t *number)
{
    if (cmd->args->command - commands == COMMAND_ROOMS)
        return confab_rooms(cmd->c, after, number);
    return confab_who(cmd->c, room, after, number);
}

static int
name_pages(struct cmd *cmd, const char *room, const char *doing)
{
    char *after = NULL;
    do {
        uint64_t number = 0;
        confab_event *e = NULL;
        int error = ask_names(cmd, room, after, &number);
        free(after);
        after = NULL;
        if (error)
            return cmd_failed(cmd, error, doing);
        int code = cmd_answer(cmd, number, doing, &e);
        if (code)
            return code;
        if (cmd->args->json)
            cmd_print_json(e);
        else if (e->type == CONFAB_ROOMS)
            print_rooms(cmd, e);
        else
            print_who(cmd, e);
        after = last_name(e);
        confab_event_free(&e);
    } while (after);
    return 0;
}

int
cmd_who(struct cmd *cmd)
{
    const struct args *args = cmd->args;
    const char *room = args->word_count ? args->words[0] : NULL;
    char doing[LIMIT_NAME + 16];
    snprintf(doing, sizeof doing, "who%s%.*s", room ? " is in " : "",
             LIMIT_NAME, room ? room : "");
    int code = cmd_open(cmd, CMD_SENDING, NULL, NULL);
    return code ? code : name_pages(cmd, room, doing);
}

int
cmd_rooms(struct cmd *cmd)
{
    int code = cmd_open(cmd, CMD_SENDING, NULL, NULL);
    return code ? code : name_pages(cmd, NULL, "rooms");
}

static int
ping_once(struct cmd *cmd)
{
    uint64_t number = 0;
    confab_event *e = NULL;
    int error = confab_ping(cmd->c, &number);
    if (error)
        return cmd_failed(cmd, error, "ping");
    int code = cmd_answer(cmd, number, "ping", &e);
    if (code)
        return code;
    if (cmd->args->json)
        cmd_print_json(e);
    else
        printf("%s answered in %.3f ms\n", cmd->args->broker,
               e->text ? strtod(e->text, NULL) / 1000 : 0.0);
    confab_event_free(&e);
    return 0;
}

int
cmd_ping(struct cmd *cmd)
{
    enum { BETWEEN_MS = 1000 };
    uint64_t count = cmd->args->count ? cmd->args->count : 1;
    int code = cmd_open(cmd, CMD_SENDING, NULL, NULL);
    for (uint64_t i = 0; !code && i < count; i++) {
        int64_t next = cmd_now() + BETWEEN_MS;
        while (i && !code) {
            confab_event *e = NULL;
            code = cmd_next(cmd, &e, next);
            confab_event_free(&e);
        }
        if (!code || code == EXIT_TIMEOUT)
            code = ping_once(cmd);
    }
    return code;
}
