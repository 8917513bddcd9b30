/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_origin: where a connection comes from, and how many came from there.
 *
 * Addresses are written in one way only, whoever tells them: an IPv4 peer of a
 * dual socket ("::ffff:10.0.0.1") is "10.0.0.1", a zone ("%eth0") is left out.
 * So a ban is one line and not three.
 *
 * Connections are counted by address, of IPv6 by /64, since whoever has one
 * IPv6 address has all of those; how many there are, and how many come in a
 * second. This machine's own are not counted: a tunnel or a reverse proxy
 * brings everybody from there.
 */
#ifndef CONFAB_NET_ORIGIN_H
#define CONFAB_NET_ORIGIN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "proto/slice.h"

struct origin {
    char text[INET6_ADDRSTRLEN]; /* "10.0.0.1"; "": no network, or unknown */
    uint8_t net[8];              /* whose connections are counted together */
    uint16_t port;
    bool local; /* nobody else can come from there: loopback, ipc */
};

/* Of what is connected to the descriptor. */
struct origin origin_of(int fd);
/* Of an address as libzmq writes it, without a port. */
struct origin origin_read(struct slice address);

/* Counts. NULL is an empty one. */
struct crowd;

/* Adds one and gives how many there are now; 0: it is not counted. */
unsigned crowd_add(struct crowd **crowd, const struct origin *origin);
/* Whether the one that was added last does not come too soon behind others:
 * `rate` a second may, see pace.h; 0: no bound. `now` in ms. */
[[nodiscard]] bool crowd_pace(struct crowd **crowd, const struct origin *origin,
                              uint64_t rate, uint64_t now);
/* Takes away one that was added. */
void crowd_remove(struct crowd **crowd, const struct origin *origin);
/* Addresses that are remembered. */
unsigned crowd_size(const struct crowd *crowd);
void crowd_free(struct crowd **crowd);

#endif
