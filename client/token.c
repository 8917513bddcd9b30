/* SPDX-License-Identifier: MPL-2.0 */
/*
 * token: see token.h.
 *
 * The file is written under another name and renamed, so that a reader never
 * sees half a token and it is never readable by others, not for a moment.
 */
#define _GNU_SOURCE /* asprintf */
#include "token.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"

static uint64_t
hash(uint64_t sum, const char *text)
{
    /* FNV-1a, the NUL included, so that the two parts do not run together. */
    do
        sum = (sum ^ (uint8_t)*text) * UINT64_C(1099511628211);
    while (*text++);
    return sum;
}

char *
token_path(const char *url, const char *id)
{
    char *home = folder_home("XDG_STATE_HOME", ".local/state");
    if (!home)
        return NULL;
    uint64_t sum = hash(hash(UINT64_C(14695981039346656037), url), id);
    char *path = NULL;
    int n = asprintf(&path, "%s/confab/resume-%016llx", home,
                     (unsigned long long)sum);
    free(home);
    return n < 0 ? NULL : path;
}

bool
token_load(const char *path, char token[static TOKEN_MAX + 1])
{
    token[0] = '\0';
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return false;
    ssize_t n = read(fd, token, TOKEN_MAX);
    close(fd);
    token[n > 0 ? n : 0] = '\0';
    token[strspn(token, "0123456789abcdef")] = '\0';
    return token[0] != '\0';
}

/* Makes the folders that lead to the file, as far as they are missing. */
static void
make_folders(char *path)
{
    for (char *slash = strchr(path + 1, '/'); slash;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, 0700); /* if it fails, open tells */
        *slash = '/';
    }
}

static bool
write_token(const char *path, struct slice token)
{
    int fd =
        open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    bool ok = write(fd, token.data, token.len) == (ssize_t)token.len;
    return close(fd) == 0 && ok;
}

void
token_save(const char *path, struct slice token)
{
    char *fresh = NULL;
    if (asprintf(&fresh, "%s.%ld", path, (long)getpid()) < 0)
        return;
    make_folders(fresh);
    if (!write_token(fresh, token) || rename(fresh, path) < 0)
        unlink(fresh);
    free(fresh);
}

void
token_remove(const char *path, const char *token)
{
    char kept[TOKEN_MAX + 1];
    if (token[0] && token_load(path, kept) && !strcmp(kept, token))
        unlink(path);
}
