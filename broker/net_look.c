/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_look: what has to be looked after, whether anything comes or not.
 *
 * The guard's walks: some connections at a time, going round, so that a walk
 * costs the same however many there are. Nothing comes in without work for
 * libzmq's threads, so how much work that was decides how many are looked at:
 * looking costs a twentieth of it, and how much can come between two looks at
 * the same one does not depend on the time. Where next to nothing comes, a look
 * now and then finds those who take nothing. Suspects are looked at when they
 * had their turns. Who was kicked, or says nothing, stands in a line by age
 * (net_link.c), so nobody has to be visited to be shut on time. And the review,
 * of all of them at once, when who may connect has changed.
 */
#include "net_inner.h"

#include <sys/socket.h>
#include <time.h>

/* Whether it is one to look at soon; where there are too many, the next walk
 * comes by. */
static void
suspect(struct net *net, struct link *link)
{
    if (!link->listed && net->suspected < NET_SUSPECTS) {
        link->listed = true;
        net->suspects[net->suspected++] = link->fd;
    }
}

/* What the kernel has counted. */
static void
judge(struct net *net, struct wire *wire, struct link *link, bool drained)
{
    struct guard_counts counts;
    if (!guard_count(link->fd, &counts)) {
        return;
    }
    enum guard_verdict verdict =
        wire->asks ? guard_asker(&link->guard, &counts, net->rounds, drained)
                   : guard_listener(&link->guard, &counts, net->subscriptions,
                                    link->since, net->now.mono);
    if (verdict != GUARD_FINE) {
        net_shut(net, link, guard_word(verdict));
    } else if (link->guard.suspect) {
        suspect(net, link);
    }
}

/* False: it is none any more. */
static bool
look_again(struct net *net, struct link *link, bool drained)
{
    if (guard_is_due(&link->guard, net->rounds)) {
        judge(net, &net->router, link, drained);
    }
    return !link->shut && link->guard.suspect &&
           link->guard.delivered == link->guard.before;
}

static void
look_at_suspects(struct net *net, bool drained)
{
    int left = 0;
    for (int i = 0; i < net->suspected; i++) {
        struct link *link = link_open(&net->router, net->suspects[i]);
        if (!link || !link->listed) {
            continue;
        }
        link->listed = look_again(net, link, drained);
        if (link->listed) {
            net->suspects[left++] = link->fd;
        }
    }
    net->suspected = left;
}

static unsigned
least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* At so many of its connections, or more, going round. */
static void
wire_look(struct net *net, struct wire *wire, unsigned looks, bool drained)
{
    unsigned due = (wire->count + NET_ROUND - 1) / NET_ROUND;
    unsigned left = least(looks > due ? looks : due, wire->count);
    for (int passed = 0; passed < wire->slots && left > 0; passed++) {
        struct link *link = link_open(wire, wire->looked);
        wire->looked = (wire->looked + 1) % wire->slots;
        if (link && !link->shut) {
            judge(net, wire, link, drained);
        }
        left -= link != NULL;
    }
}

static int64_t
used_us(clockid_t clock)
{
    struct timespec used;
    clock_gettime(clock, &used);
    return (int64_t)used.tv_sec * 1000000 + used.tv_nsec / 1000;
}

/* How many are looked at in this walk. libzmq's threads are all but this one,
 * and those of ours that search, check passwords or copy the WAL: what they use
 * makes some looks too many, and never one too few. */
static unsigned
looks_due(struct net *net)
{
    int64_t used = used_us(CLOCK_PROCESS_CPUTIME_ID) -
                   used_us(CLOCK_THREAD_CPUTIME_ID);
    return guard_looks(&net->io_used, used);
}

/* Those whose time is over. */
static void
shut_due(struct net *net)
{
    struct link *link;
    uint64_t now = net->now.mono;
    while ((link = net->kicked.first) && now >= link->shut_at) {
        link_leave(link);
        (void)shutdown(link->fd, SHUT_RDWR);
    }
    while ((link = net->router.strangers.first) &&
           now - link->since >= NET_MUTE) {
        net_shut(net, link, "said-nothing");
    }
}

void
net_look(struct net *net, bool drained)
{
    look_at_suspects(net, drained);
    if (net->now.mono + NET_LOOK_EARLY < net->look_at) {
        return;
    }
    net->look_at = net->now.mono + NET_LOOK;
    shut_due(net);
    unsigned looks = looks_due(net);
    unsigned listen = least(looks / 2, net->pub.count);
    unsigned asks = least(looks - listen, net->router.count);
    wire_look(net, &net->router, asks, drained);
    wire_look(net, &net->pub, looks - asks, drained);
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
    net_shut_later(net, link);
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
