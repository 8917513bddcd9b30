/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log_sqlite: the engine that keeps everything, in one SQLite file.
 */
#ifndef CONFAB_LOG_SQLITE_H
#define CONFAB_LOG_SQLITE_H

#include "log.h"
#include "logger.h"
#include "retention.h"

enum log_sync {
    LOG_SYNC_FULL,   /* an ok is on the disk */
    LOG_SYNC_NORMAL, /* an ok survives the broker, not the machine */
    LOG_SYNC_OFF,    /* the system writes when it likes */
};

enum { LOG_FAULT = 1024 };

struct log_sqlite_options {
    const char *path;
    bool make_folder; /* the path's folder, if it is not there */
    enum log_sync sync;
    struct logger *logger; /* borrowed, may be NULL */
    uint64_t now_us;       /* microseconds since 1970: no seq is below it */
};

/* NULL: it cannot be opened, and `fault` says why. */
struct log *log_sqlite_new(const struct log_sqlite_options *options,
                           char fault[static LOG_FAULT]);
/* Borrowed; NULL: everything stays for ever. May be called again. */
void log_sqlite_retain(struct log *log, const struct retention *rules);
/* From now on it can be searched: in a thread, and then hub_found is to be
 * called when the descriptor that `*fd` gets can be read; or, for tests, at
 * once. False: the fault says why not. */
[[nodiscard]] bool log_sqlite_search(struct log *log, bool thread, int *fd,
                                     char fault[static LOG_FAULT]);
/* Bytes of messages in memory, and of turns that wait for a round of the pager;
 * tests take less than the broker, so that everything comes from pages. */
void log_sqlite_bounds(struct log *log, size_t tail, size_t round);

#endif
