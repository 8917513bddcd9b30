/* SPDX-License-Identifier: MPL-2.0 */
/*
 * counters: what the broker can tell of itself in numbers.
 *
 * Whoever counts something adds its rows when it is asked; nothing is counted
 * here. The names are those of PROTOCOL.md, section 19.
 */
#ifndef CONFAB_COUNTERS_H
#define CONFAB_COUNTERS_H

#include <assert.h>
#include <stdint.h>

enum { COUNTERS_MOST = 64 };

struct counters {
    unsigned count;
    struct {
        const char *name; /* static */
        uint64_t value;
    } all[COUNTERS_MOST];
};

static inline void
counters_add(struct counters *counters, const char *name, uint64_t value)
{
    assert(counters->count < COUNTERS_MOST);
    counters->all[counters->count].name = name;
    counters->all[counters->count++].value = value;
}

#endif
