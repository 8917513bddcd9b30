/* SPDX-License-Identifier: MPL-2.0 */
/*
 * log.c: the records' memory, which every engine shares.
 *
 * Records are cut from chunks one behind the other and never moved. A chunk
 * only counts how many of its records are left; when the last one goes, so does
 * the chunk. Since records go roughly in the order they came, a chunk is never
 * kept long for one straggler, and since one empty chunk is kept as a spare, a
 * broker under steady load allocates nothing at all.
 *
 * The chunks are in a list for log_fini alone, which frees what is left.
 */
#include "log.h"

#include <stdalign.h>
#include <stdlib.h>

#include "xmem.h"

enum { CHUNK_SIZE = 256 * 1024 };

struct chunk {
    struct chunk *older, *newer;
    size_t size; /* of all this, in bytes */
    size_t used; /* so many of them are given out */
    size_t live; /* records in it */
};

static size_t
aligned(size_t size)
{
    return (size + alignof(max_align_t) - 1) & ~(alignof(max_align_t) - 1);
}

/* Where a chunk's first record begins. */
static size_t
chunk_start(void)
{
    return aligned(sizeof(struct chunk));
}

static void
chunk_add(struct arena *arena, size_t need)
{
    size_t size = chunk_start() + need;
    struct chunk *chunk = NULL;
    if (size <= CHUNK_SIZE) {
        size = CHUNK_SIZE;
        chunk = arena->spare;
        arena->spare = NULL;
    }
    if (!chunk)
        chunk = xmalloc(size);
    *chunk = (struct chunk){
        .older = arena->newest, .size = size, .used = chunk_start()};
    if (arena->newest)
        arena->newest->newer = chunk;
    arena->newest = chunk;
    arena->bytes += size;
}

static void
chunk_remove(struct arena *arena, struct chunk *chunk)
{
    if (chunk->older)
        chunk->older->newer = chunk->newer;
    if (chunk->newer)
        chunk->newer->older = chunk->older;
    else
        arena->newest = chunk->older;
    arena->bytes -= chunk->size;
    if (!arena->spare && chunk->size == CHUNK_SIZE)
        arena->spare = chunk;
    else
        free(chunk);
}

struct record *
log_record(struct log *log, enum record_kind kind, size_t bytes)
{
    struct arena *arena = &log->arena;
    size_t need = aligned(sizeof(struct record) + bytes);
    if (!arena->newest || arena->newest->size - arena->newest->used < need)
        chunk_add(arena, need);
    struct chunk *chunk = arena->newest;
    uint8_t *at = (uint8_t *)chunk + chunk->used;
    chunk->used += need;
    chunk->live++;

    struct record *r = (struct record *)(void *)at;
    *r = (struct record){.chunk = chunk, .kind = kind};
    r->free_at = at + sizeof *r;
    r->free_end = r->free_at + bytes;
    return r;
}

struct slice
record_copy(struct record *r, struct slice bytes)
{
    assert(bytes.len <= (size_t)(r->free_end - r->free_at));
    struct slice copy = slice_of(r->free_at, bytes.len);
    if (bytes.len)
        memcpy(r->free_at, bytes.data, bytes.len);
    r->free_at += bytes.len;
    return copy;
}

void
record_free(struct log *log, struct record *r)
{
    struct chunk *chunk = r->chunk;
    assert(chunk->live > 0);
    if (--chunk->live == 0)
        chunk_remove(&log->arena, chunk);
}

void
log_free(struct log **log)
{
    if (*log)
        (*log)->engine->free(*log);
    *log = NULL;
}

void
log_fini(struct log *log)
{
    struct chunk *older;
    for (struct chunk *c = log->arena.newest; c; c = older) {
        older = c->older;
        free(c);
    }
    free(log->arena.spare);
    log->arena = (struct arena){0};
}
