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

/* Where `wake` is waiting, or else a free place. */
static struct late *
find(struct wakes *wakes, struct wake wake)
{
    struct late *place = NULL;
    for (struct late *late = wakes->late; late < wakes->late + WAKES_LATE;
         late++) {
        bool same = late->wake.run == wake.run && late->wake.self == wake.self;
        if (late->due > 0 && same) {
            return late;
        }
        place = late->due > 0 ? place : late;
    }
    return place;
}

void
wakes_at(struct wakes *wakes, uint64_t at, void (*run)(void *self), void *self)
{
    struct wake wake = {run, self};
    struct late *late = find(wakes, wake);
    assert(late && at > 0);
    *late = (struct late){at, wake};
}

uint64_t
wakes_due(const struct wakes *wakes)
{
    uint64_t next = UINT64_MAX;
    for (int i = 0; i < WAKES_LATE; i++) {
        uint64_t due = wakes->late[i].due;
        next = due > 0 && due < next ? due : next;
    }
    return next;
}

unsigned
wakes_fds(const struct wakes *wakes, struct pollfd fds[static WAKES_MAX])
{
    memcpy(fds, wakes->fds, wakes->count * sizeof *fds);
    return wakes->count;
}

bool
wakes_are_up(const struct wakes *wakes,
             const struct pollfd fds[static WAKES_MAX], uint64_t now)
{
    bool up = wakes_due(wakes) <= now;
    for (unsigned i = 0; i < wakes->count; i++) {
        up = up || fds[i].revents;
    }
    return up;
}

static void
run_late(struct wakes *wakes, uint64_t now)
{
    for (struct late *late = wakes->late; late < wakes->late + WAKES_LATE;
         late++) {
        if (late->due > 0 && late->due <= now) {
            struct wake wake = late->wake;
            late->due = 0;
            wake.run(wake.self);
        }
    }
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
    run_late(wakes, now);
}
