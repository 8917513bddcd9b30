/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net: the loop.
 *
 * A turn: take over what the monitors told, drain the ROUTER until it is empty
 * or the cap is reached, let the hub commit and hand out, look after the
 * connections. Nothing in it waits but net_wait. Under load the drain takes
 * many frames and the hub answers them together; that is the whole of batching.
 *
 * A message of more than one part is an offence: its first part goes to the
 * hub, the others are thrown away as they are read. One with more than
 * NET_PARTS_MOST parts costs its sender the connection.
 */
#include "net_inner.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "xmem.h"

enum {
    WAKE_ROUTER,
    WAKE_ROUTER_EVENT,
    WAKE_PUB,
    WAKE_PUB_EVENT,
    WAKE_OTHER,
    WAKES,
};

static uint64_t
clock_ms(clockid_t clock)
{
    struct timespec time;
    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

struct now
net_now(void)
{
    return (struct now){.mono = clock_ms(CLOCK_MONOTONIC),
                        .wall = clock_ms(CLOCK_REALTIME)};
}

struct net *
net_new(const struct config *config, int wake, struct logger *logger,
        struct config_error *error)
{
    struct net *net = xcalloc(1, sizeof *net);
    net->logger = logger;
    net->wake = wake;
    zmq_msg_init(&net->id);
    zmq_msg_init(&net->body);
    if (!net_open(net, config, error)) {
        net_free(&net);
        return NULL;
    }
    net_limit(net, config->connections);
    return net;
}

static void
wire_close(struct wire *wire)
{
    if (wire->socket) {
        (void)zmq_socket_monitor(wire->socket, NULL, 0);
        zmq_close(wire->socket);
    }
    if (wire->monitor) {
        zmq_close(wire->monitor);
    }
    net_links_free(wire);
}

void
net_free(struct net **net_at)
{
    struct net *net = *net_at;
    if (!net) {
        return;
    }
    zmq_msg_close(&net->id);
    zmq_msg_close(&net->body);
    /* A client whose socket has ZMQ_IMMEDIATE loses what it has not read when
     * the connection closes: leave it the time to read our last words. */
    if (net->router.count > 0) {
        (void)zmq_poll(NULL, 0, NET_LAST_WORDS);
    }
    wire_close(&net->router);
    wire_close(&net->pub);
    if (net->context) {
        zmq_ctx_term(net->context);
    }
    free(net);
    *net_at = NULL;
}

const char *
net_bind(const struct net *net)
{
    return net->router.endpoint;
}

const char *
net_pub(const struct net *net)
{
    return net->pub.endpoint;
}

const char *
net_pub_told(const struct net *net)
{
    return net->pub_told;
}

void
net_limit(struct net *net, uint64_t connections)
{
    net->most = connections < net->system ? (unsigned)connections : net->system;
    LOG(net->logger, LOG_INFO, "net.limit", LOG_NUM("connections", net->most));
}

/* A full queue and a peer that is gone are told apart by the first part; once
 * that was taken the second one is, too. */
static enum sent
net_send(void *self, void *to, struct slice frame)
{
    struct net *net = self;
    struct link *link = to;
    net->sent = true;
    if (zmq_send(net->router.socket, link->id, link->id_len,
                 ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0) {
        if (errno == EAGAIN) {
            return SENT_AGAIN;
        }
        link->peer = NULL;
        link->lost = true;
        return SENT_GONE;
    }
    (void)zmq_send(net->router.socket, frame.data, frame.len, ZMQ_DONTWAIT);
    return SENT_OK;
}

static void
net_publish(void *self, struct slice frame)
{
    struct net *net = self;
    (void)zmq_send(net->pub.socket, frame.data, frame.len, ZMQ_DONTWAIT);
}

/* Its last answers are still on their way: the round of the guard shuts it. */
static void
net_kick(void *self, void *to)
{
    struct net *net = self;
    struct link *link = to;
    link->peer = NULL;
    link->shut = true;
    link->shut_at = net->now.mono + NET_LAST_WORDS;
}

struct sink
net_sink(struct net *net)
{
    return (struct sink){.self = net,
                         .send = net_send,
                         .publish = net_publish,
                         .kick = net_kick};
}

static struct slice
msg_slice(zmq_msg_t *msg)
{
    return slice_of(zmq_msg_data(msg), zmq_msg_size(msg));
}

/* Bytes on the wire, as the kernel counts them. */
static size_t
wire_size(zmq_msg_t *msg)
{
    size_t size = zmq_msg_size(msg);
    return size + (size < 256 ? 2 : 9);
}

/* Goes on throwing parts away; false: the socket is empty. */
static bool
net_skip(struct net *net)
{
    if (zmq_msg_recv(&net->body, net->router.socket, ZMQ_DONTWAIT) < 0) {
        return false;
    }
    net->skipping = zmq_msg_more(&net->body);
    return true;
}

/* A whole message of several parts is there: its rest is dropped. */
static void
net_offence(struct net *net, struct link *link)
{
    net->skipping = true;
    for (int parts = 2; net->skipping && parts < NET_PARTS_MOST; parts++) {
        (void)net_skip(net);
    }
    if (net->skipping && link && !link->shut) {
        net_shut(net, link, "too-many-parts");
    }
}

/* One message to the hub; false: the socket is empty. */
static bool
net_take(struct net *net, size_t *bytes)
{
    if (zmq_msg_recv(&net->id, net->router.socket, ZMQ_DONTWAIT) < 0 ||
        zmq_msg_recv(&net->body, net->router.socket, ZMQ_DONTWAIT) < 0) {
        return false;
    }
    struct slice frame = msg_slice(&net->body);
    struct link *link =
        net_whose(net, zmq_msg_get(&net->body, ZMQ_SRCFD), msg_slice(&net->id));
    bool more = zmq_msg_more(&net->body);
    *bytes += frame.len;
    if (link) {
        link->guard.delivered += wire_size(&net->body);
        if (!link->peer) {
            link->peer = hub_connect(net->hub, link, NULL, net->now);
        }
        hub_input(net->hub, link->peer, frame, more ? 2 : 1, net->now);
    }
    if (more) {
        net_offence(net, link);
    }
    return true;
}

/* True: it is empty; false: there may be more. */
static bool
net_drain(struct net *net)
{
    size_t bytes = 0;
    for (int i = 0; i < NET_TURN_FRAMES && bytes < NET_TURN_BYTES; i++) {
        if (!(net->skipping ? net_skip(net) : net_take(net, &bytes))) {
            return true;
        }
        if (clock_ms(CLOCK_MONOTONIC) >= net->now.mono + NET_TURN_MS) {
            return false;
        }
    }
    return false;
}

static int
until(const struct net *net, uint64_t at)
{
    return at > net->now.mono ? (int)(at - net->now.mono) : 0;
}

/* How long the loop may sleep. */
static int
net_timeout(const struct net *net)
{
    if (net->gone) {
        return NET_GONE_LEAST;
    }
    int wait = until(net, net->sweep_at);
    if (net->router.count + net->pub.count > 0) {
        int look = until(net, net->look_at);
        wait = look < wait ? look : wait;
    }
    return wait;
}

/* hub_timeout never says 0, so what it said first stands until it is due. */
static void
net_sweep(struct net *net)
{
    if (net->now.mono >= net->sweep_at) {
        hub_sweep(net->hub, net->now);
        net->sweep_at = UINT64_MAX;
    }
}

static void
net_turn(struct net *net)
{
    hub_turn(net->hub, net->now);
    uint64_t next = net->now.mono + (uint64_t)hub_timeout(net->hub, net->now);
    net->sweep_at = next < net->sweep_at ? next : net->sweep_at;
}

static int
socket_fd(void *socket)
{
    int fd = -1;
    size_t len = sizeof fd;
    (void)zmq_getsockopt(socket, ZMQ_FD, &fd, &len);
    return fd;
}

/* Also lets the socket take over what libzmq's threads have told it. */
static bool
has_input(void *socket)
{
    int events = 0;
    size_t len = sizeof events;
    return zmq_getsockopt(socket, ZMQ_EVENTS, &events, &len) == 0 &&
           events & ZMQ_POLLIN;
}

/* Sleeps until there is something to do. libzmq's descriptors tell of a change
 * once: what a send has noticed meanwhile must be asked for. zmq_poll would ask
 * all four sockets twice each time, which is most of what a quiet broker costs.
 */
static void
net_wait(struct net *net, struct pollfd *wakes, bool drained)
{
    bool busy = !drained || (net->sent && has_input(net->router.socket));
    net->sent = false;
    (void)poll(wakes, WAKES, busy ? 0 : net_timeout(net));
    net->now = net_now();
    if (wakes[WAKE_ROUTER_EVENT].revents || wakes[WAKE_PUB_EVENT].revents) {
        net_events(net);
    }
    if (wakes[WAKE_PUB].revents) {
        (void)has_input(net->pub.socket); /* takes over subscriptions */
    }
}

void
net_run(struct net *net, struct hub *hub)
{
    struct pollfd wakes[WAKES] = {
        [WAKE_ROUTER] = {socket_fd(net->router.socket), POLLIN, 0},
        [WAKE_ROUTER_EVENT] = {socket_fd(net->router.monitor), POLLIN, 0},
        [WAKE_PUB] = {socket_fd(net->pub.socket), POLLIN, 0},
        [WAKE_PUB_EVENT] = {socket_fd(net->pub.monitor), POLLIN, 0},
        [WAKE_OTHER] = {net->wake, POLLIN, 0},
    };
    bool drained = false;
    net->hub = hub;
    net->now = net_now();
    net_events(net);
    for (;;) {
        net_wait(net, wakes, drained);
        if (wakes[WAKE_OTHER].revents) {
            return;
        }
        drained = net_drain(net);
        net_reap(net, drained);
        net_look(net, drained);
        net_sweep(net);
        net_turn(net);
    }
}
