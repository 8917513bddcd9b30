/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Two queues, of what is asked and what is answered, a fault, and numbers for
 * whoever counts are shared; the index is the thread's alone.
 */
#include "db_finder.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "calm.h"
#include "proto/clock.h"
#include "proto/os.h"
#include "xmem.h"

struct finds {
    struct find *first, **end;
};

struct finder {
    struct db_index ix;
    uint64_t again;      /* mono ms: not before, after a failure */
    struct os_bell bell; /* rings when something was answered */
    bool threaded;
    pthread_t thread;
    atomic_bool stop;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct finds asked, answered;
    unsigned waiting; /* of both */
    bool failed;
    char fault[DB_FAULT];
    uint64_t pages; /* indexed */
    bool behind;
};

static void
put(struct finds *finds, struct find *find)
{
    find->next = NULL;
    *finds->end = find;
    finds->end = &find->next;
}

static struct find *
take(struct finds *finds)
{
    struct find *find = finds->first;
    if (!find)
        return NULL;
    finds->first = find->next;
    if (!finds->first)
        finds->end = &finds->first;
    return find;
}

/* --- work; the lock is not held --- */

/* Whoever stops has interrupted it: that is no failure. */
static void
fail(struct finder *f)
{
    if (atomic_load(&f->stop))
        return;
    pthread_mutex_lock(&f->lock);
    f->failed = true;
    (void)snprintf(f->fault, sizeof f->fault, "%s", f->ix.fault);
    os_bell_ring(&f->bell);
    pthread_mutex_unlock(&f->lock);
    if (f->ix.log_failed)
        index_close(&f->ix);
    else
        index_remove(&f->ix);
    f->again = clock_ms(CLOCK_MONOTONIC) + FINDER_AGAIN;
}

/* Whether there is an index now. */
static bool
is_open(struct finder *f)
{
    if (f->ix.sql)
        return true;
    if (clock_ms(CLOCK_MONOTONIC) < f->again)
        return false;
    if (index_open(&f->ix))
        return true;
    fail(f);
    return false;
}

static bool
step(struct db_index *ix, bool *more)
{
    bool tidies, walks = false;
    if (!index_enter(ix))
        return false;
    bool done = index_tidy(ix, &tidies) &&
                (!index_is_behind(ix) || index_step(ix, INDEX_STEP, &walks));
    index_leave(ix);
    *more = tidies || walks;
    return done && batch_write(ix);
}

/* Indexes a little; false: there is no more to do. */
static bool
work(struct finder *f)
{
    bool more = false;
    if (!is_open(f))
        return false;
    if (!step(&f->ix, &more)) {
        fail(f);
        return false;
    }
    pthread_mutex_lock(&f->lock);
    f->pages = f->ix.pages;
    f->behind = more;
    pthread_mutex_unlock(&f->lock);
    return more;
}

static void
answer(struct finder *f, struct find *find)
{
    (void)is_open(f);
    if (!db_find(&f->ix, find))
        fail(f);
}

/* --- the thread --- */

static void
sleep_for(struct finder *f, uint64_t ms)
{
    struct timespec t;
    clock_gettime(OS_COND_CLOCK, &t);
    t.tv_sec += (time_t)(ms / 1000);
    t.tv_nsec += (long)(ms % 1000) * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000L;
    }
    (void)pthread_cond_timedwait(&f->wake, &f->lock, &t);
}

static void
answer_one(struct finder *f)
{
    struct find *find = take(&f->asked);
    pthread_mutex_unlock(&f->lock);
    answer(f, find);
    pthread_mutex_lock(&f->lock);
    put(&f->answered, find);
    os_bell_ring(&f->bell);
}

static void *
run(void *self)
{
    struct finder *f = self;
    calm_thread();
    uint64_t late = clock_ms(CLOCK_MONOTONIC) + FINDER_LATE;
    pthread_mutex_lock(&f->lock);
    while (!atomic_load(&f->stop)) {
        if (f->asked.first && clock_ms(CLOCK_MONOTONIC) < late) {
            answer_one(f);
            continue;
        }
        pthread_mutex_unlock(&f->lock);
        uint64_t began = clock_ms(CLOCK_MONOTONIC);
        bool more = work(f);
        late = clock_ms(CLOCK_MONOTONIC) + FINDER_LATE;
        uint64_t took = clock_ms(CLOCK_MONOTONIC) - began;
        uint64_t pause = more ? FINDER_REST * took + 1 : FINDER_LOOK;
        pthread_mutex_lock(&f->lock);
        if (!f->asked.first && !atomic_load(&f->stop))
            sleep_for(f, pause);
    }
    pthread_mutex_unlock(&f->lock);
    return NULL;
}

static bool
start(struct finder *f, char fault[static DB_FAULT])
{
    int code = os_bell_open(&f->bell) ? 0 : errno;
    if (!code) {
        (void)is_open(f); /* all files are open when the broker is ready */
        code = os_thread(&f->thread, run, f);
    }
    f->threaded = code == 0;
    return f->threaded ||
           db_fault(fault, "no thread for searches: %s", strerror(code));
}

struct finder *
finder_new(const char *path, bool thread, char fault[static DB_FAULT])
{
    struct finder *f = xcalloc(1, sizeof *f);
    f->bell = (struct os_bell){.fd = -1, .ring = -1};
    f->asked.end = &f->asked.first;
    f->answered.end = &f->answered.first;
    pthread_mutex_init(&f->lock, NULL);
    os_cond_init(&f->wake);
    bool opened = index_init(&f->ix, path, &f->stop);
    if (!opened)
        (void)db_fault(fault, "%.900s", f->ix.fault);
    if (opened && (!thread || start(f, fault)))
        return f;
    finder_free(&f);
    return NULL;
}

/* What was redacted is to be gone when the broker has stopped; an index in
 * which that takes long is not worth it. */
static void
finish(struct finder *f)
{
    struct db_index *ix = &f->ix;
    uint64_t until = clock_ms(CLOCK_MONOTONIC) + FINDER_STOP;
    bool done = true, more = true;
    atomic_store(&f->stop, false);
    while (done && more && clock_ms(CLOCK_MONOTONIC) < until) {
        done = index_enter(ix);
        if (!done)
            break;
        done = index_tidy(ix, &more);
        index_leave(ix);
    }
    if (!done || more)
        index_remove(ix);
}

void
finder_free(struct finder **address)
{
    struct finder *f = *address;
    *address = NULL;
    if (!f)
        return;
    pthread_mutex_lock(&f->lock);
    atomic_store(&f->stop, true);
    pthread_cond_signal(&f->wake);
    pthread_mutex_unlock(&f->lock);
    if (f->threaded)
        pthread_join(f->thread, NULL);
    if (f->ix.sql)
        finish(f);
    os_bell_close(&f->bell);
    struct find *find;
    while ((find = take(&f->asked)) || (find = take(&f->answered)))
        find_free(&find);
    index_fini(&f->ix);
    pthread_mutex_destroy(&f->lock);
    pthread_cond_destroy(&f->wake);
    free(f);
}

/* --- for the loop --- */

int
finder_fd(const struct finder *f)
{
    return f->bell.fd;
}

bool
finder_ask(struct finder *f, struct log_search *search)
{
    pthread_mutex_lock(&f->lock);
    bool room = f->waiting < FINDER_WAITING;
    struct find *find = room ? find_new(search) : NULL;
    f->waiting += room;
    if (find && f->threaded) {
        put(&f->asked, find);
        pthread_cond_signal(&f->wake);
    }
    pthread_mutex_unlock(&f->lock);
    if (find && !f->threaded) {
        while (work(f)) {
        }
        answer(f, find);
        put(&f->answered, find);
    }
    return room;
}

struct find *
finder_answer(struct finder *f)
{
    pthread_mutex_lock(&f->lock);
    struct find *find = take(&f->answered);
    f->waiting -= find != NULL;
    if (!find)
        (void)os_bell_hush(&f->bell); /* what is answered later rings again */
    pthread_mutex_unlock(&f->lock);
    return find;
}

bool
finder_failed(struct finder *f, char fault[static DB_FAULT])
{
    pthread_mutex_lock(&f->lock);
    bool failed = f->failed;
    if (failed)
        memcpy(fault, f->fault, sizeof f->fault);
    f->failed = false;
    pthread_mutex_unlock(&f->lock);
    return failed;
}

void
finder_count(struct finder *f, struct counters *counters)
{
    pthread_mutex_lock(&f->lock);
    counters_add(counters, "search-pages", f->pages);
    counters_add(counters, "search-behind", f->behind);
    counters_add(counters, "searches-waiting", f->waiting);
    pthread_mutex_unlock(&f->lock);
}
