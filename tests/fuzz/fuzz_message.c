/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_message: any bytes as a frame, read as either side.
 *
 * The first byte says whose frame it is, the rest is the frame. Nothing may be
 * read outside of it (AddressSanitizer), and:
 *  - what our reader accepts msgpack-c accepts, with the same values;
 *  - a message that was read is written, and read again is the same;
 *  - a say or tell of the broker written in two steps is the same bytes;
 *  - a message with every key in a longer form, which the fast road does not
 *    take, reads to the same: accepted or refused for the same reason;
 *  - lists give their elements or fail, and end.
 */
#include <stdlib.h>

#include "proto/message.h"
#include "proto/name.h"
#include "tests/fuzz/agree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { DEPTH_ASKED = 16 }; /* nesting up to which msgpack-c is asked */

static bool
is_same_field(const struct message *a, const struct message *b,
              const struct field_row *row)
{
    const char *x = (const char *)a + row->offset;
    const char *y = (const char *)b + row->offset;
    const struct ref *p = (const void *)x, *q = (const void *)y;

    switch (row->type) {
    case TYPE_UINT:
        return *(const uint64_t *)(const void *)x ==
               *(const uint64_t *)(const void *)y;
    case TYPE_BOOL:
        return *(const bool *)x == *(const bool *)y;
    case TYPE_REF:
        return p->is_str == q->is_str && p->num == q->num &&
               slice_eq(p->str, q->str);
    default:
        return slice_eq(*(const struct slice *)(const void *)x,
                        *(const struct slice *)(const void *)y);
    }
}

/* Every member, those of absent fields, too: they have their defaults. */
static void
must_be_same(const struct message *a, const struct message *b)
{
    MUST(a->op == b->op);
    MUST(a->has == b->has);
    for (unsigned i = 0; i < FIELD_COUNT; i++)
        MUST(is_same_field(a, b, &field_rows[i]));
}

static void
check_write(const struct message *m, enum side from)
{
    static uint8_t bytes[LIMIT_FRAME + 64], tight[LIMIT_FRAME + 64];
    struct buffer out = {.data = bytes, .cap = sizeof bytes};
    struct message again;
    struct fault fault;

    MUST(message_write(&out, from, m));
    struct reader r = reader_open(slice_of(bytes, out.len));
    MUST(message_read(&r, from, &again, &fault) == ERR_NONE);
    MUST(reader_done(&r));
    must_be_same(m, &again);

    struct buffer exact = {.data = tight, .cap = out.len};
    MUST(message_write(&exact, from, m) && exact.len == out.len);
    MUST(slice_eq(slice_of(tight, exact.len), slice_of(bytes, out.len)));
    struct buffer small = {.data = tight, .cap = out.len - 1};
    MUST(!message_write(&small, from, m) && small.len == 0 && small.overflow);
}

static void
check_stamp(const struct message *m)
{
    static uint8_t whole[LIMIT_FRAME], parts[LIMIT_FRAME + MESSAGE_HEADROOM];
    struct buffer one = {.data = whole, .cap = sizeof whole};
    struct buffer two = {
        .data = parts, .len = MESSAGE_HEADROOM, .cap = sizeof parts};
    unsigned pairs;

    MUST(message_write(&one, SIDE_BROKER, m));
    MUST(message_write_body(&two, SIDE_BROKER, m, &pairs));
    const struct stamp stamp = {
        .op = m->op,
        .seq = message_has(m, FIELD_SEQ) ? &m->seq : NULL,
        .prev = message_has(m, FIELD_PREV) ? &m->prev : NULL,
        .time = message_has(m, FIELD_TIME) ? &m->time : NULL};
    const uint8_t *start =
        message_stamp(parts + MESSAGE_HEADROOM, pairs, &stamp);
    struct slice stamped = slice_of(start, (size_t)(parts + two.len - start));
    MUST(slice_eq(stamped, slice_of(whole, one.len)));
}

/* The message with its string keys as str 8; its length, 0 for no message. */
static size_t
lengthen(struct slice message, uint8_t *to)
{
    struct reader r = reader_open(message);
    uint8_t *at = to;
    uint32_t pairs;
    struct value key;

    if (!reader_map(&r, &pairs))
        return 0;
    *at++ = 0xdf; /* map 32 */
    for (unsigned shift = 32; shift > 0; shift -= 8)
        *at++ = (uint8_t)(pairs >> (shift - 8));
    while (pairs-- > 0) {
        if (!reader_next(&r, &key) || key.type != VALUE_STR ||
            key.bytes.len > UINT8_MAX)
            return 0;
        *at++ = 0xd9; /* str 8 */
        *at++ = (uint8_t)key.bytes.len;
        if (key.bytes.len > 0)
            memcpy(at, key.bytes.data, key.bytes.len);
        at += key.bytes.len;
        const uint8_t *value = r.at;
        if (!reader_pass(&r))
            return 0;
        memcpy(at, value, (size_t)(r.at - value));
        at += r.at - value;
    }
    return (size_t)(at - to);
}

/* What the fast road made of it, the plain road must make of it, too. */
static void
check_plain(struct slice message, enum side from, const struct message *m,
            const struct fault *fault)
{
    static uint8_t longer[2 * LIMIT_FRAME + 64];
    size_t len = lengthen(message, longer);
    struct reader r = reader_open(slice_of(longer, len));
    struct message plain;
    struct fault other;

    if (len == 0)
        return;
    MUST(message_read(&r, from, &plain, &other) == fault->code);
    MUST(other.broken == fault->broken);
    MUST(!strcmp(other.text, fault->text));
    must_be_same(m, &plain);
}

static void
check_lists(const struct message *m)
{
    struct message row;
    struct slice name;
    struct reader r;
    uint64_t head, rv;
    uint32_t count, n;

    if (message_has(m, FIELD_MEMBERS) && list_open(m->members, &r, &count))
        for (n = 0; list_name(&r, &name); n++)
            MUST(n < count);
    if (message_has(m, FIELD_ROOMS) && list_open(m->rooms, &r, &count))
        for (n = 0; list_room(&r, &row); n++)
            MUST(n < count && row.room.len > 0);
    if (message_has(m, FIELD_HEADS) && list_open(m->heads, &r, &count))
        for (n = 0; list_head(&r, &name, &head, &rv); n++)
            MUST(n < count);
    if (message_has(m, FIELD_LIMITS) && list_open(m->limits, &r, &count))
        for (n = 0; list_limit(&r, &name, &head); n++)
            MUST(n < count);
}

static void
check_texts(const struct message *m)
{
    for (unsigned i = 0; i < FIELD_COUNT; i++) {
        const struct slice *text =
            (const void *)((const char *)m + field_rows[i].offset);
        if (message_has(m, (enum field)i) &&
            (field_rows[i].type == TYPE_NAME || field_rows[i].type == TYPE_STR))
            agree_with_utf8proc(*text);
    }
}

static void
check_fault(const struct fault *fault, enum err err)
{
    MUST(err == fault->code);
    MUST((err != ERR_NONE) == (fault->text[0] != '\0'));
    MUST(strlen(fault->text) < sizeof fault->text);
    for (const char *c = fault->text; *c; c++)
        MUST(*c >= 0x20 && *c < 0x7f);
}

/* False: nothing behind it can be read. */
static bool
check_message(struct reader *r, enum side from)
{
    const uint8_t *start = r->at;
    struct message m;
    struct fault fault;
    enum err err = message_read(r, from, &m, &fault);

    check_fault(&fault, err);
    check_texts(&m);
    if (fault.broken)
        return false;
    check_plain(slice_of(start, (size_t)(r->at - start)), from, &m, &fault);
    if (err == ERR_NONE) {
        check_write(&m, from);
        check_lists(&m);
        if (from == SIDE_BROKER && (m.op == OP_SAY || m.op == OP_TELL))
            check_stamp(&m);
    }
    return true;
}

static void
check_frame(struct slice frame, enum side from)
{
    struct reader r;
    struct fault fault;
    uint32_t count;
    enum err err = frame_open(frame, &r, &count, &fault);

    check_fault(&fault, err);
    for (uint32_t i = 0; err == ERR_NONE && i < count; i++)
        if (!check_message(&r, from))
            return;
    if (err == ERR_NONE)
        check_fault(&fault, frame_end(&r, &fault));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct slice frame, room, inner, raw;

    if (len == 0)
        return 0;
    frame = slice_of(data + 1, len - 1);
    struct reader r = reader_open(frame);
    if (reader_skip(&r, DEPTH_ASKED, true, &raw))
        agree_with_msgpack(raw);
    agree_with_utf8proc(frame);
    check_frame(frame, data[0] & 1 ? SIDE_BROKER : SIDE_CLIENT);
    if (frame_split(frame, &room, &inner))
        check_frame(inner, SIDE_BROKER);
    return 0;
}
