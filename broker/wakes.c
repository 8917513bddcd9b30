/* SPDX-License-Identifier: MPL-2.0 */
/*
 * wakes: see wakes.h. An epoll descriptor can itself be polled: that is all
 * there is to it.
 */
#include "wakes.h"

#include <assert.h>
#include <sys/epoll.h>
#include <unistd.h>

bool
wakes_init(struct wakes *wakes)
{
    *wakes = (struct wakes){.fd = epoll_create1(EPOLL_CLOEXEC)};
    return wakes->fd >= 0;
}

void
wakes_fini(struct wakes *wakes)
{
    if (wakes->fd >= 0) {
        (void)close(wakes->fd);
        wakes->fd = -1;
    }
}

bool
wakes_add(struct wakes *wakes, int fd, void (*run)(void *self), void *self)
{
    assert(wakes->count < WAKES_MAX);
    struct wake *wake = &wakes->wakes[wakes->count];
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = wake};
    if (epoll_ctl(wakes->fd, EPOLL_CTL_ADD, fd, &event) != 0) {
        return false;
    }
    *wake = (struct wake){run, self};
    wakes->count++;
    return true;
}

void
wakes_run(struct wakes *wakes)
{
    struct epoll_event events[WAKES_MAX];
    int count = epoll_wait(wakes->fd, events, WAKES_MAX, 0);
    for (int i = 0; i < count; i++) {
        const struct wake *wake = events[i].data.ptr;
        wake->run(wake->self);
    }
}
