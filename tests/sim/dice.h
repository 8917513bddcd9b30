/* SPDX-License-Identifier: MPL-2.0 */
/*
 * dice: chance from a seed (splitmix64).
 *
 * Each part of a world throws its own dice, so that taking one step out of a
 * script changes as little as possible of what the others see.
 */
#ifndef CONFAB_SIM_DICE_H
#define CONFAB_SIM_DICE_H

#include <stdbool.h>
#include <stdint.h>

struct dice {
    uint64_t state;
};

static inline uint64_t
dice_next(struct dice *d)
{
    uint64_t z = (d->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

/* 0 ... below - 1; 0 when there is nothing below. */
static inline uint64_t
dice_below(struct dice *d, uint64_t below)
{
    return below ? dice_next(d) % below : 0;
}

static inline bool
dice_one_in(struct dice *d, uint64_t n)
{
    return dice_below(d, n) == 0;
}

/* Dice of their own for `whom` in the run of this seed. */
static inline struct dice
dice_of(uint64_t seed, uint64_t whom)
{
    struct dice d = {seed * UINT64_C(0xd1342543de82ef95) + whom};
    d.state = dice_next(&d);
    return d;
}

#endif
