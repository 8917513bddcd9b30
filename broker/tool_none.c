/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tool_none: the commands of a build that has no database. Each says so and
 * fails, for the shell script that called it.
 */
#include <stdlib.h>

#include "tool.h"

static int
refuse(const char *path)
{
    fprintf(stderr, "%s: no sqlite log in this build\n", path);
    return EXIT_FAILURE;
}

int
db_dump(const char *path, const char *room)
{
    (void)room;
    return refuse(path);
}

int
db_verify(const char *path)
{
    return refuse(path);
}

int
db_backup(const char *path, const char *to)
{
    (void)to;
    return refuse(path);
}
