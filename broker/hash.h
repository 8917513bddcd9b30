/* SPDX-License-Identifier: MPL-2.0 */
/*
 * hash: uthash with a keyed hash. Include this, never uthash.h.
 *
 * Every table of the broker is keyed by names that strangers choose. Under a
 * hash that can be computed elsewhere they would choose names that fall into
 * one bucket; under SipHash with a secret key they cannot. A process that does
 * not call hash_seed gets a random key at first use, so it cannot be forgotten.
 */
#ifndef CONFAB_HASH_H
#define CONFAB_HASH_H

#include <stdint.h>
#include <stdlib.h>

#include "xmem.h"

/* Sets the key, before the first table has an element. For runs that must be
 * the same every time (tests); nobody else needs it. */
void hash_seed(const uint8_t key[static 16]);

unsigned hash_bytes(const void *key, size_t len);

#define HASH_FUNCTION(key, len, hashv) ((hashv) = hash_bytes((key), (len)))
#define uthash_malloc(size) xmalloc(size)

#include <uthash.h>

/* Frees the elements of a table; their order is a list, which stays whole when
 * the table has gone. */
#define HASH_FREE_ALL(type, head)                                              \
    do {                                                                       \
        type *element_ = (head);                                               \
        HASH_CLEAR(hh, head);                                                  \
        while (element_) {                                                     \
            type *next_ = element_->hh.next;                                   \
            free(element_);                                                    \
            element_ = next_;                                                  \
        }                                                                      \
    } while (0)

#endif
