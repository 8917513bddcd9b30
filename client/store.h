/* SPDX-License-Identifier: MPL-2.0 */
/*
 * store: the state file of a client.
 *
 * A journal of the session's records, each with a checksum, appended as things
 * happen and rewritten whole when most of it is void. What is torn at its end
 * by a crash is cut off; what is damaged elsewhere is refused, since guessing
 * could say something twice. A message is on disk before store_keep returns,
 * and so is a mark; everything else as soon as the system likes: losing it only
 * means that the broker is asked or told again. One program at a time has it
 * open.
 */
#ifndef CONFAB_CLIENT_STORE_H
#define CONFAB_CLIENT_STORE_H

#include "session.h"

struct store;

enum { STORE_FAULT = 200 };

/* Who gets what is in the file, and what was wrong with it. */
struct store_reader {
    int (*each)(void *owner, const struct record *record); /* 0: go on */
    void *owner;
    char fault[STORE_FAULT];
};

/* Opens or makes (0600) the file, locks it, and gives the reader every record
 * in it. On CONFAB_ESTATE, CONFAB_ENOMEM and what `each` returned,
 * reader->fault says what was wrong and `*store` is NULL. */
int store_open(struct store **store, const char *path,
               struct store_reader *reader);
void store_close(struct store *store);

uint64_t store_checksum(struct slice bytes);
/* Appends a record. False: it could not, and never will again. */
bool store_keep(struct store *store, const struct record *record);
/* Most of the file is void by now. */
bool store_is_bloated(const struct store *store);
/* Writes the file anew from what the session has, and puts it in its place
 * whole. False: as above. */
bool store_rewrite(struct store *store, const struct session *s);

#endif
