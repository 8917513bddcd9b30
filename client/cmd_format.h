/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_format: --format, a template that says what a line looks like.
 *
 *     {time:%H:%M} {from}: {text}\n
 *
 * {NAME} is a field, {time:FORM} the time in a form of strftime(3), {{ and }}
 * are braces, \n, \t and \\ what they are in C. A line feed is added at the
 * end. What others wrote is cleaned as in every other output (cmd_text.h), so
 * that a text is one line and touches no terminal; nothing in it is taken for a
 * part of the template.
 */
#ifndef CONFAB_CMD_FORMAT_H
#define CONFAB_CMD_FORMAT_H

#include "cmd.h"

/* Reads the template that is given, if any, as the command will use it. 0, or
 * EXIT_USAGE after saying what is wrong with it. */
[[nodiscard]] int format_check(const struct cmd *cmd);
/* One line on stdout: of a message, of a room, of an id. */
void format_message(const struct cmd *cmd, const confab_event *message);
void format_room(const struct cmd *cmd, const struct confab_room *room);
void format_id(const struct cmd *cmd, const char *id);

#endif
