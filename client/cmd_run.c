/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_run: `confab run ROOM... -- CMD`: a process per message.
 *
 * Messages come as in `listen` (cmd_feed). One is taken only when a process can
 * be had for it, so what waits does so in libconfab and at the broker, and
 * memory stays bounded however slow CMD is. With -P 1 they run in their order.
 *
 * What was taken is done with when its CMD has ended well, or was told to have
 * failed. Mail is acknowledged then, and with --state the state file takes note
 * whenever nothing that was taken is still under way; between two such moments
 * at most RUN_WINDOW * P messages begin. So kill -9 runs them again: at least
 * once, none skipped.
 */
#include "cmd_run.h"

#include <errno.h>
#include <stdlib.h>

#include "cmd_text.h"

static bool
is_own(const struct run *r, const confab_event *e)
{
    return !r->cmd->args->own && e->from && strcmp(e->from, r->cmd->id) == 0;
}

/* Puts a message of r->held into the queue; false: no more is wanted. */
static bool
take_message(void *context, const confab_event *e)
{
    struct run *r = context;
    if (!r->left || is_own(r, e))
        return r->left > 0;
    struct task *task = calloc(1, sizeof *task);
    if (!task) {
        r->no_memory = true;
        return false;
    }
    *task = (struct task){.held = r->held, .message = e};
    r->held->users++;
    *r->last = task;
    r->last = &task->next;
    r->left--;
    r->begun++;
    return r->left > 0;
}

static void
on_message(struct run *r, const confab_event *e)
{
    if (e->type == CONFAB_TELL && e->seq > r->mail_seen)
        r->mail_seen = e->seq;
    if (feeds_take(&r->feeds, e))
        (void)take_message(r, e);
}

static int
on_put_out(const struct run *r, const confab_event *e)
{
    if (!text_is_own_end(e, r->cmd->id))
        return 0;
    cmd_error(r->cmd, "%s: a moderator has put you out of it", e->room);
    return EXIT_REFUSED;
}

/* What the broker says to an answer of a CMD, or to something else. */
static int
on_refused(struct run *r, const confab_event *e)
{
    uint64_t seq = 0;
    char doing[64];
    if (!answer_take(r, e->number, &seq))
        return feeds_refused(&r->feeds, e);
    snprintf(doing, sizeof doing, "run: the answer to %llu",
             (unsigned long long)seq);
    (void)cmd_refused(r->cmd, e, doing);
    r->failed = true;
    return 0;
}

static int
on_event(struct run *r, const confab_event *e)
{
    uint64_t seq = 0;
    switch (e->type) {
    case CONFAB_JOINED:
        return feeds_joined(&r->feeds, e);
    case CONFAB_SAY:
    case CONFAB_TELL:
        on_message(r, e);
        return 0;
    case CONFAB_EXIT:
        return on_put_out(r, e);
    case CONFAB_HISTORY:
        return feeds_history(&r->feeds, e);
    case CONFAB_SENT:
        (void)answer_take(r, e->number, &seq);
        return 0;
    case CONFAB_REFUSED:
        return on_refused(r, e);
    case CONFAB_LOST:
        feeds_lost(&r->feeds, e);
        return 0;
    default:
        return 0;
    }
}

/* Takes one event, if there is one. */
static int
take_event(struct run *r, bool *taken)
{
    confab_event *e = NULL;
    int code = cmd_next(r->cmd, &e, 0);
    *taken = e != NULL;
    if (code || !e) {
        confab_event_free(&e);
        return code == EXIT_TIMEOUT ? 0 : code;
    }
    r->held = calloc(1, sizeof *r->held);
    if (!r->held) {
        confab_event_free(&e);
        return cmd_failed(r->cmd, CONFAB_ENOMEM, "run");
    }
    *r->held = (struct held){.event = e, .users = 1};
    r->undone = true;
    code = on_event(r, e);
    held_release(r->held);
    r->held = NULL;
    return r->no_memory ? cmd_failed(r->cmd, CONFAB_ENOMEM, "run") : code;
}

/* Acknowledges the mail that is done with: all before the first that is not. */
static void
ack_mail(struct run *r)
{
    uint64_t done = r->mail_seen;
    for (const struct task *t = r->first; t; t = t->next) {
        if (!t->message->room && t->message->seq <= done)
            done = t->message->seq - 1;
    }
    for (size_t i = 0; i < r->slot_count; i++) {
        const struct slot *slot = &r->slots[i];
        if (slot->state != SLOT_FREE && !slot->task->message->room &&
            slot->task->message->seq <= done)
            done = slot->task->message->seq - 1;
    }
    if (done <= r->mail_done || r->feeds.behind || !r->cmd->args->mail)
        return;
    r->mail_done = done;
    (void)confab_ack(r->cmd->c, done); /* if not now, then with the next */
}

/* When nothing is under way, all that was taken is done with. */
static int
settle(struct run *r)
{
    ack_mail(r);
    if (r->busy || r->first || !r->undone)
        return 0;
    r->undone = false;
    r->begun = 0;
    int error = r->cmd->args->state ? confab_done(r->cmd->c, NULL, 0) : 0;
    return error ? cmd_failed(r->cmd, error, "state file") : 0;
}

/* May another event be taken? Always when an answer waits for the outbox, which
 * is emptied by what the broker says. */
static bool
may_take(const struct run *r)
{
    bool window = !r->cmd->args->state || r->begun < RUN_WINDOW * r->slot_count;
    return slots_speak(r) ||
           (r->left && !r->first && r->busy < r->slot_count && window);
}

/* All was taken that was to be, and is done with. */
static bool
run_over(const struct run *r)
{
    if (r->busy || r->first)
        return false;
    return !r->left || (r->cmd->args->end && feeds_ended(&r->feeds));
}

static int
not_joined(struct run *r)
{
    r->join_by = INT64_MAX;
    if (!r->cmd->online)
        return 0;
    cmd_error(r->cmd, "join: no answer within %g s (-t waits longer)",
              r->cmd->args->timeout / 1000.0);
    return EXIT_TIMEOUT;
}

static int
run_wait(struct run *r, bool events, int64_t deadline)
{
    int64_t until = slots_deadline(r, deadline);
    if (r->feeds.joining && r->join_by < until)
        until = r->join_by;
    slots_wait(r, events, until);
    if (cmd_signal())
        return cmd_signal_code();
    if (cmd_now() >= deadline)
        return EXIT_TIMEOUT;
    return r->feeds.joining && cmd_now() >= r->join_by ? not_joined(r) : 0;
}

static int
run_loop(struct run *r, int64_t deadline)
{
    int code = 0;
    r->join_by = cmd_deadline(r->cmd);
    while (!code) {
        bool taken = false;
        code = slots_step(r);
        if (!code)
            code = settle(r);
        if (code || run_over(r))
            break;
        bool events = may_take(r);
        if (events)
            code = take_event(r, &taken);
        if (!code && !taken)
            code = run_wait(r, events, deadline);
    }
    return code;
}

/* Waits until the broker has all answers. */
static int
run_drain(struct run *r)
{
    int64_t deadline = cmd_deadline(r->cmd);
    while (r->answer_count) {
        confab_event *e = NULL;
        int code = cmd_next(r->cmd, &e, deadline);
        if (e && (e->type == CONFAB_SENT || e->type == CONFAB_REFUSED))
            code = code ? code : on_event(r, e);
        confab_event_free(&e);
        if (code == EXIT_TIMEOUT)
            cmd_error(r->cmd, "run: %zu answers not acknowledged within %g s",
                      r->answer_count, r->cmd->args->timeout / 1000.0);
        if (code)
            return code;
    }
    return 0;
}

static int
run_open(struct run *r)
{
    const struct args *args = r->cmd->args;
    bool reading = args->end && !args->mail && !args->state;
    unsigned how = reading ? CMD_SENDING : CMD_INBOX;
    int64_t deadline = args->wait ? cmd_now() + args->wait : INT64_MAX;
    int code = cmd_open(r->cmd, how | CMD_MANUAL_ACK | CMD_RUNS, NULL, NULL);
    if (!code)
        code = feeds_start(&r->feeds);
    if (!code)
        code = run_loop(r, deadline);
    slots_end(r);
    if (!code)
        code = run_drain(r);
    return code ? code : r->failed ? EXIT_GENERAL : 0;
}

/* What does not go together; NULL: all does. */
static const char *
check(const struct args *args)
{
    if (!args->program || !args->program[0])
        return "run what? a command stands behind --: run lobby -- CMD";
    if (args->word_count == 0 && !args->mail)
        return "run on what? name a room, or --mail";
    if (args->state && !args->id)
        return "--state goes with -i: a state belongs to an id";
    if (args->state && args->mail && args->since.type != SINCE_NOTHING)
        return "--since and --state are for rooms: mail begins with what waits";
    if (args->parallel > RUN_PARALLEL_MAX)
        return "-P is at most 256 processes at a time";
    return NULL;
}

static bool
run_init(struct run *r)
{
    r->last = &r->first;
    r->slots = calloc(r->slot_count, sizeof *r->slots);
    r->fds = calloc(2 + JOB_POLLS * r->slot_count, sizeof *r->fds);
    return r->slots && r->fds && feeds_init(&r->feeds);
}

int
cmd_run(struct cmd *cmd)
{
    const struct args *args = cmd->args;
    struct run r = {
        .cmd = cmd,
        .left = args->count ? args->count : UINT64_MAX,
        .slot_count = args->parallel ? (size_t)args->parallel : 1,
        .feeds = {.cmd = cmd, .show = take_message, .context = &r},
    };
    const char *wrong = check(args);
    if (wrong) {
        cmd_error(cmd, "%s", wrong);
        return EXIT_USAGE;
    }
    int missing = job_find(args->program[0]);
    if (missing) {
        cmd_error(cmd, "run: %s: %s", args->program[0], strerror(missing));
        return EXIT_NO_PROGRAM;
    }
    int code = run_init(&r) ? run_open(&r)
                            : cmd_failed(cmd, CONFAB_ENOMEM, "run");
    feeds_fini(&r.feeds);
    free(r.slots);
    free(r.fds);
    free(r.answers);
    return code;
}
