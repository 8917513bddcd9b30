/* SPDX-License-Identifier: MPL-2.0 */
/*
 * folder: a temporary folder for a test program, with its files.
 */
#ifndef UNIT_FOLDER_H
#define UNIT_FOLDER_H

#include <sys/types.h>

/* Fixtures for cmocka: made before, removed with all that is in it after. */
int folder_make(void **state);
int folder_remove(void **state);

/* "": the folder itself. In one of a few buffers that are used in turn. */
const char *folder_path(const char *name);
/* Makes it, or writes it anew; `name` in the folder. */
void folder_write(const char *name, const char *text, mode_t mode);
/* All of a file, to be freed. */
char *folder_read(const char *name);
/* Files in the folder `name` of it, hidden ones too. */
unsigned folder_count(const char *name);
mode_t folder_mode(const char *name);

#endif
