/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_whose: which connection a message came from.
 *
 * A message tells its descriptor, which may have another owner by now, and its
 * routing id, which tells the owners apart. There are three kinds of ids:
 *
 * - the gate's, of an encrypted connection. It stands on each of its messages
 *   as Identity, beside the key, and neither can be chosen: the gate's word
 *   stands before the peer's. Numbered.
 * - libzmq's, of one that is not encrypted. Numbered, too.
 * - a peer's own, the same, where the peer has chosen one.
 *
 * Whether the message is of an encrypted connection is told by its User-Id:
 * beside a gate no other has one. With access open there is no gate and nothing
 * that a message says of itself is believed.
 */
#include "net_inner.h"

#include <stdlib.h>

#include "xmem.h"

enum { GIVEN = 5 }; /* bytes of an id that libzmq gives: a zero and a number */

/* What a message says of itself, or an empty one. */
static struct slice
msg_property(zmq_msg_t *msg, const char *name)
{
    const char *value = zmq_msg_gets(msg, name);
    return slice_str(value ? value : "");
}

/* Proven, in Z85; empty: none. */
static struct slice
msg_key(const struct net *net, zmq_msg_t *msg)
{
    struct slice key = slice_str("");
    if (net->gate) {
        key = msg_property(msg, "User-Id");
    }
    return key.len == Z85_KEY ? key : slice_str("");
}

static struct slice
link_id(const struct link *link)
{
    return slice_of(link->id, link->id_len);
}

/* The one of this routing id, or else the one that has the descriptor now. */
static struct link *
link_match(const struct wire *wire, int fd, struct slice id)
{
    for (struct link *link = link_first(wire, fd); link; link = link->older) {
        if (slice_eq(link_id(link), id)) {
            return link;
        }
    }
    return link_open(wire, fd);
}

static bool
is_given(struct slice id)
{
    return id.len == GIVEN && !id.data[0];
}

/* Of two that libzmq has given. */
static bool
is_given_before(struct slice id, struct slice than)
{
    uint32_t a = 0, b = 0;
    for (int i = 1; i < GIVEN; i++) {
        a = a << 8 | id.data[i];
        b = b << 8 | than.data[i];
    }
    return (int32_t)(a - b) < 0;
}

/* A message of this id is one of a former owner. */
static bool
is_former(const struct net *net, const struct link *link, struct slice id)
{
    struct slice own = link_id(link);
    if (own.len == 0) {
        return false;
    }
    if (link->curve) {
        return gate_is_older(id, own);
    }
    if (is_given(id) && is_given(own)) {
        return is_given_before(id, own);
    }
    /* Of an id that libzmq gave and one that a peer has chosen it cannot be
     * told. Until the ROUTER was empty once, messages of a former owner may
     * still come: they do not cost a client what it has said. Ours are given
     * their ids; who chooses one must say hello again when nothing comes. */
    return link->empties == net->empties && !is_given(id) && is_given(own);
}

/* What it says of itself fits this connection. One that does not is a former
 * owner's, or else the gate's answer came too early and the peer's own routing
 * id is in force: that one is shut. */
static bool
is_of_kind(struct net *net, struct link *link, zmq_msg_t *body, struct slice id)
{
    if (!net->gate) {
        return true;
    }
    bool keyed = msg_key(net, body).len > 0;
    if (!link->curve) {
        return !keyed;
    }
    if (keyed && gate_is_id(id) &&
        slice_eq(msg_property(body, "Identity"), id)) {
        return true;
    }
    if (link->empties != net->empties) {
        net_shut(net, link, "not-its-id");
    }
    return false;
}

/* Its first message came. Where it had another id before, that was a message of
 * an owner of the descriptor who had said nothing while he had it. */
static void
link_name(struct net *net, const struct wire *wire, struct link *link,
          struct slice id, struct slice key)
{
    if (link->peer) {
        hub_disconnect(net->hub, link->peer);
        link->peer = NULL;
    }
    link->id = xrealloc(link->id, id.len);
    memcpy(link->id, id.data, id.len);
    link->id_len = (uint8_t)id.len;
    link->lost = false;
    if (key.len > 0) {
        memcpy(link->key, key.data, key.len);
    }
    link_known(link);
    /* Its key may have been taken away since the gate was asked. */
    if (!net_admits(net, wire, link)) {
        net_shut(net, link, "not-admitted");
    }
}

struct link *
net_whose(struct net *net, zmq_msg_t *body, struct slice id)
{
    int fd = zmq_msg_get(body, ZMQ_SRCFD);
    struct link *link = link_match(&net->router, fd, id);
    if (!link || !slice_eq(link_id(link), id)) {
        net_events(net); /* its ACCEPTED may have come after the last look */
        link = link_match(&net->router, fd, id);
    }
    if (!link || link->shut || id.len == 0 || id.len > UINT8_MAX) {
        return NULL;
    }
    if (!slice_eq(link_id(link), id)) {
        if (!is_of_kind(net, link, body, id) || is_former(net, link, id)) {
            return NULL;
        }
        link_name(net, &net->router, link, id, msg_key(net, body));
    }
    return link->lost || link->shut ? NULL : link;
}

struct link *
net_whose_topic(struct net *net, zmq_msg_t *topic)
{
    int fd = zmq_msg_get(topic, ZMQ_SRCFD);
    struct link *link = link_open(&net->pub, fd);
    if (!link) {
        net_events(net);
        link = link_open(&net->pub, fd);
    }
    if (!link || link->shut) {
        return NULL;
    }
    struct slice key = msg_key(net, topic);
    struct slice id = msg_property(topic, "Identity");
    if (link->curve != (key.len > 0)) {
        return NULL;
    }
    if (!link->curve) {
        link_known(link);
    } else if (!slice_eq(link_id(link), id)) {
        if (!gate_is_id(id) || is_former(net, link, id)) {
            return NULL;
        }
        topics_leave(&net->topics, &link->listener);
        link_name(net, &net->pub, link, id, key);
    }
    return link->shut ? NULL : link;
}
