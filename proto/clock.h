/* SPDX-License-Identifier: MPL-2.0 */
/*
 * clock: a clock of the system in milliseconds. Only who waits or stamps reads
 * one; whatever decides is given the time.
 */
#ifndef CONFAB_CLOCK_H
#define CONFAB_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t
clock_ms(clockid_t clock)
{
    struct timespec time = {0};
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

#endif
