/* SPDX-License-Identifier: MPL-2.0 */
/*
 * How a turn's portion follows what turns take: rows of one step, and machines
 * of which each is to end with turns as long as they should be.
 */
#include "broker/portion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

enum { KB = 1 << 10, MB = 1 << 20, TURNS = 100 };

static const struct {
    const char *what;
    size_t portion, taken;
    uint64_t ms;
    size_t next;
} steps[] = {
    {"quiet", MB, 100, 0, MB},
    {"short and full", MB, MB + 5, 9, MB + MB / 8},
    {"short, and less was there", MB, MB - 1, 9, MB},
    {"neither short nor long", MB, MB, 10, MB},
    {"the same", MB, MB, 20, MB},
    {"long", 4 * MB, 4 * MB + 60000, 40, 2 * MB},
    {"longer", 4 * MB, 4 * MB + 60000, 80, MB},
    {"long with less than it might take", 4 * MB, MB, 40, MB / 2},
    {"long with the least", 256 * KB, 300 * KB, 90, 256 * KB},
    {"long with next to nothing", 4 * MB, 42, 90, 4 * MB},
    {"short with the most", 4 * MB, 4 * MB, 5, 4 * MB},
};

static void
test_steps(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        size_t next =
            portion_next(steps[i].portion, steps[i].taken, steps[i].ms);
        if (next != steps[i].next) {
            fail_msg("%s: %zu", steps[i].what, next);
        }
    }
}

/* A turn lasts `fixed` ms, and so many more for each MiB. */
static const struct {
    const char *what;
    uint64_t fixed, each;
    uint64_t least, most; /* ms that a turn lasts in the end */
    size_t portion;       /* at least */
} machines[] = {
    {"fast", 1, 2, 9, 9, PORTION_MOST},
    {"usual", 1, 15, 10, 20, MB / 2},
    {"slow", 2, 60, 10, 20, PORTION_LEAST},
    {"a disk that turns", 30, 10, 32, 33, PORTION_LEAST},
};

static void
test_machines(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof machines / sizeof *machines; i++) {
        size_t portion = PORTION_MOST;
        uint64_t ms = 0;
        for (int turn = 0; turn < TURNS; turn++) {
            ms = machines[i].fixed + machines[i].each * portion / MB;
            portion = portion_next(portion, portion, ms);
        }
        if (ms < machines[i].least || ms > machines[i].most ||
            portion < machines[i].portion) {
            fail_msg("%s: %u ms, %zu bytes", machines[i].what, (unsigned)ms,
                     portion);
        }
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps),
        cmocka_unit_test(test_machines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
