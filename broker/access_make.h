/* SPDX-License-Identifier: MPL-2.0 */
/*
 * access_make: from what the operator has written to what the hub asks.
 *
 * It reads the file of users, which access.c must not know; what comes out is
 * whole or is not there.
 */
#ifndef CONFAB_ACCESS_MAKE_H
#define CONFAB_ACCESS_MAKE_H

#include "access.h"
#include "config.h"

/* From a configuration that config_check has passed. NULL: `error` says why,
 * with the file and the line. */
struct access *access_make(const struct config *config,
                           struct config_error *error);
/* `*access` becomes NULL, which it may be already. */
void access_free(struct access **access);

#endif
