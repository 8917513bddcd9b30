/* SPDX-License-Identifier: MPL-2.0 */
/*
 * link: the client's sockets, and all of the client that knows ZeroMQ.
 *
 * A DEALER for what is asked and answered, a SUB for public rooms, a monitor
 * that tells when the DEALER's connection comes and goes, and a descriptor by
 * which another thread wakes the one that waits here. Nothing blocks but
 * link_wait. Used by one thread, except link_wake; it has a ZeroMQ context of
 * its own and touches no signal handler.
 */
#ifndef CONFAB_CLIENT_LINK_H
#define CONFAB_CLIENT_LINK_H

#include "proto/slice.h"

struct link;

enum { LINK_FAULT = 200 };

/* All in Z85. */
struct link_keys {
    const char *server; /* the broker's public one */
    const char *public_key;
    const char *secret_key;
};

/* Gives a link that begins to connect; `keys` NULL: nothing is encrypted.
 * False: `fault` says why (an endpoint that is none, no memory, no
 * descriptors). */
[[nodiscard]] bool link_open(struct link **link, const char *url,
                             const struct link_keys *keys,
                             char fault[static LINK_FAULT]);
/* From now on, with these keys: connections are made anew. */
void link_secure(struct link *link, const struct link_keys *keys);
/* Closes the sockets; what was sent may leave for a moment. The link can still
 * be woken. */
void link_shut(struct link *link);
void link_close(struct link *link);

/* What to wait for. */
enum {
    LINK_READ = 1,  /* a frame */
    LINK_WRITE = 2, /* that a frame can be sent */
};
/* Waits up to `ms` (-1: as long as it takes) for what is wanted, a change of
 * the connection, or link_wake. */
void link_wait(struct link *link, int want, int64_t ms);
/* Ends link_wait, now or the next time. From any thread. */
void link_wake(struct link *link);

enum link_news {
    LINK_NOTHING,
    LINK_UP,
    LINK_DOWN,
    /* The broker is there, but the handshake failed. It is tried again: */
    LINK_DENIED,      /* it does not take our key; */
    LINK_MISMATCH,    /* it encrypts and we do not, or the other way round; */
    LINK_FAILED,      /* for a reason that it does not say */
    LINK_TOPICS_DOWN, /* the connection on which rooms come has ended */
    LINK_DEALER,      /* a frame of the broker, to us */
    LINK_TOPIC,       /* a frame of a room */
};
/* What has happened, one thing a time, in turn; LINK_NOTHING: no more. `read`
 * false leaves frames where they are. The frame is borrowed until the next
 * call. */
enum link_news link_next(struct link *link, bool read, struct slice *frame);

/* False: not now. */
bool link_send(struct link *link, struct slice frame);
void link_subscribe(struct link *link, struct slice topic, bool on);
/* Where the broker publishes; `*` as host means the one it was reached at. */
void link_publisher(struct link *link, struct slice endpoint);
/* Drops the connections and makes new ones. */
void link_reconnect(struct link *link);

#endif
