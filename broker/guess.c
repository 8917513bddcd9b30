/* SPDX-License-Identifier: MPL-2.0 */
/*
 * guess: see guess.h.
 */
#include "guess.h"

#include <stdlib.h>
#include <utlist.h>

#include "cidr.h"
#include "xmem.h"

enum { KEY_MAX = LIMIT_ADDRESS + 1 + LIMIT_NAME };

struct guess {
    struct guess *prev, *next;
    unsigned wrong;
    uint64_t last; /* ms */
    UT_hash_handle hh;
    unsigned key_len;
    uint8_t key[KEY_MAX];
};

static bool
is_local(struct slice address)
{
    return !address.len ||
           (address.len >= 4 && !memcmp(address.data, "127.", 4)) ||
           slice_eq(address, slice_str("::1"));
}

/* What counts as one address: of IPv6 a /64, since who has one address has all
 * of these. */
static struct slice
origin_of(struct slice address, struct cidr *cidr)
{
    static const uint8_t v4_mapped[12] = {[10] = 0xff, [11] = 0xff};
    if (address.len > LIMIT_ADDRESS)
        address.len = LIMIT_ADDRESS;
    if (!cidr_read(address, cidr) ||
        !memcmp(cidr->bytes, v4_mapped, sizeof v4_mapped))
        return address;
    return slice_of(cidr->bytes, sizeof cidr->bytes / 2);
}

/* A space cannot be in an address. */
static unsigned
key_of(struct slice address, struct slice id, uint8_t key[static KEY_MAX])
{
    struct cidr cidr;
    struct slice origin = origin_of(address, &cidr);
    unsigned len = (unsigned)origin.len;
    if (len)
        memcpy(key, origin.data, len);
    if (!is_local(address))
        return len;
    key[len++] = ' ';
    memcpy(key + len, id.data, id.len);
    return len + (unsigned)id.len;
}

static void
guess_free(struct guesses *guesses, struct guess *guess)
{
    HASH_DELETE(hh, guesses->table, guess);
    DL_DELETE(guesses->list, guess);
    guesses->count--;
    free(guess);
}

static struct guess *
guess_find(struct guesses *guesses, struct slice address, struct slice id)
{
    uint8_t key[KEY_MAX];
    unsigned len = key_of(address, id, key);
    struct guess *guess = NULL;
    HASH_FIND(hh, guesses->table, key, len, guess);
    return guess;
}

uint64_t
guess_wait(struct guesses *guesses, struct slice address, struct slice id,
           uint64_t now)
{
    while (guesses->list && guesses->list->last + GUESS_KEPT < now)
        guess_free(guesses, guesses->list);
    const struct guess *guess = guess_find(guesses, address, id);
    if (!guess || guess->wrong < GUESS_FREE)
        return 0;
    unsigned doubled = guess->wrong - GUESS_FREE;
    if (doubled > GUESS_DOUBLED)
        doubled = GUESS_DOUBLED;
    uint64_t until = guess->last + ((uint64_t)GUESS_WAIT << doubled);
    return until > now ? until - now : 0;
}

void
guess_wrong(struct guesses *guesses, struct slice address, struct slice id,
            uint64_t now)
{
    struct guess *guess = guess_find(guesses, address, id);
    if (guess) {
        DL_DELETE(guesses->list, guess);
    } else {
        if (guesses->count >= GUESS_MOST)
            guess_free(guesses, guesses->list);
        guess = xcalloc(1, sizeof *guess);
        guess->key_len = key_of(address, id, guess->key);
        HASH_ADD_KEYPTR(hh, guesses->table, guess->key, guess->key_len, guess);
        guesses->count++;
    }
    guess->wrong++;
    guess->last = now;
    DL_APPEND(guesses->list, guess);
}

void
guess_right(struct guesses *guesses, struct slice address, struct slice id)
{
    struct guess *guess = is_local(address) ? guess_find(guesses, address, id)
                                            : NULL;
    if (guess)
        guess_free(guesses, guess);
}

void
guess_fini(struct guesses *guesses)
{
    HASH_FREE_ALL(struct guess, guesses->table);
    *guesses = (struct guesses){0};
}
