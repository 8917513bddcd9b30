/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The checkpoint thread. A passive checkpoint runs beside the writer, but as
 * long as the writer goes on it never reaches the end of the log, and the log
 * begins anew only from its end. So when little is left, the last pass is made
 * between two transactions.
 *
 * SQLite syncs the file only in the pass that reaches the end: then all that
 * was copied goes to the disk while the writer waits. So the file is synced
 * here before, while the writer still runs.
 */
#include "store.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "load.h"

enum {
    CHECKPOINT_FRAMES = 4000, /* begin when the log is as long */
    LAST_FRAMES = 200,        /* few enough for the last pass */
    PASSES = 8,
    TMPFS = 0x01021994,
};

static void
must(sqlite3 *db, int rc, const char *what)
{
    if (rc != SQLITE_OK)
        fail("%s: %s", what, db ? sqlite3_errmsg(db) : sqlite3_errstr(rc));
}

sqlite3_stmt *
store_prepare(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *statement;
    must(db,
         sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, &statement,
                            NULL),
         sql);
    return statement;
}

bool
store_step(sqlite3_stmt *statement)
{
    int rc = sqlite3_step(statement);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        fail("%s: %s", sqlite3_sql(statement),
             sqlite3_errmsg(sqlite3_db_handle(statement)));
    return rc == SQLITE_ROW;
}

void
store_run(sqlite3_stmt *statement)
{
    while (store_step(statement))
        ;
    sqlite3_reset(statement);
}

static void
execute(sqlite3 *db, const char *sql)
{
    must(db, sqlite3_exec(db, sql, NULL, NULL, NULL), sql);
}

static sqlite3 *
connect_to(const char *path)
{
    sqlite3 *db = NULL;
    must(db,
         sqlite3_open_v2(path, &db,
                         SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                             SQLITE_OPEN_NOMUTEX,
                         NULL),
         path);
    /* secure_delete, on in Debian, writes every page that becomes free. */
    execute(db, "PRAGMA page_size=4096; PRAGMA journal_mode=WAL;"
                "PRAGMA synchronous=FULL; PRAGMA wal_autocheckpoint=0;"
                "PRAGMA secure_delete=OFF; PRAGMA busy_timeout=1000");
    return db;
}

/* --- the thread --- */

/* How many frames of the log are copied; none when it met the writer just as
 * that wrote the header of the index, which SQLite calls busy. */
static int
checkpoint(sqlite3 *db)
{
    int log, done;
    int rc = sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_PASSIVE,
                                       &log, &done);
    if (rc == SQLITE_BUSY)
        return 0;
    must(db, rc, "checkpoint");
    return done;
}

static void
sync_file(sqlite3 *db)
{
    sqlite3_file *file = NULL;
    must(db, sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &file),
         "file_control");
    must(db, file->pMethods->xSync(file, SQLITE_SYNC_NORMAL), "sync");
}

static void
checkpoint_all(struct store *store, sqlite3 *db)
{
    for (unsigned pass = 0; pass < PASSES; pass++) {
        int done = checkpoint(db);
        sync_file(db);
        if (atomic_load(&store->frames) - done < LAST_FRAMES)
            break;
    }
    atomic_store(&store->last_pass, true); /* the writer would take it again */
    pthread_mutex_lock(&store->writing);
    checkpoint(db);
    atomic_store(&store->frames, 0);
    atomic_store(&store->last_pass, false);
    pthread_cond_signal(&store->passed);
    pthread_mutex_unlock(&store->writing);
}

static void *
checkpoint_thread(void *arg)
{
    struct store *store = arg;
    sqlite3 *db = connect_to(store->path);
    pthread_mutex_lock(&store->lock);
    while (!store->stop) {
        if (atomic_load(&store->frames) < CHECKPOINT_FRAMES) {
            pthread_cond_wait(&store->wake, &store->lock);
            continue;
        }
        pthread_mutex_unlock(&store->lock);
        checkpoint_all(store, db);
        pthread_mutex_lock(&store->lock);
    }
    pthread_mutex_unlock(&store->lock);
    sqlite3_close(db);
    return NULL;
}

static int
on_commit(void *arg, sqlite3 *db, const char *name, int frames)
{
    struct store *store = arg;
    (void)db;
    (void)name;
    atomic_store(&store->frames, frames);
    if (frames >= CHECKPOINT_FRAMES) {
        pthread_mutex_lock(&store->lock);
        pthread_cond_signal(&store->wake);
        pthread_mutex_unlock(&store->lock);
    }
    return SQLITE_OK;
}

/* --- the writer --- */

static void
remove_files(const struct store *store)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    for (unsigned i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        char path[sizeof store->path + 8];
        snprintf(path, sizeof path, "%s%s", store->path, suffixes[i]);
        unlink(path);
    }
}

void
store_open(struct store *store, const char *name, const char *schema)
{
    const char *dir = getenv("TMPDIR");
    struct statfs fs;
    if (!dir)
        dir = "/tmp";
    if (statfs(dir, &fs) || fs.f_type == TMPFS)
        fail("%s is no disk; set TMPDIR", dir);
    snprintf(store->path, sizeof store->path, "%s/confab-%s-%ld.db", dir, name,
             (long)getpid());
    remove_files(store);
    store->db = connect_to(store->path);
    execute(store->db, schema);
    store->begin = store_prepare(store->db, "BEGIN IMMEDIATE");
    store->commit = store_prepare(store->db, "COMMIT");
    sqlite3_wal_hook(store->db, on_commit, store);
    store->stop = false;
    atomic_init(&store->frames, 0);
    pthread_mutex_init(&store->writing, NULL);
    pthread_mutex_init(&store->lock, NULL);
    pthread_cond_init(&store->wake, NULL);
    pthread_cond_init(&store->passed, NULL);
    atomic_init(&store->last_pass, false);
    pthread_create(&store->thread, NULL, checkpoint_thread, store);
}

void
store_begin(struct store *store)
{
    pthread_mutex_lock(&store->writing);
    while (store->last_pass)
        pthread_cond_wait(&store->passed, &store->writing);
    store_run(store->begin);
}

void
store_commit(struct store *store)
{
    store_run(store->commit);
    pthread_mutex_unlock(&store->writing);
}

void
store_finish(struct store *store)
{
    pthread_mutex_lock(&store->lock);
    store->stop = true;
    pthread_cond_signal(&store->wake);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->thread, NULL);
    checkpoint(store->db);
}

void
store_close(struct store *store)
{
    sqlite3_finalize(store->begin);
    sqlite3_finalize(store->commit);
    must(store->db, sqlite3_close(store->db), "close");
    remove_files(store);
}

int64_t
store_size(const struct store *store)
{
    struct stat st;
    if (stat(store->path, &st))
        fail("no file %s", store->path);
    return st.st_size;
}

sqlite3 *
store_reader(const struct store *store)
{
    return connect_to(store->path);
}
