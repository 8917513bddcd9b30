/* SPDX-License-Identifier: MPL-2.0 */
/*
 * folder: see folder.h. A relative path is none, as the specification wants it:
 * it would be another folder in each directory.
 */
#define _GNU_SOURCE /* asprintf */
#include "folder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *
folder_home(const char *variable, const char *usual)
{
    const char *folder = getenv(variable);
    const char *home = usual ? getenv("HOME") : NULL;
    char *path = NULL;
    if (folder && folder[0] == '/')
        return strdup(folder);
    if (!home || home[0] != '/' || asprintf(&path, "%s/%s", home, usual) < 0)
        return NULL;
    return path;
}
