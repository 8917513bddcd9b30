/* SPDX-License-Identifier: MPL-2.0 */
/*
 * folder: see folder.h. A relative path is none, as the specification wants it:
 * it would be another folder in each directory.
 */
#define _GNU_SOURCE /* asprintf */
#include "folder.h"

#include <stdbool.h>
#include <stdint.h>
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

static bool
is_plain(char c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

void
folder_escape(const char *name, char *out)
{
    for (const char *at = name; *at; at++) {
        if (is_plain(*at) && !(at == name && *at == '.'))
            *out++ = *at;
        else
            out += snprintf(out, FOLDER_ESCAPED + 1, "%%%02X", (uint8_t)*at);
    }
    *out = '\0';
}
