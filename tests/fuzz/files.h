/* SPDX-License-Identifier: MPL-2.0 */
/*
 * files: a folder in memory, for one process, which goes with it.
 */
#ifndef FUZZ_FILES_H
#define FUZZ_FILES_H

#include "store_bytes.h"

enum { FILES_PATH = 64, FILES_NAME = 32 };
struct files {
    char path[FILES_PATH];
    char file[FILES_PATH + FILES_NAME];
};
void files_make(struct files *files);
void files_empty(const struct files *files);
/* Good until the next call. */
const char *files_path(struct files *files, const char *name);
/* One that is not there has no bytes. */
struct bytes files_read(struct files *files, const char *name);
void files_write(struct files *files, const char *name,
                 const struct bytes *bytes);

#endif
