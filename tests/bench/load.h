/* SPDX-License-Identifier: MPL-2.0 */
/*
 * load: what the benchmarks that need a running program share.
 *
 * A program under test is a child process; its CPU time is read from its own
 * clock, so that the load generator's work does not count. Everything here ends
 * the benchmark with a sentence on stderr when it fails: half a figure is none.
 */
#ifndef CONFAB_BENCH_LOAD_H
#define CONFAB_BENCH_LOAD_H

#include <stdint.h>
#include <sys/types.h>

struct program {
    pid_t pid;
    int out; /* its stdout */
};

enum { LONGEST_US = 2000000 };

/* How long things took, to the microsecond. Begins zeroed; large. */
struct times {
    uint64_t count;
    uint32_t us[LONGEST_US + 1]; /* the last: as long or longer */
};

/* Prints "bench: ..." and exits with 1. */
_Noreturn void fail(const char *format, ...)
    __attribute__((format(printf, 1, 2)));
/* Starts argv[0], its stdout in a pipe. */
struct program program_start(const char *const argv[]);
/* Forks; the child runs `main_of(fd)`, fd being what the parent reads. */
struct program program_fork(void (*main_of)(int fd));
/* The first line that it prints, without its newline. */
void program_line(const struct program *program, char *line, size_t size);
/* SIGTERM, and waits; a program that goes on is a failure. */
void program_stop(struct program *program);
/* Seconds of CPU, user and system, all threads. */
double program_cpu(const struct program *program);
/* Seconds since some moment. */
double seconds(void);
/* Sorts and gives the middle one. */
double median(double *values, unsigned count);
void times_add(struct times *times, double took);
/* In microseconds; times_at(t, 0.5) is the median. */
unsigned times_at(const struct times *times, double share);
/* The line that tests/bench/durable.py reads. */
void times_print(const struct times *times, double took, double cpu);
/* The confabd beside this program: DIR/../confabd, or $CONFABD. */
const char *confabd_path(const char *self);

#endif
