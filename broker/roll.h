/* SPDX-License-Identifier: MPL-2.0 */
/*
 * roll: an array of things that have a name, kept in byte order of the names.
 *
 * Answers that list rooms or members come in pages in byte order; a sorted
 * array gives a page without sorting, is found by bisection, and costs one
 * memmove of pointers when somebody comes or goes.
 */
#ifndef CONFAB_ROLL_H
#define CONFAB_ROLL_H

#include "proto/slice.h"

struct roll {
    void **items; /* borrowed */
    size_t count;
    size_t cap;
    struct slice (*name)(const void *item);
};

/* Where `name` is, or would have to be inserted. */
size_t roll_place(const struct roll *roll, struct slice name, bool *found);
/* NULL when there is none. */
void *roll_find(const struct roll *roll, struct slice name);
/* The first item behind `after`; an empty slice means from the beginning. */
size_t roll_after(const struct roll *roll, struct slice after);
/* Its name must not be in the roll. */
void roll_add(struct roll *roll, void *item);
/* Nothing happens when it is not in the roll. */
void roll_remove(struct roll *roll, const void *item);
void roll_fini(struct roll *roll);

#endif
