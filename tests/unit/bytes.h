/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bytes: what the tests of the codec share: bytes written as hex, files, and
 * JSON values as MessagePack. Every call takes what it needs from the heap and
 * gives it in a struct bytes; on bad input (a test's own mistake) it stops the
 * program and says why.
 */
#ifndef CONFAB_TEST_BYTES_H
#define CONFAB_TEST_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "proto/slice.h"

struct bytes {
    uint8_t *data;
    size_t len;
};

/* "83a26f70", spaces allowed. Exactly as long as said, so that a sanitizer
 * sees one byte too far. */
struct bytes bytes_of_hex(const char *hex);
/* A whole file, with a NUL behind it. */
struct bytes bytes_of_file(const char *path);
/* A JSON value as msgpack-c packs it; strings as str. */
struct bytes bytes_of_json(const json_t *value);
struct bytes bytes_of_base64(const char *text);
void bytes_free(struct bytes *bytes);

static inline struct slice
bytes_slice(const struct bytes *bytes)
{
    return slice_of(bytes->data, bytes->len);
}

/* A file that must be a JSON array; the caller's to json_decref. */
json_t *vectors_load(const char *path);

#endif
