/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_error: why something was refused, in words.
 *
 * Whoever is told is the operator, at the moment he wrote it: the words say
 * what, where, and what would have been right. It stands alone so that what the
 * configuration is made of need not know the configuration.
 */
#ifndef CONFAB_CONFIG_ERROR_H
#define CONFAB_CONFIG_ERROR_H

struct config_error {
    char text[640];
};

/* Fills `error`. */
__attribute__((format(printf, 2, 3))) void config_fail(
    struct config_error *error, const char *format, ...);

#endif
