/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tool: from the command to the function that does the work, in one table. Most
 * need the same, which is asked for here once: a log that is a file.
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

static const struct tool {
    int (*on_log)(const char *path, const char *argument);
    int (*on_all)(const struct options *options, const struct config *config,
                  const char *self);
} tools[] = {
    [COMMAND_DUMP] = {.on_log = db_dump},
    [COMMAND_VERIFY] = {.on_log = verify},
    [COMMAND_BACKUP] = {.on_log = db_backup},
    [COMMAND_AUDIT] = {.on_log = audit},
    [COMMAND_ADDRESS] = {.on_all = tool_address},
    [COMMAND_USER_ADD] = {.on_all = tool_user},
    [COMMAND_USER_REMOVE] = {.on_all = tool_user},
    [COMMAND_USER_LIST] = {.on_all = tool_user},
    [COMMAND_USER_ROLES] = {.on_all = tool_user},
};

int
tool_run(const struct options *options, const struct config *config,
         const char *self)
{
    const struct tool *tool = &tools[options->command];
    char path[CONFIG_PATH];
    struct config_error error;
    if (tool->on_all) {
        return tool->on_all(options, config, self);
    }
    if (!config_log_path(config, path, &error)) {
        fprintf(stderr, "%s: %s\n", self, error.text);
        return EXIT_FAILURE;
    }
    return tool->on_log(path, options->words[0]);
}
