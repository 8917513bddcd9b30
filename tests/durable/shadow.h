/* SPDX-License-Identifier: MPL-2.0 */
/*
 * shadow: what of a folder is on disk, as a second folder.
 *
 * A disk may forget whatever was not synced. The shadow holds the other half:
 * of each file the bytes that it had when it was last synced, under the names
 * that were there when the folder was last synced. What came since is a list of
 * changes that waits; a sync applies it, a power cut forgets it. Names are hard
 * links to nodes, so a rename costs nothing and a name without its folder's
 * sync is a node without a name.
 *
 * Nothing here is safe from threads: powerloss.c has the lock.
 */
#ifndef CONFAB_SHADOW_H
#define CONFAB_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/stat.h>

struct shadow_node;

/* `folder` is there, empty or not; what it has already is on disk. Aborts, with
 * words, when the shadow cannot be made. `leak` not 0: a random half of what
 * waits is on disk all the same, sector by sector, by this seed. */
void shadow_init(const char *folder, const char *shadow, unsigned leak);
/* Whether a file of this name is never on disk. */
bool shadow_skips(const char *name);
/* A file of the folder, new or known, by what fstat says. */
struct shadow_node *shadow_open(const char *name, const struct stat *what);
void shadow_write(struct shadow_node *node, const void *data, size_t len,
                  off_t at);
void shadow_truncate(struct shadow_node *node, off_t size);
void shadow_sync(struct shadow_node *node);
/* A failed sync: what waited is forgotten, as Linux does. */
void shadow_forget(struct shadow_node *node);

/* Names: they wait for shadow_sync_names. */
void shadow_unlink(const char *name, const struct stat *what);
/* `replaced`: what `to` was, with inode 0 when it was nothing. */
void shadow_rename(const char *from, const char *to,
                   const struct stat *replaced);
void shadow_sync_names(void);

#endif
