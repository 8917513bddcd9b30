/* SPDX-License-Identifier: MPL-2.0 */
/*
 * shelf: the rulings of one kind and room, or of the whole broker, by age.
 *
 * Who asks for them may be anybody who is in a closed room, so nobody's list is
 * looked for among those of others.
 */
#ifndef CONFAB_SHELF_H
#define CONFAB_SHELF_H

#include "hash.h"
#include "log.h"

struct hub;
struct ruling;

struct shelf {
    struct ruling *list; /* oldest first */
    unsigned count;
    unsigned placed; /* on their way here through the log */
    UT_hash_handle hh;
    uint8_t key[];
};

/* NULL: there is none. */
struct shelf *shelf_find(const struct hub *hub, enum ruling_kind kind,
                         struct slice room);
struct shelf *shelf_get(struct hub *hub, enum ruling_kind kind,
                        struct slice room);
/* Frees it when nothing is in it. */
void shelf_check(struct hub *hub, struct shelf *shelf);
void shelf_fini(struct hub *hub);

#endif
