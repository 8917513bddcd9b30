/* SPDX-License-Identifier: MPL-2.0 */
/*
 * watch: tells when a file was changed, replaced, removed or comes to be.
 *
 * It watches the folder, since who edits a file mostly puts another in its
 * place; and not the end of links: who changes what a link leads to sends
 * SIGHUP. When the folder itself goes, that is told, and nothing afterwards.
 *
 * On systems where nobody tells (all but Linux here) it has to be asked.
 */
#ifndef CONFAB_WATCH_H
#define CONFAB_WATCH_H

#include <stdbool.h>

enum { WATCH_EVERY = 500 }; /* ms between two looks, where nobody tells */

struct watch;

/* The folder of `path` must be there, the file need not. NULL: errno says why
 * (ENOENT: there is no such folder; ENOSPC, EMFILE: the system's limits of
 * inotify). */
[[nodiscard]] struct watch *watch_new(const char *path);
/* `*watch` becomes NULL. */
void watch_free(struct watch **watch);

/* Readable when something has happened in the folder. Borrowed. -1: there is
 * none, ask watch_changed every WATCH_EVERY ms. */
int watch_fd(const struct watch *watch);
/* Takes all that has happened; true when the file was changed, or may have
 * been. Never waits. */
bool watch_changed(struct watch *watch);

#endif
