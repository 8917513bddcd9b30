/* SPDX-License-Identifier: MPL-2.0 */
/*
 * os: see os.h.
 *
 * What macOS lacks is fdatasync's promise (its fsync leaves the bytes in the
 * disk's own memory, F_FULLFSYNC does not), pipe2, and conditions that go by
 * the monotonic clock: there a wait gets longer or shorter when somebody sets
 * the clock.
 */
#define _GNU_SOURCE /* getentropy, pipe2, renameat2 */

#include "os.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#ifdef __APPLE__
#include <sys/random.h>
#endif
#if OS_LINUX
#include <sys/prctl.h>
#endif

void
os_keep_stdio(void)
{
    /* The wrong way round: reading and writing fail as they would. */
    static const int ways[] = {O_WRONLY, O_RDONLY, O_RDONLY};
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", ways[fd]) != fd)
            _exit(EXIT_FAILURE); /* nowhere to say why */
    }
}

void
os_wipe(void *secret, size_t len)
{
    memset(secret, 0, len);
    __asm__ __volatile__("" : : "r"(secret) : "memory");
}

bool
os_random(void *bytes, size_t len)
{
    return getentropy(bytes, len) == 0;
}

#ifdef __APPLE__
static bool
sync_bytes(int fd)
{
    return fcntl(fd, F_FULLFSYNC) == 0 || fsync(fd) == 0;
}
#else
static bool
sync_bytes(int fd)
{
    return fdatasync(fd) == 0;
}
#endif

bool
os_sync(int fd)
{
    return sync_bytes(fd);
}

#if OS_LINUX

uint64_t
os_boot(void)
{
    uint64_t id = 0;
    int c;
    FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");
    while (file && (c = fgetc(file)) != EOF)
        id = id * 1099511628211U + (uint64_t)c;
    if (file)
        (void)fclose(file);
    return id;
}

bool
os_pipe(int ends[static 2])
{
    return pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0;
}

void
os_adopt(void)
{
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1); /* else init's, as elsewhere */
}

#else

uint64_t
os_boot(void)
{
    return 0;
}

/* A program that another thread starts between the two may get it, too. */
static bool
keep_to_us(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0 &&
           fcntl(fd, F_SETFL, O_NONBLOCK) == 0;
}

bool
os_pipe(int ends[static 2])
{
    if (pipe(ends) != 0)
        return false;
    if (keep_to_us(ends[0]) && keep_to_us(ends[1]))
        return true;
    int code = errno;
    (void)close(ends[0]);
    (void)close(ends[1]);
    errno = code;
    return false;
}

void
os_adopt(void)
{
}

#endif

/* Not every libc has it: where the name is missing, so is the call. */
#if OS_LINUX && defined(RENAME_NOREPLACE)

bool
os_rename_new(const char *from, const char *to)
{
    return renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0;
}

#else

bool
os_rename_new(const char *from, const char *to)
{
    (void)from;
    (void)to;
    errno = ENOTSUP;
    return false;
}

#endif

#ifdef __APPLE__

void
os_cond_init(pthread_cond_t *cond)
{
    pthread_cond_init(cond, NULL);
}

#else

void
os_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, OS_COND_CLOCK);
    pthread_cond_init(cond, &clock);
    pthread_condattr_destroy(&clock);
}

#endif

int
os_thread(pthread_t *thread, void *(*run)(void *), void *owner)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int code = pthread_create(thread, NULL, run, owner);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return code;
}
