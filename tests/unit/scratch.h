/* SPDX-License-Identifier: MPL-2.0 */
/*
 * scratch: a temporary folder for a test program, with its files.
 */
#ifndef UNIT_SCRATCH_H
#define UNIT_SCRATCH_H

#include <sys/types.h>

/* Fixtures for cmocka: made before, removed with all that is in it after. */
int scratch_make(void **state);
int scratch_remove(void **state);

/* "": the folder itself. Stays as long as the program. */
const char *scratch_path(const char *name);
/* Makes it, or writes it anew; `name` in the folder. */
void scratch_write(const char *name, const char *text, mode_t mode);
/* All of a file, to be freed. */
char *scratch_read(const char *name);
/* Files in the folder `name` of it, hidden ones too. */
unsigned scratch_count(const char *name);
mode_t scratch_mode(const char *name);

#endif
