/* SPDX-License-Identifier: MPL-2.0 */
/*
 * portion: see portion.h. Long turns of little bytes say nothing about bytes.
 */
#include "portion.h"

static size_t
smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t
bounded(size_t portion)
{
    if (portion < PORTION_LEAST) {
        return PORTION_LEAST;
    }
    return smaller(portion, PORTION_MOST);
}

size_t
portion_next(size_t portion, size_t taken, uint64_t ms)
{
    if (ms > PORTION_LONG && taken > PORTION_LEAST) {
        return bounded((size_t)(smaller(portion, taken) * PORTION_LONG / ms));
    }
    if (ms < PORTION_SHORT && taken >= portion) {
        return bounded(portion + portion / PORTION_STEP);
    }
    return portion;
}
