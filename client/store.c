/* SPDX-License-Identifier: MPL-2.0 */
/*
 * store: see store.h.
 *
 *     file    "confab-state 1\n", then records
 *     record  length of the payload (4 bytes), FNV-1a of it (8), payload
 *     payload kind (1), length of name (1), number (8), name, bytes
 *
 * Integers are little-endian. The lock is on the file itself; as a rewrite puts
 * another file in its place, that one is locked before, and whoever opens looks
 * whether what he locked is still what the path means.
 */
#define _GNU_SOURCE /* flock, asprintf */
#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADER = 12, /* length and checksum */
    FIXED = 10,  /* kind, length of name, number */
    RECORD_MAX = HEADER + FIXED + LIMIT_NAME + LIMIT_FRAME,
    BLOATED_MIN = 1048576, /* bytes: below it a rewrite is not worth it */
    BLOATED_FACTOR = 4,    /* grown so much since the last rewrite */
    OPEN_TRIES = 10,       /* against one who rewrites at the same time */
};

static const char magic[] = "confab-state 1\n";
enum { MAGIC = sizeof magic - 1 };

struct store {
    int fd;
    bool broken;
    char *path;
    char *fresh; /* the name of the file under rewrite */
    uint64_t size;
    uint64_t base; /* size after the last rewrite */
    uint8_t record[RECORD_MAX];
};

static void
put(uint8_t *at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> (8 * i));
}

static uint64_t
get(const uint8_t *at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static uint64_t
checksum(struct slice bytes)
{
    uint64_t sum = UINT64_C(14695981039346656037);
    for (size_t i = 0; i < bytes.len; i++)
        sum = (sum ^ bytes.data[i]) * UINT64_C(1099511628211);
    return sum;
}

static bool
write_all(int fd, const void *data, size_t len)
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
    uint8_t *payload = store->record + HEADER;
    size_t name = record->name.len;
    size_t len = FIXED + name + record->bytes.len;
    if (name > LIMIT_NAME || HEADER + len > RECORD_MAX)
        return 0;
    payload[0] = (uint8_t)record->kind;
    payload[1] = (uint8_t)name;
    put(payload + 2, record->number, 8);
    if (name)
        memcpy(payload + FIXED, record->name.data, name);
    if (record->bytes.len)
        memcpy(payload + FIXED + name, record->bytes.data, record->bytes.len);
    put(store->record, len, 4);
    put(store->record + 4, checksum(slice_of(payload, len)), 8);
    return HEADER + len;
}

static bool
append(struct store *store, int fd, const struct record *record)
{
    size_t len = encode(store, record);
    if (!len || !write_all(fd, store->record, len))
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
    if (ok && record->kind == KEEP_MESSAGE)
        ok = fdatasync(store->fd) == 0;
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
    store->size = MAGIC;
    bool ok = flock(w.fd, LOCK_EX | LOCK_NB) == 0 &&
              write_all(w.fd, magic, MAGIC) &&
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

/* Whether the file that is open is a plain one, still the one at the path. */
static bool
is_current(int fd, const char *path)
{
    struct stat open_one, named;
    return fstat(fd, &open_one) == 0 && stat(path, &named) == 0 &&
           S_ISREG(named.st_mode) && open_one.st_dev == named.st_dev &&
           open_one.st_ino == named.st_ino;
}

/* The open and locked file; -1 with a fault. */
static int
open_locked(const char *path, struct store_reader *reader)
{
    for (int i = 0; i < OPEN_TRIES; i++) {
        int fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (fd < 0) {
            snprintf(reader->fault, STORE_FAULT, "cannot open %.100s: %s", path,
                     strerror(errno));
            return -1;
        }
        if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
            snprintf(reader->fault, STORE_FAULT,
                     "%.100s is in use by another program", path);
            close(fd);
            return -1;
        }
        if (is_current(fd, path))
            return fd;
        close(fd);
    }
    snprintf(reader->fault, STORE_FAULT,
             "%.100s is no regular file, or replaced all the time", path);
    return -1;
}

/* The whole file, with malloc. NULL: see errno. */
static uint8_t *
read_file(int fd, size_t *len)
{
    struct stat st;
    if (fstat(fd, &st) < 0)
        return NULL;
    size_t size = (size_t)st.st_size;
    uint8_t *data = malloc(size + 1);
    if (!data)
        return NULL;
    *len = 0;
    while (*len < size) {
        ssize_t n = pread(fd, data + *len, size - *len, (off_t)*len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        *len += (size_t)n;
    }
    if (*len == size)
        return data;
    free(data);
    return NULL;
}

static bool
all_zero(struct slice bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.data[i])
            return false;
    return true;
}

/* Reads the record at the start of `rest`; gives its length, 0 when there is
 * none that is whole. */
static size_t
decode(struct slice rest, struct record *record)
{
    if (rest.len < HEADER + FIXED)
        return 0;
    size_t len = (size_t)get(rest.data, 4);
    if (len < FIXED || len > rest.len - HEADER)
        return 0;
    const uint8_t *payload = rest.data + HEADER;
    size_t name = payload[1];
    if (get(rest.data + 4, 8) != checksum(slice_of(payload, len)) ||
        payload[0] > KEEP_LAST || FIXED + name > len)
        return 0;
    *record = (struct record){
        .kind = (enum keep)payload[0],
        .number = get(payload + 2, 8),
        .name = slice_of(payload + FIXED, name),
        .bytes = slice_of(payload + FIXED + name, len - FIXED - name),
    };
    return HEADER + len;
}

/* A record that was not written to its end before a crash: it reaches beyond
 * the file, or the rest of the file was never filled. */
static bool
is_torn(struct slice rest)
{
    if (rest.len < HEADER || all_zero(rest))
        return true;
    uint64_t len = get(rest.data, 4);
    return len <= RECORD_MAX && len >= rest.len - HEADER;
}

static int
damaged(const char *path, size_t at, struct store_reader *reader)
{
    snprintf(reader->fault, STORE_FAULT,
             "%.100s is damaged at byte %zu, or no state file: remove it to "
             "begin anew",
             path, at);
    return CONFAB_ESTATE;
}

/* Gives all records to `each`; `*size` is where the whole ones end. */
static int
replay(const char *path, struct slice file, size_t *size,
       struct store_reader *reader)
{
    *size = 0;
    if (file.len < MAGIC && memcmp(file.data, magic, file.len) == 0)
        return CONFAB_OK; /* new, or torn when it was */
    if (file.len < MAGIC || memcmp(file.data, magic, MAGIC) != 0)
        return damaged(path, 0, reader);
    size_t at = MAGIC;
    while (at < file.len) {
        struct slice rest = slice_of(file.data + at, file.len - at);
        struct record record;
        size_t len = decode(rest, &record);
        if (!len && is_torn(rest))
            break;
        if (!len)
            return damaged(path, at, reader);
        int error = reader->each(reader->owner, &record);
        if (error == CONFAB_ESTATE && record.kind == KEEP_ID)
            snprintf(reader->fault, STORE_FAULT, "%.100s is the state of %.*s",
                     path, SLICE_ARG(record.bytes));
        else if (error == CONFAB_ESTATE)
            (void)damaged(path, at, reader);
        if (error)
            return error;
        at += len;
    }
    *size = at;
    return CONFAB_OK;
}

static int
load(struct store *store, struct store_reader *reader)
{
    size_t len, whole;
    uint8_t *data = read_file(store->fd, &len);
    if (!data) {
        snprintf(reader->fault, STORE_FAULT, "cannot read %.100s: %s",
                 store->path, strerror(errno));
        return CONFAB_ESTATE;
    }
    int error = replay(store->path, slice_of(data, len), &whole, reader);
    free(data);
    if (error)
        return error;
    store->broken = ftruncate(store->fd, (off_t)whole) < 0 ||
                    (!whole && !write_all(store->fd, magic, MAGIC));
    store->size = whole ? whole : MAGIC;
    store->base = store->size;
    if (store->broken)
        snprintf(reader->fault, STORE_FAULT, "cannot write %.100s: %s",
                 store->path, strerror(errno));
    return store->broken ? CONFAB_ESTATE : CONFAB_OK;
}

int
store_open(struct store **store, const char *path, struct store_reader *reader)
{
    *store = NULL;
    snprintf(reader->fault, STORE_FAULT, "no memory");
    struct store *st = calloc(1, sizeof *st);
    if (!st)
        return CONFAB_ENOMEM;
    st->fd = -1;
    st->path = strdup(path);
    int error = CONFAB_ENOMEM;
    if (st->path && asprintf(&st->fresh, "%s.new", path) > 0) {
        st->fd = open_locked(path, reader);
        error = st->fd < 0 ? CONFAB_ESTATE : load(st, reader);
    }
    if (error)
        store_close(st);
    else
        *store = st;
    return error;
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
