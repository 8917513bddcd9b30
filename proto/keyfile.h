/* SPDX-License-Identifier: MPL-2.0 */
/*
 * keyfile: a CURVE key pair in a file of its own, mode 0600.
 *
 * The form is the one of czmq's secret certificates (ZPL), so that zcert reads
 * ours and we read zcert's:
 *
 *     curve
 *         public-key = "..."
 *         secret-key = "..."
 *
 * A file that others may read is refused: its key is not secret any more.
 */
#ifndef CONFAB_KEYFILE_H
#define CONFAB_KEYFILE_H

#include "z85.h"

enum { KEYFILE_FAULT = 256, KEYFILE_MAX = 8192 /* bytes of a file */ };

struct keypair {
    char public_key[Z85_KEY + 1];
    char secret_key[Z85_KEY + 1];
};

/* From the text of a file. NULL, or what is wrong; static. */
[[nodiscard]] const char *keyfile_parse(struct slice text,
                                        struct keypair *pair);
/* 0; ENOENT: there is none; else an errno (EPERM: others may read it, EINVAL:
 * not a key file), and `fault` says in words what is wrong and what to do. */
[[nodiscard]] int keyfile_load(const char *path, struct keypair *pair,
                               char fault[static KEYFILE_FAULT]);
/* Writes a new file, whole or not at all, with the folders that lead to it
 * (0700). 0; EEXIST: it is there already, and was left as it is. */
[[nodiscard]] int keyfile_save(const char *path, const struct keypair *pair,
                               char fault[static KEYFILE_FAULT]);

#endif
