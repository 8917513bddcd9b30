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

#include <stdalign.h>

#include "message.h"

enum { WIRE_KEY = 16, WIRE_NIL = 0xc0 };

struct wire_key {
    alignas(WIRE_KEY) uint8_t tag; /* 0xa0 + length of the text */
    char text[WIRE_KEY - 1];
    uint8_t mask[WIRE_KEY]; /* 0xff where tag and text are, then 0 */
    uint8_t len;            /* of tag and text */
    /* Of a field, as in its row, but here all is in one place: */
    uint8_t type;
    uint16_t offset;
    uint32_t max;
    uint64_t bit; /* MESSAGE_BIT */
};

extern const struct wire_key field_keys[FIELD_COUNT];
extern const struct wire_key op_keys[OP_COUNT];
extern const struct wire_key op_key; /* the key "op" itself */
extern const struct shape shapes[SIDE_COUNT][OP_COUNT];

/* Makes a message in which every field is absent. */
void message_clear(struct message *m);

/* What is looked for in a message whose op is unknown: ref and n. */
extern const struct shape shape_unknown;
/* One row of the lists `rooms` and `rulings`. */
extern const struct shape shape_room;
extern const struct shape shape_ruling;

static inline struct slice
wire_text(const struct wire_key *key)
{
    return slice_of(key->text, key->len - 1u);
}

/* The next 16 bytes as two words; zeros where there are none. No key has a zero
 * byte, so what is found in a window is there. */
struct window {
    uint64_t word[2];
};

static inline struct window
window_of(const uint8_t *at)
{
    struct window w;

    memcpy(&w.word[0], at, sizeof w.word[0]);
    memcpy(&w.word[1], at + sizeof w.word[0], sizeof w.word[1]);
    return w;
}

struct window window_at_end(const uint8_t *at, const uint8_t *end);

static inline struct window
window_at(const uint8_t *at, const uint8_t *end)
{
    return end - at >= WIRE_KEY ? window_of(at) : window_at_end(at, end);
}

/* True when the window begins with `key`. */
static inline bool
window_is(const struct window *w, const struct wire_key *key)
{
    const char *bytes = (const char *)key;
    uint64_t k0, k1, mask0, mask1;

    memcpy(&k0, bytes, sizeof k0);
    memcpy(&k1, bytes + sizeof k0, sizeof k1);
    memcpy(&mask0, key->mask, sizeof mask0);
    memcpy(&mask1, key->mask + sizeof mask0, sizeof mask1);
    return (((w->word[0] ^ k0) & mask0) | ((w->word[1] ^ k1) & mask1)) == 0;
}

#endif
