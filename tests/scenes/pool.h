/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pool: memory that lives as long as one scene.
 *
 * A scene makes many small things that point at each other and are all gone
 * when it ends; so nothing is freed alone.
 */
#ifndef SCENES_POOL_H
#define SCENES_POOL_H

#include "proto/slice.h"

struct pool {
    struct block *blocks;
};

/* Zeroed; valid until pool_fini. */
void *pool_alloc(struct pool *pool, size_t size);
/* A copy with a NUL behind it. */
char *pool_text(struct pool *pool, const char *text, size_t len);
void pool_fini(struct pool *pool);

#endif
