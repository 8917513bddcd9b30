/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The sum of one sender's runs is only needed once the whole mailbox is over a
 * share, so it is not kept but added up then: a walk over a ring of at most as
 * many runs as the mailbox may hold messages.
 */
#include "quota.h"

#include <assert.h>
#include <stdlib.h>

#include "xmem.h"

static struct quota_run *
run_at(const struct quota *quota, uint32_t i)
{
    return &quota->runs[(quota->begin + i) % quota->cap];
}

static struct quota_run *
run_newest(const struct quota *quota)
{
    return quota->count ? run_at(quota, quota->count - 1) : NULL;
}

static void
sum_of(const struct quota *quota, uint64_t sender, uint64_t *messages,
       uint64_t *bytes)
{
    *messages = *bytes = 0;
    for (uint32_t i = 0; i < quota->count; i++) {
        const struct quota_run *run = run_at(quota, i);
        if (run->sender != sender)
            continue;
        *messages += run->count;
        *bytes += run->bytes;
    }
}

/* So many messages and bytes, times `share`, are within the limits. */
static bool
fits(const struct quota_limits *limits, uint64_t messages, uint64_t bytes,
     unsigned share)
{
    return messages * share <= limits->messages &&
           bytes * share <= limits->bytes;
}

const char *
quota_exceeded(const struct quota *quota, const struct quota_limits *limits,
               const struct quota_mail *mail)
{
    uint64_t messages = quota->messages + 1;
    uint64_t bytes = quota->bytes + mail->bytes;
    if (!fits(limits, messages, bytes, 1))
        return "holds as much unread mail as it may";
    if (fits(limits, messages, bytes, QUOTA_SHARE))
        return NULL;
    sum_of(quota, mail->sender, &messages, &bytes);
    if (!fits(limits, messages + 1, bytes + mail->bytes, QUOTA_SHARE))
        return "holds as much unread mail from one sender as it may";
    return NULL;
}

static void
ring_grow(struct quota *quota)
{
    uint32_t cap = quota->cap ? 2 * quota->cap : 4;
    struct quota_run *runs = xcalloc(cap, sizeof *runs);
    for (uint32_t i = 0; i < quota->count; i++)
        runs[i] = *run_at(quota, i);
    free(quota->runs);
    quota->runs = runs;
    quota->begin = 0;
    quota->cap = cap;
}

/* A small mailbox is released message by message. */
static uint32_t
run_limit(const struct quota_limits *limits)
{
    uint64_t part = limits->messages / QUOTA_RUNS;
    return part < 1 ? 1 : part < QUOTA_RUN ? (uint32_t)part : QUOTA_RUN;
}

unsigned
quota_add(struct quota *quota, const struct quota_limits *limits,
          const struct quota_mail *mail)
{
    struct quota_run *run = run_newest(quota);
    unsigned added = 0;
    quota->messages++;
    quota->bytes += mail->bytes;
    if (!run || run->sender != mail->sender ||
        run->count >= run_limit(limits)) {
        if (quota->count == quota->cap)
            ring_grow(quota);
        quota->count++;
        run = run_newest(quota);
        *run = (struct quota_run){.sender = mail->sender};
        added = 1;
    }
    run->count++;
    run->bytes += (uint32_t)mail->bytes;
    run->last = mail->seq;
    return added;
}

static void
subtract(struct quota *quota, uint64_t messages, uint64_t bytes)
{
    assert(quota->messages >= messages && quota->bytes >= bytes);
    quota->messages -= messages;
    quota->bytes -= bytes;
}

/* An empty mailbox keeps no memory: there are many ids. */
static void
free_if_empty(struct quota *quota)
{
    if (quota->count)
        return;
    free(quota->runs);
    quota->runs = NULL;
    quota->begin = quota->cap = 0;
}

unsigned
quota_revoke(struct quota *quota, const struct quota_mail *mail)
{
    struct quota_run *run = run_newest(quota);
    if (!run || run->last < mail->seq)
        return 0;
    subtract(quota, 1, mail->bytes);
    run->bytes -= (uint32_t)mail->bytes;
    run->last = mail->seq - 1;
    if (--run->count)
        return 0;
    quota->count--;
    free_if_empty(quota);
    return 1;
}

unsigned
quota_release(struct quota *quota, uint64_t acked)
{
    unsigned removed = 0;
    for (; quota->count && run_at(quota, 0)->last <= acked; removed++) {
        subtract(quota, run_at(quota, 0)->count, run_at(quota, 0)->bytes);
        quota->begin = (quota->begin + 1) % quota->cap;
        quota->count--;
    }
    free_if_empty(quota);
    return removed;
}

unsigned
quota_fini(struct quota *quota)
{
    unsigned removed = quota->count;
    free(quota->runs);
    *quota = (struct quota){0};
    return removed;
}
