/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The new log is made as PATH.salvage.part and becomes PATH.salvage when all of
 * it is on the disk. From then on the rest can be done by anybody at any time:
 * what is at PATH goes aside, the -wal first (a database without it is whole
 * enough to be found; a -wal without it would be thrown away), and the new one
 * takes its place. The time in the name aside is that of PATH.salvage, so that
 * whoever goes on finds the same name.
 */
#define _DEFAULT_SOURCE /* flock */
#include "db_salvage.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "db_salvage_inner.h"
#include "db_wal.h"
#include "xmem.h"

enum { NAME = DB_PATH + 64 };

static const char *const companions[] = {"-wal", "-shm", ""};
enum { COMPANIONS = sizeof companions / sizeof *companions };

static void
join(char name[static NAME], const char *path, const char *end)
{
    (void)snprintf(name, NAME, "%s%s", path, end);
}

static bool
exists(const char *name)
{
    struct stat file;
    return !lstat(name, &file);
}

/* --- the last steps --- */

static void
aside_name(char name[static NAME], const char *path, time_t at)
{
    char stamp[32];
    struct tm utc;
    gmtime_r(&at, &utc);
    strftime(stamp, sizeof stamp, "%Y%m%d-%H%M%S", &utc);
    (void)snprintf(name, NAME, "%s.damaged-%s", path, stamp);
}

static void
sync_folder(const char *path)
{
    char name[NAME];
    join(name, path, "");
    int fd = open(dirname(name), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    (void)fsync(fd);
    close(fd);
}

static bool
move(const char *from, const char *to, char fault[static DB_FAULT])
{
    if (!exists(from))
        return true;
    if (exists(to))
        return db_fault(fault, "%s is there already: move it away", to);
    return !rename(from, to) || db_fault(fault, "%s cannot become %s: %s", from,
                                         to, strerror(errno));
}

static bool
swap(const char *path, char fault[static DB_FAULT])
{
    char fresh[NAME], aside[NAME], from[NAME], to[NAME + 8];
    struct stat file;
    join(fresh, path, ".salvage");
    if (stat(fresh, &file))
        return true;
    aside_name(aside, path, file.st_mtime);
    for (size_t i = 0; i < COMPANIONS; i++) {
        join(from, path, companions[i]);
        (void)snprintf(to, sizeof to, "%s%s", aside, companions[i]);
        if (!move(from, to, fault))
            return false;
    }
    sync_folder(path);
    if (rename(fresh, path))
        return db_fault(fault, "%s cannot become %s: %s", fresh, path,
                        strerror(errno));
    sync_folder(path);
    return true;
}

/* On the disk, with a time whose name aside is free, and with its name. */
static bool
publish(const char *path, const char *part, char aside[static NAME],
        char fault[static DB_FAULT])
{
    char fresh[NAME];
    struct timespec times[2];
    clock_gettime(CLOCK_REALTIME, &times[0]);
    for (;; times[0].tv_sec++) {
        aside_name(aside, path, times[0].tv_sec);
        if (!exists(aside))
            break;
    }
    times[1] = times[0];
    join(fresh, path, ".salvage");
    int fd = open(part, O_RDONLY | O_CLOEXEC);
    bool done = fd >= 0 && !futimens(fd, times) && !fsync(fd) &&
                !rename(part, fresh);
    if (!done)
        (void)db_fault(fault, "%s: %s", part, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (done)
        sync_folder(path);
    return done && swap(path, fault);
}

/* --- both logs --- */

/* writable_schema: a file that was cut off is read as far as it goes. */
static bool
open_old(struct salvage *s, const char *path)
{
    struct db *db = &s->old;
    *db = (struct db){.file = -1, .lock = -1};
    (void)snprintf(db->path, sizeof db->path, "%s", path);
    if (sqlite3_open_v2(path, &db->sql, SQLITE_OPEN_READWRITE, NULL))
        return db_failed(db);
    sqlite3_db_config(db->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    return db_exec(db, "PRAGMA writable_schema = ON; BEGIN;");
}

/* Until it is whole nobody needs it: no journal, no fsync. */
static bool
open_fresh(struct salvage *s, const char *part)
{
    struct db *db = &s->fresh;
    char sql[128];
    *db = (struct db){.file = -1, .lock = -1};
    (void)unlink(part);
    int fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 || close(fd))
        return db_fault(db->fault, "%s: %s", part, strerror(errno));
    if (sqlite3_open_v2(part, &db->sql, SQLITE_OPEN_READWRITE, NULL))
        return db_failed(db);
    (void)snprintf(sql, sizeof sql,
                   "PRAGMA page_size = %d; PRAGMA journal_mode = OFF;"
                   "PRAGMA synchronous = OFF; BEGIN;",
                   DB_PAGE);
    return db_exec(db, sql) && db_take_steps(db, 0);
}

/* Rows may be gone without a trace where SQLite finds a table's tree broken. */
static void
find_suspects(struct salvage *s)
{
    for (int i = 0; i < FORWARD_TABLES; i++) {
        sqlite3_stmt *check = NULL;
        char sql[64];
        if (!salvage_has(s, (enum forward_table)i))
            continue;
        (void)snprintf(sql, sizeof sql, "PRAGMA quick_check(%s)",
                       forward_name((enum forward_table)i));
        s->suspect[i] =
            sqlite3_prepare_v2(s->old.sql, sql, -1, &check, NULL) ||
            sqlite3_step(check) != SQLITE_ROW ||
            strcmp((const char *)sqlite3_column_text(check, 0), "ok") != 0;
        sqlite3_finalize(check);
    }
}

/* Where it cannot be read it is ours: a file of another format would not have
 * been opened. */
static int
format_of(struct db *db)
{
    sqlite3_stmt *version = NULL;
    int format = db_version;
    if (!sqlite3_prepare_v2(db->sql, "PRAGMA user_version", -1, &version,
                            NULL) &&
        sqlite3_step(version) == SQLITE_ROW)
        format = sqlite3_column_int(version, 0);
    sqlite3_finalize(version);
    return format;
}

static bool
copy(struct salvage *s)
{
    s->format = format_of(&s->old);
    find_suspects(s);
    if (wal_is_damaged(s->old.path))
        s->suspect[FORWARD_TURNS] = true;
    if (!salvage_rows(s) || !salvage_pages(s) || !salvage_turns(s) ||
        !salvage_mailboxes(s) || !salvage_marks(s) || !salvage_rulings(s))
        return false;
    db_rest(&s->fresh);
    return db_exec(&s->fresh, "COMMIT; PRAGMA journal_mode = WAL;");
}

/* There was something, and nothing of it is left. */
static bool
is_hopeless(const struct salvage *s)
{
    bool suspect = false;
    uint64_t rows = 0;
    for (int i = 0; i < FORWARD_TABLES; i++) {
        suspect = suspect || s->suspect[i] || s->lost[i];
        rows += s->rows[i];
    }
    return suspect && !rows;
}

static bool
make(struct salvage *s, const char *path, const char *part,
     char fault[static DB_FAULT])
{
    static const char advice[] =
        "restore a backup, or move it away to begin a new log";
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    s->now = (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
    s->bytes = xmalloc(DB_PAGE_MOST + LIMIT_FRAME);
    bool done = open_old(s, path) && open_fresh(s, part) && copy(s);
    if (!done)
        (void)db_fault(fault,
                       "%s is damaged, and what is left of it cannot be "
                       "saved: %s%s%s; %s",
                       path, s->old.fault, s->fresh.fault[0] ? " " : "",
                       s->fresh.fault, advice);
    else if (is_hopeless(s))
        done = db_fault(fault,
                        "%s is damaged, and nothing in it can be read: %s",
                        path, advice);
    free(s->bytes);
    db_close(&s->old);
    db_close(&s->fresh);
    return done;
}

/* --- the call --- */

static void
tell(struct logger *logger, const struct salvage *s, const char *path,
     const char *aside)
{
    bool pages = s->suspect[FORWARD_PAGES];
    bool turns = s->suspect[FORWARD_TURNS] || s->lost[FORWARD_TURNS];
    LOG(logger, LOG_ERROR, "log.salvaged", LOG_TEXT("path", path),
        LOG_TEXT("aside", aside), LOG_NUM("messages", s->messages),
        LOG_NUM("lost", s->lost_messages), LOG_NUM("holes", s->holes),
        LOG_TEXT("perhaps-more-lost", pages || turns ? "yes" : "no"));
    for (int i = 0; i < FORWARD_TABLES; i++) {
        if (s->lost[i] || s->suspect[i])
            LOG(logger, LOG_WARN, "log.salvaged-table",
                LOG_TEXT("table", forward_name((enum forward_table)i)),
                LOG_NUM("rows", s->rows[i]), LOG_NUM("damaged", s->lost[i]));
    }
}

static int
take_lock(const char *path, char fault[static DB_FAULT])
{
    char name[NAME];
    join(name, path, ".lock");
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd >= 0 && !flock(fd, LOCK_EX | LOCK_NB))
        return fd;
    (void)db_fault(fault, "%s: %s", name,
                   errno == EWOULDBLOCK ? "another confabd uses the log"
                                        : strerror(errno));
    if (fd >= 0)
        close(fd);
    return -1;
}

bool
db_salvage(const char *path, struct logger *logger, char fault[static DB_FAULT])
{
    char part[NAME], aside[NAME];
    int lock = take_lock(path, fault);
    if (lock < 0)
        return false;
    struct salvage s = {.now = 0};
    join(part, path, ".salvage.part");
    LOG(logger, LOG_WARN, "log.salvage", LOG_TEXT("path", path));
    bool done = make(&s, path, part, fault) &&
                publish(path, part, aside, fault);
    if (done)
        tell(logger, &s, path, aside);
    else
        (void)unlink(part);
    close(lock);
    return done;
}

bool
salvage_resume(const char *path, char fault[static DB_FAULT])
{
    char fresh[NAME];
    join(fresh, path, ".salvage");
    if (!exists(fresh))
        return true;
    int lock = take_lock(path, fault);
    if (lock < 0)
        return false;
    bool done = swap(path, fault);
    close(lock);
    return done;
}
