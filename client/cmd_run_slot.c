/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_run_slot: the processes of `confab run`; see cmd_run.h.
 *
 * How a process ended is told on stderr with the seq of its message, unless it
 * ended with 0. A program that cannot be started at all ends the command: every
 * message would fail the same way, and with a state file none is lost.
 */
#define _GNU_SOURCE /* strsignal */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>

#include "cmd_run.h"
#include "cmd_signal.h"
#include "proto/os.h"

void
held_release(struct held *held)
{
    if (--held->users)
        return;
    confab_event_free(&held->event);
    free(held);
}

static void
task_free(struct task *task)
{
    held_release(task->held);
    free(task);
}

static bool
answer_add(struct run *r, struct answer answer)
{
    if (r->answer_count == r->answer_cap) {
        size_t cap = r->answer_cap ? 2 * r->answer_cap : 16;
        struct answer *more = realloc(r->answers, cap * sizeof *more);
        if (!more)
            return false;
        r->answers = more;
        r->answer_cap = cap;
    }
    r->answers[r->answer_count++] = answer;
    return true;
}

bool
answer_take(struct run *r, uint64_t number, uint64_t *seq)
{
    for (size_t i = 0; number && i < r->answer_count; i++) {
        if (r->answers[i].number != number)
            continue;
        *seq = r->answers[i].seq;
        r->answers[i] = r->answers[--r->answer_count];
        return true;
    }
    return false;
}

static void
slot_free(struct run *r, struct slot *slot)
{
    job_fini(&slot->job);
    task_free(slot->task);
    *slot = (struct slot){.state = SLOT_FREE};
    r->busy--;
}

/* "run: message 1795355500000001 of bob in lobby". */
static void
describe(const confab_event *e, char *text, size_t size)
{
    snprintf(text, size, "run: message %llu of %s%s%s",
             (unsigned long long)e->seq, e->from ? e->from : "?",
             e->room ? " in " : "", e->room ? e->room : "");
}

/* It cannot be started: nothing can. */
static int
no_program(const struct run *r, int error)
{
    const struct cmd *cmd = r->cmd;
    cmd_error(cmd, "run: %s cannot be started: %s", cmd->args->program[0],
              strerror(error));
    return error == EAGAIN || error == ENOMEM || error == EMFILE
               ? EXIT_GENERAL
               : EXIT_NO_PROGRAM;
}

static int
slot_run(struct run *r, struct slot *slot)
{
    job_fini(&slot->job);
    int error = job_start(&slot->job, r->cmd, slot->task->message);
    slot->state = SLOT_RUNS;
    return error ? no_program(r, error) : 0;
}

/* How it ended, in words; NULL: well. */
static const char *
fault(const struct job *job, char *text, size_t size)
{
    const char *late = job->hurried ? " (its time was over)" : "";
    if (WIFSIGNALED(job->status))
        snprintf(text, size, "was ended by signal %d, %s%s",
                 WTERMSIG(job->status), strsignal(WTERMSIG(job->status)), late);
    else if (WEXITSTATUS(job->status) || job->hurried)
        snprintf(text, size, "ended with %d%s", WEXITSTATUS(job->status), late);
    else
        return NULL;
    return text;
}

/* True when the process is to be tried again. */
static bool
slot_failed(struct run *r, struct slot *slot, const char *why)
{
    char what[3 * LIMIT_NAME];
    bool again = slot->tries < r->cmd->args->retry;
    describe(slot->task->message, what, sizeof what);
    cmd_error(r->cmd, "%s: %s %s%s", what, r->cmd->args->program[0], why,
              again ? "; it is tried again" : "");
    slot->tries++;
    slot->again_at = cmd_now() + RUN_AGAIN_MS;
    r->failed = r->failed || !again;
    return again;
}

/* The answer cannot be said, and will not be. */
static void
not_said(struct run *r, const struct slot *slot, const char *why)
{
    char what[3 * LIMIT_NAME];
    describe(slot->task->message, what, sizeof what);
    cmd_error(r->cmd, "%s: the answer of %s %s; it is not sent", what,
              r->cmd->args->program[0], why);
    r->failed = true;
}

/* Says the answer; false: the outbox is full. */
static bool
slot_speak(struct run *r, struct slot *slot)
{
    const confab_event *to = slot->task->message;
    const char *text = slot->job.answer;
    confab *c = r->cmd->c;
    struct confab_extra extra = {.re = to->seq};
    uint64_t number = 0;
    int error = to->room ? confab_say(c, to->room, text, &extra, &number)
                         : confab_tell(c, to->from, text, &extra, &number);
    if (error == CONFAB_EFULL)
        return false;
    if (!error && !answer_add(r, (struct answer){number, to->seq}))
        error = CONFAB_ENOMEM;
    if (error)
        not_said(r, slot,
                 error == CONFAB_EINVALID ? "is not UTF-8 text"
                                          : confab_strerror(error));
    return true;
}

/* It has an answer that can be said. */
static bool
has_answer(struct run *r, struct slot *slot)
{
    struct job *job = &slot->job;
    char why[64];
    if (!job->answer || !job->answer_len)
        return false;
    if (job->answer[job->answer_len - 1] == '\n' && !job->answer_long)
        job->answer_len--;
    job->answer[job->answer_len] = '\0';
    if (job->answer_len > LIMIT_TEXT) {
        snprintf(why, sizeof why, "is longer than %d bytes", LIMIT_TEXT);
        not_said(r, slot, why);
    } else if (memchr(job->answer, 0, job->answer_len)) {
        not_said(r, slot, "has a NUL byte");
    } else {
        return job->answer_len > 0;
    }
    return false;
}

/* Says the answer, now or when the outbox has room. */
static void
slot_answer(struct run *r, struct slot *slot)
{
    slot->state = SLOT_SPEAKS;
    if (slot_speak(r, slot))
        slot_free(r, slot);
}

static void
slot_ended(struct run *r, struct slot *slot)
{
    char text[128];
    const char *why = fault(&slot->job, text, sizeof text);
    if (why && slot_failed(r, slot, why))
        slot->state = SLOT_WAITS;
    else if (!why && has_answer(r, slot))
        slot_answer(r, slot);
    else
        slot_free(r, slot);
}

static int
slot_step(struct run *r, struct slot *slot)
{
    switch (slot->state) {
    case SLOT_FREE:
        return 0;
    case SLOT_RUNS:
        job_step(&slot->job);
        if (slot->job.over)
            slot_ended(r, slot);
        return 0;
    case SLOT_SPEAKS:
        slot_answer(r, slot);
        return 0;
    case SLOT_WAITS:
        return cmd_now() < slot->again_at ? 0 : slot_run(r, slot);
    }
    return 0;
}

static struct slot *
slot_unused(struct run *r)
{
    for (size_t i = 0; i < r->slot_count; i++) {
        if (r->slots[i].state == SLOT_FREE)
            return &r->slots[i];
    }
    return NULL;
}

int
slots_step(struct run *r)
{
    int code = 0;
    for (size_t i = 0; !code && i < r->slot_count; i++)
        code = slot_step(r, &r->slots[i]);
    while (!code && r->first && r->busy < r->slot_count) {
        struct slot *slot = slot_unused(r);
        slot->task = r->first;
        r->first = slot->task->next;
        if (!r->first)
            r->last = &r->first;
        r->busy++;
        code = slot_run(r, slot);
    }
    return code;
}

bool
slots_speak(const struct run *r)
{
    for (size_t i = 0; i < r->slot_count; i++) {
        if (r->slots[i].state == SLOT_SPEAKS)
            return true;
    }
    return false;
}

int64_t
slots_deadline(const struct run *r, int64_t deadline)
{
    for (size_t i = 0; i < r->slot_count; i++) {
        const struct slot *slot = &r->slots[i];
        int64_t at = slot->state == SLOT_RUNS    ? job_deadline(&slot->job)
                     : slot->state == SLOT_WAITS ? slot->again_at
                                                 : INT64_MAX;
        deadline = at < deadline ? at : deadline;
    }
    return deadline;
}

void
slots_wait(struct run *r, bool events, int64_t deadline)
{
    enum { EVENT, SIGNAL, JOBS };
    int64_t left = deadline - cmd_now();
    r->fds[EVENT] = (struct pollfd){.fd = events ? confab_fd(r->cmd->c) : -1,
                                    .events = POLLIN};
    r->fds[SIGNAL] = (struct pollfd){.fd = signal_fd(), .events = POLLIN};
    for (size_t i = 0; i < r->slot_count; i++)
        job_poll(&r->slots[i].job, r->fds + JOBS + JOB_POLLS * i);
    int wait = deadline == INT64_MAX ? -1
               : left < 0            ? 0
               : left > INT32_MAX    ? INT32_MAX
                                     : (int)left;
    if (poll(r->fds, JOBS + JOB_POLLS * r->slot_count, wait) > 0)
        signal_drain();
}

/* How many processes run still. */
static size_t
running(struct run *r)
{
    size_t count = 0;
    for (size_t i = 0; i < r->slot_count; i++) {
        struct slot *slot = &r->slots[i];
        job_step(&slot->job);
        count += slot->job.pid && !slot->job.over;
    }
    return count;
}

/* Who asks a second time does not wait for those that do not care. */
static void
wait_for_ends(struct run *r)
{
    while (running(r)) {
        slots_wait(r, false, slots_deadline(r, INT64_MAX));
        for (size_t i = 0; signal_again() && i < r->slot_count; i++)
            job_hurry(&r->slots[i].job);
    }
}

void
slots_end(struct run *r)
{
    size_t left = running(r);
    signal_keep();
    if (left)
        cmd_note(r->cmd, "run: %zu still running: told to end", left);
    os_adopt();
    for (size_t i = 0; i < r->slot_count; i++) {
        struct slot *slot = &r->slots[i];
        job_end(&slot->job);
        if (slot->state == SLOT_WAITS || slot->state == SLOT_SPEAKS)
            slot_free(r, slot);
    }
    wait_for_ends(r);
    for (size_t i = 0; i < r->slot_count; i++) {
        if (r->slots[i].state != SLOT_FREE)
            slot_free(r, &r->slots[i]);
    }
    while (r->first) {
        struct task *task = r->first;
        r->first = task->next;
        task_free(task);
    }
}
