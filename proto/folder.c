/* SPDX-License-Identifier: MPL-2.0 */
/*
 * folder: a file's bytes are safe when the file is synced, its name when its
 * folder is.
 */
#include "folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void
folder_make(const char *path)
{
    char folder[PATH_MAX];
    (void)snprintf(folder, sizeof folder, "%s", path);
    if (!*folder)
        return;
    for (char *slash = folder; (slash = strchr(slash + 1, '/'));) {
        *slash = 0;
        (void)mkdir(folder, 0700);
        *slash = '/';
    }
}

bool
folder_sync(const char *path)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash == path ? 1 : slash ? (int)(slash - path) : 0;
    (void)snprintf(folder, sizeof folder, "%.*s", len, path);
    int fd = open(len ? folder : ".", O_RDONLY | O_CLOEXEC | O_DIRECTORY);
    if (fd < 0)
        return false;
    /* Some file systems have nothing to sync there. */
    bool done = fsync(fd) == 0 || errno == EINVAL;
    int code = errno;
    (void)close(fd);
    errno = code;
    return done;
}
