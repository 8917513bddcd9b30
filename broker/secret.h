/* SPDX-License-Identifier: MPL-2.0 */
/*
 * secret: a password from whoever runs the program.
 *
 * From the terminal without showing it, or the first line of what is piped in.
 * Never from the command line, which everybody on the machine can read.
 */
#ifndef CONFAB_SECRET_H
#define CONFAB_SECRET_H

#include "users.h"

/* Asks for a new password, on a terminal twice, and puts its hash into `hash`.
 * False: `error` says why not. */
[[nodiscard]] bool secret_hash(char hash[static USER_HASH],
                               struct config_error *error);

#endif
