/* SPDX-License-Identifier: MPL-2.0 */
/*
 * wakes: what the broker waits for besides its sockets.
 *
 * Signals, a changed file, an answer of another thread: each is a descriptor
 * and a function; and there are moments at which something is to be done. Net,
 * which does the waiting, gets the descriptors and the next moment from here
 * and returns when one of them is there; it does not know what they mean.
 */
#ifndef CONFAB_WAKES_H
#define CONFAB_WAKES_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

enum {
    WAKES_MAX = 8,  /* descriptors */
    WAKES_LATE = 4, /* moments */
};

struct wake {
    void (*run)(void *self);
    void *self;
};

/* Zeroed at its start. */
struct wakes {
    unsigned count;
    struct wake wakes[WAKES_MAX];
    struct pollfd fds[WAKES_MAX];
    struct late {
        uint64_t due; /* ms of the monotonic clock; 0: this place is free */
        struct wake wake;
    } late[WAKES_LATE];
};

/* From now on `run` is called when `fd` (borrowed) can be read; it reads it. */
void wakes_add(struct wakes *wakes, int fd, void (*run)(void *self),
               void *self);
/* `run` is called once, when `at` (not 0) has come, and not when it was to be
 * called before. */
void wakes_at(struct wakes *wakes, uint64_t at, void (*run)(void *self),
              void *self);

/* Fills `fds` with what wakes_run runs; how many there are. */
unsigned wakes_fds(const struct wakes *wakes,
                   struct pollfd fds[static WAKES_MAX]);
/* The next moment; UINT64_MAX: there is none. */
uint64_t wakes_due(const struct wakes *wakes);
/* Whether any of those that poll has answered is to be run, or something is
 * due. */
bool wakes_are_up(const struct wakes *wakes,
                  const struct pollfd fds[static WAKES_MAX], uint64_t now);
/* Runs what is to be run, without waiting. */
void wakes_run(struct wakes *wakes, uint64_t now);

#endif
