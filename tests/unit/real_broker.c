/* SPDX-License-Identifier: MPL-2.0 */
/* real_broker: see real_broker.h. */
#define _GNU_SOURCE /* pipe2 */
#include "real_broker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READY_WAIT = 30000 }; /* ms; sanitized programs start slowly */

static bool
spawn(struct real_broker *b, const char *folder, int out)
{
    static const char any[] = "tcp://127.0.0.1:*";
    const char *program = getenv("CONFABD");
    char log[128];
    if (!program) {
        fprintf(stderr, "CONFABD is not set: which broker is to be tested?\n");
        return false;
    }
    snprintf(log, sizeof log, "%s/broker.log", folder);
    const char *const args[] = {"confabd",
                                "--bind",
                                b->url[0] ? b->url : any,
                                "--pub",
                                b->pub[0] ? b->pub : any,
                                "--log",
                                "memory:",
                                NULL};
    posix_spawn_file_actions_t files;
    posix_spawn_file_actions_init(&files);
    posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log,
                                     O_WRONLY | O_CREAT | O_APPEND, 0600);
    int rc = posix_spawn(&b->pid, program, &files, NULL, (char *const *)args,
                         environ);
    posix_spawn_file_actions_destroy(&files);
    return rc == 0;
}

/* Reads up to the end of the first line, in time. */
static bool
read_line(int fd, char *line, size_t size)
{
    size_t len = 0;
    struct pollfd wait = {.fd = fd, .events = POLLIN};
    while (len + 1 < size && poll(&wait, 1, READY_WAIT) > 0) {
        ssize_t n = read(fd, line + len, size - 1 - len);
        if (n <= 0)
            return false;
        len += (size_t)n;
        line[len] = '\0';
        if (strchr(line, '\n'))
            return true;
    }
    return false;
}

bool
real_broker_start(struct real_broker *b, const char *folder)
{
    int ends[2];
    char line[256] = "";
    if (pipe2(ends, O_CLOEXEC) < 0)
        return false;
    bool ok = spawn(b, folder, ends[1]);
    close(ends[1]);
    ok = ok && read_line(ends[0], line, sizeof line) &&
         sscanf(line, "ready bind=%63s pub=%63s", b->url, b->pub) == 2;
    close(ends[0]);
    return ok;
}

void
real_broker_stop(struct real_broker *b, int signal)
{
    if (b->pid <= 0)
        return;
    kill(b->pid, signal);
    while (waitpid(b->pid, NULL, 0) < 0 && errno == EINTR)
        ;
    b->pid = 0;
}
