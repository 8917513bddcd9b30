/* SPDX-License-Identifier: MPL-2.0 */
/*
 * signals: see signals.h. Linux gives a descriptor for them. Elsewhere a thread
 * waits and writes the number of each into a pipe; it ends with the program.
 */
#include "signals.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <unistd.h>

#include "proto/os.h"

#if OS_LINUX
#include <sys/signalfd.h>
#endif

static bool
block(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a write fails instead */
    return sigprocmask(SIG_BLOCK, set, NULL) == 0;
}

#if OS_LINUX

int
signals_open(void)
{
    sigset_t set;
    return block(&set) ? signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC) : -1;
}

int
signals_take(int fd)
{
    struct signalfd_siginfo info;
    ssize_t got = read(fd, &info, sizeof info);
    return got == (ssize_t)sizeof info ? (int)info.ssi_signo : 0;
}

#else

/* The loop takes one byte at a time, so none is lost before the pipe is full,
 * and then thousands are waiting. */
static void *
listen_for(void *self)
{
    sigset_t set;
    int fd = (int)(intptr_t)self, number;
    (void)block(&set);
    while (sigwait(&set, &number) == 0) {
        char byte = (char)number;
        (void)!write(fd, &byte, 1);
    }
    return NULL;
}

int
signals_open(void)
{
    sigset_t set;
    int ends[2];
    pthread_t thread;
    if (!block(&set) || !os_pipe(ends)) {
        return -1;
    }
    errno =
        pthread_create(&thread, NULL, listen_for, (void *)(intptr_t)ends[1]);
    return errno || pthread_detach(thread) ? -1 : ends[0];
}

int
signals_take(int fd)
{
    char number;
    return read(fd, &number, 1) == 1 ? number : 0;
}

#endif
