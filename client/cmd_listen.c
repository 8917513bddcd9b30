/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_listen: `confab listen`.
 *
 * Each room (and the mailbox) is a feed. Without --since a feed is live at
 * once: libconfab gives the room's messages in order and without a gap. With
 * --since, or -e, a feed first catches up: a pager prints history, and what
 * comes live meanwhile is not kept but only remembered by its seq, since it is
 * in the history too; when history has passed that seq the feed is live. So
 * the two ends meet without a gap, without a repeat and in bounded memory.
 *
 * With --state libconfab remembers what was printed, and a listener that starts
 * again goes on behind it.
 *
 * With -e and rooms alone nothing is joined: reading history needs no presence.
 * Mail that waits comes by itself, so -e alone only asks where it ends. Mail
 * that was not asked for stays unacknowledged with the broker.
 */
#include <stdlib.h>

#include "cmd.h"
#include "cmd_pager.h"
#include "cmd_text.h"

struct feed {
    const char *room; /* NULL: the mailbox */
    bool joined;      /* the broker has said so, once */
    bool live;
    bool asked; /* the pager has begun */
    uint64_t skipped;
    struct pager pager;
};

struct listen {
    struct cmd *cmd;
    struct feed *feeds;
    size_t feed_count;
    size_t joining;         /* rooms that are not joined yet, */
    int64_t join_by;        /* and until when they must be */
    size_t behind;          /* feeds that are not live */
    uint64_t left;          /* messages to print */
    bool catch_up;          /* --since or -e */
    uint64_t heard;         /* all mail up to this seq was printed or is lost */
    uint64_t mail_end;      /* with -e: the last mail to print */
    uint64_t mail_question; /* the question for it, 0: none or answered */
};

static bool
print_message(void *context, const confab_event *e)
{
    struct listen *l = context;
    if (l->left && cmd_print_message(l->cmd, e))
        l->left--;
    return l->left > 0;
}

/* The feed an event of this room (NULL: mail) belongs to. */
static struct feed *
feed_find(struct listen *l, const char *room)
{
    for (size_t i = 0; i < l->feed_count; i++) {
        const char *name = l->feeds[i].room;
        if (name && room ? strcmp(name, room) == 0 : name == room)
            return &l->feeds[i];
    }
    return NULL;
}

static void
feed_live(struct listen *l, struct feed *feed)
{
    feed->live = true;
    l->behind--;
}

/* The mail that waits ends where the mailbox ends now. */
static int
ask_mail_end(struct listen *l)
{
    struct confab_range newest = {.limit = 1};
    int error = confab_history(l->cmd->c, &newest, &l->mail_question);
    l->heard = l->cmd->acked;
    return error ? cmd_failed(l->cmd, error, "mail") : 0;
}

static int
feed_begin(struct listen *l, struct feed *feed)
{
    if (feed->live || feed->asked)
        return 0;
    feed->asked = true;
    if (!feed->room && l->cmd->args->since.type == SINCE_NOTHING) {
        feed_live(l, feed);
        return ask_mail_end(l);
    }
    feed->pager =
        (struct pager){.room = feed->room, .show = print_message, .context = l};
    int error = pager_start(&feed->pager, l->cmd, 0);
    return error ? cmd_failed(l->cmd, error, "history") : 0;
}

/* Only a seq says that what was removed had been asked for. */
static void
note_removed(const struct listen *l, const struct feed *feed,
             const confab_event *e)
{
    const struct since *since = &l->cmd->args->since;
    if (!e->complete && since->type == SINCE_SEQ && since->value)
        cmd_note(l->cmd, "messages of %s behind %llu have been removed",
                 feed->room ? feed->room : "your mailbox",
                 (unsigned long long)feed->pager.last);
}

static int
on_history(struct listen *l, const confab_event *e)
{
    if (l->mail_question && e->number == l->mail_question) {
        l->mail_end = e->head;
        l->mail_question = 0;
        return 0;
    }
    for (size_t i = 0; i < l->feed_count; i++) {
        struct feed *feed = &l->feeds[i];
        if (feed->live || !feed->asked || feed->pager.number != e->number)
            continue;
        note_removed(l, feed, e);
        int error = pager_answer(&feed->pager, l->cmd->c, e);
        if (!error && feed->pager.done && feed->pager.last < feed->skipped) {
            feed->pager.left = UINT64_MAX;
            error = pager_resume(&feed->pager, l->cmd->c);
        }
        if (error)
            return cmd_failed(l->cmd, error, "history");
        if (feed->pager.done)
            feed_live(l, feed);
        break;
    }
    return 0;
}

static int
on_joined(struct listen *l, const confab_event *e)
{
    struct feed *feed = feed_find(l, e->room);
    if (!feed)
        return 0;
    l->joining -= !feed->joined;
    feed->joined = true;
    return feed_begin(l, feed);
}

static void
on_message(struct listen *l, const confab_event *e)
{
    struct feed *feed = feed_find(l, e->room);
    if (!feed || (feed->room == NULL) != (e->type == CONFAB_TELL))
        return;
    if (!feed->live && e->seq) {
        feed->skipped = e->seq;
        return;
    }
    if (e->seq && e->seq <= feed->pager.last)
        return;
    print_message(l, e);
    if (e->type == CONFAB_TELL && e->seq)
        l->heard = e->seq;
}

static void
on_presence(struct listen *l, const confab_event *e)
{
    const struct cmd *cmd = l->cmd;
    if (!cmd->args->verbose || cmd->args->raw)
        return;
    if (cmd->args->json) {
        cmd_print_json(e);
        return;
    }
    text_time(stdout, cmd_wall());
    putchar(' ');
    text_clean_str(stdout, e->room);
    fputs(" -- ", stdout);
    text_id(stdout, e->id ? e->id : "?", cmd->color);
    fputs(e->type == CONFAB_ENTER ? " enters" : " leaves", stdout);
    if (e->why && strcmp(e->why, "left") != 0) {
        fputs(" (", stdout);
        text_clean_str(stdout, e->why);
        putchar(')');
    }
    putchar('\n');
}

static void
on_receipt(struct listen *l, const confab_event *e)
{
    if (!feed_find(l, NULL) || l->cmd->args->raw)
        return;
    if (l->cmd->args->json)
        cmd_print_json(e);
    else
        cmd_note(l->cmd, "%s has received what was told up to %llu",
                 e->id ? e->id : e->to, (unsigned long long)e->seq);
}

static int
on_refused(struct listen *l, const confab_event *e)
{
    bool full = e->code && strcmp(e->code, "full") == 0;
    if (full && !e->room && !e->number && !feed_find(l, NULL))
        return 0; /* mail that waits, and that we were not asked to read */
    return cmd_refused(l->cmd, e, e->room ? e->room : "listen");
}

static int
on_event(struct listen *l, const confab_event *e)
{
    switch (e->type) {
    case CONFAB_JOINED:
        return on_joined(l, e);
    case CONFAB_SAY:
    case CONFAB_TELL:
        on_message(l, e);
        return 0;
    case CONFAB_ENTER:
    case CONFAB_EXIT:
        on_presence(l, e);
        return 0;
    case CONFAB_HISTORY:
        return on_history(l, e);
    case CONFAB_RECEIPT:
        on_receipt(l, e);
        return 0;
    case CONFAB_REFUSED:
        return on_refused(l, e);
    case CONFAB_LOST:
        if (!e->room)
            l->heard = e->seq;
        return 0;
    default:
        return 0;
    }
}

static bool
listen_ended(const struct listen *l)
{
    return l->left == 0 || (l->cmd->args->end && l->behind == 0 &&
                            !l->mail_question && l->heard >= l->mail_end);
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
listen_loop(struct listen *l, int64_t deadline)
{
    l->join_by = cmd_deadline(l->cmd);
    while (!listen_ended(l)) {
        confab_event *e = NULL;
        bool joining = l->joining && l->join_by < deadline;
        int code = cmd_next(l->cmd, &e, joining ? l->join_by : deadline);
        if (!code)
            code = on_event(l, e);
        else if (code == EXIT_TIMEOUT && joining)
            code = not_joined(l);
        /* Mail is acknowledged, and what was printed is remembered, when the
         * next event is taken. */
        if (e && (e->type == CONFAB_TELL || l->cmd->args->state))
            cmd_flush(l->cmd);
        confab_event_free(&e);
        if (code)
            return code;
    }
    return 0;
}

static void
feeds_init(struct listen *l)
{
    const struct args *args = l->cmd->args;
    for (int i = 0; i < args->word_count; i++) {
        if (!feed_find(l, args->words[i]))
            l->feeds[l->feed_count++] = (struct feed){.room = args->words[i]};
    }
    if (args->mail)
        l->feeds[l->feed_count++] = (struct feed){.room = NULL};
    for (size_t i = 0; i < l->feed_count; i++)
        l->feeds[i].live = !l->catch_up;
    l->behind = l->catch_up ? l->feed_count : 0;
}

/* Joins the rooms; what needs no joining begins at once. */
static int
feeds_start(struct listen *l)
{
    const struct args *args = l->cmd->args;
    for (size_t i = 0; i < l->feed_count; i++) {
        struct feed *feed = &l->feeds[i];
        if (!feed->room || !l->cmd->inbox) {
            int code = feed_begin(l, feed);
            if (code)
                return code;
            continue;
        }
        int error = confab_join(l->cmd->c, feed->room,
                                args->direct ? CONFAB_DIRECT : 0);
        if (error)
            return cmd_failed(l->cmd, error, "join");
        l->joining++;
    }
    return 0;
}

static int
listen_run(struct listen *l)
{
    const struct args *args = l->cmd->args;
    unsigned how = args->end && !args->mail ? CMD_SENDING : CMD_INBOX;
    int64_t deadline = args->wait ? cmd_now() + args->wait : INT64_MAX;
    how |= args->mail ? 0U : CMD_MANUAL_ACK;
    int code = cmd_open(l->cmd, how, NULL, NULL);
    if (!code)
        code = feeds_start(l);
    if (!code)
        code = listen_loop(l, deadline);
    return code;
}

int
cmd_listen(struct cmd *cmd)
{
    const struct args *args = cmd->args;
    struct listen l = {
        .cmd = cmd,
        .left = args->count ? args->count : UINT64_MAX,
        .catch_up = args->end || args->since.type != SINCE_NOTHING,
    };
    if (args->word_count == 0 && !args->mail) {
        cmd_error(cmd, "listen to what? name a room, or --mail");
        return EXIT_USAGE;
    }
    if (args->state && (!args->id || l.catch_up)) {
        cmd_error(cmd, "--state goes with -i, and without --since and -e");
        return EXIT_USAGE;
    }
    cmd->for_reader = true;
    l.feeds = calloc((size_t)args->word_count + 1, sizeof *l.feeds);
    if (!l.feeds)
        return EXIT_GENERAL;
    feeds_init(&l);
    int code = listen_run(&l);
    free(l.feeds);
    return code;
}
