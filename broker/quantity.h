/* SPDX-License-Identifier: MPL-2.0 */
/*
 * quantity: a number with its unit, as operators write it: 500, 10s, 90d, 64M.
 *
 * Durations are milliseconds inside, sizes are bytes and their K is 1024.
 * Nothing is rounded: what is printed is read back as the same number.
 */
#ifndef CONFAB_QUANTITY_H
#define CONFAB_QUANTITY_H

#include <stdbool.h>
#include <stdint.h>

enum quantity {
    QUANTITY_COUNT,    /* no unit */
    QUANTITY_DURATION, /* ms, s, m, h, d, w */
    QUANTITY_SIZE,     /* none, K, M, G */
};

enum { QUANTITY_TEXT = 24 }; /* 20 digits, a unit, a NUL */

/* Digits and one of the units, nothing else. False: it is not, or is larger
 * than a number can be; `*number` is as it was. */
[[nodiscard]] bool quantity_read(enum quantity kind, const char *text,
                                 uint64_t *number);
/* In the largest unit that leaves no rest. Gives `text`. */
const char *quantity_print(enum quantity kind, uint64_t number,
                           char text[static QUANTITY_TEXT]);

#endif
