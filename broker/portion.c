/* SPDX-License-Identifier: MPL-2.0 */
/*
 * portion: see portion.h. Long turns of little bytes say nothing about bytes.
 */
#include "portion.h"

static size_t
bounded(size_t portion)
{
    if (portion < PORTION_LEAST) {
        return PORTION_LEAST;
    }
    return portion < PORTION_MOST ? portion : PORTION_MOST;
}

size_t
portion_next(size_t portion, size_t taken, uint64_t ms)
{
    if (ms > PORTION_LONG && taken > PORTION_LEAST) {
        return bounded((taken < portion ? taken : portion) / 2);
    }
    if (ms < PORTION_SHORT && taken >= portion) {
        return bounded(portion * 2);
    }
    return portion;
}
