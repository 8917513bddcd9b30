/* SPDX-License-Identifier: MPL-2.0 */
/*
 * store_open: the state file of an earlier run, read again.
 *
 * What a crash tore off at the end is cut away, with the whole group that it
 * belongs to; what is damaged elsewhere is refused.
 */
#define _GNU_SOURCE /* flock, asprintf */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "proto/little.h"
#include "store_inner.h"

enum { OPEN_TRIES = 10 }; /* against one who rewrites at the same time */

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
    if (rest.len < STORE_HEADER + STORE_FIXED)
        return 0;
    size_t len = (size_t)little_get(rest.data, 4);
    if (len < STORE_FIXED || len > rest.len - STORE_HEADER)
        return 0;
    const uint8_t *payload = rest.data + STORE_HEADER;
    size_t name = payload[1];
    unsigned kind = payload[0] & ~(unsigned)STORE_MORE;
    if (little_get(rest.data + 4, 8) !=
            store_checksum(slice_of(payload, len)) ||
        kind > KEEP_LAST || STORE_FIXED + name > len)
        return 0;
    *record = (struct record){
        .kind = (enum keep)kind,
        .more = payload[0] & STORE_MORE,
        .number = little_get(payload + 2, 8),
        .name = slice_of(payload + STORE_FIXED, name),
        .bytes =
            slice_of(payload + STORE_FIXED + name, len - STORE_FIXED - name),
    };
    return STORE_HEADER + len;
}

/* A record that was not written to its end before a crash: it reaches beyond
 * the file, or the rest of the file was never filled. */
static bool
is_torn(struct slice rest)
{
    if (rest.len < STORE_HEADER || all_zero(rest))
        return true;
    uint64_t len = little_get(rest.data, 4);
    return len <= STORE_RECORD_MAX && len >= rest.len - STORE_HEADER;
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

/* A file in memory, and how far it was read. */
struct replay {
    const char *path;
    struct slice file;
    size_t at;
    struct store_reader *reader;
};

static struct slice
rest_of(const struct replay *r, size_t at)
{
    return slice_of(r->file.data + at, r->file.len - at);
}

/* Where the group that begins at r->at ends; there, when it is torn. */
static int
group_end(const struct replay *r, size_t *end)
{
    struct record record = {.more = true};
    size_t to = r->at;
    *end = to;
    while (record.more) {
        size_t len = decode(rest_of(r, to), &record);
        if (!len)
            return is_torn(rest_of(r, to)) ? CONFAB_OK
                                           : damaged(r->path, to, r->reader);
        to += len;
    }
    *end = to;
    return CONFAB_OK;
}

static int
give(const struct replay *r, const struct record *record)
{
    int error = r->reader->each(r->reader->owner, record);
    if (error == CONFAB_ESTATE && record->kind == KEEP_ID)
        snprintf(r->reader->fault, STORE_FAULT, "%.100s is the state of %.*s",
                 r->path, SLICE_ARG(record->bytes));
    else if (error == CONFAB_ESTATE)
        (void)damaged(r->path, r->at, r->reader);
    return error;
}

/* Gives all records to `each`; r->at is then where the whole ones end. */
static int
replay(struct replay *r)
{
    struct slice file = r->file;
    if (file.len < STORE_MAGIC_LEN &&
        memcmp(file.data, STORE_MAGIC, file.len) == 0)
        return CONFAB_OK; /* new, or torn when it was */
    if (file.len < STORE_MAGIC_LEN ||
        memcmp(file.data, STORE_MAGIC, STORE_MAGIC_LEN) != 0)
        return damaged(r->path, 0, r->reader);
    r->at = STORE_MAGIC_LEN;
    for (;;) {
        size_t end;
        int error = group_end(r, &end);
        if (error || end == r->at)
            return error;
        while (!error && r->at < end) {
            struct record record;
            size_t len = decode(rest_of(r, r->at), &record);
            error = give(r, &record);
            r->at += len;
        }
        if (error)
            return error;
    }
}

static int
load(struct store *store, struct store_reader *reader)
{
    size_t len;
    uint8_t *data = read_file(store->fd, &len);
    if (!data) {
        snprintf(reader->fault, STORE_FAULT, "cannot read %.100s: %s",
                 store->path, strerror(errno));
        return CONFAB_ESTATE;
    }
    struct replay r = {
        .path = store->path, .file = slice_of(data, len), .reader = reader};
    int error = replay(&r);
    free(data);
    if (error)
        return error;
    store->broken =
        ftruncate(store->fd, (off_t)r.at) < 0 ||
        (!r.at && !store_write(store->fd, STORE_MAGIC, STORE_MAGIC_LEN));
    store->size = r.at ? r.at : STORE_MAGIC_LEN;
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
