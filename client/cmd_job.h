/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_job: one process of `confab run`, from its start to its end.
 *
 * A process gets one message: its JSON on stdin, the parts of it in the
 * environment. No shell is between. It leads a process group of its own, so a
 * signal reaches what it has started, too, and Ctrl-C reaches it through us.
 *
 * Nothing here waits: stdin is filled and stdout is read as far as they take
 * and give at the moment (job_step), and the caller sleeps in poll(2) with what
 * job_poll names. A process that does not read its stdin, or closes it, is
 * fine.
 */
#ifndef CONFAB_CMD_JOB_H
#define CONFAB_CMD_JOB_H

#include <poll.h>
#include <sys/types.h>

#include "cmd.h"

enum {
    JOB_POLLS = 2,         /* descriptors of a process to poll */
    JOB_GRACE_MS = 2000,   /* between SIGTERM and SIGKILL */
    JOB_LOOK_MS = 10,      /* between two looks whether its group has ended */
    JOB_TEXT = LIMIT_TEXT, /* bytes of an answer; what is more is dropped */
};

struct job {
    pid_t pid;   /* 0: no process */
    bool ended;  /* the process itself has, `status` says how */
    bool over;   /* so has what was told to end with it */
    int status;  /* of waitpid */
    int in, out; /* pipes to its stdin and from its stdout, -1: closed */
    char *json;  /* what its stdin gets */
    size_t json_len, json_sent;
    char *answer; /* JOB_TEXT + 2 bytes: what it has said, NULL: not asked */
    size_t answer_len;
    bool answer_long; /* there was more */
    bool hurried;     /* it was told to end */
    int64_t kill_at;  /* when it must have ended, INT64_MAX: never */
};

/* Whether the program can be found: 0, or an errno. */
int job_find(const char *program);
/* Starts args->program on the message; `job` was zeroed or finished, and is to
 * be finished whatever this gives: 0, or an errno. */
[[nodiscard]] int job_start(struct job *job, const struct cmd *cmd,
                            const confab_event *message);
/* Fills, reads, looks whether it has ended or must. */
void job_step(struct job *job);
/* Tells it to end, and what it has started: SIGTERM, and SIGKILL for those that
 * have not ended in JOB_GRACE_MS. It is over when all of them have. */
void job_end(struct job *job);
/* Takes the rest of that time away from one that was told to end. */
void job_hurry(struct job *job);
/* When job_step is due, INT64_MAX: when job_poll or SIGCHLD says so. */
int64_t job_deadline(const struct job *job);
/* What to poll for; descriptors of -1 are to be left alone. */
void job_poll(const struct job *job, struct pollfd fds[static JOB_POLLS]);
/* Frees all but the process itself. */
void job_fini(struct job *job);

/* The environment of a process: ours, with what the message says in place of
 * what had these names; `whole` is false when its text has to stay out. NULL:
 * no memory; job_env_free frees it. */
char **job_env(const struct cmd *cmd, const confab_event *message, bool whole);
void job_env_free(char **env);

#endif
