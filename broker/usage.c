/* SPDX-License-Identifier: MPL-2.0 */
/*
 * getrusage is everywhere; the unit of its memory is not.
 */
#define _DEFAULT_SOURCE /* struct rusage */
#include "usage.h"

#include <sys/resource.h>

#include "counters.h"

#ifdef __APPLE__
enum { UNIT = 1 }; /* bytes */
#else
enum { UNIT = 1024 };
#endif

static uint64_t
ms(const struct timeval *time)
{
    return (uint64_t)time->tv_sec * 1000 + (uint64_t)time->tv_usec / 1000;
}

void
usage_count(struct counters *counters)
{
    struct rusage usage;
    if (getrusage(RUSAGE_SELF, &usage) != 0)
        return;
    counters_add(counters, "cpu", ms(&usage.ru_utime) + ms(&usage.ru_stime));
    counters_add(counters, "most-memory-bytes",
                 (uint64_t)usage.ru_maxrss * UNIT);
}
