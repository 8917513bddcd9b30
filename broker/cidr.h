/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cidr: an IP address, or a network of them ("10.1.0.0/16", "2001:db8::/32").
 *
 * IPv4 is kept as the IPv6 it is mapped to, so that one comparison does.
 */
#ifndef CONFAB_CIDR_H
#define CONFAB_CIDR_H

#include "proto/limits.h"
#include "proto/slice.h"

enum { CIDR_TEXT = LIMIT_ADDRESS + 1 };

enum { CIDR_BITS = 128 };

struct cidr {
    uint8_t bytes[16];
    unsigned bits; /* that count, of CIDR_BITS; 0: none was read */
};

/* False: neither an address nor a network, or bits are set behind the prefix.
 */
[[nodiscard]] bool cidr_read(struct slice text, struct cidr *cidr);
/* In the one form that all spellings have. */
void cidr_print(const struct cidr *cidr, char text[static CIDR_TEXT]);
/* The network of so many bits, not more than it has, that it lies in. */
void cidr_widen(struct cidr *cidr, unsigned bits);
/* Is the address (its bits: 128) one of the network's? */
bool cidr_has(const struct cidr *network, const struct cidr *address);
/* Addresses of this machine itself are among them. */
bool cidr_is_local(const struct cidr *network);

#endif
