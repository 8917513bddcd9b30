/* SPDX-License-Identifier: MPL-2.0 */
/*
 * writer: what the candidates of layouts.c share.
 *
 * Turns are collected into segments, whose messages are chained by channel.
 * A table `rows(id, body, seq)` has rows that belong to one channel each,
 * numbered without gaps: `channel << 32 | number`. So a seq is found by
 * bisection. Where a layout writes whole turns, they are in
 * `turns(id, body)`.
 */
#ifndef CONFAB_BENCH_WRITER_H
#define CONFAB_BENCH_WRITER_H

#include "layouts.h"

#define NONE UINT32_MAX

/* Messages of successive turns, chained by channel. */
struct item {
    uint64_t row;    /* of its turn */
    uint32_t offset; /* in it */
    uint32_t next;   /* of the same channel */
};

struct segment {
    unsigned count;
    uint64_t last_row;
    uint32_t *first, *last; /* by channel: its messages, or NONE */
    struct item *items;
    uint8_t *bytes; /* MESSAGE_BYTES per item */
};

struct writer {
    struct store *store;
    unsigned channels, segment_size;
    sqlite3_stmt *put, *put_row, *drop;
    uint32_t *rows; /* by channel: how many it has */
    /* D: one is filled while the other is moved */
    struct segment segments[2], *filling, *moving;
    unsigned channel; /* being moved */
    uint64_t dropped; /* turns below are gone */
    int64_t credit;   /* bytes that may be moved now */
    uint8_t *blob;    /* for one row */
};

/* Gives a writer without statements. */
struct writer *writer_new(struct store *store, unsigned channels,
                          unsigned segment);
/* Finalizes its statements, too. */
void writer_free(struct writer *w);
/* A row of a table (id, body). */
void writer_insert(sqlite3_stmt *put, uint64_t id, const void *bytes,
                   size_t len);
/* The next row of a channel: `len` bytes of w->blob; its first is `seq`. */
void writer_insert_row(struct writer *w, uint32_t channel, uint64_t seq,
                       size_t len);
void writer_insert_turn(struct writer *w, const struct turn *turn);

void segment_clear(struct segment *s, unsigned channels);
void segment_add(struct segment *s, const struct turn *turn);
const uint8_t *segment_bytes(const struct segment *s, uint32_t at);

/* Does nothing when the page is full. */
void page_add(struct page *page, const uint8_t *bytes);
/* Gives a statement: the bodies of the channel's rows, beginning with the one
 * that may hold the first after the seq. */
sqlite3_stmt *rows_from(sqlite3 *db, uint32_t channel, uint64_t after);

#endif
