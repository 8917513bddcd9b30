/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net: the loop.
 *
 * A turn: take over what the monitors told, answer at the gate, drain the
 * ROUTER until it is empty or the cap is reached, let the hub commit and hand
 * out, look after the connections. Nothing in it waits but net_wait. Under load
 * the drain takes many frames and the hub answers them together; that is the
 * whole of batching.
 */
#include "net_inner.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "proto/clock.h"
#include "xmem.h"

enum {
    WAKE_ROUTER,
    WAKE_ROUTER_EVENT,
    WAKE_PUB,
    WAKE_PUB_EVENT,
    WAKE_GATE,
    WAKE_OTHER, /* and those that follow it */
    WAKES = WAKE_OTHER + WAKES_MAX,
};

struct now
net_now(void)
{
    return (struct now){.mono = clock_ms(CLOCK_MONOTONIC),
                        .wall = clock_ms(CLOCK_REALTIME)};
}

struct net *
net_new(const struct config *config, const struct keypair *key,
        const struct wakes *wakes, struct logger *logger,
        struct config_error *error)
{
    struct net *net = xcalloc(1, sizeof *net);
    net->logger = logger;
    net->wakes = wakes;
    net->rounds = 1; /* nobody was served in it yet */
    net->portion = PORTION_MOST;
    zmq_msg_init(&net->id);
    zmq_msg_init(&net->body);
    if (!net_open(net, config, key, error)) {
        net_free(&net);
        return NULL;
    }
    net_limit(net, config);
    return net;
}

static void
wire_close(struct net *net, struct wire *wire)
{
    if (wire->socket) {
        (void)zmq_socket_monitor(wire->socket, NULL, 0);
        zmq_close(wire->socket);
    }
    if (wire->monitor) {
        zmq_close(wire->monitor);
    }
    net_links_free(net, wire);
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
    wire_close(net, &net->router);
    wire_close(net, &net->pub);
    gate_free(&net->gate); /* last: connections may still ask it */
    crowd_free(&net->crowd);
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
net_plain_bind(const struct net *net)
{
    return net->router.plain;
}

const char *
net_plain_pub(const struct net *net)
{
    return net->pub.plain;
}

const char *
net_pub_told(const struct net *net)
{
    return net->pub_told;
}

static unsigned
least(uint64_t a, unsigned b)
{
    return a < b ? (unsigned)a : b;
}

void
net_limit(struct net *net, const struct config *config)
{
    net->most = least(config->connections, net->system);
    net->per_address = least(config->per_address, UINT32_MAX);
    net->rate_connect = config->rate_connect;
    net->handshakes = least(config->handshakes, UINT32_MAX);
    net->subscriptions = least(config->subscriptions, UINT32_MAX);
    net->topic_bytes = (size_t)config->topics;
    LOG(net->logger, LOG_INFO, "net.limit", LOG_NUM("connections", net->most));
}

/* A full queue and a peer that is gone are told apart by the first part; once
 * that was taken the second one is, too. */
static enum sent
net_send(void *self, void *to, struct slice frame)
{
    struct net *net = self;
    struct link *link = to;
    net->router.used = true;
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
    net->pub.used = true;
    (void)zmq_send(net->pub.socket, frame.data, frame.len, ZMQ_DONTWAIT);
}

static void
net_kick(void *self, void *to)
{
    struct net *net = self;
    struct link *link = to;
    link->peer = NULL;
    net_shut_later(net, link);
}

struct sink
net_sink(struct net *net)
{
    return (struct sink){.self = net,
                         .send = net_send,
                         .publish = net_publish,
                         .kick = net_kick,
                         .review = net_review};
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
    uint64_t at = net->sweep_at;
    if (net->router.count + net->pub.count > 0 && net->look_at < at) {
        at = net->look_at;
    }
    if (net->suspected > 0 && net->now.mono + NET_LOOK_AGAIN < at) {
        at = net->now.mono + NET_LOOK_AGAIN;
    }
    if (net->gate && gate_due(net->gate) < at) {
        at = gate_due(net->gate);
    }
    if (wakes_due(net->wakes) < at) {
        at = wakes_due(net->wakes);
    }
    return until(net, at);
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
    net->portion =
        portion_next(net->portion, net->taken, net_now().mono - net->now.mono);
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

/* libzmq's descriptors tell of a change once: what a send has noticed meanwhile
 * must be asked for. */
static bool
has_noticed(struct wire *wire)
{
    bool used = wire->used;
    wire->used = false;
    return used && has_input(wire->socket);
}

/* Sleeps until there is something to do; `busy`: there is. zmq_poll would ask
 * all sockets twice each time, which is most of what a quiet broker costs. */
static void
net_wait(struct net *net, struct pollfd *wakes, bool busy)
{
    nfds_t count = WAKE_OTHER + net->wakes->count;
    (void)poll(wakes, count, busy ? 0 : net_timeout(net));
    net->now = net_now();
    if (wakes[WAKE_ROUTER_EVENT].revents || wakes[WAKE_PUB_EVENT].revents) {
        net_events(net);
    }
}

/* True: more waits there. */
static bool
net_gate(struct net *net, const struct pollfd *wake)
{
    if (!net->gate) {
        return false;
    }
    bool due = gate_due(net->gate) <= net->now.mono;
    if (wake->revents || due || net->asked) {
        net->asked = !gate_run(net->gate, net->handshakes, net->now.mono);
    }
    return net->asked;
}

void
net_run(struct net *net, struct hub *hub)
{
    struct pollfd wakes[WAKES] = {
        [WAKE_ROUTER] = {socket_fd(net->router.socket), POLLIN, 0},
        [WAKE_ROUTER_EVENT] = {socket_fd(net->router.monitor), POLLIN, 0},
        [WAKE_PUB] = {socket_fd(net->pub.socket), POLLIN, 0},
        [WAKE_PUB_EVENT] = {socket_fd(net->pub.monitor), POLLIN, 0},
        [WAKE_GATE] = {net->gate ? gate_fd(net->gate) : -1, POLLIN, 0},
    };
    bool busy = true, told = true; /* of subscriptions */
    (void)wakes_fds(net->wakes, &wakes[WAKE_OTHER]);
    net->hub = hub;
    net->now = net_now();
    net_events(net);
    for (;;) {
        net_wait(net, wakes, busy);
        if (wakes_are_up(net->wakes, &wakes[WAKE_OTHER], net->now.mono)) {
            return;
        }
        busy = net_gate(net, &wakes[WAKE_GATE]);
        told = !net_hear(net, told || wakes[WAKE_PUB].revents);
        bool drained = net_drain(net);
        net_reap(net, drained);
        net_look(net, drained);
        net_sweep(net);
        net_turn(net);
        told |= has_noticed(&net->pub);
        busy |= told || !drained || has_noticed(&net->router);
    }
}
