/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_open: both sockets with every option, their monitors, and bind.
 *
 * All options are set before bind; libzmq ignores most of them afterwards
 * without a word. Each is here because its default hurts: without a bound on a
 * message or a queue a stranger fills the memory, with handover a stranger
 * takes over another's routing id, with heartbeats or a limit for handshakes
 * libzmq's timer list eats a core at some thousand connections.
 */
#include "net_inner.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "net_handed.h"
#include "proto/limits.h"
#include "proto/os.h"

enum {
    ZERO_COPY_RECV = 10,     /* ZMQ_ZERO_COPY_RECV, not in the stable header */
    ZAP_ENFORCE_DOMAIN = 93, /* the same: without a handler nobody gets in */
    FILES_SPARE = 64,        /* descriptors that are not connections */
    FILES_LEAST = 4,         /* connections: less is no broker */
};

struct option {
    int name, value;
};

/* Both sockets. */
static const struct option shared[] = {
    {ZMQ_SNDTIMEO, 0},
    {ZMQ_LINGER, 1500}, /* so that the last answers leave */
    {ZMQ_BACKLOG, 512},
    {ZMQ_TCP_KEEPALIVE, 1},
    {ZMQ_TCP_KEEPALIVE_IDLE, 30},
    {ZMQ_TCP_KEEPALIVE_INTVL, 10},
    {ZMQ_TCP_KEEPALIVE_CNT, 3},
    {ZMQ_TCP_MAXRT, 30000}, /* a machine that has vanished */
};

static const struct option asking[] = {
    {ZMQ_ROUTER_HANDOVER, 0},
    {ZMQ_ROUTER_MANDATORY, 1},
    {ZMQ_RCVHWM, 128}, /* messages of one peer that wait for their turn */
    {ZMQ_SNDHWM, 64},  /* frames of up to 64 KiB */
};

static const struct option telling[] = {
    {ZMQ_XPUB_VERBOSER, 1}, /* tells all subscriptions, and all their ends */
    {ZMQ_SNDHWM, 1000},
    /* Subscriptions of one that are on their way to us. libzmq takes over what
     * is there, and what comes meanwhile, before it lets us count: with 16 that
     * was 100,000 at once, since a thread of its own fetches them faster. With
     * 1 none ever came of who has a key: libzmq 4.3.4 puts the User-Id into the
     * same queue as a message and never counts it as read. */
    {ZMQ_RCVHWM, 2},
};

static const int64_t asking_max = LIMIT_FRAME + CURVE_EXTRA;
static const int64_t telling_max = 512; /* a topic has at most 65 bytes */

static bool
set_options(void *socket, const struct option *options, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (zmq_setsockopt(socket, options[i].name, &options[i].value,
                           sizeof options[i].value) != 0) {
            return false;
        }
    }
    return true;
}

#define SET_OPTIONS(socket, table)                                             \
    set_options((socket), (table), sizeof(table) / sizeof *(table))

/* ACCEPTED and DISCONNECTED of `wire`, through a pair without high-water mark:
 * at one, libzmq's thread would wait for us. ACCEPT_FAILED is left out: without
 * descriptors it comes as fast as the processor can. */
static bool
open_monitor(struct net *net, struct wire *wire, const char *name)
{
    int none = 0;
    if (zmq_socket_monitor(wire->socket, name,
                           ZMQ_EVENT_ACCEPTED | ZMQ_EVENT_DISCONNECTED) != 0) {
        return false;
    }
    wire->monitor = zmq_socket(net->context, ZMQ_PAIR);
    return wire->monitor &&
           zmq_setsockopt(wire->monitor, ZMQ_RCVHWM, &none, sizeof none) == 0 &&
           zmq_setsockopt(wire->monitor, ZMQ_LINGER, &none, sizeof none) == 0 &&
           zmq_connect(wire->monitor, name) == 0;
}

static bool
open_router(struct net *net)
{
    struct wire *wire = &net->router;
    wire->asks = true;
    wire->socket = zmq_socket(net->context, ZMQ_ROUTER);
    return wire->socket && SET_OPTIONS(wire->socket, shared) &&
           SET_OPTIONS(wire->socket, asking) &&
           zmq_setsockopt(wire->socket, ZMQ_MAXMSGSIZE, &asking_max,
                          sizeof asking_max) == 0 &&
           open_monitor(net, wire, "inproc://router");
}

static bool
open_pub(struct net *net)
{
    struct wire *wire = &net->pub;
    wire->socket = zmq_socket(net->context, ZMQ_XPUB);
    return wire->socket && SET_OPTIONS(wire->socket, shared) &&
           SET_OPTIONS(wire->socket, telling) &&
           zmq_setsockopt(wire->socket, ZMQ_MAXMSGSIZE, &telling_max,
                          sizeof telling_max) == 0 &&
           open_monitor(net, wire, "inproc://pub");
}

/* libzmq replaces a socket file without asking, even one in use. */
static bool
is_answered(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    (void)snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    bool answered = fd >= 0 && connect(fd, (struct sockaddr *)&address,
                                       sizeof address) == 0;
    if (fd >= 0) {
        close(fd);
    }
    return answered;
}

/* `ours`: the socket there was handed over. */
static bool
check_ipc(const char *path, bool ours, struct config_error *error)
{
    struct stat status;
    char folder[NET_ENDPOINT];
    (void)snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = 0;
    if (!folder[0] || stat(folder, &status) != 0 || !S_ISDIR(status.st_mode)) {
        config_fail(error,
                    "ipc://%s: there is no directory '%s'; make one: "
                    "mkdir -m 700 %s",
                    path, folder, folder);
        return false;
    }
    if (status.st_mode & (S_IWGRP | S_IRWXO)) {
        config_fail(error,
                    "ipc://%s: others may enter '%s' (mode %03o), and who may "
                    "enter can take the broker's place; give it mode 700 or "
                    "750",
                    path, folder, status.st_mode & 0777U);
        return false;
    }
    if (!ours && is_answered(path)) {
        config_fail(error, "ipc://%s is in use: another broker is running",
                    path);
        return false;
    }
    return true;
}

struct advice {
    int code;
    const char *text;
};

static const struct advice advices[] = {
    {EADDRINUSE, ": another broker may be running; choose another port, or * "
                 "for a free one"},
    {EADDRNOTAVAIL, ": this machine has no such address"},
    {ENODEV, ": this machine has no such address or interface"},
    {EACCES, ": ports below 1024 need a privilege; choose a higher one"},
};

static const char *
advice_for(int code)
{
    for (size_t i = 0; i < sizeof advices / sizeof *advices; i++) {
        if (advices[i].code == code) {
            return advices[i].text;
        }
    }
    return "";
}

/* libzmq looks for a timer among all there are, oldest first, to stop it: when
 * thousands who are not through their handshakes end, newest first, nobody else
 * is served for a third of a second. So net and the guard look after those
 * themselves, and libzmq has timers only where the guard sees nothing. */
static int
handshake_ms(const char *endpoint)
{
    bool seen = !strncmp(endpoint, "tcp://", 6) && os_counts_are_told();
    return seen ? 0 : NET_MUTE;
}

/* `told` gets the endpoint with its port, NET_ENDPOINT bytes. With a descriptor
 * libzmq looks at nothing else, and closes it with its own. */
static bool
bind_one(struct wire *wire, const struct place *place, char *told,
         struct config_error *error)
{
    const char *endpoint = place->endpoint;
    size_t len = NET_ENDPOINT;
    int v6 = strchr(endpoint, '[') != NULL, timer = handshake_ms(endpoint);
    if (!strncmp(endpoint, "ipc://", 6) &&
        !check_ipc(endpoint + 6, place->fd >= 0, error)) {
        return false;
    }
    if (zmq_setsockopt(wire->socket, ZMQ_IPV6, &v6, sizeof v6) != 0 ||
        zmq_setsockopt(wire->socket, ZMQ_HANDSHAKE_IVL, &timer, sizeof timer) !=
            0 ||
        zmq_setsockopt(wire->socket, ZMQ_USE_FD, &place->fd,
                       sizeof place->fd) != 0 ||
        zmq_bind(wire->socket, endpoint) != 0 ||
        zmq_getsockopt(wire->socket, ZMQ_LAST_ENDPOINT, told, &len) != 0) {
        config_fail(error, "cannot bind %s: %s%s", endpoint,
                    zmq_strerror(errno), advice_for(errno));
        return false;
    }
    return true;
}

static bool
set_curve(struct wire *wire, const struct keypair *key)
{
    int server = key != NULL, enforce = 1;
    return zmq_setsockopt(wire->socket, ZMQ_ZAP_DOMAIN, GATE_DOMAIN,
                          strlen(GATE_DOMAIN)) == 0 &&
           zmq_setsockopt(wire->socket, ZAP_ENFORCE_DOMAIN, &enforce,
                          sizeof enforce) == 0 &&
           zmq_setsockopt(wire->socket, ZMQ_CURVE_SERVER, &server,
                          sizeof server) == 0 &&
           (!key || zmq_setsockopt(wire->socket, ZMQ_CURVE_SECRETKEY,
                                   key->secret_key, Z85_KEY + 1) == 0);
}

/* A listening endpoint keeps the options that were in force when it was bound,
 * so one socket can have an encrypted one and one that is not. */
static bool
bind_wire(struct wire *wire, const struct place places[static 2],
          const struct keypair *key, struct config_error *error)
{
    const struct place *plain = &places[1];
    if (key && !set_curve(wire, key)) {
        config_fail(error, "cannot encrypt %s: %s; is libzmq built with CURVE?",
                    places[0].endpoint, zmq_strerror(errno));
        return false;
    }
    if (!bind_one(wire, &places[0], wire->endpoint, error)) {
        return false;
    }
    if (!key || !plain->endpoint[0]) {
        return true;
    }
    if (!set_curve(wire, NULL)) {
        config_fail(error, "cannot bind %s: %s", plain->endpoint,
                    zmq_strerror(errno));
        return false;
    }
    return bind_one(wire, plain, wire->plain, error);
}

/* An address that means all of them is told as `*`: PROTOCOL.md, welcome. */
static void
tell_pub(struct net *net)
{
    static const char *const all[] = {"tcp://0.0.0.0:", "tcp://[::]:"};
    const char *endpoint = net->pub.endpoint;
    (void)snprintf(net->pub_told, sizeof net->pub_told, "%s", endpoint);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        if (!strncmp(endpoint, all[i], strlen(all[i]))) {
            (void)snprintf(net->pub_told, sizeof net->pub_told, "tcp://*:%s",
                           endpoint + strlen(all[i]));
        }
    }
}

/* The table of descriptors is as large as it will ever be before libzmq's
 * threads are there. Linux lets all others go first when it doubles it for one
 * of several threads: 10 to 20 ms, at each power of two. */
static void
make_room(unsigned files)
{
    int last = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, (int)files - 1);
    if (last >= 0) {
        close(last);
    }
}

/* Raises the limit of open files as far as it goes, and derives ours. */
static void
raise_files(struct net *net, const struct config *config)
{
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) != 0) {
        files.rlim_cur = files.rlim_max = FILES_SPARE * 2;
    }
    files.rlim_cur = files.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &files) != 0) {
        (void)getrlimit(RLIMIT_NOFILE, &files);
    }
    rlim_t usable = files.rlim_cur > FILES_SPARE ? files.rlim_cur - FILES_SPARE
                                                 : 1;
    net->system = usable < UINT32_MAX ? (unsigned)usable : UINT32_MAX;
    make_room(FILES_SPARE + (config->connections < net->system
                                 ? (unsigned)config->connections
                                 : net->system));
}

/* The gate is bound before all else: where none is, everybody is admitted. */
static bool
open_sockets(struct net *net, const struct config *config, bool gated)
{
    net->context = zmq_ctx_new();
    /* Without it every small message that waits pins a buffer of 8 KiB. */
    if (!net->context || zmq_ctx_set(net->context, ZERO_COPY_RECV, 0) != 0 ||
        zmq_ctx_set(net->context, ZMQ_IO_THREADS, (int)config->io_threads) !=
            0) {
        return false;
    }
    if (gated) {
        net->gate = gate_new(net->context, net_judge, net);
    }
    return (net->gate || !gated) && open_router(net) && open_pub(net);
}

bool
net_open(struct net *net, const struct config *config,
         const struct keypair *key, struct config_error *error)
{
    struct place places[PLACES];
    raise_files(net, config);
    if (net->system < FILES_LEAST) {
        config_fail(
            error, "too few open files are allowed: raise the limit to some "
                   "thousands (ulimit -n, LimitNOFILE=), two are for a client");
        return false;
    }
    if (!net_places(config, places, error)) {
        return false;
    }
    if (!open_sockets(net, config, key != NULL)) {
        config_fail(error, "cannot open sockets: %s", zmq_strerror(errno));
        return false;
    }
    if (!bind_wire(&net->router, &places[PLACE_BIND], key, error) ||
        !bind_wire(&net->pub, &places[PLACE_PUB], key, error)) {
        return false;
    }
    tell_pub(net);
    return true;
}
