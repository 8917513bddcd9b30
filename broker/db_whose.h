/* SPDX-License-Identifier: MPL-2.0 */
/*
 * db_whose: in which channels a stored message is found, by what it says
 * itself: a say in its room; a tell in the receiver's mailbox and in the
 * conversation of the two.
 */
#ifndef CONFAB_DB_WHOSE_H
#define CONFAB_DB_WHOSE_H

#include "channel.h"

/* How many keys there are, 0 for what is no message. */
unsigned whose_keys(struct slice wire, struct channel_key keys[static 2]);
bool whose_is(struct slice wire, const struct channel_key *key);

#endif
