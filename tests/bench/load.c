/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Child processes and their clocks. clock_getcpuclockid gives the CPU time of
 * another process to the nanosecond, which /proc/PID/stat does not.
 */
#include "load.h"

#include <libgen.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP = 30 }; /* seconds until it must have ended */

void
fail(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fputs("bench: ", stderr);
    vfprintf(stderr, format, args);
    fputc('\n', stderr);
    va_end(args);
    exit(1);
}

/* The child's end of the pipe in the child, -1 in the parent. */
static int
program_spawn(struct program *program)
{
    int ends[2];
    if (pipe(ends))
        fail("pipe failed");
    program->pid = fork();
    if (program->pid < 0)
        fail("fork failed");
    if (program->pid > 0) {
        close(ends[1]);
        program->out = ends[0];
        return -1;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    close(ends[0]);
    return ends[1];
}

struct program
program_start(const char *const argv[])
{
    struct program program;
    int fd = program_spawn(&program);
    if (fd < 0)
        return program;
    dup2(fd, STDOUT_FILENO);
    execv(argv[0], (char **)(uintptr_t)argv);
    fprintf(stderr, "bench: cannot run %s\n", argv[0]);
    _exit(127);
}

struct program
program_fork(void (*main_of)(int fd))
{
    struct program program;
    int fd = program_spawn(&program);
    if (fd >= 0) {
        main_of(fd);
        _exit(0);
    }
    return program;
}

void
program_line(const struct program *program, char *line, size_t size)
{
    size_t len = 0;
    while (len + 1 < size && read(program->out, line + len, 1) == 1 &&
           line[len] != '\n')
        len++;
    line[len] = '\0';
    if (!len)
        fail("the program ended before it was ready");
}

void
program_stop(struct program *program)
{
    kill(program->pid, SIGTERM);
    for (double end = seconds() + STOP; !waitpid(program->pid, NULL, WNOHANG);)
        if (seconds() > end)
            fail("the program under test does not stop");
        else
            poll(NULL, 0, 10);
    close(program->out);
}

double
program_cpu(const struct program *program)
{
    clockid_t clock;
    struct timespec t;
    if (clock_getcpuclockid(program->pid, &clock) || clock_gettime(clock, &t))
        fail("the program under test is gone");
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

double
seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
order(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return (x > y) - (x < y);
}

double
median(double *values, unsigned count)
{
    qsort(values, count, sizeof *values, order);
    return values[count / 2];
}

void
times_add(struct times *times, double took)
{
    double us = took * 1e6;
    times->us[us < LONGEST_US ? (unsigned)us : LONGEST_US]++;
    times->count++;
}

unsigned
times_at(const struct times *times, double share)
{
    uint64_t wanted = (uint64_t)((double)times->count * share);
    unsigned us = 0;
    for (uint64_t sum = times->us[0]; sum <= wanted && us < LONGEST_US;)
        sum += times->us[++us];
    return us;
}

void
times_print(const struct times *times, double took, double cpu)
{
    double count = (double)times->count;
    printf("rate=%.0f cpu=%.3f p50=%u p99=%u p999=%u\n", count / took,
           cpu / count * 1e6, times_at(times, 0.5), times_at(times, 0.99),
           times_at(times, 0.999));
}

const char *
confabd_path(const char *self)
{
    static char path[4096];
    const char *given = getenv("CONFABD");
    if (given)
        return given;
    char copy[4000];
    snprintf(copy, sizeof copy, "%s", self);
    snprintf(path, sizeof path, "%s/../confabd", dirname(copy));
    return path;
}
