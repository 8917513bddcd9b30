/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_feed: see cmd_feed.h.
 */
#include "cmd_feed.h"

#include <stdlib.h>

/* The feed an event of this room (NULL: mail) belongs to. */
static struct feed *
feed_find(const struct feeds *f, const char *room)
{
    for (size_t i = 0; i < f->count; i++) {
        const char *name = f->rows[i].room;
        if (name && room ? strcmp(name, room) == 0 : name == room)
            return &f->rows[i];
    }
    return NULL;
}

bool
feeds_have_mail(const struct feeds *f)
{
    return feed_find(f, NULL) != NULL;
}

bool
feeds_init(struct feeds *f)
{
    const struct args *args = f->cmd->args;
    bool catch_up = !args->state &&
                    (args->end || args->since.type != SINCE_NOTHING);
    f->rows = calloc((size_t)args->word_count + 1, sizeof *f->rows);
    if (!f->rows)
        return false;
    for (int i = 0; i < args->word_count; i++) {
        if (!feed_find(f, args->words[i]))
            f->rows[f->count++] = (struct feed){.room = args->words[i]};
    }
    if (args->mail)
        f->rows[f->count++] = (struct feed){.room = NULL};
    for (size_t i = 0; i < f->count; i++)
        f->rows[i].live = !catch_up;
    f->behind = catch_up ? f->count : 0;
    return true;
}

void
feeds_fini(struct feeds *f)
{
    free(f->rows);
}

static void
feed_live(struct feeds *f, struct feed *feed)
{
    feed->live = true;
    f->behind--;
}

/* The mail that waits ends where the mailbox ends now. */
static int
ask_mail_end(struct feeds *f)
{
    struct confab_range newest = {.limit = 1};
    int error = confab_history(f->cmd->c, &newest, &f->mail_question);
    uint64_t done = 0;
    (void)confab_cursor(f->cmd->c, NULL, &done);
    f->heard = done > f->cmd->acked ? done : f->cmd->acked;
    return error ? cmd_failed(f->cmd, error, "mail") : 0;
}

static int
feed_page(struct feeds *f, struct feed *feed, struct pager pager)
{
    feed->asked = true;
    feed->pager = pager;
    feed->pager.room = feed->room;
    int error = pager_start(&feed->pager, f->cmd, 0);
    return error ? cmd_failed(f->cmd, error, "history") : 0;
}

/* A feed that is to catch up does. */
static int
feed_begin(struct feeds *f, struct feed *feed)
{
    if (feed->live || feed->asked)
        return 0;
    if (feed->room || f->cmd->args->since.type != SINCE_NOTHING)
        return feed_page(
            f, feed, (struct pager){.show = f->show, .context = f->context});
    feed->asked = true;
    feed_live(f, feed);
    return ask_mail_end(f);
}

static int
feed_join(struct feeds *f, const struct feed *feed)
{
    int error = confab_join(f->cmd->c, feed->room,
                            f->cmd->args->direct ? CONFAB_DIRECT : 0);
    return error ? cmd_failed(f->cmd, error, "join") : 0;
}

/* Joins a room that begins behind `seq`. */
static int
feed_join_at(struct feeds *f, struct feed *feed, uint64_t seq)
{
    feed->seeking = false;
    feed->asked = false;
    feed->pager = (struct pager){0};
    int error = confab_seek(f->cmd->c, feed->room, seq);
    return error ? cmd_failed(f->cmd, error, "join") : feed_join(f, feed);
}

static bool
note_first(void *context, const confab_event *message)
{
    struct feed *feed = context;
    feed->first = message->seq;
    return false; /* one is enough */
}

/* With --state, in a room that the state file does not know: where to? */
static int
feed_seek(struct feeds *f, struct feed *feed)
{
    const struct since *since = &f->cmd->args->since;
    if (since->type == SINCE_SEQ && since->value)
        return feed_join_at(f, feed, since->value);
    feed->seeking = true;
    return feed_page(f, feed,
                     (struct pager){.show = note_first, .context = feed});
}

static int
feed_start(struct feeds *f, struct feed *feed)
{
    const struct args *args = f->cmd->args;
    uint64_t known;
    if (!feed->room && args->state)
        return args->end ? ask_mail_end(f) : 0;
    if (!feed->room || !f->cmd->inbox)
        return feed_begin(f, feed);
    f->joining++;
    bool begins = args->end || args->since.type != SINCE_NOTHING;
    if (args->state && begins && !confab_cursor(f->cmd->c, feed->room, &known))
        return feed_seek(f, feed);
    return feed_join(f, feed);
}

int
feeds_start(struct feeds *f)
{
    int code = 0;
    for (size_t i = 0; !code && i < f->count; i++)
        code = feed_start(f, &f->rows[i]);
    return code;
}

int
feeds_joined(struct feeds *f, const confab_event *e)
{
    struct feed *feed = feed_find(f, e->room);
    if (!feed)
        return 0;
    if (!feed->joined && f->cmd->args->state) {
        (void)confab_cursor(f->cmd->c, feed->room, &feed->seen);
        feed->end = e->head;
    }
    f->joining -= !feed->joined;
    feed->joined = true;
    return feed_begin(f, feed);
}

/* Only a seq says that what was removed had been asked for. */
static void
note_removed(const struct feeds *f, const struct feed *feed,
             const confab_event *e)
{
    const struct since *since = &f->cmd->args->since;
    if (!e->complete && since->type == SINCE_SEQ && since->value)
        cmd_note(f->cmd, "messages of %s behind %llu have been removed",
                 feed->room ? feed->room : "your mailbox",
                 (unsigned long long)feed->pager.last);
}

static int
feed_history(struct feeds *f, struct feed *feed, const confab_event *e)
{
    struct pager *pager = &feed->pager;
    if (!feed->seeking)
        note_removed(f, feed, e);
    int error = pager_answer(pager, f->cmd->c, e);
    if (!error && pager->done && pager->last < feed->skipped) {
        pager->left = UINT64_MAX;
        error = pager_resume(pager, f->cmd->c);
    }
    if (error)
        return cmd_failed(f->cmd, error, "history");
    if (!pager->done)
        return 0;
    if (feed->seeking)
        return feed_join_at(f, feed, feed->first ? feed->first - 1 : e->head);
    feed_live(f, feed);
    return 0;
}

/* The feed whose pager has asked this. */
static struct feed *
feed_asked(struct feeds *f, uint64_t number)
{
    for (size_t i = 0; i < f->count; i++) {
        struct feed *feed = &f->rows[i];
        bool asks = feed->asked && (feed->seeking || !feed->live);
        if (asks && feed->pager.number == number)
            return feed;
    }
    return NULL;
}

int
feeds_history(struct feeds *f, const confab_event *e)
{
    struct feed *feed = feed_asked(f, e->number);
    if (feed)
        return feed_history(f, feed, e);
    if (f->mail_question && e->number == f->mail_question) {
        f->mail_end = e->head;
        f->mail_question = 0;
    }
    return 0;
}

int
feeds_refused(struct feeds *f, const confab_event *e)
{
    struct feed *feed = e->number ? feed_asked(f, e->number) : NULL;
    if (feed && feed->seeking && e->code && strcmp(e->code, "no-room") == 0)
        return feed_join_at(f, feed, 0); /* which makes it */
    bool full = e->code && strcmp(e->code, "full") == 0;
    if (full && !e->room && !e->number)
        return 0; /* more mail waits: it comes as we acknowledge, or stays */
    return cmd_refused(f->cmd, e, e->room ? e->room : "listen");
}

bool
feeds_take(struct feeds *f, const confab_event *e)
{
    struct feed *feed = feed_find(f, e->room);
    if (!feed || (feed->room == NULL) != (e->type == CONFAB_TELL))
        return false;
    if (!feed->live && e->seq) {
        feed->skipped = e->seq;
        return false;
    }
    if (e->seq && e->seq <= feed->pager.last)
        return false;
    if (e->seq)
        feed->seen = e->seq;
    if (e->seq && !feed->room)
        f->heard = e->seq;
    return true;
}

void
feeds_lost(struct feeds *f, const confab_event *e)
{
    struct feed *feed = feed_find(f, e->room);
    if (feed)
        feed->seen = e->seq;
    if (!e->room)
        f->heard = e->seq;
}

bool
feeds_ended(const struct feeds *f)
{
    if (f->behind || f->joining || f->mail_question || f->heard < f->mail_end)
        return false;
    for (size_t i = 0; i < f->count; i++) {
        if (f->rows[i].seen < f->rows[i].end)
            return false;
    }
    return true;
}
