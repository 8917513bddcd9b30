/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_sqlite_open: the engine's beginning and end.
 */
#include <stdio.h>
#include <stdlib.h>

#include "db_load.h"
#include "db_ready.h"
#include "db_scrub.h"
#include "db_state.h"
#include "log_sqlite_inner.h"

static_assert((int)LOG_FAULT >= (int)DB_FAULT, "a fault fits");

static struct log_sqlite *
self(struct log *log)
{
    return (struct log_sqlite *)log;
}

bool
log_sqlite_load(struct log *log)
{
    struct log_sqlite *s = self(log);
    struct db_loaded loaded;
    if (!db_load(&s->db, log, &s->tail, &loaded)) {
        log->fault = s->db.fault;
        return false;
    }
    (void)db_meta_get(&s->db, "ceiling", &s->ceiling); /* none: it is 0 */
    if (s->next_seq <= loaded.last)
        s->next_seq = loaded.last + 1;
    if (s->next_seq < s->ceiling)
        s->next_seq = s->ceiling;
    memcpy(s->pager.gone, loaded.marks.gone, sizeof s->pager.gone);
    bool scrub;
    db_scrub_look(&s->db, &scrub);
    if (scrub)
        pager_redacted(&s->pager);
    if (loaded.waiting)
        pager_turn(&s->pager, loaded.waiting, 1); /* since long ago */
    return true;
}

void
log_sqlite_free(struct log *log)
{
    struct log_sqlite *s = self(log);
    if (s->checkpoint && !s->failing && !s->stuck)
        log_scrub(s);
    finder_free(&s->finder);
    checkpoint_free(&s->checkpoint);
    /* Not clean: the next start looks at it, nothing else. */
    if (s->db.sql && s->db.worn && !s->marked)
        (void)db_mark_damaged(&s->db);
    if (s->db.sql && !s->failing && !db_clean(&s->db))
        LOG(s->logger, LOG_WARN, "log.not-clean", LOG_TEXT("path", s->db.path),
            LOG_TEXT("why", s->db.fault));
    db_close(&s->db);
    tail_fini(&s->tail);
    turn_fini(&s->turn);
    pager_fini(&s->pager);
    db_reader_fini(&s->reader);
    log_fini(log);
    free(s);
}

static bool
read_epoch(struct log_sqlite *s)
{
    uint64_t epoch[2];
    if (!db_epoch_get(&s->db, epoch))
        return false;
    (void)snprintf(s->log.epoch, sizeof s->log.epoch, "%016llx%016llx",
                   (unsigned long long)epoch[0], (unsigned long long)epoch[1]);
    return true;
}

void
log_sqlite_retain(struct log *log, const struct retention *rules)
{
    self(log)->pager.rules = rules;
}

void
log_sqlite_bounds(struct log *log, size_t tail, size_t round)
{
    self(log)->tail_bytes = tail;
    self(log)->pager.round_bytes = round;
}

bool
log_sqlite_search(struct log *log, bool thread, int *fd,
                  char fault[static LOG_FAULT])
{
    struct log_sqlite *s = self(log);
    s->finder = finder_new(s->db.path, thread, fault);
    log->finds = s->finder != NULL;
    *fd = s->finder ? finder_fd(s->finder) : -1;
    return log->finds;
}

static const struct level {
    const char *pragma, *told;
} levels[] = {
    [LOG_SYNC_FULL] = {"FULL", "full"},
    [LOG_SYNC_NORMAL] = {"NORMAL", "normal"},
    [LOG_SYNC_OFF] = {"OFF", "off"},
};

static struct log_sqlite *
sqlite_new(const struct log_sqlite_options *options)
{
    struct log_sqlite *s = xcalloc(1, sizeof *s);
    s->log.engine = &log_sqlite_engine;
    s->log.durability = levels[options->sync].told;
    s->logger = options->logger;
    s->next_seq = options->now_us ? options->now_us : 1;
    s->tail.pages = true;
    s->tail_bytes = TAIL_BYTES;
    s->db.file = s->db.lock = -1;
    pager_init(&s->pager, &s->log, &s->db, &s->tail);
    db_reader_init(&s->reader);
    s->reader.db = &s->db;
    s->reader.tail = &s->tail;
    s->reader.log = &s->log;
    s->reader.gone = s->pager.gone;
    s->reader.logger = options->logger;
    return s;
}

struct log *
log_sqlite_new(const struct log_sqlite_options *options,
               char fault[static LOG_FAULT])
{
    const char *sync = levels[options->sync].pragma;
    if (options->make_folder && !db_make_folder(options->path, fault))
        return NULL;
    struct log_sqlite *s = sqlite_new(options);
    if (!db_ready(&s->db, options->path, sync, s->logger) && read_epoch(s))
        s->checkpoint = checkpoint_new(&s->db, sync);
    if (s->checkpoint) {
        sqlite3_busy_timeout(s->db.sql, BUSY_MS);
        return &s->log;
    }
    bool told = strstr(s->db.fault, options->path) != NULL;
    (void)snprintf(fault, LOG_FAULT, "%s%s%.400s", told ? "" : options->path,
                   told ? "" : ": ", s->db.fault);
    log_sqlite_free(&s->log);
    return NULL;
}
