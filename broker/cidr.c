/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cidr: see cidr.h. libc reads and writes the addresses; the prefix is ours.
 */
#include "cidr.h"

#include <arpa/inet.h>
#include <stdio.h>

enum { V4_BITS = 96 };

static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};

static bool
is_v4(const struct cidr *cidr)
{
    return cidr->bits >= V4_BITS &&
           !memcmp(cidr->bytes, v4_mapped, sizeof v4_mapped);
}

/* The number behind the slash: decimal, and short. */
static bool
read_bits(const char *text, unsigned most, unsigned *bits)
{
    *bits = 0;
    size_t len = strspn(text, "0123456789");
    if (len == 0 || len > 3 || text[len] || (len > 1 && text[0] == '0'))
        return false;
    for (; *text; text++)
        *bits = *bits * 10 + (unsigned)(*text - '0');
    return *bits <= most;
}

static bool
is_clean(const struct cidr *cidr)
{
    for (unsigned bit = cidr->bits; bit < CIDR_BITS; bit++)
        if (cidr->bytes[bit / 8] & 0x80u >> bit % 8)
            return false;
    return true;
}

bool
cidr_read(struct slice text, struct cidr *cidr)
{
    char copy[CIDR_TEXT];
    *cidr = (struct cidr){.bits = 0};
    if (text.len == 0 || text.len >= sizeof copy ||
        memchr(text.data, 0, text.len))
        return false;
    memcpy(copy, text.data, text.len);
    copy[text.len] = 0;
    char *slash = strchr(copy, '/');
    if (slash)
        *slash = 0;
    bool v4 = inet_pton(AF_INET, copy, cidr->bytes + 12) == 1;
    if (v4)
        memcpy(cidr->bytes, v4_mapped, sizeof v4_mapped);
    else if (inet_pton(AF_INET6, copy, cidr->bytes) != 1)
        return false;
    unsigned before = v4 ? V4_BITS : 0;
    unsigned bits = CIDR_BITS - before;
    if (slash && !read_bits(slash + 1, bits, &bits))
        return false;
    cidr->bits = before + bits;
    return cidr->bits > 0 && is_clean(cidr);
}

void
cidr_print(const struct cidr *cidr, char text[static CIDR_TEXT])
{
    char address[INET6_ADDRSTRLEN];
    bool v4 = is_v4(cidr);
    (void)inet_ntop(v4 ? AF_INET : AF_INET6, cidr->bytes + (v4 ? 12 : 0),
                    address, sizeof address);
    if (cidr->bits == CIDR_BITS)
        (void)snprintf(text, CIDR_TEXT, "%s", address);
    else
        (void)snprintf(text, CIDR_TEXT, "%s/%u", address,
                       cidr->bits - (v4 ? V4_BITS : 0));
}

void
cidr_widen(struct cidr *cidr, unsigned bits)
{
    for (unsigned bit = bits; bit < cidr->bits; bit++)
        cidr->bytes[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
    cidr->bits = bits;
}

bool
cidr_has(const struct cidr *network, const struct cidr *address)
{
    unsigned whole = network->bits / 8, rest = network->bits % 8;
    if (memcmp(network->bytes, address->bytes, whole) != 0)
        return false;
    uint8_t mask = (uint8_t)(0xff00u >> rest);
    return !rest || !((network->bytes[whole] ^ address->bytes[whole]) & mask);
}

bool
cidr_is_local(const struct cidr *network)
{
    static const char *const locals[] = {"127.0.0.0/8", "::1"};
    struct cidr local;
    for (int i = 0; i < 2; i++)
        if (cidr_read(slice_str(locals[i]), &local) &&
            (cidr_has(network, &local) || cidr_has(&local, network)))
            return true;
    return false;
}
