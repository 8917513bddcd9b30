/* SPDX-License-Identifier: MPL-2.0 */
/*
 * watch_stat: see watch_stat.h. Every change of a file moves its ctime, though
 * not within a tick of the system's clock; a replaced one has another number.
 */
#include "watch_stat.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#ifdef __APPLE__
#define CHANGED_AT st_ctimespec
#else
#define CHANGED_AT st_ctim
#endif

static bool
look(const struct watch_stat *watch, struct stat *status)
{
    return fstatat(watch->folder, watch->name, status, AT_SYMLINK_NOFOLLOW) ==
           0;
}

bool
watch_stat_init(struct watch_stat *watch, const char *folder, const char *name)
{
    *watch = (struct watch_stat){.name = name};
    watch->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    watch->there = watch->folder >= 0 && look(watch, &watch->seen);
    return watch->folder >= 0;
}

void
watch_stat_fini(struct watch_stat *watch)
{
    if (watch->folder >= 0) {
        (void)close(watch->folder);
    }
    watch->folder = -1;
}

static bool
same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino &&
           a->st_size == b->st_size && a->st_mode == b->st_mode &&
           a->CHANGED_AT.tv_sec == b->CHANGED_AT.tv_sec &&
           a->CHANGED_AT.tv_nsec == b->CHANGED_AT.tv_nsec;
}

bool
watch_stat_changed(struct watch_stat *watch)
{
    struct stat now = {0};
    bool there = look(watch, &now);
    bool changed = there != watch->there ||
                   (there && !same(&now, &watch->seen));
    watch->there = there;
    watch->seen = now;
    return changed;
}
