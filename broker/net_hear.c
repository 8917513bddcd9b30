/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_hear: subscriptions.
 *
 * The XPUB gives them all, and all of their ends (VERBOSER). So it is known
 * whose connection it is, and what it listens to (net_topics.h); one with too
 * much is shut. What libzmq says of one whose connection ended is not needed:
 * it has left already.
 *
 * libzmq puts a topic into its tree before we see it. The least RCVHWM lets
 * each connection bring one or two at a time, so that the tree is as a rule not
 * much larger than what was counted here.
 */
#include "net_inner.h"

#include <stddef.h>

enum { TOPIC_END, TOPIC_BEGIN };

static void
topic_take(struct net *net, struct link *link, struct slice topic)
{
    struct slice name = slice_of(topic.data + 1, topic.len - 1);
    if (topic.data[0] == TOPIC_END) {
        topics_end(&net->topics, &link->listener, name);
        return;
    }
    topics_begin(&net->topics, &link->listener, name);
    if (link->listener.count > net->subscriptions) {
        net_shut(net, link, guard_word(GUARD_TOPICS));
    }
}

/* Bytes that all topics together may have now. */
static size_t
topics_room(const struct net *net)
{
    size_t most = net->topic_bytes;
    size_t least = most / NET_LEAST_ROOM;
    if (net->pub.count <= NET_FEW_LISTENERS) {
        return most;
    }
    size_t room = most * NET_FEW_LISTENERS / net->pub.count;
    return room > least ? room : least;
}

static struct link *
link_of(struct listener *listener)
{
    size_t within = offsetof(struct link, listener);
    return (struct link *)(void *)((char *)listener - within);
}

/* Until all others' fit. */
static void
topics_cut(struct net *net)
{
    for (int cuts = 0; cuts < NET_TURN_CUTS; cuts++) {
        struct listener *most = topics_excess(&net->topics, topics_room(net));
        if (!most) {
            return;
        }
        net_shut(net, link_of(most), "too-many-topics");
    }
}

/* Subscriptions; true: there are no more. */
static bool
topics_take(struct net *net)
{
    for (int i = 0; i < NET_TURN_TOPICS; i++) {
        if (zmq_msg_recv(&net->body, net->pub.socket, ZMQ_DONTWAIT) < 0) {
            return true;
        }
        /* Without a descriptor it is the end of one whose connection ended;
         * with another first byte it is a message, to nobody. */
        struct slice topic = msg_slice(&net->body);
        struct link *link = NULL;
        if (topic.len > 0 && topic.data[0] <= TOPIC_BEGIN &&
            zmq_msg_get(&net->body, ZMQ_SRCFD) >= 0) {
            link = net_whose_topic(net, &net->body);
        }
        if (link) {
            topic_take(net, link, topic);
        }
    }
    return false;
}

bool
net_hear(struct net *net, bool told)
{
    bool drained = !told || topics_take(net);
    topics_cut(net);
    return drained;
}
