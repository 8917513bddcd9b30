/* SPDX-License-Identifier: MPL-2.0 */
/*
 * One malloc a piece, so that the sanitizer sees every overrun; tests can
 * afford it.
 */
#include "pool.h"

#include <stdalign.h>
#include <stdlib.h>

#include "broker/xmem.h"

struct block {
    struct block *next;
    alignas(max_align_t) uint8_t bytes[];
};

void *
pool_alloc(struct pool *pool, size_t size)
{
    struct block *block = xcalloc(1, sizeof *block + size);
    block->next = pool->blocks;
    pool->blocks = block;
    return block->bytes;
}

char *
pool_text(struct pool *pool, const char *text, size_t len)
{
    char *copy = pool_alloc(pool, len + 1);
    memcpy(copy, text, len);
    return copy;
}

void
pool_fini(struct pool *pool)
{
    while (pool->blocks) {
        struct block *next = pool->blocks->next;
        free(pool->blocks);
        pool->blocks = next;
    }
}
