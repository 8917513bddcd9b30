/* SPDX-License-Identifier: MPL-2.0 */
/*
 * keeper: a log on disk and an owner as small as an owner can be.
 *
 * It stamps messages of ann's to the lobby like the hub, and writes down what
 * it is told. It can stop and start again, or die: then the files are as they
 * were at that moment, -wal and all, and the next start finds them so.
 */
#ifndef UNIT_KEEPER_H
#define UNIT_KEEPER_H

#include "broker/log_sqlite.h"
#include "disk.h"

struct keeper {
    struct disk *disk;
    struct log *log;
    uint64_t head;    /* newest seq */
    char told[512];   /* rulings that came back at the start */
    char texts[2048]; /* of the page that was asked for */
    unsigned refused;
};

struct keeper *keeper_new(void);
/* The log is closed, the file still there, until keeper_free. */
void keeper_stop(struct keeper *k);
void keeper_free(struct keeper *k);
void keeper_restart(struct keeper *k);
void keeper_die(struct keeper *k);

/* Each in a turn of its own; gives the seq. */
uint64_t keeper_say(struct keeper *k, const char *text);
/* Appends a ruling about the lobby. */
enum err keeper_rule(struct keeper *k, enum ruling_kind kind,
                     const char *subject, bool lifted);
void keeper_redact(struct keeper *k, uint64_t seq);
/* Until all of it is in pages. */
void keeper_settle(struct keeper *k);

/* Beside the log: disk_run and disk_number of k->disk work between them. */
void keeper_look(struct keeper *k);
void keeper_look_away(struct keeper *k);
/* The texts of the whole lobby, each with a semicolon, are these. */
void keeper_shows(struct keeper *k, const char *want);
/* Whether the file, or the one beside it with this end, has such bytes. */
bool keeper_has(const struct keeper *k, const char *end, const char *text);

#endif
