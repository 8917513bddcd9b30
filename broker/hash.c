/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The key is the one thing in the broker that belongs to the process and not to
 * a hub: a table may not change its hash while it has elements.
 */
#include "hash.h"

#include <assert.h>
#include <sodium.h>
#include <stdbool.h>
#include <string.h>

static_assert(crypto_shorthash_KEYBYTES == 16, "SipHash has 16 key bytes");

static uint8_t secret[crypto_shorthash_KEYBYTES];
static bool seeded;

void
hash_seed(const uint8_t key[static 16])
{
    memcpy(secret, key, sizeof secret);
    seeded = true;
}

unsigned
hash_bytes(const void *key, size_t len)
{
    if (!seeded) {
        randombytes_buf(secret, sizeof secret);
        seeded = true;
    }
    uint8_t out[crypto_shorthash_BYTES];
    crypto_shorthash(out, key, len, secret);
    unsigned hash;
    memcpy(&hash, out, sizeof hash);
    return hash;
}
