/* SPDX-License-Identifier: MPL-2.0 */
/*
 * watch_stat: a watch for systems where nobody tells that a file has changed:
 * it is looked at now and then. What it cannot know is whether somebody is
 * still writing.
 */
#ifndef CONFAB_WATCH_STAT_H
#define CONFAB_WATCH_STAT_H

#include <stdbool.h>
#include <sys/stat.h>

struct watch_stat {
    int folder; /* -1: none */
    const char *name;
    bool there;
    struct stat seen; /* where it is there */
};

/* `name` (borrowed) is looked at in `folder`. False: errno says why. */
[[nodiscard]] bool watch_stat_init(struct watch_stat *watch, const char *folder,
                                   const char *name);
void watch_stat_fini(struct watch_stat *watch);
/* Whether it is another file, or has been touched, since this was asked last.
 */
bool watch_stat_changed(struct watch_stat *watch);

#endif
