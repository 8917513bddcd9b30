/* SPDX-License-Identifier: MPL-2.0 */
/*
 * near: how far a word is from the one that was probably meant.
 */
#ifndef CONFAB_NEAR_H
#define CONFAB_NEAR_H

#include "slice.h"

enum {
    NEAR_LONGEST = 64, /* bytes of a word that is compared */
    NEAR_FAR = 1000,   /* the distance of longer ones */
};

/* Bytes to insert, delete or exchange to get from one to the other. */
size_t near_distance(struct slice from, struct slice to);

#endif
