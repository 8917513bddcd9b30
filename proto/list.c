/* SPDX-License-Identifier: MPL-2.0 */
/*
 * list: the arrays and maps inside answers, one element a call.
 *
 * `members`, `messages`, `rooms`, `rulings`, `heads` and `limits` are kept as
 * their bytes in struct message, so that a message needs no memory of its own.
 * A caller opens such a field and takes one element after the other; all of it
 * was checked to be whole when the message was read, but not what it is. The
 * list_put calls are the other way: the broker writes the elements into a
 * buffer and borrows the message the bytes.
 */
#include "message_inner.h"
#include "pack.h"

bool
list_open(struct slice raw, struct reader *r, uint32_t *count)
{
    struct value v;

    *count = 0;
    *r = reader_open(raw);
    if (raw.len == 0)
        return true;
    if (!reader_next(r, &v))
        return false;
    if (v.type != VALUE_ARRAY && v.type != VALUE_MAP) {
        r->fault = "it is not a list";
        return false;
    }
    *count = v.count;
    return true;
}

bool
list_name(struct reader *r, struct slice *name)
{
    return !reader_done(r) && reader_str(r, name);
}

static bool
list_row(struct reader *r, const struct shape *shape, struct message *row)
{
    struct fault fault;
    uint32_t pairs;

    if (reader_done(r) || !reader_map(r, &pairs))
        return false;
    message_clear(row);
    fault_clear(&fault);
    message_read_pairs(r, shape, pairs, row, &fault);
    if (fault.code == ERR_NONE)
        return true;
    if (!r->fault)
        r->fault = "a row of the list is not as it should be";
    return false;
}

bool
list_room(struct reader *r, struct message *row)
{
    return list_row(r, &shape_room, row);
}

bool
list_ruling(struct reader *r, struct message *row)
{
    return list_row(r, &shape_ruling, row);
}

bool
list_head(struct reader *r, struct slice *room, uint64_t *head, uint64_t *rv)
{
    uint32_t count;

    if (reader_done(r) || !reader_str(r, room) || !reader_array(r, &count))
        return false;
    if (count != 2) {
        r->fault = "a head is not as it should be";
        return false;
    }
    return reader_uint(r, head) && reader_uint(r, rv);
}

bool
list_limit(struct reader *r, struct slice *name, uint64_t *value)
{
    return !reader_done(r) && reader_str(r, name) && reader_uint(r, value);
}

void
list_put_array(struct buffer *out, uint32_t count)
{
    msgpack_packer pk = pack_into(out);
    msgpack_pack_array(&pk, count);
}

void
list_put_map(struct buffer *out, uint32_t count)
{
    msgpack_packer pk = pack_into(out);
    msgpack_pack_map(&pk, count);
}

void
list_put_str(struct buffer *out, struct slice text)
{
    msgpack_packer pk = pack_into(out);
    msgpack_pack_str(&pk, text.len);
    pack_slice(out, text);
}

void
list_put_uint(struct buffer *out, uint64_t num)
{
    msgpack_packer pk = pack_into(out);
    msgpack_pack_uint64(&pk, num);
}

void
list_put_head(struct buffer *out, struct slice room, uint64_t head, uint64_t rv)
{
    list_put_str(out, room);
    list_put_array(out, 2);
    list_put_uint(out, head);
    list_put_uint(out, rv);
}
