/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_look: what has to be looked after, whether anything comes or not.
 *
 * The guard's rounds: some connections at a time, going round, so that a round
 * costs the same however many there are. And the review, of all of them at
 * once, when who may connect has changed.
 */
#include "net_inner.h"

#include <sys/socket.h>
#include <time.h>

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
                   : guard_listener(&link->guard, &counts, net->subscriptions,
                                    link->since, now);
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

/* One that asks has a session that is told first (net_kick), so its connection
 * ends a moment later. */
static void
review(struct net *net, const struct wire *wire, struct link *link)
{
    if (link->gone || link->shut || net_admits(net, wire, link)) {
        return;
    }
    if (!link->peer) {
        net_shut(net, link, "not-admitted");
        return;
    }
    link->shut = true;
    link->shut_at = net->now.mono + NET_LAST_WORDS;
}

bool
net_admits(const struct net *net, const struct wire *wire,
           const struct link *link)
{
    struct slice key = slice_str(link->key);
    struct slice address = slice_str(link->origin.text);
    return wire->asks ? hub_admits(net->hub, key, address)
                      : hub_hears(net->hub, key, address);
}

void
net_review(void *self)
{
    struct net *net = self;
    const struct wire *wires[] = {&net->router, &net->pub};
    for (int i = 0; i < 2; i++) {
        for (int fd = 0; fd < wires[i]->slots; fd++) {
            struct link *link = link_open(wires[i], fd);
            if (link) {
                review(net, wires[i], link);
            }
        }
    }
}
