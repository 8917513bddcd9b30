/* SPDX-License-Identifier: MPL-2.0 */
/*
 * configure: see configure.h. A start and a reload do the same: what was said
 * on the command line holds as long as the broker runs.
 */
#include "configure.h"

static bool
take_options(const struct options *options, struct config *config,
             struct config_error *error)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        struct config_error why;
        if (options->values[i] &&
            !config_set(config, &rows[i], options->values[i], &why)) {
            config_fail(error, "%s: %s", rows[i].key, why.text);
            return false;
        }
    }
    return true;
}

bool
configure(const struct options *options, struct config *config,
          struct config_error *error)
{
    config_defaults(config);
    return (!options->file || config_load(config, options->file, error)) &&
           take_options(options, config, error) && config_check(config, error);
}
