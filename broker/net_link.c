/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_link: the connections of both sockets, from accept to close.
 *
 * libzmq tells a monitor when it accepts and when it closes a descriptor, and
 * puts the descriptor on every message. So a table by descriptor is enough to
 * know whose a message is (net_whose.c), to see a killed client at once, and to
 * shut one.
 *
 * A descriptor is used again as soon as it is closed, while messages of its
 * former owner may still wait in the ROUTER. So a closed connection stays in
 * its slot, behind its successor, until the ROUTER has been empty once. Only
 * one that never said anything goes at once: a message in doubt belongs to the
 * newer connection, whose client is there and waits for the answer. What
 * belongs to nobody is dropped, so no late message makes a connection that
 * never ends.
 *
 * One that has said nothing yet is a stranger. Strangers stand in a line by
 * age, and when there are too many the oldest goes: an honest one needs some
 * milliseconds to say who it is, so however many connections somebody opens
 * and leaves half open, they displace each other and not those who speak.
 */
#include "net_inner.h"

#include <stdlib.h>
#include <sys/socket.h>

#include "xmem.h"

enum { PEER_TEXT = INET6_ADDRSTRLEN + 8 };

/* --- the table --- */

static struct link **
slot_of(const struct wire *wire, int fd)
{
    return fd >= 0 && fd < wire->slots ? &wire->links[fd] : NULL;
}

struct link *
link_first(const struct wire *wire, int fd)
{
    struct link **slot = slot_of(wire, fd);
    return slot ? *slot : NULL;
}

struct link *
link_open(const struct wire *wire, int fd)
{
    struct link *link = link_first(wire, fd);
    return link && !link->gone ? link : NULL;
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

/* --- lines --- */

void
link_leave(struct link *link)
{
    struct line *line = link->line;
    if (!line) {
        return;
    }
    *(link->before ? &link->before->after : &line->first) = link->after;
    *(link->after ? &link->after->before : &line->last) = link->before;
    link->before = link->after = NULL;
    link->line = NULL;
    line->count--;
}

static void
link_enter(struct link *link, struct line *line)
{
    link_leave(link);
    link->line = line;
    link->before = line->last;
    *(line->last ? &line->last->after : &line->first) = link;
    line->last = link;
    line->count++;
}

void
link_known(struct link *link)
{
    link->guard.heard = true;
    link_leave(link);
}

/* Makes room for another stranger. */
static void
strangers_cut(struct net *net)
{
    struct line *asks = &net->router.strangers, *listen = &net->pub.strangers;
    if (asks->count + listen->count <= net->handshakes) {
        return;
    }
    struct link *oldest = asks->first;
    if (!oldest || (listen->first && listen->first->since < oldest->since)) {
        oldest = listen->first;
    }
    net_shut(net, oldest, "too-many-handshakes");
}

/* --- coming and going --- */

/* "10.0.0.1:4711", or "local" for ipc. For the log. */
static const char *
link_peer(const struct link *link, char text[static PEER_TEXT])
{
    const struct origin *from = &link->origin;
    if (!from->text[0]) {
        return from->local ? "local" : "gone";
    }
    (void)snprintf(text, PEER_TEXT, "%s:%u", from->text, (unsigned)from->port);
    return text;
}

void
net_shut(struct net *net, struct link *link, const char *why)
{
    char peer[PEER_TEXT];
    struct linger none = {.l_onoff = 1}; /* a reset, no half-closed rest */
    link->shut = true;
    link_leave(link);
    topics_leave(&net->topics, &link->listener);
    if (link->gone) {
        return;
    }
    (void)setsockopt(link->fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    LOG(net->logger, LOG_WARN, "net.shut", LOG_TEXT("why", why),
        LOG_TEXT("peer", link_peer(link, peer)),
        LOG_NUM("fd", (uint64_t)link->fd));
    (void)shutdown(link->fd, SHUT_RDWR);
}

void
net_shut_later(struct net *net, struct link *link)
{
    link->shut = true;
    link->shut_at = net->now.mono + NET_LAST_WORDS;
    if (!link->gone) {
        link_enter(link, &net->kicked);
    }
}

static void
link_closed(struct net *net, struct wire *wire, struct link *link)
{
    LOG(net->logger, LOG_DEBUG, "net.closed", LOG_TEXT("to", wire->endpoint),
        LOG_NUM("fd", (uint64_t)link->fd));
    wire->count--;
    crowd_remove(&net->crowd, &link->origin);
    link_leave(link);
    topics_leave(&net->topics, &link->listener);
    if (link->id_len == 0 || !wire->asks) {
        link_unlink(wire, link); /* nothing of it is expected any more */
        return;
    }
    link->gone = true;
    link->gone_at = net->now.mono;
    link->next = net->gone;
    net->gone = link;
}

/* Why it may not stay, or NULL. */
static const char *
link_refusal(struct net *net, const struct link *link)
{
    unsigned same = crowd_add(&net->crowd, &link->origin);
    if (net->router.count + net->pub.count > net->most) {
        return "too-many-connections";
    }
    if (same > net->per_address) {
        return "too-many-of-address";
    }
    if (!crowd_pace(&net->crowd, &link->origin, net->rate_connect,
                    net->now.mono)) {
        return "too-fast-of-address";
    }
    if (!hub_admits(net->hub, slice_str(""), slice_str(link->origin.text))) {
        return "not-admitted";
    }
    return NULL;
}

static void
link_accepted(struct net *net, struct wire *wire, int fd, struct slice at)
{
    char peer[PEER_TEXT];
    struct link *before = link_open(wire, fd);
    if (before) {
        link_closed(net, wire, before);
    }
    slots_grow(wire, fd);
    struct link *link = xcalloc(1, sizeof *link);
    link->fd = fd;
    link->curve = net->gate && !slice_eq(at, slice_str(wire->plain));
    link->guard.curve = link->curve;
    link->since = net->now.mono;
    link->empties = net->empties;
    link->origin = origin_of(fd);
    link->older = wire->links[fd];
    wire->links[fd] = link;
    wire->count++;
    link_enter(link, &wire->strangers);
    LOG(net->logger, LOG_DEBUG, "net.accepted", LOG_SLICE("at", at),
        LOG_TEXT("peer", link_peer(link, peer)), LOG_NUM("fd", (uint64_t)fd));
    const char *why = link_refusal(net, link);
    if (why) {
        net_shut(net, link, why);
    }
    strangers_cut(net);
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
        int len = zmq_recv(wire->monitor, endpoint, sizeof endpoint, 0);
        size_t most = sizeof endpoint;
        if (number == ZMQ_EVENT_ACCEPTED) {
            struct slice at = slice_of(endpoint, len < 0 ? 0 : (size_t)len);
            at.len = at.len < most ? at.len : most;
            link_accepted(net, wire, value, at);
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

void
net_links_free(struct net *net, struct wire *wire)
{
    for (int fd = 0; fd < wire->slots; fd++) {
        struct link *link = wire->links[fd];
        while (link) {
            struct link *older = link->older;
            topics_leave(&net->topics, &link->listener);
            link_free(link);
            link = older;
        }
    }
    free(wire->links);
}
