/* SPDX-License-Identifier: MPL-2.0 */
/*
 * wakes: what the broker waits for besides its sockets.
 *
 * Signals, a changed file, an answer of another thread: each is a descriptor
 * and a function. All of them together are one descriptor, so that net, which
 * does the waiting, knows of one thing more and not of each.
 */
#ifndef CONFAB_WAKES_H
#define CONFAB_WAKES_H

#include <stdbool.h>

enum { WAKES_MAX = 8 };

struct wake {
    void (*run)(void *self);
    void *self;
};

struct wakes {
    int fd; /* can be read when anything is to be run */
    unsigned count;
    struct wake wakes[WAKES_MAX];
};

/* False: the system gives no descriptor. */
[[nodiscard]] bool wakes_init(struct wakes *wakes);
void wakes_fini(struct wakes *wakes);

/* From now on `run` is called when `fd` (borrowed) can be read; it reads it.
 * False: the system does not watch it. */
[[nodiscard]] bool wakes_add(struct wakes *wakes, int fd,
                             void (*run)(void *self), void *self);
/* Runs what is to be run, without waiting. */
void wakes_run(struct wakes *wakes);

#endif
