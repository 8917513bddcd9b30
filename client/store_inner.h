/* SPDX-License-Identifier: MPL-2.0 */
/*
 * store_inner: the inside of a store, for store.c and store_open.c only.
 *
 *     file    "confab-state 1\n", then records
 *     record  length of the payload (4 bytes), FNV-1a of it (8), payload
 *     payload kind (1), length of name (1), number (8), name, bytes
 *
 * Integers are little-endian. A kind with STORE_MORE belongs to the record
 * behind it: such a group counts when all of it is there.
 */
#ifndef CONFAB_STORE_INNER_H
#define CONFAB_STORE_INNER_H

#include "store.h"

enum {
    STORE_HEADER = 12, /* length and checksum */
    STORE_FIXED = 10,  /* kind, length of name, number */
    STORE_RECORD_MAX = STORE_HEADER + STORE_FIXED + LIMIT_NAME + LIMIT_FRAME,
    STORE_MORE = 0x80,
};

#define STORE_MAGIC "confab-state 1\n"
enum { STORE_MAGIC_LEN = sizeof STORE_MAGIC - 1 };

struct store {
    int fd;
    bool broken;
    char *path;
    char *fresh; /* the name of the file under rewrite */
    uint64_t size;
    uint64_t base; /* size after the last rewrite */
    uint8_t record[STORE_RECORD_MAX];
};

bool store_write(int fd, const void *data, size_t len);

#endif
