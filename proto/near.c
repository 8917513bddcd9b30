/* SPDX-License-Identifier: MPL-2.0 */
/*
 * near: Levenshtein's distance, with one row of its table at a time: what stood
 * above and to the left of a field is kept in `corner`.
 */
#include "near.h"

static size_t
least_of(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

size_t
near_distance(struct slice from, struct slice to)
{
    size_t row[NEAR_LONGEST + 1];
    if (from.len > NEAR_LONGEST || to.len > NEAR_LONGEST) {
        return NEAR_FAR;
    }
    for (size_t j = 0; j <= to.len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= from.len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= to.len; j++) {
            size_t same = corner + (from.data[i - 1] != to.data[j - 1]);
            corner = row[j];
            row[j] = least_of(same, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[to.len];
}
