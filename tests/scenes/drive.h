/* SPDX-License-Identifier: MPL-2.0 */
/*
 * drive: what a scene is played against.
 *
 *     memory  the hub in this process, with the memory engine
 *     late    the same with log_late: everything takes its time, and another
 *             broker speaks in between
 *     sqlite  the same with a log on disk
 *     paged   the same, and every message is moved to a page at once
 *     tcp     confabd, over its sockets
 *
 * In process time is a number, and a scene can also do to a connection what a
 * network does. Over TCP time is time; that something has been dealt with is
 * known by asking something harmless behind it, never by waiting a while.
 */
#ifndef SCENES_DRIVE_H
#define SCENES_DRIVE_H

#include "stage.h"

struct driver {
    const char *name;
    uint64_t patience; /* ms that an expectation may take without `within` */
    /* NULL: it could not start; the stage knows why. */
    void *(*open)(struct stage *stage);
    void (*close)(void *self);
    void (*connect)(void *self, struct actor *actor);
    void (*subscribe)(void *self, struct actor *actor, struct slice topic);
    void (*send)(void *self, struct actor *actor, const struct slice *parts,
                 unsigned count);
    /* Until all that was sent has been dealt with. */
    void (*settle)(void *self);
    /* Until all that is due to the actor has come. */
    void (*quiet)(void *self, struct actor *actor);
    /* Lets at most `most` ms pass, less when something happens; gives how many
     * did. */
    uint64_t (*pass)(void *self, uint64_t most);
    /* Breaks the connection; `hidden`: the broker is not told. */
    void (*drop)(void *self, struct actor *actor, bool hidden);
    /* NULL where it cannot be done. */
    void (*stall)(void *self, struct actor *actor, bool stalled);
    /* Kills the broker and starts another on the same log; NULL where nothing
     * is kept. */
    void (*restart)(void *self);
    /* Somebody at another broker does something. */
    void (*far)(void *self, const char *who, const struct words *words,
                const struct sentence *s);
};

extern const struct driver drive_memory, drive_late, drive_tcp;
extern const struct driver drive_sqlite, drive_paged;
/* For drive_tcp: the broker's program. */
extern const char *drive_confabd;

#endif
