/* SPDX-License-Identifier: MPL-2.0 */
/*
 * quota: how much unread mail a mailbox holds, and whose it is.
 *
 * One sender may fill a quarter of a mailbox and no more, so that nobody can
 * lock out everybody else. Kept are runs: a few messages of one sender in a
 * row, released together when the last of them is acknowledged. So a mailbox
 * may look a little fuller than it is, never emptier, and unread mail costs a
 * few bytes a message.
 */
#ifndef CONFAB_QUOTA_H
#define CONFAB_QUOTA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    QUOTA_RUN = 16,           /* messages in a run at most, */
    QUOTA_RUNS = 256,         /* and this part of what the mailbox holds */
    QUOTA_RUNS_ALL = 4 << 20, /* runs in all mailboxes, 24 bytes each */
    QUOTA_SHARE = 4,          /* one sender: 1 / 4 */
    QUOTA_COUNT = 10000,      /* messages, unless configured */
    QUOTA_BYTES = 64 << 20,
};

struct quota_run {
    uint64_t sender; /* keyed hash of the id */
    uint64_t last;   /* seq */
    uint32_t count, bytes;
};

struct quota {
    struct quota_run *runs; /* a ring, oldest at `begin` */
    uint32_t begin, count, cap;
    uint64_t messages, bytes;
    bool uncounted; /* came with a start: to be counted from the log first */
};

struct quota_limits {
    uint64_t messages, bytes; /* a mailbox */
};

struct quota_mail {
    uint64_t sender; /* keyed hash of the id */
    uint64_t seq;
    size_t bytes;
};

/* What this message would exceed, in words; NULL: it may come. */
const char *quota_exceeded(const struct quota *quota,
                           const struct quota_limits *limits,
                           const struct quota_mail *mail);
/* Gives the number of runs that were added, 0 or 1. */
unsigned quota_add(struct quota *quota, const struct quota_limits *limits,
                   const struct quota_mail *mail);
/* The newest message is not there after all; runs removed. */
unsigned quota_revoke(struct quota *quota, const struct quota_mail *mail);
/* All up to `acked` was read; runs removed. */
unsigned quota_release(struct quota *quota, uint64_t acked);
/* Runs removed. */
unsigned quota_fini(struct quota *quota);

#endif
