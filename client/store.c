/* SPDX-License-Identifier: MPL-2.0 */
/*
 * store: see store.h. Writing; opening and reading are in store_open.c, and
 * store_inner.h has the layout.
 *
 * The lock is on the file itself; as a rewrite puts another file in its place,
 * that one is locked before, and whoever opens looks whether what he locked is
 * still what the path means.
 */
#define _GNU_SOURCE /* flock */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "proto/little.h"
#include "proto/os.h"
#include "store_inner.h"

enum {
    BLOATED_MIN = 1048576, /* bytes: below it a rewrite is not worth it */
    BLOATED_FACTOR = 4,    /* grown so much since the last rewrite */
};

uint64_t
store_checksum(struct slice bytes)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes.len; i++)
        sum = (sum ^ bytes.data[i]) * UINT64_C(1099511628211);
    return sum;
}

bool
store_write(int fd, const void *data, size_t len)
{
    const char *at = data;
    while (len) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        len -= (size_t)n;
    }
    return true;
}

/* Encodes to store->record; gives its length. */
static size_t
encode(struct store *store, const struct record *record)
{
    uint8_t *payload = store->record + STORE_HEADER;
    size_t name = record->name.len;
    size_t len = STORE_FIXED + name + record->bytes.len;
    if (name > LIMIT_NAME || STORE_HEADER + len > STORE_RECORD_MAX)
        return 0;
    payload[0] = (uint8_t)(record->kind | (record->more ? STORE_MORE : 0));
    payload[1] = (uint8_t)name;
    little_put(payload + 2, record->number, 8);
    if (name)
        memcpy(payload + STORE_FIXED, record->name.data, name);
    if (record->bytes.len)
        memcpy(payload + STORE_FIXED + name, record->bytes.data,
               record->bytes.len);
    little_put(store->record, len, 4);
    little_put(store->record + 4, store_checksum(slice_of(payload, len)), 8);
    return STORE_HEADER + len;
}

static bool
append(struct store *store, int fd, const struct record *record)
{
    size_t len = encode(store, record);
    if (!len || !store_write(fd, store->record, len))
        return false;
    store->size += len;
    return true;
}

bool
store_keep(struct store *store, const struct record *record)
{
    if (store->broken)
        return false;
    bool ok = append(store, store->fd, record);
    if (ok && keep_is_urgent(record))
        ok = os_sync(store->fd);
    store->broken = !ok;
    return ok;
}

bool
store_is_bloated(const struct store *store)
{
    return store->size > BLOATED_MIN &&
           store->size / BLOATED_FACTOR > store->base;
}

/* Makes a rename durable. */
static bool
sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1)
                         : strdup(".");
    if (!folder)
        return false;
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    free(folder);
    if (fd < 0)
        return false;
    bool ok = fsync(fd) == 0;
    close(fd);
    return ok;
}

struct rewrite {
    struct store *store;
    int fd;
};

static bool
rewrite_record(void *owner, const struct record *record)
{
    struct rewrite *w = owner;
    return append(w->store, w->fd, record);
}

bool
store_rewrite(struct store *store, const struct session *s)
{
    if (store->broken)
        return false;
    store->broken = true;
    int flags = O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    struct rewrite w = {.store = store};
    w.fd = open(store->fresh, flags, 0600);
    if (w.fd < 0)
        return false;
    store->size = STORE_MAGIC_LEN;
    bool ok = flock(w.fd, LOCK_EX | LOCK_NB) == 0 &&
              store_write(w.fd, STORE_MAGIC, STORE_MAGIC_LEN) &&
              session_save(s, rewrite_record, &w) && fsync(w.fd) == 0 &&
              rename(store->fresh, store->path) == 0;
    if (!ok) {
        close(w.fd);
        unlink(store->fresh);
        return false;
    }
    close(store->fd);
    store->fd = w.fd;
    store->base = store->size;
    store->broken = !sync_folder(store->path);
    return !store->broken;
}

void
store_close(struct store *store)
{
    if (!store)
        return;
    if (store->fd >= 0)
        close(store->fd);
    free(store->path);
    free(store->fresh);
    free(store);
}
