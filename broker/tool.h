/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tool: the commands of confabd that look into the database, edit the file of
 * users or tell the address, and end.
 *
 * They need a path and nothing of the broker: no socket, no hub, no logger.
 * What they find goes to stdout, what is wrong to stderr.
 */
#ifndef CONFAB_TOOL_H
#define CONFAB_TOOL_H

#include "config.h"
#include "options.h"

/* Runs the command of `options`, which is not COMMAND_SERVE, and gives the exit
 * code. `self` is the program's name in errors. */
int tool_run(const struct options *options, const struct config *config,
             const char *self);

/* What each command does. They say themselves what is wrong and give the exit
 * code. `room` NULL: everything. */
int db_dump(const char *path, const char *room);
int db_verify(const char *path);
int db_audit(const char *path);
int db_backup(const char *path, const char *to);
int tool_address(const struct options *options, const struct config *config,
                 const char *self);
int tool_user(const struct options *options, const struct config *config,
              const char *self);

#endif
