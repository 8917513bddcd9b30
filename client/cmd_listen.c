/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_listen: `confab listen`, and `confab history --follow`.
 *
 * The loop: an event is taken, printed when its feed (cmd_feed) says so, and is
 * done with when the next one is taken or, with --state, when it is certain
 * that it was printed (cmd_output). Mail that was not asked for stays
 * unacknowledged with the broker.
 */
#include "cmd.h"
#include "cmd_feed.h"
#include "cmd_output.h"
#include "cmd_text.h"
#include "wrap.h"

struct listen {
    struct cmd *cmd;
    struct feeds feeds;
    int64_t join_by; /* until when the rooms must be joined */
    uint64_t left;   /* messages to print */
};

static bool
print_message(void *context, const confab_event *e)
{
    struct listen *l = context;
    if (l->left && cmd_print_message(l->cmd, e))
        l->left--;
    return l->left > 0;
}

/* What happens in a room besides messages: -v. */
static void
on_news(struct listen *l, const confab_event *e)
{
    const struct cmd *cmd = l->cmd;
    if (!cmd->args->verbose || cmd->args->raw || cmd->args->format)
        return;
    if (cmd->args->json) {
        cmd_print_json(e);
        return;
    }
    static const char dashes[] = " -- ";
    struct text_look look = cmd_look(cmd);
    text_time(stdout, cmd_wall());
    putchar(' ');
    text_clean_str(stdout, e->room);
    fputs(dashes, stdout);
    look.used = TEXT_HANG + wrap_width(e->room, strlen(e->room)) +
                (unsigned)strlen(dashes);
    text_news(stdout, e, &look);
    putchar('\n');
}

/* Others come and go; but when we were put out, there is no listening on. */
static int
on_exit_of(struct listen *l, const confab_event *e)
{
    const struct cmd *cmd = l->cmd;
    on_news(l, e);
    if (!text_is_own_end(e, cmd->id))
        return 0;
    cmd_error(cmd, "%s: a moderator has put you out of it", e->room);
    return EXIT_REFUSED;
}

static void
on_receipt(struct listen *l, const confab_event *e)
{
    if (!feeds_have_mail(&l->feeds) || l->cmd->args->raw)
        return;
    if (l->cmd->args->json)
        cmd_print_json(e);
    else
        cmd_note(l->cmd, "%s has received what was told up to %llu",
                 e->id ? e->id : e->to, (unsigned long long)e->seq);
}

static int
on_event(struct listen *l, const confab_event *e)
{
    switch (e->type) {
    case CONFAB_JOINED:
        return feeds_joined(&l->feeds, e);
    case CONFAB_SAY:
    case CONFAB_TELL:
        if (feeds_take(&l->feeds, e))
            print_message(l, e);
        return 0;
    case CONFAB_ENTER:
    case CONFAB_ABOUT:
    case CONFAB_INVITED:
        on_news(l, e);
        return 0;
    case CONFAB_EXIT:
        return on_exit_of(l, e);
    case CONFAB_HISTORY:
        return feeds_history(&l->feeds, e);
    case CONFAB_RECEIPT:
        on_receipt(l, e);
        return 0;
    case CONFAB_REFUSED:
        return feeds_refused(&l->feeds, e);
    case CONFAB_LOST:
        feeds_lost(&l->feeds, e);
        return 0;
    default:
        return 0;
    }
}

/* A room was not joined in time. Without a connection it is when there is one
 * again, as everything else. */
static int
not_joined(struct listen *l)
{
    l->join_by = INT64_MAX;
    if (!l->cmd->online)
        return 0;
    cmd_error(l->cmd, "join: no answer within %g s (-t waits longer)",
              l->cmd->args->timeout / 1000.0);
    return EXIT_TIMEOUT;
}

static int
next_event(struct cmd *cmd, confab_event **e, int64_t deadline)
{
    return cmd->keeps ? output_next(cmd, e, deadline)
                      : cmd_next(cmd, e, deadline);
}

static int
listen_loop(struct listen *l, int64_t deadline)
{
    bool end = l->cmd->args->end;
    l->join_by = cmd_deadline(l->cmd);
    while (l->left && !(end && feeds_ended(&l->feeds))) {
        confab_event *e = NULL;
        bool joining = l->feeds.joining && l->join_by < deadline;
        int code = next_event(l->cmd, &e, joining ? l->join_by : deadline);
        if (!code)
            code = on_event(l, e);
        else if (code == EXIT_TIMEOUT && joining)
            code = not_joined(l);
        /* It is acknowledged when the next event is taken. */
        if (e && e->type == CONFAB_TELL && !l->cmd->keeps)
            cmd_flush(l->cmd);
        confab_event_free(&e);
        if (code)
            return code;
    }
    return 0;
}

static int
listen_run(struct listen *l)
{
    const struct args *args = l->cmd->args;
    bool reading = args->end && !args->mail && !args->state;
    unsigned how = reading ? CMD_SENDING : CMD_INBOX;
    int64_t deadline = args->wait ? cmd_now() + args->wait : INT64_MAX;
    how |= args->mail ? 0U : CMD_MANUAL_ACK;
    int code = cmd_open(l->cmd, how, NULL, NULL);
    if (!code)
        code = feeds_start(&l->feeds);
    return code ? code : listen_loop(l, deadline);
}

/* What does not go together; NULL: all does. */
static const char *
check(const struct args *args)
{
    if (args->word_count == 0 && !args->mail)
        return "listen to what? name a room, or --mail";
    if (args->state && !args->id)
        return "--state goes with -i: a state belongs to an id";
    if (args->state && args->mail && args->since.type != SINCE_NOTHING)
        return "--since and --state are for rooms: mail begins with what waits";
    if (args->follow && args->end)
        return "either --follow or --end";
    return NULL;
}

int
cmd_listen(struct cmd *cmd)
{
    const struct args *args = cmd->args;
    struct listen l = {
        .cmd = cmd,
        .left = args->count ? args->count : UINT64_MAX,
        .feeds = {.cmd = cmd, .show = print_message, .context = &l},
    };
    const char *wrong = check(args);
    if (wrong) {
        cmd_error(cmd, "%s", wrong);
        return EXIT_USAGE;
    }
    cmd->for_reader = true;
    int code = feeds_init(&l.feeds) ? listen_run(&l) : EXIT_GENERAL;
    feeds_fini(&l.feeds);
    return code;
}
