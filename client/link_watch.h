/* SPDX-License-Identifier: MPL-2.0 */
/*
 * link_watch: one connection, as ZeroMQ's monitor and the kernel tell of it.
 *
 * The monitor says when it comes and goes. The kernel counts its bytes: libzmq
 * hands over a message when its last part is there, and has no limit for what
 * comes before, so a broker that sends parts without end would fill our memory
 * unseen. What was received and is in no message that we were given, while
 * nothing is there to be given, is such a message, or the beginning of one.
 */
#ifndef CONFAB_LINK_WATCH_H
#define CONFAB_LINK_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum watch_news {
    WATCH_NOTHING,
    WATCH_UP,
    WATCH_DOWN,
    WATCH_DENIED,   /* the other end does not take our key */
    WATCH_MISMATCH, /* one end encrypts, the other does not */
    WATCH_BROKEN,   /* what came is no handshake */
    WATCH_FAILED,   /* it came to no end; libzmq tries again, unlike above */
};

enum { WATCH_CURVE = 33 }; /* bytes that encryption adds to a frame */

struct watch {
    void *monitor;      /* a socket to poll */
    int fd;             /* of the connection, -1: none */
    uint64_t delivered; /* bytes of it that we were given */
    uint64_t forgiven;  /* received, and explained otherwise */
    uint64_t before;    /* delivered, at the last look */
    size_t extra;       /* bytes of a frame that we are not given */
    bool suspect;       /* at the last look */
};

/* Watches a socket of the context under a name of its own; before the socket
 * connects. False: see errno. watch_close in any case, with the context still
 * there. */
[[nodiscard]] bool watch_open(struct watch *w, void *context, void *socket,
                              const char *name);
void watch_close(struct watch *w);

/* What has happened since, one thing a time. */
enum watch_news watch_news(struct watch *w);
/* A frame of so many bytes was read. */
void watch_took(struct watch *w, size_t len);
/* To be called now and then; `drained`: there was nothing to be read. True: it
 * should be shut. */
bool watch_look(struct watch *w, bool drained);
/* What watch_look decides, from the bytes received so far. */
bool watch_judge(struct watch *w, uint64_t received, bool drained);

#endif
