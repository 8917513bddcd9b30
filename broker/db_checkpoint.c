/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A passive checkpoint copies what was committed when it began; meanwhile more
 * is written, of which it does not know: the writer's commits tell. So it is
 * repeated, and the database synced, until little is left or it does not become
 * less, while nobody waits, and the rest is copied with the writer shut out.
 * Then SQLite begins the WAL anew with the next commit.
 *
 * A mutex goes to whoever is quickest, and that is the writer: it looks whether
 * the thread wants it, or the WAL would grow while the thread waits in vain.
 *
 * SQLite syncs the database only in the pass that reaches the WAL's end, which
 * would be the one that the writer waits for: so it is done by hand before,
 * through the file object.
 */
#include "db_checkpoint.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/os.h"
#include "xmem.h"

enum {
    /* A checkpoint is due. What it syncs the writer's own syncs wait for, and
     * with 4 MiB that is 3 ms where it was 8 with 16; less costs throughput. */
    WAL_PAGES = (4 << 20) / DB_PAGE,
    WAL_REST = (1 << 20) / DB_PAGE, /* little enough to let the writer wait */
    PASSES = 8,                     /* then the writer waits for what is left */
    PASS_GAIN = 4,                  /* a part of what is left that one gains */
};

struct checkpoint {
    sqlite3 *sql;
    sqlite3 *writing; /* the writer's; borrowed */
    pthread_t thread;
    pthread_mutex_t writer; /* held around each transaction */
    pthread_mutex_t lock;   /* of what follows */
    pthread_cond_t wake;
    pthread_cond_t passed; /* with `writer` */
    atomic_bool wanted;    /* the thread waits for `writer`: let it have it */
    bool due, stop, failed, syncs;
    int next;    /* pages of WAL at which it is due */
    int written; /* pages of WAL, at the last commit */
    char fault[DB_FAULT];
};

/* SQLite calls it in the writer's thread, after a commit. */
static int
on_commit(void *self, sqlite3 *sql, const char *name, int pages)
{
    struct checkpoint *c = self;
    (void)sql;
    (void)name;
    pthread_mutex_lock(&c->lock);
    c->written = pages;
    if (pages < c->next - WAL_PAGES)
        c->next = WAL_PAGES; /* the WAL has begun anew */
    if (pages >= c->next) {
        c->next = pages + WAL_PAGES;
        c->due = true;
        pthread_cond_signal(&c->wake);
    }
    pthread_mutex_unlock(&c->lock);
    return SQLITE_OK;
}

/* Copies; `copied`: pages, since the WAL began anew. */
static bool
pass(struct checkpoint *c, int *copied)
{
    int code = sqlite3_wal_checkpoint_v2(
        c->sql, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, copied);
    if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED)
        return true;
    pthread_mutex_lock(&c->lock);
    c->failed = true;
    (void)snprintf(c->fault, sizeof c->fault, "%s", sqlite3_errmsg(c->sql));
    pthread_mutex_unlock(&c->lock);
    return false;
}

static void
sync_database(struct checkpoint *c)
{
    sqlite3_file *file = NULL;
    if (!c->syncs)
        return;
    sqlite3_file_control(c->sql, NULL, SQLITE_FCNTL_FILE_POINTER, &file);
    if (file && file->pMethods)
        (void)file->pMethods->xSync(file, SQLITE_SYNC_NORMAL);
}

/* Pages that were committed meanwhile. A WAL that began anew has none. */
static int
left_after(struct checkpoint *c, int copied)
{
    pthread_mutex_lock(&c->lock);
    int left = c->written > copied ? c->written - copied : 0;
    pthread_mutex_unlock(&c->lock);
    return left;
}

/* Copies and syncs beside the writer. False: it failed. */
static bool
catch_up(struct checkpoint *c)
{
    int before = INT_MAX;
    for (int i = 0; i < PASSES; i++) {
        int copied = 0;
        if (!pass(c, &copied))
            return false;
        sync_database(c);
        int left = left_after(c, copied);
        if (left <= WAL_REST || left > before - before / PASS_GAIN)
            return true;
        before = left;
    }
    return true;
}

static void
make_checkpoint(struct checkpoint *c)
{
    int copied;
    if (!catch_up(c))
        return;
    atomic_store(&c->wanted, true);
    pthread_mutex_lock(&c->writer);
    (void)pass(c, &copied);
    atomic_store(&c->wanted, false);
    pthread_cond_signal(&c->passed);
    pthread_mutex_unlock(&c->writer);
}

static void *
run(void *self)
{
    struct checkpoint *c = self;
    pthread_mutex_lock(&c->lock);
    while (!c->stop) {
        if (!c->due) {
            pthread_cond_wait(&c->wake, &c->lock);
            continue;
        }
        c->due = false;
        pthread_mutex_unlock(&c->lock);
        make_checkpoint(c);
        pthread_mutex_lock(&c->lock);
    }
    pthread_mutex_unlock(&c->lock);
    return NULL;
}

static bool
connect(struct checkpoint *c, const struct db *db, const char *sync)
{
    char sql[128];
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA synchronous = %s; PRAGMA wal_autocheckpoint = 0;",
                   sync);
    c->syncs = strcmp(sync, "OFF") != 0;
    return sqlite3_open_v2(db->path, &c->sql,
                           SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX,
                           NULL) == SQLITE_OK &&
           sqlite3_exec(c->sql, sql, NULL, NULL, NULL) == SQLITE_OK;
}

struct checkpoint *
checkpoint_new(struct db *db, const char *sync)
{
    struct checkpoint *c = xcalloc(1, sizeof *c);
    c->next = WAL_PAGES;
    pthread_mutex_init(&c->writer, NULL);
    pthread_mutex_init(&c->lock, NULL);
    pthread_cond_init(&c->wake, NULL);
    pthread_cond_init(&c->passed, NULL);
    if (!connect(c, db, sync) || os_thread(&c->thread, run, c)) {
        (void)snprintf(db->fault, sizeof db->fault, "no checkpoints: %s",
                       sqlite3_errmsg(c->sql));
        sqlite3_close(c->sql);
        free(c);
        return NULL;
    }
    c->writing = db->sql;
    sqlite3_wal_hook(c->writing, on_commit, c);
    return c;
}

void
checkpoint_enter(struct checkpoint *c)
{
    pthread_mutex_lock(&c->writer);
    while (atomic_load(&c->wanted))
        pthread_cond_wait(&c->passed, &c->writer);
}

void
checkpoint_leave(struct checkpoint *c)
{
    pthread_mutex_unlock(&c->writer);
}

bool
checkpoint_failed(struct checkpoint *c, char fault[static DB_FAULT])
{
    pthread_mutex_lock(&c->lock);
    bool failed = c->failed;
    if (failed)
        memcpy(fault, c->fault, sizeof c->fault);
    c->failed = false;
    pthread_mutex_unlock(&c->lock);
    return failed;
}

void
checkpoint_free(struct checkpoint **address)
{
    struct checkpoint *c = *address;
    *address = NULL;
    if (!c)
        return;
    pthread_mutex_lock(&c->lock);
    c->stop = true;
    pthread_cond_signal(&c->wake);
    pthread_mutex_unlock(&c->lock);
    pthread_join(c->thread, NULL);
    sqlite3_wal_hook(c->writing, NULL, NULL);
    sqlite3_close(c->sql);
    pthread_mutex_destroy(&c->writer);
    pthread_mutex_destroy(&c->lock);
    pthread_cond_destroy(&c->wake);
    pthread_cond_destroy(&c->passed);
    free(c);
}
