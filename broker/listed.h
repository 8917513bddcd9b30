/* SPDX-License-Identifier: MPL-2.0 */
/*
 * listed: the closed rooms whose list an id is on, in byte order.
 *
 * Whoever asks which rooms there are is shown these and no other closed ones;
 * the others, which may be very many, are not even looked at. It is the lists
 * of the rooms (ruling.h) the other way round, and kept along with them; also
 * for ids that are not there.
 */
#ifndef CONFAB_LISTED_H
#define CONFAB_LISTED_H

#include "hash.h"
#include "roll.h"

struct hub;
struct room;

struct listed {
    struct roll rooms; /* of struct room: it is there while it has a list */
    UT_hash_handle hh;
    uint8_t id[];
};

void listed_add(struct hub *hub, struct slice id, struct room *room);
void listed_remove(struct hub *hub, struct slice id, const struct room *room);
/* May be empty; borrowed until one of the above. */
const struct roll *listed_rooms(const struct hub *hub, struct slice id);
void listed_fini(struct hub *hub);

#endif
