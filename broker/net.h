/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net: the broker's sockets.
 *
 * A ROUTER that clients ask and an XPUB that they listen to. net moves frames
 * between them and the hub, knows when a connection comes and goes, and shuts
 * those that abuse it. With gate, guard and main it is all of the broker that
 * knows ZeroMQ.
 *
 * A connection is known by its descriptor, which libzmq puts on every message
 * (ZMQ_SRCFD) and its peer cannot choose; the routing id, which a peer can
 * choose, is only where answers go. See net_link.c.
 */
#ifndef CONFAB_NET_H
#define CONFAB_NET_H

#include "config.h"
#include "hub.h"
#include "logger.h"
#include "proto/keyfile.h"
#include "wakes.h"

struct net;

/* Binds the endpoints: encrypted with `key`, unless it is NULL (access=open).
 * `wakes` (borrowed, as is the logger) is what somebody else has to do: see
 * net_run. NULL: `error` says why and
 * what to do. No other ZeroMQ context may be in the process; the caller has
 * seeded random(). */
struct net *net_new(const struct config *config, const struct keypair *key,
                    const struct wakes *wakes, struct logger *logger,
                    struct config_error *error);
/* Gives what was sent up to 1.5 s to leave. After the hub was freed. */
void net_free(struct net **net);

/* Where it is bound, ports filled in. */
const char *net_bind(const struct net *net);
const char *net_pub(const struct net *net);
/* The PUB endpoint as clients are told it: an address that means all of them is
 * told as `*`. */
const char *net_pub_told(const struct net *net);

/* The second ones, without encryption; "": none. */
const char *net_plain_bind(const struct net *net);
const char *net_plain_pub(const struct net *net);

/* What the hub sends through. */
struct sink net_sink(struct net *net);

/* The time, for hub_new and hub_stop. */
struct now net_now(void);

/* Works until one of `wakes` is up. May be called again: what the hub was told
 * meanwhile goes out at once. */
void net_run(struct net *net, struct hub *hub);

/* Takes over the limits of connections; those above are not cut. */
void net_limit(struct net *net, const struct config *config);

#endif
