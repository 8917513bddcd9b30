/* SPDX-License-Identifier: MPL-2.0 */
/*
 * message_usual: the fast road through a message.
 *
 * A message's keys nearly always come in the order of its shape, each in its
 * shortest form, with integers and strings behind them. So the next key is
 * compared with the next field of the shape, as two words, and the common forms
 * of values are taken right here, with the place in the bytes in a register.
 *
 * This road only ever succeeds. Whatever it does not know (another form, a
 * fault, the last bytes of the frame) it leaves untouched for the plain road in
 * message_read.c, which gives the same result for all that is taken here; the
 * fuzzer holds the two against each other.
 */
#include "message_inner.h"
#include "name.h"

/* Compilers make one load of it. */
static inline uint64_t
load_big(const uint8_t *at)
{
    return (uint64_t)at[0] << 56 | (uint64_t)at[1] << 48 |
           (uint64_t)at[2] << 40 | (uint64_t)at[3] << 32 |
           (uint64_t)at[4] << 24 | (uint64_t)at[5] << 16 |
           (uint64_t)at[6] << 8 | at[7];
}

/* These give where the value ends; NULL when it is not taken. */

static inline const uint8_t *
usual_uint(const uint8_t *at, const uint8_t *end, uint64_t *num)
{
    if (*at < 0x80) {
        *num = *at;
        return at + 1;
    }
    if (*at == 0xcf && end - at >= 9 && load_big(at + 1) <= WIRE_INT_MAX) {
        *num = load_big(at + 1);
        return at + 9;
    }
    if (*at == 0xce && end - at >= 5) {
        *num = (uint64_t)at[1] << 24 | (uint64_t)at[2] << 16 |
               (uint64_t)at[3] << 8 | at[4];
        return at + 5;
    }
    if (*at == 0xcd && end - at >= 3) {
        *num = (uint64_t)at[1] << 8 | at[2];
        return at + 3;
    }
    return NULL;
}

static inline const uint8_t *
usual_str(const uint8_t *at, const uint8_t *end, struct slice *text)
{
    size_t len;

    if ((*at & 0xe0) == 0xa0) {
        len = *at & 0x1f;
        at += 1;
    } else if (*at == 0xd9 && end - at >= 2) {
        len = at[1];
        at += 2;
    } else if (*at == 0xda && end - at >= 3) {
        len = (size_t)at[1] << 8 | at[2];
        at += 3;
    } else {
        return NULL;
    }
    if ((size_t)(end - at) < len)
        return NULL;
    *text = slice_of(at, len);
    return at + len;
}

static inline bool
text_is_good(enum side from, const struct wire_key *key, struct slice text)
{
    if (key->type == TYPE_NAME && from == SIDE_CLIENT)
        return !name_fault(text);
    if (text.len > key->max || (text.len == 0 && key->type == TYPE_NAME))
        return false;
    return (text.len < 8 && ascii_short(text)) || utf8_valid(text);
}

static inline const uint8_t *
usual_text(const struct reading *g, const struct wire_key *key,
           const uint8_t *at, void *member)
{
    struct slice text;

    at = usual_str(at, g->r->end, &text);
    if (!at || !text_is_good(g->from, key, text))
        return NULL;
    *(struct slice *)member = text;
    return at;
}

static const uint8_t *
usual_data(const struct reading *g, const struct wire_key *key,
           const uint8_t *at, void *member)
{
    struct reader r = {.at = at, .end = g->r->end};
    struct slice raw;

    if (*at == WIRE_NIL || !reader_skip(&r, LIMIT_DEPTH, true, &raw) ||
        raw.len > key->max)
        return NULL;
    *(struct slice *)member = raw;
    return r.at;
}

static inline const uint8_t *
usual_value(const struct reading *g, const struct wire_key *key,
            const uint8_t *at)
{
    void *member = (char *)g->m + key->offset;

    if (key->type == TYPE_UINT)
        return usual_uint(at, g->r->end, member);
    if (key->type == TYPE_NAME || key->type == TYPE_STR)
        return usual_text(g, key, at, member);
    if (key->type == TYPE_REF)
        return usual_uint(at, g->r->end, &((struct ref *)member)->num);
    if (key->type == TYPE_DATA)
        return usual_data(g, key, at, member);
    if (key->type != TYPE_BOOL || (*at & 0xfe) != 0xc2)
        return NULL;
    *(bool *)member = *at & 1;
    return at + 1;
}

/* The field of the shape whose key is at the window, beginning with the one
 * that is expected; `count` when there is none. */
static inline unsigned
find_field(const struct shape *shape, unsigned next, struct window window)
{
    for (unsigned i = next; i < shape->count; i++)
        if (window_is(&window, shape->keys[i]))
            return i;
    for (unsigned i = 0; i < next; i++)
        if (window_is(&window, shape->keys[i]))
            return i;
    return shape->count;
}

uint32_t
message_read_usual(struct reading *g, uint32_t pairs)
{
    const struct shape *shape = g->shape;
    const uint8_t *at = g->r->at, *end = g->r->end;
    uint64_t seen = g->seen, taken = 0;
    unsigned next = g->next;
    uint32_t done = 0;

    for (; done < pairs; done++) {
        unsigned i = find_field(shape, next, window_at(at, end));
        if (i == shape->count)
            break;
        const struct wire_key *key = shape->keys[i];
        const uint8_t *value = at + key->len;
        if (value == end || ((seen | taken) & key->bit))
            break;
        value = usual_value(g, key, value);
        if (!value)
            break;
        at = value;
        taken |= key->bit;
        next = i + 1;
    }
    g->r->at = at;
    g->next = next;
    g->seen |= taken;
    g->m->has |= taken;
    return done;
}

bool
message_usual_op(struct reading *g)
{
    const uint8_t *at = g->r->at, *end = g->r->end;
    struct window window = window_at(at, end);

    if (!window_is(&window, &op_key))
        return false;
    at += op_key.len;
    window = window_at(at, end);
    for (unsigned op = OP_NONE + 1; op < OP_COUNT; op++) {
        if (!window_is(&window, &op_keys[op]))
            continue;
        if (shapes[g->from][op].count == 0)
            return false;
        g->r->at = at + op_keys[op].len;
        g->m->op = (enum op)op;
        g->shape = &shapes[g->from][op];
        g->op_seen = true;
        return true;
    }
    return false;
}
