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

/* A folder in memory, which goes with the process. */
enum { FOLDER_PATH = 64, FOLDER_NAME = 32 };
struct folder {
    char path[FOLDER_PATH];
    char file[FOLDER_PATH + FOLDER_NAME];
};
void folder_make(struct folder *folder);
void folder_empty(const struct folder *folder);
/* Good until the next call. */
const char *folder_path(struct folder *folder, const char *name);
/* One that is not there has no bytes. */
struct bytes folder_read(struct folder *folder, const char *name);
void folder_write(struct folder *folder, const char *name,
                  const struct bytes *bytes);

#endif
