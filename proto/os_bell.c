/* SPDX-License-Identifier: MPL-2.0 */
/*
 * os_bell: the bell of os.h, an eventfd where there is such a thing, else a
 * pipe.
 *
 * A pipe that is full rings already, so what cannot be written is no loss; the
 * one who hushes it reads all of it.
 */
#include <errno.h>
#include <unistd.h>

#include "os.h"

#if OS_LINUX

#include <sys/eventfd.h>

bool
os_bell_open(struct os_bell *bell)
{
    bell->fd = bell->ring = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    return bell->fd >= 0;
}

#else

bool
os_bell_open(struct os_bell *bell)
{
    int ends[2];
    *bell = (struct os_bell){-1, -1};
    if (!os_pipe(ends))
        return false;
    *bell = (struct os_bell){ends[0], ends[1]};
    return true;
}

#endif

void
os_bell_ring(const struct os_bell *bell)
{
    static const uint64_t one = 1;
    int code = errno; /* a handler must not change it */
    ssize_t done = write(bell->ring, &one, sizeof one);
    (void)done;
    errno = code;
}

/* An eventfd is read once and then empty; a pipe, as long as it fills. */
bool
os_bell_hush(const struct os_bell *bell)
{
    uint64_t rung[64];
    bool rang = false;
    for (;;) {
        ssize_t got = read(bell->fd, rung, sizeof rung);
        if (got < 0 && errno == EINTR)
            continue;
        rang = rang || got > 0;
        if (got < (ssize_t)sizeof rung)
            return rang;
    }
}

void
os_bell_close(struct os_bell *bell)
{
    if (bell->fd >= 0)
        (void)close(bell->fd);
    if (bell->ring >= 0 && bell->ring != bell->fd)
        (void)close(bell->ring);
    *bell = (struct os_bell){-1, -1};
}
