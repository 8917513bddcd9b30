/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Nodes live in SHADOW/.nodes, numbered; their names are links beside it. A
 * node is known by its inode as long as it has a name, since a file made later
 * may get the same one.
 */
#define _GNU_SOURCE
#include "shadow.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    NODES = 4096, /* files that one process ever makes */
    PATH = 1024,
    SECTOR = 512,
};

struct change {
    struct change *next;
    bool truncates;
    off_t at; /* or the size */
    size_t len;
    unsigned char data[];
};

struct shadow_node {
    ino_t inode; /* 0: it has no name any more */
    int fd;
    struct change *first, **last;
};

enum naming { NAMING_LINK, NAMING_UNLINK, NAMING_RENAME };

struct naming_change {
    struct naming_change *next;
    enum naming what;
    unsigned node;
    char from[NAME_MAX + 1], to[NAME_MAX + 1];
};

static char root[PATH / 2];
static struct shadow_node nodes[NODES];
static unsigned node_count;
static struct naming_change *names_first, **names_last = &names_first;
static unsigned long long leaking; /* state of the dice, 0: nothing leaks */

/* The calls of powerloss.c stand before libc's: these go past them. */
static void
must(long result, const char *what)
{
    if (result >= 0)
        return;
    (void)dprintf(2, "powerloss: %s in %s: %s\n", what, root, strerror(errno));
    abort();
}

static void *
must_have(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static bool
dice(void)
{
    leaking = leaking * 6364136223846793005U + 1442695040888963407U;
    return (leaking >> 60) & 1;
}

static const char *
node_path(unsigned node, char path[PATH])
{
    (void)snprintf(path, PATH, "%s/.nodes/%u", root, node);
    return path;
}

static const char *
name_path(const char *name, char path[PATH])
{
    (void)snprintf(path, PATH, "%s/%s", root, name);
    return path;
}

static unsigned
node_add(ino_t inode)
{
    char path[PATH];
    struct shadow_node *node = &nodes[node_count];
    if (node_count == NODES)
        abort();
    *node = (struct shadow_node){.inode = inode, .last = &node->first};
    node->fd = (int)syscall(SYS_openat, AT_FDCWD, node_path(node_count, path),
                            O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    must(node->fd, "open");
    return node_count++;
}

static struct shadow_node *
node_find(ino_t inode)
{
    for (unsigned i = 0; inode && i < node_count; i++) {
        if (nodes[i].inode == inode)
            return &nodes[i];
    }
    return NULL;
}

bool
shadow_skips(const char *name)
{
    size_t len = strlen(name);
    return len > 4 && !strcmp(name + len - 4, "-shm");
}

/* --- contents --- */

static void
put(const struct shadow_node *node, const unsigned char *data, size_t len,
    off_t at)
{
    while (len > 0) {
        ssize_t done = syscall(SYS_pwrite64, node->fd, data, len, at);
        must(done, "write");
        data += done;
        len -= (size_t)done;
        at += done;
    }
}

static void
apply(const struct shadow_node *node, const struct change *c)
{
    if (c->truncates)
        must(syscall(SYS_ftruncate, node->fd, c->at), "truncate");
    else
        put(node, c->data, c->len, c->at);
}

static void
leak(const struct shadow_node *node, const struct change *c)
{
    if (c->truncates) {
        if (dice())
            apply(node, c);
        return;
    }
    for (size_t i = 0; i < c->len; i += SECTOR) {
        size_t len = c->len - i < SECTOR ? c->len - i : SECTOR;
        if (dice())
            put(node, c->data + i, len, c->at + (off_t)i);
    }
}

static void
change_add(struct shadow_node *node, struct change *c)
{
    *node->last = c;
    node->last = &c->next;
    if (leaking)
        leak(node, c);
}

void
shadow_write(struct shadow_node *node, const void *data, size_t len, off_t at)
{
    struct change *c = must_have(malloc(sizeof *c + len));
    *c = (struct change){.at = at, .len = len};
    memcpy(c->data, data, len);
    change_add(node, c);
}

void
shadow_truncate(struct shadow_node *node, off_t size)
{
    struct change *c = must_have(malloc(sizeof *c));
    *c = (struct change){.truncates = true, .at = size};
    change_add(node, c);
}

void
shadow_forget(struct shadow_node *node)
{
    while (node->first) {
        struct change *c = node->first;
        node->first = c->next;
        free(c);
    }
    node->last = &node->first;
}

void
shadow_sync(struct shadow_node *node)
{
    for (const struct change *c = node->first; c; c = c->next)
        apply(node, c);
    shadow_forget(node);
}

/* --- names --- */

static void
naming_add(enum naming what, unsigned node, const char *from, const char *to)
{
    struct naming_change *c = must_have(calloc(1, sizeof *c));
    c->what = what;
    c->node = node;
    (void)snprintf(c->from, sizeof c->from, "%s", from);
    (void)snprintf(c->to, sizeof c->to, "%s", to);
    *names_last = c;
    names_last = &c->next;
}

static void
naming_apply(const struct naming_change *c)
{
    char from[PATH], to[PATH];
    name_path(c->from, from);
    if (c->what == NAMING_RENAME) {
        must(syscall(SYS_renameat, AT_FDCWD, from, AT_FDCWD,
                     name_path(c->to, to)),
             "rename");
        return;
    }
    (void)syscall(SYS_unlinkat, AT_FDCWD, from, 0);
    if (c->what == NAMING_LINK)
        must(syscall(SYS_linkat, AT_FDCWD, node_path(c->node, to), AT_FDCWD,
                     from, 0),
             "link");
}

void
shadow_sync_names(void)
{
    while (names_first) {
        struct naming_change *c = names_first;
        naming_apply(c);
        names_first = c->next;
        free(c);
    }
    names_last = &names_first;
}

struct shadow_node *
shadow_open(const char *name, const struct stat *what)
{
    struct shadow_node *known = node_find(what->st_ino);
    if (known)
        return known;
    unsigned node = node_add(what->st_ino);
    naming_add(NAMING_LINK, node, name, "");
    return &nodes[node];
}

void
shadow_unlink(const char *name, const struct stat *what)
{
    struct shadow_node *node = node_find(what->st_ino);
    if (!node)
        return;
    node->inode = 0;
    naming_add(NAMING_UNLINK, 0, name, "");
}

void
shadow_rename(const char *from, const char *to, const struct stat *replaced)
{
    struct shadow_node *node = node_find(replaced->st_ino);
    if (node)
        node->inode = 0;
    naming_add(NAMING_RENAME, 0, from, to);
}

/* --- the beginning --- */

static void
adopt(int folder, const char *name)
{
    struct stat what;
    unsigned char block[1 << 14];
    off_t at = 0;
    ssize_t len;
    if (fstatat(folder, name, &what, AT_SYMLINK_NOFOLLOW) ||
        !S_ISREG(what.st_mode))
        return;
    int fd = (int)syscall(SYS_openat, folder, name, O_RDONLY | O_CLOEXEC, 0);
    must(fd, "open");
    unsigned node = node_add(what.st_ino);
    while ((len = syscall(SYS_pread64, fd, block, sizeof block, at)) > 0) {
        put(&nodes[node], block, (size_t)len, at);
        at += len;
    }
    syscall(SYS_close, fd);
    naming_add(NAMING_LINK, node, name, "");
}

void
shadow_init(const char *folder, const char *shadow, unsigned leak_seed)
{
    char path[PATH];
    struct dirent *entry;
    (void)snprintf(root, sizeof root, "%s", shadow);
    leaking = leak_seed;
    must(mkdir(name_path(".nodes", path), 0700), "mkdir");
    DIR *dir = opendir(folder);
    must(dir ? 0 : -1, "opendir");
    while ((entry = readdir(dir))) {
        if (!shadow_skips(entry->d_name))
            adopt(dirfd(dir), entry->d_name);
    }
    closedir(dir);
    shadow_sync_names();
}
