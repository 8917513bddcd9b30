/* SPDX-License-Identifier: MPL-2.0 */
/*
 * message_value: one function per type of field, from bytes to a member.
 *
 * Each reads the one value at the reader, checks all that PROTOCOL.md says of
 * its type and size, and only then stores it: a member of struct message is
 * either untouched or good. Where several encodings are allowed (0 and 1 for
 * booleans, integral floats) this is where they become one.
 *
 * False means that the value is faulty: either the function has said so in the
 * fault, naming field and limit, or the reader has failed and says why.
 */
#include "message_inner.h"
#include "name.h"

static bool
wrong(struct reading *g, const struct field_row *row, const char *wanted)
{
    fault_set(g->fault, ERR_BAD_MESSAGE, "%s must be %s", row->key, wanted);
    return false;
}

static bool
too_large(struct reading *g, const struct field_row *row, size_t len)
{
    fault_set(g->fault, ERR_TOO_LARGE, "%s is %zu bytes, the limit is %zu",
              row->key, len, row->max);
    return false;
}

/* A string in any form; false and the fault told when it is none. */
static bool
next_str(struct reading *g, const struct field_row *row, struct slice *text)
{
    struct value v;

    if (!reader_next(g->r, &v))
        return false;
    if (v.type != VALUE_STR)
        return wrong(g, row, "a string");
    *text = v.bytes;
    return true;
}

static bool
read_uint(struct reading *g, const struct field_row *row, void *member)
{
    uint64_t *num = member;
    struct value v;

    if (!reader_next(g->r, &v))
        return false;
    if (v.type != VALUE_UINT || v.num > WIRE_INT_MAX)
        return wrong(g, row, "an integer from 0 to 2^53-1");
    *num = v.num;
    return true;
}

static bool
read_bool(struct reading *g, const struct field_row *row, void *member)
{
    bool *yes = member;
    struct value v;

    if (!reader_next(g->r, &v))
        return false;
    if (v.type == VALUE_BOOL) {
        *yes = v.yes;
        return true;
    }
    if (v.type != VALUE_UINT || v.num > 1)
        return wrong(g, row, "true or false");
    *yes = v.num == 1;
    return true;
}

static bool
check_text(struct reading *g, const struct field_row *row, struct slice text)
{
    if (text.len > row->max)
        return too_large(g, row, text.len);
    if (!utf8_valid(text))
        return wrong(g, row, "valid UTF-8");
    return true;
}

static bool
read_text(struct reading *g, const struct field_row *row, void *member)
{
    struct slice text;

    if (!next_str(g, row, &text) || !check_text(g, row, text))
        return false;
    *(struct slice *)member = text;
    return true;
}

/* What a name is decides the broker: it may know a later Unicode than the
 * client, which only holds to the size. */
static bool
check_name(struct reading *g, const struct field_row *row, struct slice name)
{
    if (g->from == SIDE_BROKER)
        return name.len > 0 ? check_text(g, row, name)
                            : wrong(g, row, "a name");

    const char *why = name_fault(name);
    if (!why)
        return true;
    if (!utf8_valid(name))
        return wrong(g, row, "valid UTF-8");
    fault_set(g->fault, ERR_BAD_NAME, "%s %s", row->key, why);
    return false;
}

static bool
read_name(struct reading *g, const struct field_row *row, void *member)
{
    struct slice name;

    if (!next_str(g, row, &name) || !check_name(g, row, name))
        return false;
    *(struct slice *)member = name;
    return true;
}

static bool
read_ref(struct reading *g, const struct field_row *row, void *member)
{
    struct ref *ref = member;
    struct value v;

    if (!reader_next(g->r, &v))
        return false;
    if (v.type == VALUE_STR) {
        if (!check_text(g, row, v.bytes))
            return false;
        *ref = (struct ref){.is_str = true, .str = v.bytes};
        return true;
    }
    if (v.type != VALUE_UINT || v.num > WIRE_INT_MAX)
        return wrong(g, row, "a string or an integer from 0 to 2^53-1");
    *ref = (struct ref){.num = v.num};
    return true;
}

static bool
read_data(struct reading *g, const struct field_row *row, void *member)
{
    struct slice *data = member, raw;

    if (!reader_skip(g->r, LIMIT_DEPTH, true, &raw))
        return false;
    if (raw.len > row->max)
        return too_large(g, row, raw.len);
    *data = raw;
    return true;
}

/* The lists in answers hold whole messages, and these their data. */
enum { LIST_DEPTH = LIMIT_DEPTH + 2 };

static bool
read_list(struct reading *g, const struct field_row *row, void *member)
{
    enum value_type wanted = row->type == TYPE_ARRAY ? VALUE_ARRAY : VALUE_MAP;
    struct slice *list = member, raw;
    struct reader ahead = *g->r;
    struct value v;

    if (!reader_next(&ahead, &v) || v.type != wanted)
        return wrong(g, row, wanted == VALUE_ARRAY ? "an array" : "a map");
    if (!reader_skip(g->r, LIST_DEPTH, true, &raw))
        return false;
    *list = raw;
    return true;
}

read_value *const read_values[] = {
    [TYPE_UINT] = read_uint,  [TYPE_BOOL] = read_bool, [TYPE_NAME] = read_name,
    [TYPE_STR] = read_text,   [TYPE_REF] = read_ref,   [TYPE_DATA] = read_data,
    [TYPE_ARRAY] = read_list, [TYPE_MAP] = read_list,
};
