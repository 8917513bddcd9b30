/* SPDX-License-Identifier: MPL-2.0 */
/*
 * message_write: from a struct message to its bytes.
 *
 * The keys stand ready in the tables, the values go through msgpack-c's packer,
 * always in the shortest form, always in the order of the shape: equal messages
 * are equal bytes. `has` alone decides what is written. A message that does not
 * fit leaves the buffer as it was.
 *
 * A say or tell is written in two steps, the body when it arrives and what the
 * log decides (seq, prev, time) later, in front of it; both together are byte
 * for byte what message_write would have written.
 */
#include "pack.h"

static void
write_ref(struct buffer *out, msgpack_packer *pk, const struct ref *ref)
{
    if (!ref->is_str) {
        msgpack_pack_uint64(pk, ref->num);
        return;
    }
    msgpack_pack_str(pk, ref->str.len);
    pack_slice(out, ref->str);
}

static void
write_value(struct buffer *out, enum field_type type, const void *member)
{
    msgpack_packer pk = pack_into(out);
    const struct slice *bytes = member;

    switch (type) {
    case TYPE_UINT:
        msgpack_pack_uint64(&pk, *(const uint64_t *)member);
        break;
    case TYPE_BOOL:
        if (*(const bool *)member)
            msgpack_pack_true(&pk);
        else
            msgpack_pack_false(&pk);
        break;
    case TYPE_NAME:
    case TYPE_STR:
        msgpack_pack_str(&pk, bytes->len);
        pack_slice(out, *bytes);
        break;
    case TYPE_REF:
        write_ref(out, &pk, member);
        break;
    case TYPE_DATA:
    case TYPE_ARRAY:
    case TYPE_MAP:
        pack_slice(out, *bytes);
        break;
    }
}

/* The fields of `which`, in the order of the shape. */
__attribute__((flatten)) static void
write_fields(struct buffer *out, const struct shape *shape,
             const struct message *m, uint64_t which)
{
    struct buffer pen = *out; /* so that it can live in registers */

    for (unsigned i = 0; i < shape->count; i++) {
        const struct wire_key *key = shape->keys[i];
        if (!(which & key->bit))
            continue;
        pack_key(&pen, key);
        write_value(&pen, (enum field_type)key->type,
                    (const char *)m + key->offset);
    }
    *out = pen;
}

static unsigned
count_bits(uint64_t bits)
{
    unsigned count = 0;

    for (; bits; bits &= bits - 1)
        count++;
    return count;
}

static void
write_head(struct buffer *out, enum op op, unsigned pairs)
{
    msgpack_packer pk = pack_into(out);

    msgpack_pack_map(&pk, pairs);
    pack_key(out, &op_key);
    pack_key(out, &op_keys[op]);
}

/* Takes over what was written, or nothing of it. */
static bool
settle(struct buffer *out, const struct buffer *draft)
{
    if (draft->overflow) {
        out->overflow = true;
        return false;
    }
    out->len = draft->len;
    return true;
}

/* A draft of what comes next in `out`. */
static struct buffer
draft_of(const struct buffer *out)
{
    return (struct buffer){.data = out->data, .len = out->len, .cap = out->cap};
}

bool
message_write(struct buffer *out, enum side from, const struct message *m)
{
    const struct shape *shape = &shapes[from][m->op];
    struct buffer draft = draft_of(out);

    assert((m->has & ~shape->takes) == 0);
    write_head(&draft, m->op, 1 + count_bits(m->has));
    write_fields(&draft, shape, m, m->has);
    return settle(out, &draft);
}

bool
message_write_body(struct buffer *out, enum side from, const struct message *m,
                   unsigned *pairs)
{
    const uint64_t stamped = MESSAGE_BIT(FIELD_SEQ) | MESSAGE_BIT(FIELD_PREV) |
                             MESSAGE_BIT(FIELD_TIME);
    const struct shape *shape = &shapes[from][m->op];
    struct buffer draft = draft_of(out);
    uint64_t body = m->has & ~stamped;

    assert((m->has & ~shape->takes) == 0);
    *pairs = count_bits(body);
    write_fields(&draft, shape, m, body);
    return settle(out, &draft);
}

static void
put_row(struct buffer *out, const struct shape *shape,
        const struct message *row)
{
    assert((row->has & ~shape->takes) == 0);
    list_put_map(out, count_bits(row->has));
    write_fields(out, shape, row, row->has);
}

void
list_put_room(struct buffer *out, const struct message *row)
{
    put_row(out, &shape_room, row);
}

void
list_put_ruling(struct buffer *out, const struct message *row)
{
    put_row(out, &shape_ruling, row);
}

static void
write_stamp(struct buffer *out, enum field field, const uint64_t *num)
{
    msgpack_packer pk = pack_into(out);

    if (!num)
        return;
    pack_key(out, &field_keys[field]);
    msgpack_pack_uint64(&pk, *num);
}

uint8_t *
message_stamp(uint8_t *body, unsigned pairs, const struct stamp *stamp)
{
    uint8_t bytes[MESSAGE_HEADROOM];
    struct buffer head = {.data = bytes, .cap = sizeof bytes};

    pairs += 1u + (stamp->seq ? 1 : 0) + (stamp->prev ? 1 : 0) +
             (stamp->time ? 1 : 0);
    write_head(&head, stamp->op, pairs);
    write_stamp(&head, FIELD_SEQ, stamp->seq);
    write_stamp(&head, FIELD_PREV, stamp->prev);
    write_stamp(&head, FIELD_TIME, stamp->time);
    assert(!head.overflow);
    return memcpy(body - head.len, bytes, head.len);
}
