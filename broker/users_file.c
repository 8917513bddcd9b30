/* SPDX-License-Identifier: MPL-2.0 */
/*
 * users_file: see users_file.h.
 *
 * An administrator edits as root what a broker reads that has a user of its
 * own, so a new file, and the lock, get the owner of what they replace or of
 * the folder; otherwise the first `sudo confabd user add` would shut the broker
 * out.
 */
#define _DEFAULT_SOURCE /* flock */

#include "users_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/folder.h"
#include "users.h"
#include "xmem.h"

static bool
fail(struct config_error *error, const char *path)
{
    config_fail(error, "%s: %s", path, strerror(errno));
    return false;
}

/* --- reading --- */

/* It is a file, of ours or of root, into which nobody else writes. */
static bool
check_file(int fd, const char *path, struct stat *status,
           struct config_error *error)
{
    if (fstat(fd, status) < 0) {
        return fail(error, path);
    }
    if (!S_ISREG(status->st_mode)) {
        config_fail(error, "%s: is not a file", path);
        return false;
    }
    if (status->st_uid != geteuid() && status->st_uid != 0 && geteuid() != 0) {
        config_fail(error, "%s: it belongs to somebody else: chown it", path);
        return false;
    }
    if (status->st_mode & (S_IWGRP | S_IWOTH)) {
        config_fail(error,
                    "%s: others may write to it, and so let in whom they like: "
                    "look it through, then chmod 600",
                    path);
        return false;
    }
    if (status->st_size > USERS_FILE_MAX) {
        config_fail(error, "%s: larger than %d MiB", path,
                    USERS_FILE_MAX >> 20);
        return false;
    }
    return true;
}

/* Reads at most `max` bytes. -1: errno says why. */
static ssize_t
read_all(int fd, char *text, size_t max)
{
    size_t len = 0;
    while (len < max) {
        ssize_t got = read(fd, text + len, max - len);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return -1;
        }
        if (got == 0) {
            break;
        }
        len += (size_t)got;
    }
    return (ssize_t)len;
}

static char *
read_open(int fd, const char *path, size_t *len, struct config_error *error)
{
    struct stat status;
    if (!check_file(fd, path, &status, error)) {
        return NULL;
    }
    char *text = xmalloc((size_t)status.st_size);
    ssize_t got = read_all(fd, text, (size_t)status.st_size);
    if (got < 0) {
        (void)fail(error, path);
        free(text);
        return NULL;
    }
    *len = (size_t)got;
    return text;
}

char *
users_file_text(const char *path, size_t *len, struct config_error *error)
{
    *len = 0;
    /* Not to wait for whoever writes into a pipe. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && errno == ENOENT) {
        return xcalloc(1, 1);
    }
    if (fd < 0) {
        (void)fail(error, path);
        return NULL;
    }
    char *text = read_open(fd, path, len, error);
    (void)close(fd);
    return text;
}

bool
users_load(struct users *users, const char *path, struct config_error *error)
{
    size_t len;
    *users = (struct users){0};
    char *text = users_file_text(path, &len, error);
    if (!text) {
        return false;
    }
    bool done = users_read(users, slice_of(text, len), path, error);
    free(text);
    return done;
}

/* --- writing --- */

/* The owner of the file `path`, or else of its folder. */
static bool
find_owner(const char *path, struct stat *status)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash == path ? 1 : slash ? (int)(slash - path) : 0;
    (void)snprintf(folder, sizeof folder, "%.*s", len, path);
    return stat(path, status) == 0 || stat(len ? folder : ".", status) == 0;
}

/* The new file `fd` gets the owner that `path` should have. */
static bool
give_owner(int fd, const char *path)
{
    struct stat status;
    return geteuid() != 0 || (find_owner(path, &status) &&
                              fchown(fd, status.st_uid, status.st_gid) == 0);
}

/* PATH and an end; false: errno says why. */
static bool
name_beside(const char *path, const char *end, char name[static PATH_MAX])
{
    errno = ENAMETOOLONG;
    return snprintf(name, PATH_MAX, "%s%s", path, end) < PATH_MAX;
}

int
users_file_lock(const char *path, struct config_error *error)
{
    char name[PATH_MAX];
    int fd = -1;
    folder_make(path);
    if (name_beside(path, ".lock", name)) {
        fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    }
    if (fd < 0) {
        (void)fail(error, path);
        return -1;
    }
    int locked = flock(fd, LOCK_EX);
    while (locked < 0 && errno == EINTR) {
        locked = flock(fd, LOCK_EX);
    }
    if (locked < 0 || !give_owner(fd, path)) {
        (void)fail(error, name);
        (void)close(fd);
        return -1;
    }
    return fd;
}

static bool
write_all(int fd, struct slice text)
{
    while (text.len > 0) {
        ssize_t done = write(fd, text.data, text.len);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        text = slice_of(text.data + done, text.len - (size_t)done);
    }
    return true;
}

bool
users_file_store(const char *path, struct slice text,
                 struct config_error *error)
{
    char name[PATH_MAX];
    int fd = -1;
    if (name_beside(path, ".new", name)) {
        (void)unlink(name); /* of somebody who held the lock and died */
        fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    }
    if (fd < 0) {
        return fail(error, path);
    }
    bool done = give_owner(fd, path) && write_all(fd, text) && fsync(fd) == 0;
    done = close(fd) == 0 && done && rename(name, path) == 0 &&
           folder_sync(path);
    if (!done) {
        (void)fail(error, path);
        (void)unlink(name);
    }
    return done;
}
