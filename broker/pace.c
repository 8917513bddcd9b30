/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pace: see pace.h. A rate in tokens a second is one in thousandths a
 * millisecond, so whole numbers do. A cost above the whole bucket is taken from
 * a full one, or it could never be paid. What was spent at a higher rate,
 * before a reload, is one bucket at most: nobody waits longer than for a full
 * one.
 */
#include "pace.h"

enum { TOKEN = 1000 };

bool
pace_take(struct pace *pace, uint64_t rate, unsigned cost, uint64_t now,
          uint64_t *wait)
{
    if (!rate)
        return true;
    uint64_t size = rate * PACE_BURST * TOKEN;
    uint64_t price = (uint64_t)cost * TOKEN;
    uint64_t passed = now > pace->at ? now - pace->at : 0;
    /* Filled up long ago: nothing overflows. */
    uint64_t back = passed > PACE_BURST * TOKEN ? size : passed * rate;
    uint64_t owed = pace->spent < size ? pace->spent : size;
    uint64_t spent = owed > back ? owed - back : 0;
    if (price > size)
        price = size;
    pace->at = now;
    pace->spent = spent;
    if (spent + price > size) {
        *wait = (spent + price - size + rate - 1) / rate;
        return false;
    }
    pace->spent = spent + price;
    return true;
}
