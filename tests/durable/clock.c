/* SPDX-License-Identifier: MPL-2.0 */
/*
 * clock: a clock that is wrong. With CLOCK_AHEAD=SECONDS the time of day is so
 * many seconds ahead of the machine's, for whatever this is preloaded into.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static long ahead;

__attribute__((constructor)) static void
begin(void)
{
    const char *seconds = getenv("CLOCK_AHEAD");
    ahead = seconds ? strtol(seconds, NULL, 10) : 0;
}

__attribute__((visibility("default"))) int
clock_gettime(clockid_t clock, struct timespec *time)
{
    int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (!result && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        time->tv_sec += ahead;
    return result;
}
