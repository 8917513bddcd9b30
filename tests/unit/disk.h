/* SPDX-License-Identifier: MPL-2.0 */
/*
 * disk: a log in a folder of its own, with messages put into it row by row.
 *
 * What is made here is what the broker makes: turns, pages, channels with
 * right counts and chains. So a test may take one thing away and see it missed.
 */
#ifndef UNIT_DISK_H
#define UNIT_DISK_H

#include "broker/db_channel.h"
#include "broker/db_turn.h"

enum { DISK_PATH = 256 };

struct disk {
    char folder[DISK_PATH - 32];
    char path[DISK_PATH];
    struct db db; /* open from disk_open to disk_close */
    uint64_t seq; /* of the newest message */
    uint8_t wire[LIMIT_FRAME];
};

/* A folder, and the path of a log that is not there. */
struct disk *disk_new(void);
/* Removes all of it. */
void disk_free(struct disk *disk);
void disk_open(struct disk *disk);
/* Writes the -wal into the file, so that there is one file to damage. */
void disk_close(struct disk *disk);

/* The message as it is sent, with the next seq; `prev` of a channel is 10 less
 * unless it is the first: seqs go in steps of 10. Borrows disk->wire. A name
 * "@x" is a tell to x, from "ann"; time is seq * 10. */
struct slice disk_message(struct disk *disk, const char *to, uint64_t seq,
                          uint64_t prev, size_t size);
/* A room, mailbox or conversation (kind by name and `with`) of `pages` pages of
 * `each` messages of `size` bytes, the first with the next seq. */
struct db_channel disk_channel(struct disk *disk, const char *to,
                               unsigned pages, unsigned each);
/* A turn with one message. */
void disk_turn(struct disk *disk, const char *to, uint64_t prev);

/* A ruling of ann's with the next seq, as the engine stores it: its row, and a
 * turn with it when `turn`. `until` is seq + 5, time seq * 10. */
void disk_ruling(struct disk *disk, const struct record *what, bool turn);

/* Files of the folder whose names begin so; without what SQLite keeps beside
 * them unless `all`. */
unsigned disk_files(const struct disk *disk, const char *prefix, bool all);
/* The file's bytes: replaces `len` of them at `at`. */
void disk_damage(const char *path, size_t at, size_t len, unsigned seed);
size_t disk_size(const char *path);
/* One number from SQL. */
uint64_t disk_number(struct disk *disk, const char *sql);
void disk_run(struct disk *disk, const char *sql);

#endif
