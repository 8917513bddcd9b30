/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_take: what comes in, from those who ask and from the gate.
 *
 * A message of more than one part is an offence: its first part goes to the
 * hub, the others are thrown away as they are read. One with more than
 * NET_PARTS_MOST parts costs its sender the connection.
 */
#include "net_inner.h"

#include <time.h>

/* Bytes on the wire, as the kernel counts them. */
static size_t
wire_size(const struct link *link, struct slice frame)
{
    size_t size = frame.len + (link->curve ? CURVE_EXTRA : 0);
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

static struct peer *
link_connect(struct net *net, struct link *link)
{
    const struct caller caller = {
        .key = slice_str(link->key),
        .address = slice_str(link->origin.text),
        .confidential = link->curve || link->origin.local,
        .pub = !net->gate || link->curve ? NULL : net->pub.plain,
    };
    return hub_connect(net->hub, link, &caller, net->now);
}

/* It is its turn: the second time in this round another one begins. */
static void
net_serves(struct net *net, struct link *link)
{
    net->rounds += link->round == net->rounds;
    link->round = net->rounds;
}

/* One message to the hub; false: the socket is empty. */
static bool
net_take(struct net *net)
{
    if (zmq_msg_recv(&net->id, net->router.socket, ZMQ_DONTWAIT) < 0 ||
        zmq_msg_recv(&net->body, net->router.socket, ZMQ_DONTWAIT) < 0) {
        return false;
    }
    struct slice frame = msg_slice(&net->body);
    struct link *link = net_whose(net, &net->body, msg_slice(&net->id));
    bool more = zmq_msg_more(&net->body);
    net->taken += frame.len;
    if (link) {
        net_serves(net, link);
        link->guard.delivered += wire_size(link, frame);
        if (!link->peer) {
            link->peer = link_connect(net, link);
        }
        hub_input(net->hub, link->peer, frame, more ? 2 : 1, net->now);
    }
    if (more) {
        net_offence(net, link);
    }
    return true;
}

/* Lets the socket take over who has something by now, or under load rounds
 * would be counted from which somebody is missing. */
static void
net_take_over(struct net *net)
{
    int events;
    size_t len = sizeof events;
    (void)zmq_getsockopt(net->router.socket, ZMQ_EVENTS, &events, &len);
}

bool
net_drain(struct net *net)
{
    net->taken = 0;
    net_take_over(net);
    for (int i = 0; i < NET_TURN_FRAMES && net->taken < net->portion; i++) {
        if (!(net->skipping ? net_skip(net) : net_take(net))) {
            net->rounds += GUARD_ROUNDS;
            return true;
        }
        if (net_now().mono >= net->now.mono + NET_TURN_MS) {
            return false;
        }
    }
    return false;
}

bool
net_judge(void *self, const struct gate_question *question)
{
    const struct net *net = self;
    const struct origin from = origin_read(question->address);
    if (!question->key[0] && !net->router.plain[0] && !net->pub.plain[0]) {
        return false; /* nowhere can one connect without a key */
    }
    return hub_admits(net->hub, slice_str(question->key), slice_str(from.text));
}
