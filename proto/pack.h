/* SPDX-License-Identifier: MPL-2.0 */
/*
 * pack: msgpack-c's packer into a struct buffer.
 *
 * The packer calls back for every piece it writes. Here the callback and the
 * packer stand in one inline function each, so the compiler sees through the
 * pointer and the pieces become plain stores. What does not fit is dropped and
 * marks the buffer; the caller who wrote the message puts `len` back.
 */
#ifndef CONFAB_PACK_H
#define CONFAB_PACK_H

#include <msgpack/pack.h>

#include "tables.h"

static inline int
pack_bytes(void *data, const char *bytes, size_t len)
{
    struct buffer *out = data;

    if (out->cap - out->len < len) {
        out->overflow = true;
        return -1;
    }
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
    return 0;
}

static inline msgpack_packer
pack_into(struct buffer *out)
{
    return (msgpack_packer){.data = out, .callback = pack_bytes};
}

static inline void
pack_slice(struct buffer *out, struct slice bytes)
{
    if (bytes.len > 0)
        pack_bytes(out, (const char *)bytes.data, bytes.len);
}

/* A key of the tables: one copy of fixed size where there is room for it. */
static inline void
pack_key(struct buffer *out, const struct wire_key *key)
{
    if (out->cap - out->len < WIRE_KEY) {
        pack_bytes(out, (const char *)key, key->len);
        return;
    }
    memcpy(out->data + out->len, (const char *)key, WIRE_KEY);
    out->len += key->len;
}

#endif
