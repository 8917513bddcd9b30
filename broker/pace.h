/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pace: a token bucket, for what one may ask for in a second.
 *
 * It fills at `rate` tokens a second up to PACE_BURST seconds' worth. What does
 * not fit is not done at all, and the asker is told how long to wait.
 */
#ifndef CONFAB_PACE_H
#define CONFAB_PACE_H

#include <stdbool.h>
#include <stdint.h>

enum { PACE_BURST = 5 /* s */ };

/* Zeroed it is full. */
struct pace {
    uint64_t spent; /* thousandths of a token, at `at` */
    uint64_t at;    /* ms */
};

/* Takes `cost` tokens. False: they are not there; in `wait` ms they will be. A
 * `rate` of 0 is no bound. */
[[nodiscard]] bool pace_take(struct pace *pace, uint64_t rate, unsigned cost,
                             uint64_t now, uint64_t *wait);

#endif
