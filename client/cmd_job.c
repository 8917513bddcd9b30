/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_job: see cmd_job.h.
 *
 * posix_spawnp tells at once when a program cannot be started, and why; there
 * is no moment in which a child of ours is not yet the program.
 */
#define _GNU_SOURCE /* open_memstream */
#include "cmd_job.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "proto/os.h"

static void
close_fd(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

/* 0: it is a file that may be run. */
static int
look_at(const char *file)
{
    struct stat st;
    if (stat(file, &st) != 0)
        return errno;
    if (!S_ISREG(st.st_mode))
        return EACCES;
    return access(file, X_OK) == 0 ? 0 : errno;
}

int
job_find(const char *program)
{
    const char *path = getenv("PATH");
    char *at = NULL;
    int fault = ENOENT;
    if (strchr(program, '/'))
        return look_at(program);
    char *copy = strdup(path ? path : "/usr/bin:/bin");
    if (!copy)
        return ENOMEM;
    for (char *dir = strtok_r(copy, ":", &at); fault && dir;
         dir = strtok_r(NULL, ":", &at)) {
        char file[PATH_MAX];
        int n = snprintf(file, sizeof file, "%s/%s", dir, program);
        if (n > 0 && (size_t)n < sizeof file)
            fault = look_at(file);
    }
    free(copy);
    return fault;
}

/* A pipe whose end `ours` does not block; 0 or an errno. */
static int
open_pipe(int ends[2], int ours)
{
    if (!os_pipe(ends))
        return errno;
    int flags = fcntl(ends[!ours], F_GETFL);
    return fcntl(ends[!ours], F_SETFL, flags & ~O_NONBLOCK) == 0 ? 0 : errno;
}

/* What a process must not have from us: our signals, our group. */
static int
set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigdelset(&all, SIGKILL);
    sigdelset(&all, SIGSTOP);
    sigemptyset(&none);
    int error = posix_spawnattr_setflags(
        attributes,
        POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
    if (!error)
        error = posix_spawnattr_setsigdefault(attributes, &all);
    return error ? error : posix_spawnattr_setsigmask(attributes, &none);
}

/* `out` is -1: it has our stdout. */
static int
spawn(pid_t *pid, char *const *program, char *const *env, int in, int out)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);
    if (error)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error) {
        posix_spawn_file_actions_destroy(&files);
        return error;
    }
    error = set_attributes(&attributes);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
    if (!error && out >= 0)
        error = posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    if (!error)
        error =
            posix_spawnp(pid, program[0], &files, &attributes, program, env);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return error;
}

/* With the text in the environment, or without it where it does not fit. */
static int
spawn_with(struct job *job, const struct cmd *cmd, const confab_event *message,
           int in, int out)
{
    bool nul = message->text && memchr(message->text, 0, message->text_len);
    int error = nul ? E2BIG : 0;
    for (int whole = !nul; whole >= 0; whole--) {
        char **env = job_env(cmd, message, whole);
        if (!env)
            return ENOMEM;
        error = spawn(&job->pid, cmd->args->program, env, in, out);
        job_env_free(env);
        if (!whole && !error)
            cmd_note(
                cmd, "run: the text of message %llu %s: it is on stdin only",
                (unsigned long long)message->seq,
                nul ? "has a NUL byte" : "is too long for the environment");
        if (error != E2BIG)
            break;
    }
    return error;
}

/* The message as a line of JSON. */
static int
write_json(struct job *job, const confab_event *message)
{
    FILE *out = open_memstream(&job->json, &job->json_len);
    if (!out)
        return ENOMEM;
    if (!json_message(out, slice_of(message->raw, message->raw_len), NULL))
        fputs("{}\n", out);
    return fclose(out) == 0 ? 0 : ENOMEM;
}

int
job_start(struct job *job, const struct cmd *cmd, const confab_event *message)
{
    int in[2] = {-1, -1};
    int out[2] = {-1, -1};
    unsigned limit = cmd->args->kill_after;
    *job = (struct job){.in = -1, .out = -1, .kill_at = INT64_MAX};
    int error = write_json(job, message);
    if (!error && cmd->args->reply)
        job->answer = malloc(JOB_TEXT + 2);
    if (!error && cmd->args->reply && !job->answer)
        error = ENOMEM;
    if (!error)
        error = open_pipe(in, 1);
    if (!error && cmd->args->reply)
        error = open_pipe(out, 0);
    if (!error)
        error = spawn_with(job, cmd, message, in[0], out[1]);
    close_fd(&in[0]);
    close_fd(&out[1]);
    job->in = in[1];
    job->out = out[0];
    if (error)
        job->pid = 0;
    else if (limit)
        job->kill_at = cmd_now() + limit;
    return error;
}

static void
fill(struct job *job)
{
    while (job->in >= 0 && job->json_sent < job->json_len) {
        ssize_t n = write(job->in, job->json + job->json_sent,
                          job->json_len - job->json_sent);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            break; /* it does not want it */
        job->json_sent += (size_t)n;
    }
    close_fd(&job->in);
}

/* As much as is there; of what never ends, as much as a pipe holds. */
static void
drain(struct job *job)
{
    enum {
        MOST = JOB_TEXT + 1, /* and the line feed at its end */
        READS = 20,          /* at least a pipe's 64 KiB, and the answer */
    };
    char more[4096];
    for (int i = 0; i < READS && job->out >= 0; i++) {
        size_t room = MOST - job->answer_len;
        ssize_t n = room ? read(job->out, job->answer + job->answer_len, room)
                         : read(job->out, more, sizeof more);
        if (n < 0 && errno == EAGAIN)
            return;
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) {
            close_fd(&job->out);
            return;
        }
        job->answer_len += room ? (size_t)n : 0;
        job->answer_long = job->answer_long || !room;
    }
}

void
job_end(struct job *job)
{
    if (!job->pid || job->over || job->hurried)
        return;
    kill(-job->pid, SIGTERM);
    job->kill_at = cmd_now() + JOB_GRACE_MS;
    job->hurried = true;
}

void
job_hurry(struct job *job)
{
    if (job->hurried && job->kill_at != INT64_MAX)
        job->kill_at = cmd_now();
}

static void
hurry(struct job *job)
{
    if (cmd_now() < job->kill_at)
        return;
    if (!job->hurried) {
        job_end(job);
        return;
    }
    kill(-job->pid, SIGKILL);
    job->kill_at = INT64_MAX;
}

/* Has the process itself ended? What it started in the moment in which it was
 * told to end was not told yet: it is now. As long as a process is not waited
 * for, its number is nobody else's. */
static bool
leader_ended(struct job *job)
{
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)job->pid, &info, WEXITED | WNOHANG | WNOWAIT) !=
            0 ||
        info.si_pid != job->pid)
        return false;
    if (job->hurried)
        kill(-job->pid, SIGTERM);
    return waitpid(job->pid, &job->status, WNOHANG) == job->pid;
}

/* Of what was told to end, something is left that has time still. No signal
 * tells when others' children end. */
static bool
group_is_left(const struct job *job)
{
    if (!job->hurried || job->kill_at == INT64_MAX)
        return false;
    while (waitpid(-job->pid, NULL, WNOHANG) > 0)
        continue; /* one that is ours since its parent ended: os_adopt */
    return kill(-job->pid, 0) == 0;
}

void
job_step(struct job *job)
{
    if (!job->pid || job->over)
        return;
    fill(job);
    drain(job);
    hurry(job);
    if (!job->ended && leader_ended(job)) {
        job->ended = true;
        drain(job); /* what others of its group say later is not its answer */
        close_fd(&job->in);
        close_fd(&job->out);
    }
    job->over = job->ended && !group_is_left(job);
}

int64_t
job_deadline(const struct job *job)
{
    if (!job->pid || job->over)
        return INT64_MAX;
    return job->ended ? cmd_now() + JOB_LOOK_MS : job->kill_at;
}

void
job_poll(const struct job *job, struct pollfd fds[static JOB_POLLS])
{
    bool runs = job->pid && !job->over;
    fds[0] = (struct pollfd){.fd = runs ? job->in : -1, .events = POLLOUT};
    fds[1] = (struct pollfd){.fd = runs ? job->out : -1, .events = POLLIN};
}

void
job_fini(struct job *job)
{
    if (job->json) { /* else it was never started */
        close_fd(&job->in);
        close_fd(&job->out);
    }
    free(job->json);
    free(job->answer);
    *job = (struct job){.in = -1, .out = -1, .kill_at = INT64_MAX};
}
