/* SPDX-License-Identifier: MPL-2.0 */
/*
 * store: a SQLite file as the broker would write it, for the benchmarks.
 *
 * One writer, WAL, every commit synced. The log of SQLite is copied into the
 * file by a thread with a connection of its own; the writer never does it.
 * Everything here ends the benchmark when SQLite reports an error.
 */
#ifndef CONFAB_BENCH_STORE_H
#define CONFAB_BENCH_STORE_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct store {
    sqlite3 *db;
    sqlite3_stmt *begin, *commit;
    char path[512];
    pthread_mutex_t writing; /* held by the writer during a transaction */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t thread;
    atomic_bool last_pass; /* the thread waits for the writer */
    pthread_cond_t passed; /* no more; with `writing` */
    atomic_int frames;     /* in the log of SQLite */
    bool stop;
};

/* Makes the file anew, in $TMPDIR or /tmp; fails on a tmpfs. */
void store_open(struct store *store, const char *name, const char *schema);
void store_begin(struct store *store);
void store_commit(struct store *store);
/* Copies the log into the file, so that the file's size is the whole size. */
void store_finish(struct store *store);
/* The file goes away. */
void store_close(struct store *store);
int64_t store_size(const struct store *store);

/* A connection that only reads; its cache is empty. */
sqlite3 *store_reader(const struct store *store);
/* Gives a statement: sqlite3_finalize. */
sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql);
/* Runs it to its end, ready for the next time. */
void store_run(sqlite3_stmt *statement);
/* Whether there is a row. */
bool store_step(sqlite3_stmt *statement);

#endif
