/* SPDX-License-Identifier: MPL-2.0 */
/*
 * powerloss: a disk that forgets, fills up, fails, and dies at a given step.
 *
 * Preloaded into a program (LD_PRELOAD), it watches what that does to the files
 * of one folder and keeps a shadow of it (shadow.h): what a power cut at this
 * moment would leave. A test kills the program and goes on with the shadow.
 *
 *     POWERLOSS_STORE    the folder; without it nothing is done
 *     POWERLOSS_SHADOW   an empty folder
 *     POWERLOSS_DIE      SIGKILL before this many steps: a step is a write, a
 *                        truncation, a sync, an unlink or a rename
 *     POWERLOSS_LEAK     a seed: half of what was not synced is there, too
 *     POWERLOSS_FAULT    while FAULT.full exists no file grows (ENOSPC), while
 *                        FAULT.sync exists a sync fails (EIO) and what it
 * should have written is lost, as on Linux
 *
 * Files that are mapped (SQLite's -shm; it maps no other to write) are never on
 * disk. Calls that write and
 * are not known here abort, so that none is overlooked. Real syncs are left
 * out: nothing looks at the real disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "shadow.h"

#define SHOWN __attribute__((visibility("default")))

enum { FDS = 65536 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static char store[PATH_MAX]; /* empty: nothing is watched */
static const char *fault;
static struct shadow_node *files[FDS]; /* by descriptor */
static bool folders[FDS];              /* the store itself, open to be synced */
static unsigned long steps, last_step;

__attribute__((constructor)) static void
begin(void)
{
    const char *folder = getenv("POWERLOSS_STORE");
    const char *shadow = getenv("POWERLOSS_SHADOW");
    const char *die = getenv("POWERLOSS_DIE");
    const char *leak = getenv("POWERLOSS_LEAK");
    if (!folder || !shadow)
        return;
    if (!realpath(folder, store)) {
        (void)dprintf(2, "powerloss: %s: %s\n", folder, strerror(errno));
        abort();
    }
    fault = getenv("POWERLOSS_FAULT");
    last_step = die ? strtoul(die, NULL, 10) : 0;
    shadow_init(store, shadow, leak ? (unsigned)strtoul(leak, NULL, 10) : 0);
    unsetenv("LD_PRELOAD"); /* whatever it starts is not meant */
}

/* Its name in the store; NULL: it is somewhere else. */
static const char *
name_in_store(const char *path)
{
    size_t len = strlen(store);
    if (!len || strncmp(path, store, len) != 0 || path[len] != '/')
        return NULL;
    const char *name = path + len + 1;
    return *name && !strchr(name, '/') ? name : NULL;
}

/* What is not watched goes no further than here. */
static bool
watched(int fd)
{
    return fd >= 0 && fd < FDS && files[fd];
}

static void
step(void)
{
    if (++steps == last_step)
        syscall(SYS_kill, getpid(), SIGKILL);
}

static bool
has_fault(const char *kind)
{
    char path[PATH_MAX];
    if (!fault)
        return false;
    (void)snprintf(path, sizeof path, "%s.%s", fault, kind);
    return !access(path, F_OK);
}

static int
fail(int error)
{
    errno = error;
    return -1;
}

/* --- open, close --- */

static void
opened(int fd, int flags)
{
    char link[64], path[PATH_MAX];
    struct stat what;
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, sizeof path - 1);
    if (len < 0 || fd >= FDS || fstat(fd, &what))
        return;
    path[len] = '\0';
    const char *name = name_in_store(path);
    pthread_mutex_lock(&lock);
    folders[fd] = *store && !strcmp(path, store);
    if (name && S_ISREG(what.st_mode) && !shadow_skips(name)) {
        files[fd] = shadow_open(name, &what);
        if (flags & O_TRUNC)
            shadow_truncate(files[fd], 0);
    }
    pthread_mutex_unlock(&lock);
}

static int
open_at(int folder, const char *path, int flags, mode_t mode)
{
    int fd = (int)syscall(SYS_openat, folder, path, flags, mode);
    if (fd >= 0 && *store)
        opened(fd, flags);
    return fd;
}

#define MODE_OF(flags, mode)                                                   \
    mode_t mode = 0;                                                           \
    if ((flags) & (O_CREAT | O_TMPFILE)) {                                     \
        va_list args;                                                          \
        va_start(args, flags);                                                 \
        mode = va_arg(args, mode_t);                                           \
        va_end(args);                                                          \
    }

SHOWN int
open(const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(AT_FDCWD, path, flags, mode);
}

SHOWN int
openat(int folder, const char *path, int flags, ...)
{
    MODE_OF(flags, mode)
    return open_at(folder, path, flags, mode);
}

SHOWN int
close(int fd)
{
    if (fd >= 0 && fd < FDS) {
        pthread_mutex_lock(&lock);
        files[fd] = NULL;
        folders[fd] = false;
        pthread_mutex_unlock(&lock);
    }
    return (int)syscall(SYS_close, fd);
}

/* --- writing --- */

static ssize_t
write_at(int fd, const void *data, size_t len, off_t at)
{
    struct stat what;
    pthread_mutex_lock(&lock);
    step();
    ssize_t done = fail(ENOSPC);
    if (fstat(fd, &what) || !has_fault("full") ||
        at + (off_t)len <= what.st_size)
        done = syscall(SYS_pwrite64, fd, data, len, at);
    if (done > 0)
        shadow_write(files[fd], data, (size_t)done, at);
    pthread_mutex_unlock(&lock);
    return done;
}

SHOWN ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (watched(fd))
        return write_at(fd, data, len, at);
    return syscall(SYS_pwrite64, fd, data, len, at);
}

SHOWN ssize_t
write(int fd, const void *data, size_t len)
{
    if (!watched(fd))
        return syscall(SYS_write, fd, data, len);
    ssize_t done = write_at(fd, data, len, lseek(fd, 0, SEEK_CUR));
    if (done > 0)
        lseek(fd, done, SEEK_CUR);
    return done;
}

SHOWN int
ftruncate(int fd, off_t size)
{
    if (!watched(fd))
        return (int)syscall(SYS_ftruncate, fd, size);
    pthread_mutex_lock(&lock);
    step();
    int result = (int)syscall(SYS_ftruncate, fd, size);
    if (!result)
        shadow_truncate(files[fd], size);
    pthread_mutex_unlock(&lock);
    return result;
}

/* --- syncing --- */

static int
sync_it(int fd)
{
    if (folders[fd]) {
        shadow_sync_names();
        return 0;
    }
    if (has_fault("sync")) {
        shadow_forget(files[fd]);
        return fail(EIO);
    }
    shadow_sync(files[fd]);
    return 0;
}

SHOWN int
fsync(int fd)
{
    if (!watched(fd) && !(fd >= 0 && fd < FDS && folders[fd]))
        return (int)syscall(SYS_fsync, fd);
    pthread_mutex_lock(&lock);
    step();
    int result = sync_it(fd);
    pthread_mutex_unlock(&lock);
    return result;
}

/* --- names --- */

/* The path's name in the store: the folder may be written in another way. */
static const char *
resolve(const char *path, char absolute[PATH_MAX])
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    int len = slash ? (int)(slash - path) + 1 : 1;
    (void)snprintf(folder, sizeof folder, "%.*s", len, slash ? path : ".");
    if (!*store || !realpath(folder, absolute) || strcmp(absolute, store) != 0)
        return NULL;
    return shadow_skips(name) ? NULL : name;
}

SHOWN int
unlink(const char *path)
{
    char absolute[PATH_MAX];
    struct stat what;
    const char *name = resolve(path, absolute);
    if (!name || lstat(path, &what))
        return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    pthread_mutex_lock(&lock);
    step();
    int result = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    if (!result)
        shadow_unlink(name, &what);
    pthread_mutex_unlock(&lock);
    return result;
}

SHOWN int
rename(const char *from, const char *to)
{
    char absolute[PATH_MAX];
    const char *old = resolve(from, absolute), *new = resolve(to, absolute);
    pthread_mutex_lock(&lock);
    struct stat replaced = {0};
    if (old || new)
        step();
    if (new)
        (void)lstat(to, &replaced);
    int result = (int)syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD, to);
    if (!result && old && new)
        shadow_rename(old, new, &replaced);
    pthread_mutex_unlock(&lock);
    if (!result && !old != !new) {
        (void)dprintf(2, "powerloss: %s to %s: not known\n", from, to);
        abort();
    }
    return result;
}

/* --- what is not known --- */

static void
refuse(int fd, const char *call)
{
    if (!watched(fd))
        return;
    (void)dprintf(2, "powerloss: %s is not known\n", call);
    abort();
}

SHOWN ssize_t
writev(int fd, const struct iovec *parts, int count)
{
    refuse(fd, "writev");
    return syscall(SYS_writev, fd, parts, count);
}

SHOWN ssize_t
pwritev(int fd, const struct iovec *parts, int count, off_t at)
{
    refuse(fd, "pwritev");
    return syscall(SYS_pwritev, fd, parts, count, at, 0);
}

SHOWN int
fallocate(int fd, int mode, off_t at, off_t len)
{
    refuse(fd, "fallocate");
    return (int)syscall(SYS_fallocate, fd, mode, at, len);
}

SHOWN int
posix_fallocate(int fd, off_t at, off_t len)
{
    refuse(fd, "posix_fallocate");
    return syscall(SYS_fallocate, fd, 0, at, len) ? errno : 0;
}

/* --- other names of the same --- */

#define SAME(name) SHOWN __attribute__((alias(name)))

SAME("open") int open64(const char *path, int flags, ...);
SAME("openat") int openat64(int folder, const char *path, int flags, ...);
SAME("pwrite")
ssize_t pwrite64(int fd, const void *data, size_t len, off64_t at);
SAME("pwritev")
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t at);
SAME("ftruncate") int ftruncate64(int fd, off64_t size);
SAME("fsync") int fdatasync(int fd);
SAME("fallocate") int fallocate64(int fd, int mode, off64_t at, off64_t len);
SAME("posix_fallocate") int posix_fallocate64(int fd, off64_t at, off64_t len);
