/* SPDX-License-Identifier: MPL-2.0 */
/*
 * link_open: the sockets of a link and their options, and their end.
 *
 * IMMEDIATE keeps a frame from waiting for a broker that is not there, and so
 * from reaching the next one unannounced; PROBE_ROUTER has a broker that does
 * not know us say so. Heartbeats find a connection that is only half dead; no
 * TTL goes with them, since it would cost the broker a timer for each client.
 *
 * libzmq takes the keys when it connects; once they are set, a socket speaks to
 * no broker that has not the secret half of the server's.
 */
#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "link_inner.h"
#include "proto/limits.h"

enum {
    CONNECT_WAIT = 5000,         /* ms for a connection to be made */
    HANDSHAKE_WAIT = 5000,       /* ms for the handshake on it */
    HEARTBEAT_EVERY = 10000,     /* ms */
    HEARTBEAT_WAIT = 30000,      /* ms without any traffic */
    LINGER = 500,                /* ms for what was sent, at the end */
    FRAME_MAX = 2 * LIMIT_FRAME, /* more closes the connection */
    DEALER_FRAMES = 256,         /* of the DEALER that may wait to be read, */
    TOPIC_FRAMES = 1000,         /* and of the SUB socket */
    SUBSCRIPTIONS_MAX = 4096,    /* that may wait to be sent */
};

static bool
set(void *socket, int option, int value)
{
    return zmq_setsockopt(socket, option, &value, sizeof value) == 0;
}

static bool
set_common(struct link *link, void *socket)
{
    int64_t frame_max = FRAME_MAX;
    bool ipv6 = strchr(link->url, '[') != NULL;
    return set(socket, ZMQ_LINGER, LINGER) &&
           set(socket, ZMQ_RECONNECT_IVL, RECONNECT_MIN) &&
           set(socket, ZMQ_RECONNECT_IVL_MAX, RECONNECT_MAX) &&
           set(socket, ZMQ_CONNECT_TIMEOUT, CONNECT_WAIT) &&
           set(socket, ZMQ_HANDSHAKE_IVL, HANDSHAKE_WAIT) &&
           set(socket, ZMQ_HEARTBEAT_IVL, HEARTBEAT_EVERY) &&
           set(socket, ZMQ_HEARTBEAT_TIMEOUT, HEARTBEAT_WAIT) &&
           set(socket, ZMQ_IPV6, ipv6) &&
           zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &frame_max,
                          sizeof frame_max) == 0;
}

static bool
set_text(void *socket, int option, const char *text)
{
    return zmq_setsockopt(socket, option, text, strlen(text) + 1) == 0;
}

static bool
set_keys(struct link *link, const struct link_keys *keys)
{
    void *sockets[] = {link->dealer, link->sub};
    link->dealer_watch.extra = link->sub_watch.extra = WATCH_CURVE;
    for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++)
        if (!set_text(sockets[i], ZMQ_CURVE_SERVERKEY, keys->server) ||
            !set_text(sockets[i], ZMQ_CURVE_PUBLICKEY, keys->public_key) ||
            !set_text(sockets[i], ZMQ_CURVE_SECRETKEY, keys->secret_key))
            return false;
    return true;
}

static bool
open_sockets(struct link *link, const struct link_keys *keys)
{
    link->context = zmq_ctx_new();
    if (!link->context)
        return false;
    link->dealer = zmq_socket(link->context, ZMQ_DEALER);
    link->sub = zmq_socket(link->context, ZMQ_SUB);
    return link->dealer && link->sub && set_common(link, link->dealer) &&
           set_common(link, link->sub) && set(link->dealer, ZMQ_IMMEDIATE, 1) &&
           set(link->dealer, ZMQ_PROBE_ROUTER, 1) &&
           set(link->sub, ZMQ_RCVHWM, TOPIC_FRAMES) &&
           set(link->dealer, ZMQ_RCVHWM, DEALER_FRAMES) &&
           set(link->sub, ZMQ_SNDHWM, SUBSCRIPTIONS_MAX) &&
           watch_open(&link->dealer_watch, link->context, link->dealer,
                      "inproc://dealer") &&
           watch_open(&link->sub_watch, link->context, link->sub,
                      "inproc://sub") &&
           (!keys || set_keys(link, keys)) &&
           zmq_connect(link->dealer, link->url) == 0;
}

bool
link_is_endpoint(const char *url)
{
    return strlen(url) < ENDPOINT_MAX &&
           (!strncmp(url, "tcp://", 6) || !strncmp(url, "ipc://", 6));
}

/* ZeroMQ says "Invalid argument" to some of these, and to a port that is too
 * great nothing at all. */
static bool
has_port(const char *url)
{
    const char *colon = strrchr(url, ':');
    size_t digits = strspn(colon + 1, "0123456789");
    unsigned long port = strtoul(colon + 1, NULL, 10);
    return digits && !colon[1 + digits] && port && port <= UINT16_MAX;
}

static bool
is_url(const char *url, char fault[static LINK_FAULT])
{
    if (!link_is_endpoint(url))
        snprintf(fault, LINK_FAULT,
                 "url %.80s is not tcp://HOST:PORT, ipc://PATH or "
                 "confab://HOST:PORT/?key=KEY",
                 *url ? url : "\"\"");
    else if (strncmp(url, "tcp://", 6) == 0 && !has_port(url))
        snprintf(fault, LINK_FAULT,
                 "url %.80s has no port from 1 to 65535 at its end, as in "
                 "tcp://HOST:7480",
                 url);
    else
        return true;
    return false;
}

bool
link_open(struct link **link, const char *url, const struct link_keys *keys,
          char fault[static LINK_FAULT])
{
    *link = NULL;
    if (!is_url(url, fault))
        return false;
    struct link *l = calloc(1, sizeof *l);
    if (!l) {
        snprintf(fault, LINK_FAULT, "no memory");
        return false;
    }
    snprintf(l->url, sizeof l->url, "%s", url);
    if (os_bell_open(&l->wake) && open_sockets(l, keys)) {
        *link = l;
        return true;
    }
    snprintf(fault, LINK_FAULT, "url %.100s: %s", url, zmq_strerror(errno));
    link_close(l);
    return false;
}

void
link_close_frame(struct link *link)
{
    if (link->frame_open)
        zmq_msg_close(&link->frame);
    link->frame_open = false;
}

void
link_shut(struct link *link)
{
    link_close_frame(link);
    if (!link->context)
        return;
    watch_close(&link->dealer_watch);
    watch_close(&link->sub_watch);
    void *sockets[] = {link->sub, link->dealer};
    for (size_t i = 0; i < sizeof sockets / sizeof sockets[0]; i++)
        if (sockets[i])
            zmq_close(sockets[i]);
    while (zmq_ctx_term(link->context) < 0 && errno == EINTR)
        ;
    link->context = link->dealer = link->sub = NULL;
}

void
link_close(struct link *link)
{
    if (!link)
        return;
    link_shut(link);
    os_bell_close(&link->wake);
    free(link);
}

void
link_secure(struct link *link, const struct link_keys *keys)
{
    bool set = set_keys(link, keys);
    assert(set); /* they are keys: z85 has read them */
    (void)set;
    link_reconnect(link);
}
