/* SPDX-License-Identifier: MPL-2.0 */
/*
 * name: what may be an id, a room or a lane.
 *
 * 1 to 64 bytes of UTF-8 in NFC; no space, control, format, private, surrogate
 * or unassigned character (utf8proc 2.8: Unicode 15), nothing that is not to be
 * seen; not beginning with `@`, `#` or `$`. Names are compared as bytes. Two
 * ids that a person cannot tell apart (equal under NFKC_Casefold) cannot both
 * be known: name_fold gives the key under which that is found.
 */
#ifndef CONFAB_NAME_H
#define CONFAB_NAME_H

#include "limits.h"
#include "slice.h"

/* NULL when `name` is valid; else why not, in words that complete "the name
 * ...": "is empty", "is longer than 64 bytes", "begins with '@'". Static; does
 * not allocate; ASCII and most other scripts take a path without normalisation.
 */
const char *name_fault(struct slice name);

/* NFKC_Casefold of a valid name. A fold may be longer than its name: the
 * buffer's size holds for every valid name. Returns the length. */
enum { NAME_FOLD_MAX = 64 * 18 };
size_t name_fold(struct slice name, uint8_t fold[static NAME_FOLD_MAX]);

#endif
