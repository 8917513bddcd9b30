/* SPDX-License-Identifier: MPL-2.0 */
/*
 * configure: the configuration as this command line means it.
 */
#ifndef CONFAB_CONFIGURE_H
#define CONFAB_CONFIGURE_H

#include "config.h"
#include "options.h"

/* The defaults, then the file if one is named, then the options; later wins.
 * False: `error` says what is wrong with one of them, or with all together. */
[[nodiscard]] bool configure(const struct options *options,
                             struct config *config, struct config_error *error);

#endif
