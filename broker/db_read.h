/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_read: history out of pages, and out of memory where they end.
 *
 * A channel's messages are in pages up to its head, and in the tail from some
 * point before that on. When the tail has all that is asked for it answers
 * alone; else pages are read from one end of the range until the answer is full
 * or the tail can go on.
 */
#ifndef CONFAB_DB_READ_H
#define CONFAB_DB_READ_H

#include "db_channel.h"
#include "logger.h"
#include "page.h"
#include "tail.h"

struct db_reader {
    struct db *db;
    const struct tail *tail;
    const struct log *log;
    const struct mark *gone; /* of channels that are not there, by kind */
    struct logger *logger;
    uint8_t *copies; /* of messages on their way into a page */
    size_t copied;
};

void db_reader_init(struct db_reader *reader);
void db_reader_fini(struct db_reader *reader);
/* Answers by the owner's `page`, within the call. What cannot be read is logged
 * and missing: the page is not complete. */
void db_read(struct db_reader *reader, const struct log_query *q);

#endif
