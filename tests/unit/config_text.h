/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_text: a configuration in a test, read from a file with the text that
 * the test gives.
 */
#ifndef UNIT_CONFIG_TEXT_H
#define UNIT_CONFIG_TEXT_H

#include "broker/config.h"

/* What config_load says to such a file, from defaults and no error on. */
[[nodiscard]] bool config_text(struct config *config, const char *text,
                               struct config_error *error);

#endif
