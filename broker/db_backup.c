/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_backup: a copy of the log that is a log.
 *
 * SQLite copies a moment of the database in one go; a broker beside it writes
 * on meanwhile. The copy gets its name only when all of it is on the disk, so
 * that a file of that name is always a whole backup.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db_look.h"
#include "tool.h"

struct backup {
    const char *to;
    char part[DB_PATH + 8];
};

static bool
complain(const char *path, const char *why)
{
    fprintf(stderr, "%s: %s\n", path, why);
    return false;
}

/* The part is ours alone: another backup to the same name finds it there. */
static bool
make_part(struct backup *backup, const char *to)
{
    struct stat there;
    backup->to = to;
    if (strlen(to) >= DB_PATH)
        return complain(to, "the name is too long");
    (void)snprintf(backup->part, sizeof backup->part, "%s.part", to);
    if (!lstat(to, &there))
        return complain(to, "is there already; a backup replaces nothing");
    int fd = open(backup->part, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd >= 0) {
        close(fd);
        return true;
    }
    return complain(backup->part, errno == EEXIST
                                      ? "is there: another backup is running, "
                                        "or one was broken off (then remove it)"
                                      : strerror(errno));
}

/* In rollback mode the copy is one file when it is closed; the first broker
 * that opens it makes it a write-ahead log again. */
static bool
copy(struct db *db, const char *part)
{
    sqlite3 *to = NULL;
    bool done = false;
    if (!sqlite3_open_v2(part, &to, SQLITE_OPEN_READWRITE, NULL)) {
        sqlite3_backup *pages =
            sqlite3_backup_init(to, "main", db->sql, "main");
        done = pages && sqlite3_backup_step(pages, -1) == SQLITE_DONE;
        done = sqlite3_backup_finish(pages) == SQLITE_OK && done;
    }
    if (!done)
        (void)complain(part, sqlite3_errmsg(to));
    return sqlite3_close(to) == SQLITE_OK && done;
}

static bool
sync_path(const char *path, int flags)
{
    int fd = open(path, flags | O_RDONLY | O_CLOEXEC);
    bool done = fd >= 0 && !fsync(fd);
    if (!done)
        (void)complain(path, strerror(errno));
    if (fd >= 0)
        close(fd);
    return done;
}

static bool
sync_folder(const char *path)
{
    char copy_of_it[DB_PATH];
    (void)snprintf(copy_of_it, sizeof copy_of_it, "%s", path);
    return sync_path(dirname(copy_of_it), O_DIRECTORY);
}

/* link fails where rename would replace. */
static bool
publish(const struct backup *backup)
{
    if (!sync_path(backup->part, 0))
        return false;
    if (link(backup->part, backup->to) && errno != EPERM && errno != EOPNOTSUPP)
        return complain(backup->to, strerror(errno));
    if (access(backup->to, F_OK) && rename(backup->part, backup->to))
        return complain(backup->to, strerror(errno));
    (void)unlink(backup->part);
    return sync_folder(backup->to);
}

static void
tell(const char *to)
{
    struct stat file;
    if (!stat(to, &file))
        printf("%s: %.1f MiB\n", to, (double)file.st_size / (1 << 20));
}

int
db_backup(const char *path, const char *to)
{
    struct backup backup;
    struct look look;
    bool done = false;
    if (!look_open(&look, path))
        return EXIT_FAILURE;
    if (make_part(&backup, to)) {
        done = copy(&look.db, backup.part) && publish(&backup);
        if (!done)
            (void)unlink(backup.part);
    }
    look_close(&look);
    if (done)
        tell(to);
    return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
