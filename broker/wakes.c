/* SPDX-License-Identifier: MPL-2.0 */
/*
 * wakes: see wakes.h. A list for poll, which every system has. What runs may
 * add to the list or set the moment anew; so the moment is cleared before it is
 * run, and what was added waits for the next time.
 */
#include "wakes.h"

#include <assert.h>
#include <string.h>

void
wakes_add(struct wakes *wakes, int fd, void (*run)(void *self), void *self)
{
    assert(wakes->count < WAKES_MAX && fd >= 0);
    wakes->wakes[wakes->count] = (struct wake){run, self};
    wakes->fds[wakes->count] = (struct pollfd){.fd = fd, .events = POLLIN};
    wakes->count++;
}

void
wakes_at(struct wakes *wakes, uint64_t at, void (*run)(void *self), void *self)
{
    wakes->due = at;
    wakes->late = (struct wake){run, self};
}

unsigned
wakes_fds(const struct wakes *wakes, struct pollfd fds[static WAKES_MAX])
{
    memcpy(fds, wakes->fds, wakes->count * sizeof *fds);
    return wakes->count;
}

static bool
is_late(const struct wakes *wakes, uint64_t now)
{
    return wakes->due > 0 && wakes->due <= now;
}

bool
wakes_are_up(const struct wakes *wakes,
             const struct pollfd fds[static WAKES_MAX], uint64_t now)
{
    bool up = is_late(wakes, now);
    for (unsigned i = 0; i < wakes->count; i++) {
        up = up || fds[i].revents;
    }
    return up;
}

void
wakes_run(struct wakes *wakes, uint64_t now)
{
    struct pollfd fds[WAKES_MAX];
    unsigned count = wakes_fds(wakes, fds);
    bool any = count > 0 && poll(fds, count, 0) > 0;
    for (unsigned i = 0; any && i < count; i++) {
        if (fds[i].revents) {
            wakes->wakes[i].run(wakes->wakes[i].self);
        }
    }
    if (is_late(wakes, now)) {
        wakes->due = 0;
        wakes->late.run(wakes->late.self);
    }
}
