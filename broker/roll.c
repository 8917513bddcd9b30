/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Bisection and memmove; see roll.h for why that is enough: pointers of 65,536
 * rooms are half a megabyte, moved in some ten microseconds, and only when one
 * is made or goes. Messages never touch a roll.
 */
#include "roll.h"

#include <assert.h>
#include <stdlib.h>

#include "xmem.h"

size_t
roll_place(const struct roll *roll, struct slice name, bool *found)
{
    size_t low = 0;
    size_t high = roll->count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = slice_cmp(roll->name(roll->items[mid]), name);
        if (order == 0) {
            *found = true;
            return mid;
        }
        if (order < 0)
            low = mid + 1;
        else
            high = mid;
    }
    *found = false;
    return low;
}

void *
roll_find(const struct roll *roll, struct slice name)
{
    bool found;
    size_t at = roll_place(roll, name, &found);
    return found ? roll->items[at] : NULL;
}

size_t
roll_after(const struct roll *roll, struct slice after)
{
    bool found;
    size_t at = after.len ? roll_place(roll, after, &found) : 0;
    return after.len && found ? at + 1 : at;
}

void
roll_add(struct roll *roll, void *item)
{
    bool found;
    size_t at = roll_place(roll, roll->name(item), &found);
    assert(!found);
    if (roll->count == roll->cap) {
        roll->cap = roll->cap ? 2 * roll->cap : 4;
        roll->items = xrealloc(roll->items, roll->cap * sizeof *roll->items);
    }
    memmove(roll->items + at + 1, roll->items + at,
            (roll->count - at) * sizeof *roll->items);
    roll->items[at] = item;
    roll->count++;
}

void
roll_remove(struct roll *roll, const void *item)
{
    bool found;
    size_t at = roll_place(roll, roll->name(item), &found);
    if (!found || roll->items[at] != item)
        return;
    roll->count--;
    memmove(roll->items + at, roll->items + at + 1,
            (roll->count - at) * sizeof *roll->items);
}

void
roll_fini(struct roll *roll)
{
    free(roll->items);
    *roll = (struct roll){.name = roll->name};
}
