/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_index: the words of the log, in a file of their own beside it.
 *
 * What is indexed are whole pages (db_channel.h), not messages: which pages of
 * which channel have these words? Then the pages are read and their messages
 * looked at, so what is found comes from the log itself, always, and an index
 * that is behind, or wrong, can miss something and never make something up. It
 * is a tenth as many documents as messages, and needs no copy of the texts.
 *
 * Everything in it follows from the log and may be thrown away at any time.
 *
 *     volumes  number of a table of FTS5 without contents, v1, v2, ...: each
 *              has some thousand pages and is only ever added to. stale: it is
 *              to be written anew, since something in it must go. since: ms,
 *              when a page in it first went (retention)
 *     docs     a page in a volume, by its last seq, which is also its rowid in
 *              FTS5. live: it is so in the log; others are passed over
 *     channels how far each channel has come. hurt: its row in the log, or a
 *              page, cannot be read
 *     meta     numbers by name
 *
 * FTS5 cannot take words out of such a table, and if it could they would stay
 * in its file for long. So a volume from which something was redacted is
 * written anew, from the log, and dropped with its pages overwritten.
 */
#ifndef CONFAB_DB_INDEX_H
#define CONFAB_DB_INDEX_H

#include <stdatomic.h>

#include "db_channel.h"
#include "words.h"

enum {
    INDEX_VERSION = 2,    /* of what is in it, and of how words are folded */
    INDEX_VOLUME = 2048,  /* pages in a volume */
    INDEX_STEP = 1 << 20, /* bytes of pages that are indexed at once */
    INDEX_DOCS = 512,     /* pages, at most, at once */
    INDEX_LOOKS = 4096,   /* channels that are looked at, at most, at once */
    INDEX_TIDY = 60000,   /* ms between two looks at how much is in vain */
    INDEX_PURGE = 10 * 60000, /* ms that words of what retention has dropped may
                                 stay */
    INDEX_SHIFT = 32,         /* bits of a place for the number of its page */
};

enum index_statement {
    INDEX_BEGIN,
    INDEX_COMMIT,
    INDEX_ROLLBACK,
    INDEX_META_GET,
    INDEX_META_PUT,
    INDEX_CHANNEL_FROM,
    INDEX_CHANNEL_PUT,
    INDEX_CHANNEL_DROP,
    INDEX_CHANNEL_HURT,
    INDEX_DOC_PUT,
    INDEX_DOC_AT,
    INDEX_DOC_PLACE,
    INDEX_DOC_DEAD,
    INDEX_DOCS_GONE,
    INDEX_DOCS_OF,
    INDEX_DOCS_DROP,
    INDEX_VOLUME_PUT,
    INDEX_VOLUME_LAST,
    INDEX_VOLUME_STALE,
    INDEX_VOLUME_DROP,
    INDEX_VOLUMES,
    INDEX_WORN,
    INDEX_GONE_SINCE,
    INDEX_REDACTED,
    INDEX_WASTE,
    INDEX_STATEMENTS,
};

/* A page that was read, on its way into a volume. */
struct index_doc {
    uint64_t place, first, last;
    size_t at, len; /* in the words */
};

/* Pages of a channel that are not there any more: from, up to and without. */
struct index_gone {
    uint64_t from, to;
    bool channel; /* nor is the channel, whose row goes */
    bool dropped; /* by retention: their words are to go, too, some time */
};

enum index_hurt { HURT_PAGE = 1, HURT_ROW = 2 };

struct index_channel {
    uint64_t id;
    struct channel_key key;
    uint32_t first_page, next_page;
    uint64_t head;
    unsigned hurt; /* bits of index_hurt */
};

/* What a step has found out about the log. */
struct index_batch {
    size_t bytes; /* of pages */
    unsigned docs, gones, channels;
    struct index_doc *doc;
    struct index_gone *gone;
    struct index_channel *channel;
    struct words words;
};

struct db_index {
    struct db log; /* a connection of its own; nothing is written to it */
    sqlite3 *sql;  /* NULL: there is no index now */
    sqlite3_stmt *statements[INDEX_STATEMENTS];
    sqlite3_stmt *insert; /* into the volume that is open */
    uint64_t volume, docs;
    char path[DB_PATH + 16];
    char fault[DB_FAULT];
    const atomic_bool *stop; /* somebody waits for the end of all this */
    bool log_failed;         /* and not the index */
    struct index_batch batch;
    uint64_t at;      /* id of the channel that the walk has come to */
    uint64_t version; /* of the log when the walk began */
    bool hurt;        /* the walk has passed channels that nobody knows */
    uint64_t walked;  /* when one began that has come to its end; 0: none */
    uint64_t audited; /* number of the newest ruling that was looked at */
    uint64_t tidied;  /* ms since 1970, when the volumes were looked at */
    uint64_t most;    /* INDEX_VOLUME, but for tests */
    uint64_t every;   /* ms between two such looks; tests have less */
    uint64_t purge;   /* INDEX_PURGE, but for tests */
    uint64_t pages;   /* indexed since the start */
};

/* Opens the log at `path` a second time, and its index, or makes one. False:
 * the log cannot be opened; `fault` says why. `stop` is borrowed. */
[[nodiscard]] bool index_init(struct db_index *ix, const char *path,
                              const atomic_bool *stop);
void index_fini(struct db_index *ix);
/* The index, if there is none: false: it cannot be made; see the fault. */
[[nodiscard]] bool index_open(struct db_index *ix);
void index_close(struct db_index *ix);
/* Removes the file. */
void index_remove(struct db_index *ix);

/* Around everything that reads the log: one moment of it. */
[[nodiscard]] bool index_enter(struct db_index *ix);
void index_leave(struct db_index *ix);

/* db_index_walk.c. In a moment of the log: indexes about `bytes` of what is
 * missing; `*more`: something still is. False: see the fault. */
[[nodiscard]] bool index_step(struct db_index *ix, size_t bytes, bool *more);
/* Is anything in the log that was not looked at yet? */
bool index_is_behind(struct db_index *ix);
/* db_index_tidy.c. An index that is empty now will have nothing that was
 * redacted before; what is redacted from here on it may. */
[[nodiscard]] bool index_tidy_begin(struct db_index *ix);
/* The same as index_step for what must go. */
[[nodiscard]] bool index_tidy(struct db_index *ix, bool *more);

/* For these files. Ms since 1970. */
uint64_t index_now(void);
/* A statement of the index, reset; NULL: see the fault. */
sqlite3_stmt *index_statement(struct db_index *ix, enum index_statement which);
/* SQLITE_ROW or SQLITE_DONE; else see the fault. */
[[nodiscard]] int index_next(struct db_index *ix, sqlite3_stmt *statement);
/* Runs one that gives no row. */
[[nodiscard]] bool index_run(struct db_index *ix, sqlite3_stmt *statement);
[[nodiscard]] bool index_exec(struct db_index *ix, const char *text);
/* Always false; the log's fault is why. */
bool index_log_failed(struct db_index *ix);
[[nodiscard]] bool index_meta_put(struct db_index *ix, const char *key,
                                  uint64_t value);
/* From now on another volume is added to. */
[[nodiscard]] bool index_volume_begin(struct db_index *ix);

/* db_index_batch.c */
void batch_init(struct index_batch *batch);
void batch_fini(struct index_batch *batch);
/* What is in it goes. */
void batch_clear(struct index_batch *batch);
bool batch_is_full(const struct index_batch *batch, size_t bytes);
void batch_page(struct index_batch *batch, uint64_t place,
                const struct db_page *page);
void batch_gone(struct index_batch *batch, struct index_gone gone);
void batch_channel(struct index_batch *batch,
                   const struct index_channel *channel);
/* Writes it in one transaction, and it is empty again. */
[[nodiscard]] bool batch_write(struct db_index *ix);

#endif
