/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_link: the connections of both sockets, from accept to close.
 *
 * libzmq tells a monitor when it accepts and when it closes a descriptor, and
 * puts the descriptor on every message. So a table by descriptor is enough to
 * know whose a message is, to see a killed client at once, and to shut one.
 *
 * A descriptor is used again as soon as it is closed, while messages of its
 * former owner may still wait in the ROUTER. So a closed connection stays in
 * its slot, behind its successor, until the ROUTER has been empty once; the
 * routing id tells the two apart. Only one that never said anything goes at
 * once: a message in doubt belongs to the newer connection, whose client is
 * there and waits for the answer. What belongs to nobody is dropped, so no late
 * message makes a connection that never ends.
 */
#include "net_inner.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "xmem.h"

static struct link **
slot_of(struct wire *wire, int fd)
{
    return fd >= 0 && fd < wire->slots ? &wire->links[fd] : NULL;
}

/* The one that has the descriptor now. */
static struct link *
link_open(struct wire *wire, int fd)
{
    struct link **slot = slot_of(wire, fd);
    return slot && *slot && !(*slot)->gone ? *slot : NULL;
}

static void
slots_grow(struct wire *wire, int fd)
{
    int slots = wire->slots ? wire->slots : 64;
    while (slots <= fd) {
        slots *= 2;
    }
    if (slots > wire->slots) {
        wire->links =
            xrealloc(wire->links, (size_t)slots * sizeof *wire->links);
        memset(wire->links + wire->slots, 0,
               (size_t)(slots - wire->slots) * sizeof *wire->links);
        wire->slots = slots;
    }
}

static void
link_free(struct link *link)
{
    free(link->id);
    free(link);
}

static void
link_unlink(struct wire *wire, struct link *link)
{
    struct link **at = &wire->links[link->fd];
    while (*at != link) {
        at = &(*at)->older;
    }
    *at = link->older;
    link_free(link);
}

/* "10.0.0.1:4711", or "local" for ipc. For the log. */
static const char *
link_peer(int fd, char text[static INET6_ADDRSTRLEN + 8])
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    in_port_t port = 0;
    (void)getpeername(fd, (struct sockaddr *)&address, &len);
    if (address.ss_family == AF_INET) {
        struct sockaddr_in *v4 = (struct sockaddr_in *)&address;
        (void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
        port = v4->sin_port;
    } else if (address.ss_family == AF_INET6) {
        struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&address;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        port = v6->sin6_port;
    } else {
        return address.ss_family == AF_UNIX ? "local" : "gone";
    }
    (void)snprintf(text, INET6_ADDRSTRLEN + 8, "%s:%u", host,
                   (unsigned)ntohs(port));
    return text;
}

void
net_shut(struct net *net, struct link *link, const char *why)
{
    char peer[INET6_ADDRSTRLEN + 8];
    struct linger none = {.l_onoff = 1}; /* a reset, no half-closed rest */
    link->shut = true;
    if (link->gone) {
        return;
    }
    (void)setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    LOG(net->logger, LOG_WARN, "net.shut", LOG_TEXT("why", why),
        LOG_TEXT("peer", link_peer(link->fd, peer)),
        LOG_NUM("fd", (uint64_t)link->fd));
    (void)shutdown(link->fd, SHUT_RDWR);
}

static void
link_closed(struct net *net, struct wire *wire, struct link *link)
{
    LOG(net->logger, LOG_DEBUG, "net.closed", LOG_TEXT("to", wire->endpoint),
        LOG_NUM("fd", (uint64_t)link->fd));
    wire->count--;
    if (link->id_len == 0) {
        link_unlink(wire, link); /* nothing of it is expected any more */
        return;
    }
    link->gone = true;
    link->gone_at = net->now.mono;
    link->next = net->gone;
    net->gone = link;
}

static void
link_accepted(struct net *net, struct wire *wire, int fd)
{
    char peer[INET6_ADDRSTRLEN + 8];
    struct link *before = link_open(wire, fd);
    if (before) {
        link_closed(net, wire, before);
    }
    slots_grow(wire, fd);
    struct link *link = xcalloc(1, sizeof *link);
    link->fd = fd;
    link->since = net->now.mono;
    link->empties = net->empties;
    link->older = wire->links[fd];
    wire->links[fd] = link;
    LOG(net->logger, LOG_DEBUG, "net.accepted", LOG_TEXT("at", wire->endpoint),
        LOG_TEXT("peer", link_peer(fd, peer)), LOG_NUM("fd", (uint64_t)fd));
    if (net->router.count + net->pub.count >= net->most) {
        net_shut(net, link, "too-many-connections");
    }
    wire->count++;
}

/* An event is two frames: number and value, then the endpoint. */
static void
wire_events(struct net *net, struct wire *wire)
{
    uint8_t event[6];
    char endpoint[NET_ENDPOINT];
    while (zmq_recv(wire->monitor, event, sizeof event, ZMQ_DONTWAIT) ==
           (int)sizeof event) {
        uint16_t number;
        int32_t value;
        memcpy(&number, event, sizeof number);
        memcpy(&value, event + sizeof number, sizeof value);
        (void)zmq_recv(wire->monitor, endpoint, sizeof endpoint, 0);
        if (number == ZMQ_EVENT_ACCEPTED) {
            link_accepted(net, wire, value);
        } else if (link_open(wire, value)) {
            link_closed(net, wire, link_open(wire, value));
        }
    }
}

void
net_events(struct net *net)
{
    wire_events(net, &net->router);
    wire_events(net, &net->pub);
}

static bool
link_has_id(const struct link *link, struct slice id)
{
    return link->id_len == id.len && !memcmp(link->id, id.data, id.len);
}

/* The one of this routing id, or else the one that has the descriptor now. */
static struct link *
link_match(struct wire *wire, int fd, struct slice id)
{
    struct link **slot = slot_of(wire, fd);
    for (struct link *link = slot ? *slot : NULL; link; link = link->older) {
        if (link_has_id(link, id)) {
            return link;
        }
    }
    return link_open(wire, fd);
}

enum { GIVEN = 5 }; /* bytes of an id that libzmq gives: a zero and a number */

static bool
is_given(struct slice id)
{
    return id.len == GIVEN && !id.data[0];
}

/* libzmq counts the ids that it gives itself. So of two on one descriptor it
 * can be told whose owner came first. */
static bool
is_older(struct slice id, const struct link *link)
{
    uint32_t a = 0, b = 0;
    if (!is_given(id) || !is_given(slice_of(link->id, link->id_len))) {
        return false;
    }
    for (int i = 1; i < GIVEN; i++) {
        a = a << 8 | id.data[i];
        b = b << 8 | link->id[i];
    }
    return (int32_t)(a - b) < 0;
}

/* Of an id that libzmq gave and one that a peer has chosen it cannot. Until the
 * ROUTER was empty once, messages of a former owner may still come: they do not
 * cost a client what it has said. Ours are given their ids; who chooses one
 * must say hello again when nothing comes. */
static bool
is_doubtful(const struct net *net, struct slice id, const struct link *link)
{
    return link->empties == net->empties && !is_given(id) &&
           is_given(slice_of(link->id, link->id_len));
}

/* Its first message came. Where it had another id before, that was a message of
 * an owner of the descriptor who had said nothing while he had it. */
static void
link_name(struct net *net, struct link *link, struct slice id)
{
    if (link->peer) {
        hub_disconnect(net->hub, link->peer);
        link->peer = NULL;
    }
    link->id = xrealloc(link->id, id.len);
    memcpy(link->id, id.data, id.len);
    link->id_len = (uint8_t)id.len;
    link->lost = false;
}

struct link *
net_whose(struct net *net, int fd, struct slice id)
{
    struct link *link = link_match(&net->router, fd, id);
    if (!link || !link_has_id(link, id)) {
        net_events(net); /* its ACCEPTED may have come after the last look */
        link = link_match(&net->router, fd, id);
    }
    if (!link || link->shut || id.len == 0 || id.len > UINT8_MAX) {
        return NULL;
    }
    if (!link_has_id(link, id)) {
        if (is_older(id, link) || is_doubtful(net, id, link)) {
            return NULL;
        }
        link_name(net, link, id);
    }
    return link->lost ? NULL : link;
}

void
net_reap(struct net *net, bool drained)
{
    struct link **at = &net->gone;
    net->empties += drained;
    while (*at) {
        struct link *link = *at;
        uint64_t age = net->now.mono - link->gone_at;
        if (age < NET_GONE_LEAST || (!drained && age < NET_GONE_MOST)) {
            at = &link->next;
            continue;
        }
        *at = link->next;
        if (link->peer) {
            hub_disconnect(net->hub, link->peer);
        }
        link_unlink(&net->router, link);
    }
}

static void
look_at(struct net *net, struct wire *wire, struct link *link, bool drained)
{
    struct guard_counts counts;
    uint64_t now = net->now.mono;
    if (link->shut_at && now >= link->shut_at) {
        link->shut_at = 0;
        (void)shutdown(link->fd, SHUT_RDWR);
        return;
    }
    if (link->shut) {
        return;
    }
    if (wire->asks && link->id_len == 0 && now - link->since >= NET_MUTE) {
        net_shut(net, link, "said-nothing");
        return;
    }
    link->looks++;
    if ((net->quiet && link->looks % NET_QUIET_LOOKS != 0) ||
        !guard_count(link->fd, &counts)) {
        return;
    }
    enum guard_verdict verdict =
        wire->asks ? guard_asker(&link->guard, &counts, drained)
                   : guard_listener(&link->guard, &counts, link->since, now);
    if (verdict != GUARD_FINE) {
        net_shut(net, link, guard_word(verdict));
    }
}

/* At most `looks` of its connections, going round. */
static unsigned
wire_look(struct net *net, struct wire *wire, unsigned looks, bool drained)
{
    unsigned done = 0;
    for (int passed = 0; passed < wire->slots && done < looks; passed++) {
        struct link *link = link_open(wire, wire->looked);
        wire->looked = (wire->looked + 1) % wire->slots;
        if (link) {
            look_at(net, wire, link, drained);
            done++;
        }
    }
    return done;
}

static uint64_t
used_us(clockid_t clock)
{
    struct timespec used;
    clock_gettime(clock, &used);
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}

/* Megabytes do not come in without work for libzmq's threads, which are all but
 * this one. So their CPU tells whether all these system calls are needed. */
static bool
is_quiet(struct net *net)
{
    uint64_t used = used_us(CLOCK_PROCESS_CPUTIME_ID) -
                    used_us(CLOCK_THREAD_CPUTIME_ID);
    bool quiet = used < net->io_used + NET_QUIET;
    net->io_used = used;
    return quiet;
}

void
net_look(struct net *net, bool drained)
{
    if (net->now.mono < net->look_at) {
        return;
    }
    net->look_at = net->now.mono + NET_LOOK;
    net->quiet = is_quiet(net);
    unsigned done = wire_look(net, &net->router, NET_LOOKS / 2, drained);
    (void)wire_look(net, &net->pub, NET_LOOKS - done, drained);
}

void
net_links_free(struct wire *wire)
{
    for (int fd = 0; fd < wire->slots; fd++) {
        struct link *link = wire->links[fd];
        while (link) {
            struct link *older = link->older;
            link_free(link);
            link = older;
        }
    }
    free(wire->links);
}
