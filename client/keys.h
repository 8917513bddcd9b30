/* SPDX-License-Identifier: MPL-2.0 */
/*
 * keys: a client's own key pair, and where it is.
 *
 * One file per id, $XDG_DATA_HOME/confab/keys/ID.key, made when it is needed
 * for the first time. The id is escaped in it (folder.h).
 */
#ifndef CONFAB_CLIENT_KEYS_H
#define CONFAB_CLIENT_KEYS_H

#include "proto/keyfile.h"

/* Where it is (with malloc); NULL: nowhere (no home, no memory). */
char *keys_path(const char *id);
/* The pair in the file, made first when there is none. False: `fault` says what
 * is wrong with the file. */
[[nodiscard]] bool keys_get(const char *path, struct keypair *pair, bool *made,
                            char fault[static KEYFILE_FAULT]);

#endif
