/* SPDX-License-Identifier: MPL-2.0 */
/*
 * store_bytes: the files of a database as bytes, and what may happen to them.
 */
#ifndef FUZZ_STORE_BYTES_H
#define FUZZ_STORE_BYTES_H

#include "input.h"

struct bytes {
    uint8_t *data; /* malloc'ed */
    size_t len;
};

struct bytes bytes_copy(const struct bytes *bytes);
/* One change, of the kind `how`. */
void bytes_change(struct bytes *bytes, unsigned how, struct input *in);
/* One column of one row of the database, with a sum that is right again. */
void rows_change(const char *path, struct input *in);

#endif
