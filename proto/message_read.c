/* SPDX-License-Identifier: MPL-2.0 */
/*
 * message_read: from bytes to one struct message.
 *
 * There are two roads. What nearly everybody sends, message_usual.c reads in
 * one go. Here is the plain road for all the rest: any order, any encoding,
 * unknown keys, and everything that is wrong; it alone tells faults. If `op`
 * does not come first it is looked for ahead, since the shape depends on it.
 *
 * A faulty field does not stop the reading: the rest of the message is gone
 * through, so that ref and n are found and the reader ends up behind the
 * message. Only bytes that cannot be followed stop it. Nothing is copied but
 * numbers; every slice borrows the frame.
 */
#include "message_inner.h"

/* Goes behind the value that begins at `start` and was found faulty. */
static bool
pass_from(struct reading *g, const uint8_t *start)
{
    g->r->at = start;
    g->r->fault = NULL;
    return reader_pass(g->r);
}

static bool
pass_pair(struct reader *r)
{
    bool key = reader_pass(r);
    bool value = reader_pass(r);
    return key && value;
}

static bool
twice(struct reading *g, struct slice key)
{
    char quoted[FAULT_QUOTE];

    fault_set(g->fault, ERR_BAD_MESSAGE, "the key %s is there twice",
              fault_quote(key, quoted));
    return reader_pass(g->r);
}

/* The value of the shape's field `i`; its key has been read. */
static bool
read_field(struct reading *g, unsigned i)
{
    enum field field = (enum field)g->shape->fields[i].field;
    const struct field_row *row = &field_rows[field];
    const uint8_t *start = g->r->at;

    if (g->seen & MESSAGE_BIT(field))
        return twice(g, slice_str(row->key));
    g->seen |= MESSAGE_BIT(field);
    g->next = i + 1;
    if (start < g->r->end && *start == WIRE_NIL) {
        g->r->at++;
        return true;
    }
    if (read_values[row->type](g, row, (char *)g->m + row->offset)) {
        g->m->has |= MESSAGE_BIT(field);
        return true;
    }
    if (g->r->fault)
        fault_set(g->fault, ERR_BAD_MESSAGE, "%s: %s", row->key, g->r->fault);
    return pass_from(g, start);
}

static bool
read_op(struct reading *g)
{
    if (g->op_seen)
        return twice(g, slice_str("op"));
    g->op_seen = true;
    return reader_pass(g->r); /* find_op has seen to it */
}

/* An unknown key: its value must be well-formed and is ignored. */
static bool
read_stranger(struct reading *g, struct slice key)
{
    const uint8_t *start = g->r->at;

    for (unsigned i = 0; i < g->strangers; i++)
        if (slice_eq(g->stranger[i], key))
            return twice(g, key);
    if (g->strangers < LIMIT_KEYS)
        g->stranger[g->strangers++] = key;
    if (reader_skip(g->r, LIMIT_DEPTH, false, NULL))
        return true;

    char quoted[FAULT_QUOTE];
    fault_set(g->fault, ERR_BAD_MESSAGE, "%s: %s", fault_quote(key, quoted),
              g->r->fault);
    return pass_from(g, start);
}

/* The plain road: any encoding of any key. */
static bool
read_pair_plain(struct reading *g)
{
    const uint8_t *start = g->r->at;
    struct value key;

    if (!reader_next(g->r, &key))
        return false;
    if (key.type != VALUE_STR || !utf8_valid(key.bytes)) {
        fault_set(g->fault, ERR_BAD_MESSAGE, "a key is not a UTF-8 string");
        g->r->at = start;
        return pass_pair(g->r);
    }
    if (slice_eq(key.bytes, slice_str("op")))
        return read_op(g);
    for (unsigned i = 0; i < g->shape->count; i++)
        if (slice_eq(key.bytes, wire_text(g->shape->keys[i])))
            return read_field(g, i);
    return read_stranger(g, key.bytes);
}

/* Field by field: the strangers need no zeroing, and it would cost. */
static void
reading_init(struct reading *g, struct reader *r, struct message *m,
             struct fault *fault)
{
    g->r = r;
    g->shape = &shape_unknown;
    g->m = m;
    g->fault = fault;
    g->next = 0;
    g->seen = 0;
    g->op_seen = false;
    g->strangers = 0;
}

static bool
read_pairs(struct reading *g, uint32_t pairs)
{
    while ((pairs -= message_read_usual(g, pairs)) > 0) {
        if (!read_pair_plain(g)) {
            fault_broken(g->fault, g->r->fault);
            return false;
        }
        pairs--;
    }
    return true;
}

/* A required key that did not come, in the order of the shape. */
static void
check_needs(struct reading *g)
{
    uint64_t missing = g->shape->needs & ~g->m->has;

    for (unsigned i = 0; missing && i < g->shape->count; i++) {
        enum field field = (enum field)g->shape->fields[i].field;
        if (missing & MESSAGE_BIT(field)) {
            fault_set(g->fault, ERR_BAD_MESSAGE, "%s is missing",
                      field_rows[field].key);
            return;
        }
    }
}

/* Looks ahead for the value of `op`; false when there is none. */
static bool
seek_op(const struct reader *r, uint32_t pairs, struct value *op)
{
    struct reader ahead = *r;
    struct value key;

    for (uint32_t i = 0; i < pairs; i++) {
        struct reader at_key = ahead;
        if (!reader_next(&at_key, &key))
            return false;
        if (key.type == VALUE_STR && slice_eq(key.bytes, slice_str("op")))
            return reader_next(&at_key, op) && op->type != VALUE_NIL;
        if (!pass_pair(&ahead))
            return false;
    }
    return false;
}

/* From the value of `op` to the shape; a fault when there is none. */
static void
know_op(struct reading *g, const struct value *op)
{
    char quoted[FAULT_QUOTE];

    if (op->type != VALUE_STR || !utf8_valid(op->bytes)) {
        fault_set(g->fault, ERR_BAD_MESSAGE, "op must be a UTF-8 string");
        return;
    }
    g->m->op = op_find(op->bytes);
    const struct shape *shape = &shapes[g->from][g->m->op];
    if (shape->count > 0)
        g->shape = shape;
    else
        fault_set(g->fault, ERR_UNKNOWN_OP, "unknown op %s",
                  fault_quote(op->bytes, quoted));
}

static void
find_op(struct reading *g, uint32_t pairs)
{
    struct value op;

    if (seek_op(g->r, pairs, &op))
        know_op(g, &op);
    else
        fault_set(g->fault, ERR_BAD_MESSAGE, "op is missing");
}

/* A map of up to 15 pairs, as nearly all are. */
static inline bool
usual_map(struct reader *r, uint32_t *pairs)
{
    if (r->at == r->end || (*r->at & 0xf0) != 0x80)
        return false;
    *pairs = *r->at & 0x0f;
    if (r->end - r->at - 1 < 2 * (int)*pairs)
        return false;
    r->at++;
    return true;
}

/* The map's header. False, and the fault told, when there is no message. */
static bool
open_map(struct reader *r, uint32_t *pairs, struct fault *fault)
{
    const uint8_t *start = r->at;
    struct value v;

    if (!r->fault && usual_map(r, pairs))
        return true;
    if (!reader_next(r, &v)) {
        fault_broken(fault, r->fault);
        return false;
    }
    if (v.type != VALUE_MAP) {
        fault_set(fault, ERR_BAD_MESSAGE, "a message must be a map");
        r->at = start;
        if (!reader_pass(r))
            fault_broken(fault, r->fault);
        return false;
    }
    *pairs = v.count;
    if (v.count > LIMIT_KEYS)
        fault_set(fault, ERR_BAD_MESSAGE,
                  "the message has %u keys, the limit is %u", (unsigned)v.count,
                  (unsigned)LIMIT_KEYS);
    return true;
}

void
message_read_pairs(struct reader *r, const struct shape *shape, uint32_t pairs,
                   struct message *m, struct fault *fault)
{
    struct reading g;

    reading_init(&g, r, m, fault);
    g.from = SIDE_BROKER;
    g.shape = shape;
    if (read_pairs(&g, pairs))
        check_needs(&g);
}

enum err
message_read(struct reader *r, enum side from, struct message *m,
             struct fault *fault)
{
    struct reading g;
    uint32_t pairs;

    message_clear(m);
    fault_clear(fault);
    if (!open_map(r, &pairs, fault))
        return fault->code;
    reading_init(&g, r, m, fault);
    g.from = from;
    if (pairs > 0 && message_usual_op(&g))
        pairs--;
    else
        find_op(&g, pairs);
    if (read_pairs(&g, pairs) && fault->code == ERR_NONE) {
        check_needs(&g);
        message_check(from, m, fault);
    }
    return fault->code;
}
