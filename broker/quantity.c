/* SPDX-License-Identifier: MPL-2.0 */
/*
 * quantity: one table of units a kind, from the smallest up. Reading looks for
 * the name, printing for the largest that divides the number; where two names
 * mean the same (K and k), the first is printed.
 */
#include "quantity.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum {
    DIGITS_MAX = 12, /* more is a slip of the finger */
    SECOND = 1000,
    HOUR = 3600 * SECOND,
};

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit *const units[] = {
    [QUANTITY_COUNT] = (const struct unit[]){{"", 1}, {NULL, 0}},
    [QUANTITY_DURATION] =
        (const struct unit[]){
            {"ms", 1},
            {"s", SECOND},
            {"m", 60 * SECOND},
            {"h", HOUR},
            {"d", 24 * HOUR},
            {"w", 7 * 24 * HOUR},
            {NULL, 0},
        },
    [QUANTITY_SIZE] =
        (const struct unit[]){
            {"", 1},
            {"K", 1 << 10},
            {"k", 1 << 10},
            {"M", 1 << 20},
            {"m", 1 << 20},
            {"G", 1 << 30},
            {"g", 1 << 30},
            {NULL, 0},
        },
};

bool
quantity_read(enum quantity kind, const char *text, uint64_t *number)
{
    size_t digits = strspn(text, "0123456789");
    uint64_t value = 0;
    if (digits == 0 || digits > DIGITS_MAX) {
        return false;
    }
    for (size_t i = 0; i < digits; i++) {
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    for (const struct unit *unit = units[kind]; unit->name; unit++) {
        if (!strcmp(text + digits, unit->name)) {
            bool fits = value <= UINT64_MAX / unit->factor;
            *number = fits ? value * unit->factor : *number;
            return fits;
        }
    }
    return false;
}

const char *
quantity_print(enum quantity kind, uint64_t number,
               char text[static QUANTITY_TEXT])
{
    const struct unit *best = units[kind];
    for (const struct unit *unit = best; unit->name && number > 0; unit++) {
        if (number % unit->factor == 0 && unit->factor > best->factor) {
            best = unit;
        }
    }
    (void)snprintf(text, QUANTITY_TEXT, "%" PRIu64 "%s", number / best->factor,
                   best->name);
    return text;
}
