/* SPDX-License-Identifier: MPL-2.0 */
/*
 * watch: see watch.h.
 *
 * A file that is being written is not read before it is closed, and changed
 * rights count, since they decide whether it is read at all. When events were
 * lost, or the folder itself has gone, the answer is "it may have changed": to
 * look once too often costs little. Where there is no inotify, watch_stat.c
 * looks.
 */
#include "watch.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "proto/os.h"
#include "watch_stat.h"
#include "xmem.h"

/* The folder of a path, and the name in it; false: errno says why. */
static bool
split(const char *path, char folder[static PATH_MAX],
      char name[static NAME_MAX + 1])
{
    const char *slash = strrchr(path, '/');
    const char *last = slash ? slash + 1 : path;
    size_t len = (size_t)(last - path);
    errno = ENAMETOOLONG;
    if (len >= PATH_MAX - 1 || strlen(last) > NAME_MAX) {
        return false;
    }
    (void)snprintf(folder, PATH_MAX, "%.*s.", (int)len, path);
    (void)snprintf(name, NAME_MAX + 1, "%s", last);
    return true;
}

#if OS_LINUX

#include <sys/inotify.h>

enum { EVENTS_BYTES = 4096 };

struct watch {
    int fd;
    char name[NAME_MAX + 1];
};

struct watch *
watch_new(const char *path)
{
    enum {
        CHANGES = IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE |
                  IN_ATTRIB | IN_ONLYDIR
    };
    char folder[PATH_MAX];
    struct watch *watch = xcalloc(1, sizeof *watch);
    watch->fd = -1;
    if (split(path, folder, watch->name)) {
        watch->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    }
    if (watch->fd < 0 || inotify_add_watch(watch->fd, folder, CHANGES) < 0) {
        int code = errno;
        watch_free(&watch);
        errno = code;
    }
    return watch;
}

void
watch_free(struct watch **address)
{
    struct watch *watch = *address;
    *address = NULL;
    if (!watch) {
        return;
    }
    if (watch->fd >= 0) {
        (void)close(watch->fd);
    }
    free(watch);
}

int
watch_fd(const struct watch *watch)
{
    return watch->fd;
}

static bool
is_ours(const struct watch *watch, const struct inotify_event *event)
{
    if (event->mask & (IN_Q_OVERFLOW | IN_IGNORED)) {
        return true;
    }
    return event->len > 0 && !strcmp(event->name, watch->name);
}

bool
watch_changed(struct watch *watch)
{
    union {
        struct inotify_event event; /* for its alignment */
        char bytes[EVENTS_BYTES];
    } buffer;
    bool changed = false;
    ssize_t len;
    while ((len = read(watch->fd, buffer.bytes, sizeof buffer.bytes)) > 0) {
        for (ssize_t at = 0; at < len;) {
            const struct inotify_event *event =
                (const struct inotify_event *)(const void *)&buffer.bytes[at];
            changed = changed || is_ours(watch, event);
            at += (ssize_t)(sizeof *event + event->len);
        }
    }
    return changed;
}

#else

struct watch {
    struct watch_stat stat;
    char name[NAME_MAX + 1];
};

struct watch *
watch_new(const char *path)
{
    char folder[PATH_MAX];
    struct watch *watch = xcalloc(1, sizeof *watch);
    watch->stat.folder = -1;
    if (!split(path, folder, watch->name) ||
        !watch_stat_init(&watch->stat, folder, watch->name)) {
        int code = errno;
        watch_free(&watch);
        errno = code;
    }
    return watch;
}

void
watch_free(struct watch **address)
{
    struct watch *watch = *address;
    *address = NULL;
    if (watch) {
        watch_stat_fini(&watch->stat);
        free(watch);
    }
}

int
watch_fd(const struct watch *watch)
{
    (void)watch;
    return -1;
}

bool
watch_changed(struct watch *watch)
{
    return watch_stat_changed(&watch->stat);
}

#endif
