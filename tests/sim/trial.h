/* SPDX-License-Identifier: MPL-2.0 */
/*
 * trial: runs in a process of their own, so that an assertion, a sanitizer or
 * an endless loop is a finding like any other and can be made short, too.
 */
#ifndef CONFAB_SIM_TRIAL_H
#define CONFAB_SIM_TRIAL_H

#include "world.h"

/* Plays one script. */
struct finding trial_run(const struct script *script);

struct batch {
    uint64_t from, seeds;
    uint64_t seconds; /* 0: as long as it takes */
    bool twice;       /* play each a second time: it must be the same */
    /* what came of it */
    uint64_t played;
    uint64_t seed; /* that was played last */
    struct finding finding;
};
/* Plays seeds until one shows something. */
void trial_batch(struct batch *batch);

/* Takes acts out of the script as long as it shows the same. */
void trial_shrink(struct script *script, const struct finding *finding);

#endif
