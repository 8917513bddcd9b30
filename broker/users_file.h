/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users_file: the file of users on the disk.
 *
 * The broker only reads it. Who edits it holds a lock meanwhile (PATH.lock, so
 * that the file itself can be replaced) and puts a whole new file in its place:
 * whoever reads finds the old one or the new one.
 */
#ifndef CONFAB_USERS_FILE_H
#define CONFAB_USERS_FILE_H

#include "config_error.h"
#include "proto/slice.h"

/* The bytes of the file, to be freed, `*len` of them; none when it is not
 * there. NULL: `error` says why. */
[[nodiscard]] char *users_file_text(const char *path, size_t *len,
                                    struct config_error *error);
/* Waits until nobody else edits it. A descriptor to close when done; -1:
 * `error` says why. Makes the folders that lead there (0700). */
[[nodiscard]] int users_file_lock(const char *path, struct config_error *error);
/* Replaces it, on the disk when this returns. It belongs to whom the old one
 * belonged to, or to whom the folder does. */
[[nodiscard]] bool users_file_store(const char *path, struct slice text,
                                    struct config_error *error);

#endif
