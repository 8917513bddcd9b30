/* SPDX-License-Identifier: MPL-2.0 */
/*
 * net_origin: see net_origin.h.
 *
 * Every address becomes an in6_addr first, IPv4 as its mapped form, so that
 * there is one rule for what is local, what is counted together and how it is
 * written. In eight bytes of a network an IPv4 address cannot be mistaken for
 * the beginning of an IPv6 one: ::ffff:0:0/96 is no network of anybody.
 *
 * Of an address without connections is remembered how fast they came, until
 * that means nothing any more: so long can nobody begin anew by leaving. With
 * each that comes some are looked at, so these are as many as came in some
 * seconds.
 */
#include "net_origin.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "hash.h"
#include "pace.h"

enum {
    MAPPED = 12,       /* bytes before the IPv4 address in a mapped one */
    V4_LOOPBACK = 127, /* 127.0.0.0/8 */
    TEXT_MOST = 2 * INET6_ADDRSTRLEN, /* bytes of an address with its zone */
    CROWD_LOOKS = 3, /* addresses looked at with each connection */
};

struct crowd {
    uint8_t net[8]; /* key */
    unsigned count;
    struct pace pace; /* of those that come */
    UT_hash_handle hh;
};

static struct in6_addr
mapped(struct in_addr v4)
{
    struct in6_addr all = {.s6_addr = {[10] = 0xff, [11] = 0xff}};
    memcpy(all.s6_addr + MAPPED, &v4, sizeof v4);
    return all;
}

static struct origin
origin_from(const struct in6_addr *address)
{
    struct origin origin = {.local = false};
    const uint8_t *bytes = address->s6_addr;
    if (IN6_IS_ADDR_V4MAPPED(address)) {
        (void)inet_ntop(AF_INET, bytes + MAPPED, origin.text,
                        sizeof origin.text);
        memcpy(origin.net, bytes + MAPPED - 4, sizeof origin.net);
        origin.local = bytes[MAPPED] == V4_LOOPBACK;
        return origin;
    }
    (void)inet_ntop(AF_INET6, bytes, origin.text, sizeof origin.text);
    memcpy(origin.net, bytes, sizeof origin.net);
    origin.local = IN6_IS_ADDR_LOOPBACK(address);
    return origin;
}

struct origin
origin_of(int fd)
{
    struct sockaddr_storage address = {0};
    socklen_t len = sizeof address;
    struct origin origin = {.local = false};
    (void)getpeername(fd, (struct sockaddr *)&address, &len);
    if (address.ss_family == AF_INET) {
        const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address;
        const struct in6_addr all = mapped(v4->sin_addr);
        origin = origin_from(&all);
        origin.port = ntohs(v4->sin_port);
    } else if (address.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address;
        origin = origin_from(&v6->sin6_addr);
        origin.port = ntohs(v6->sin6_port);
    } else {
        origin.local = address.ss_family == AF_UNIX;
    }
    return origin;
}

struct origin
origin_read(struct slice address)
{
    char text[TEXT_MOST];
    struct in_addr v4;
    struct in6_addr all;
    if (address.len >= sizeof text) {
        return (struct origin){.local = false};
    }
    memcpy(text, address.data, address.len);
    text[address.len] = 0;
    text[strcspn(text, "%")] = 0;
    if (inet_pton(AF_INET, text, &v4) == 1) {
        all = mapped(v4);
        return origin_from(&all);
    }
    if (inet_pton(AF_INET6, text, &all) == 1) {
        return origin_from(&all);
    }
    return (struct origin){.local = false}; /* of ipc: a process */
}

static bool
is_counted(const struct origin *origin)
{
    return origin->text[0] && !origin->local;
}

unsigned
crowd_add(struct crowd **crowd, const struct origin *origin)
{
    struct crowd *found;
    if (!is_counted(origin)) {
        return 0;
    }
    HASH_FIND(hh, *crowd, origin->net, sizeof origin->net, found);
    if (!found) {
        found = xcalloc(1, sizeof *found);
        memcpy(found->net, origin->net, sizeof found->net);
        HASH_ADD(hh, *crowd, net, sizeof found->net, found);
    }
    return ++found->count;
}

void
crowd_remove(struct crowd **crowd, const struct origin *origin)
{
    struct crowd *found;
    if (!is_counted(origin)) {
        return;
    }
    HASH_FIND(hh, *crowd, origin->net, sizeof origin->net, found);
    if (found && found->count > 0) {
        found->count--;
    }
    if (found && !found->count && !found->pace.spent) {
        HASH_DEL(*crowd, found);
        free(found);
    }
}

static bool
is_over(const struct crowd *crowd, uint64_t now)
{
    return !crowd->count && now - crowd->pace.at >= PACE_BURST * 1000;
}

/* The oldest: they go, or to the end. */
static void
crowd_tidy(struct crowd **crowd, uint64_t now)
{
    struct crowd *gone[CROWD_LOOKS];
    struct crowd *oldest = *crowd;
    int count = 0;
    for (int i = 0; i < CROWD_LOOKS && oldest; i++) {
        struct crowd *next = oldest->hh.next;
        HASH_DEL(*crowd, oldest);
        if (is_over(oldest, now)) {
            gone[count++] = oldest;
        } else {
            HASH_ADD(hh, *crowd, net, sizeof oldest->net, oldest);
        }
        oldest = next;
    }
    while (count > 0) {
        free(gone[--count]);
    }
}

bool
crowd_pace(struct crowd **crowd, const struct origin *origin, uint64_t rate,
           uint64_t now)
{
    struct crowd *found = NULL;
    uint64_t wait;
    if (!is_counted(origin)) {
        return true;
    }
    HASH_FIND(hh, *crowd, origin->net, sizeof origin->net, found);
    bool may = !found || pace_take(&found->pace, rate, 1, now, &wait);
    crowd_tidy(crowd, now);
    return may;
}

unsigned
crowd_size(const struct crowd *crowd)
{
    return HASH_COUNT(crowd);
}

void
crowd_free(struct crowd **crowd)
{
    HASH_FREE_ALL(struct crowd, *crowd);
}
