/* SPDX-License-Identifier: MPL-2.0 */
/*
 * tables: what the codec's own files share and nobody else includes.
 *
 * A key or op of the protocol as it stands on the wire: one byte that says
 * "string of so many bytes" and the text, padded to 16 bytes. So it is compared
 * by two 8-byte words under a mask, and written by one 16-byte copy.
 */
#ifndef CONFAB_TABLES_H
#define CONFAB_TABLES_H

#include "message.h"

enum { WIRE_KEY = 16 };

struct wire_key {
    uint8_t tag; /* 0xa0 + length of the text */
    char text[WIRE_KEY - 1];
    uint8_t mask[WIRE_KEY]; /* 0xff where tag and text are, then 0 */
    uint8_t len;            /* of tag and text */
};

extern const struct wire_key field_keys[FIELD_COUNT];
extern const struct wire_key op_keys[OP_COUNT];
extern const struct wire_key op_key; /* the key "op" itself */

/* A message in which every field is absent. */
extern const struct message message_blank;
/* What is looked for in a message whose op is unknown: ref and n. */
extern const struct shape shape_unknown;
/* One row of the `rooms` list. */
extern const struct shape shape_room;

/* True when the 16 readable bytes at `at` begin with `key`. */
static inline bool
wire_key_at(const uint8_t *at, const struct wire_key *key)
{
    uint64_t a[2], k[2], m[2];

    memcpy(a, at, sizeof a);
    memcpy(k, (const uint8_t *)key, sizeof k);
    memcpy(m, key->mask, sizeof m);
    return (((a[0] ^ k[0]) & m[0]) | ((a[1] ^ k[1]) & m[1])) == 0;
}

#endif
