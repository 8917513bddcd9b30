/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tool: from the command's word to the function that does the work, in one
 * table. All commands need the same, which is asked for here once: a log that
 * is a file.
 */
#include "tool.h"

#include <stdlib.h>

static int
verify(const char *path, const char *nothing)
{
    (void)nothing;
    return db_verify(path);
}

static int
audit(const char *path, const char *nothing)
{
    (void)nothing;
    return db_audit(path);
}

int
tool_run(const struct options *options, const struct config *config,
         const char *self)
{
    static int (*const tools[])(const char *path, const char *argument) = {
        [COMMAND_DUMP] = db_dump,
        [COMMAND_VERIFY] = verify,
        [COMMAND_BACKUP] = db_backup,
        [COMMAND_AUDIT] = audit,
    };
    char path[CONFIG_PATH];
    struct config_error error;
    if (!config_log_path(config, path, &error)) {
        fprintf(stderr, "%s: %s\n", self, error.text);
        return EXIT_FAILURE;
    }
    return tools[options->command](path, options->argument);
}
