/* SPDX-License-Identifier: MPL-2.0 */
/*
 * os: what systems do not have in common, behind functions that mean the same
 * on all of them.
 *
 * Everything else in this tree keeps to POSIX, so that a call that only Linux
 * has stands in a file named os (here and in broker/), beside what is done
 * without it. CONFAB_PORTABLE takes the second way on Linux, too: it is how the
 * tests know that it works (`make lint` builds and runs it).
 */
#ifndef CONFAB_OS_H
#define CONFAB_OS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#if defined(__linux__) && !defined(CONFAB_PORTABLE)
#define OS_LINUX 1
#else
#define OS_LINUX 0
#endif

/* Where the file behind stdout can be opened once more. */
#if OS_LINUX
#define OS_STDOUT "/proc/self/fd/1"
#else
#define OS_STDOUT "/dev/fd/1"
#endif

/* Of the clock that os_cond_init gives a condition. */
#ifdef __APPLE__
#define OS_COND_CLOCK CLOCK_REALTIME
#else
#define OS_COND_CLOCK CLOCK_MONOTONIC
#endif

/* Takes the places of stdin, stdout and stderr where they are closed: what is
 * opened next would get the number, and be read for the input or written to.
 * They are as closed as before. To be called before anything is opened. */
void os_keep_stdio(void);
/* Overwrites it in a way that no compiler leaves out. */
void os_wipe(void *secret, size_t len);
/* At most 256 bytes that nobody can guess. False: the system has none. */
[[nodiscard]] bool os_random(void *bytes, size_t len);
/* The file's bytes are on the disk. False: errno says why. */
[[nodiscard]] bool os_sync(int fd);
/* A pipe whose ends never wait and are closed in other programs. False: errno
 * says why. */
[[nodiscard]] bool os_pipe(int ends[static 2]);
/* Whom a child of ours leaves behind becomes our child, and is to be waited
 * for; without it, init's. For a program that is about to end. */
void os_adopt(void);
/* Gives what is in `from` the name `to`, unless that is taken. False: errno
 * says why, EEXIST or, where the system has no such thing, ENOTSUP. */
[[nodiscard]] bool os_rename_new(const char *from, const char *to);
/* A number that another start of the machine hardly has. 0: the system tells
 * none. */
uint64_t os_boot(void);
/* A condition whose timed waits go by OS_COND_CLOCK. */
void os_cond_init(pthread_cond_t *cond);
/* A thread to which no signal is delivered: they are for those that were there
 * before, of the broker or of the program around libconfab. 0, or an error as
 * errno has them. */
[[nodiscard]] int os_thread(pthread_t *thread, void *(*run)(void *),
                            void *owner);

/* --- a bell: one thread rings, another polls and hears that it was rung --- */

struct os_bell {
    int fd;   /* can be read while it rings; -1: there is none */
    int ring; /* what is written to; the same where the system can do that */
};

/* False: errno says why; then fd is -1. */
[[nodiscard]] bool os_bell_open(struct os_bell *bell);
/* From any thread, and from a signal handler. Rings on until it is hushed. */
void os_bell_ring(const struct os_bell *bell);
/* True: it rang. However often it was rung. */
bool os_bell_hush(const struct os_bell *bell);
/* Does nothing when there is none. */
void os_bell_close(struct os_bell *bell);

/* --- what the kernel has counted for a TCP connection --- */

struct os_counts {
    uint64_t received; /* bytes, ever */
    uint64_t acked;    /* bytes that the other side has, ever */
    uint32_t unsent;   /* bytes that the kernel could not send yet */
};

/* Whether this system tells; where not, nobody is shut for his bytes. */
bool os_counts_are_told(void);
/* False: it is none of TCP, is closed, or the system does not tell. */
[[nodiscard]] bool os_counts(int fd, struct os_counts *counts);
/* Bytes received that have not been read; 0 where the system does not tell. */
uint32_t os_unread(int fd);

#endif
