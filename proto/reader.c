/* SPDX-License-Identifier: MPL-2.0 */
/*
 * reader: the bounded cursor over MessagePack.
 *
 * The first byte of a value says everything about its form. Half of the 256 are
 * small integers, a quarter short strings and containers: those are told apart
 * by range. The 32 from 0xc0 on are a table: what it is, and how many bytes of
 * number or length come next. Every step first asks whether the bytes are
 * there.
 *
 * Nothing here allocates, recurses deeper than it is told, or trusts a count:
 * a header that promises more elements than there are bytes left is a fault, so
 * no caller can be made to loop or to reserve for what never comes.
 */
#include "reader.h"

#include <assert.h>

#include "limits.h"

static bool
fail(struct reader *r, const char *why)
{
    r->fault = why;
    return false;
}

static size_t
left(const struct reader *r)
{
    return (size_t)(r->end - r->at);
}

/* What the bytes 0xc0 to 0xdf begin. */
enum form {
    FORM_NONE, /* 0xc1, never used */
    FORM_NIL,
    FORM_FALSE,
    FORM_TRUE,
    FORM_BIN,
    FORM_EXT,
    FORM_FIXEXT,
    FORM_FLOAT,
    FORM_UINT,
    FORM_INT,
    FORM_STR,
    FORM_ARRAY,
    FORM_MAP,
};

/* `width`: the bytes of the number or length; for FIXEXT the length itself. */
static const struct lead {
    uint8_t form, width;
} leads[32] = {
    {FORM_NIL, 0},     {FORM_NONE, 0},   {FORM_FALSE, 0},  {FORM_TRUE, 0},
    {FORM_BIN, 1},     {FORM_BIN, 2},    {FORM_BIN, 4},    {FORM_EXT, 1},
    {FORM_EXT, 2},     {FORM_EXT, 4},    {FORM_FLOAT, 4},  {FORM_FLOAT, 8},
    {FORM_UINT, 1},    {FORM_UINT, 2},   {FORM_UINT, 4},   {FORM_UINT, 8},
    {FORM_INT, 1},     {FORM_INT, 2},    {FORM_INT, 4},    {FORM_INT, 8},
    {FORM_FIXEXT, 1},  {FORM_FIXEXT, 2}, {FORM_FIXEXT, 4}, {FORM_FIXEXT, 8},
    {FORM_FIXEXT, 16}, {FORM_STR, 1},    {FORM_STR, 2},    {FORM_STR, 4},
    {FORM_ARRAY, 2},   {FORM_ARRAY, 4},  {FORM_MAP, 2},    {FORM_MAP, 4},
};

/* The next `width` bytes, big end first. */
static bool
read_big(struct reader *r, unsigned width, uint64_t *num)
{
    uint64_t sum = 0;

    if (left(r) < width)
        return fail(r, "the bytes end too early");
    for (unsigned i = 0; i < width; i++)
        sum = sum << 8 | r->at[i];
    r->at += width;
    *num = sum;
    return true;
}

static bool
read_bytes(struct reader *r, struct value *v, enum value_type type, size_t len)
{
    if (left(r) < len)
        return fail(r, "the bytes end too early");
    v->type = type;
    v->bytes = slice_of(r->at, len);
    r->at += len;
    return true;
}

static bool
read_ext(struct reader *r, struct value *v, size_t len)
{
    if (r->at == r->end)
        return fail(r, "the bytes end too early");
    v->ext = (int8_t)*r->at++;
    return read_bytes(r, v, VALUE_EXT, len);
}

/* An array of `count` elements, or a map of `count` pairs, has begun. */
static bool
read_count(struct reader *r, struct value *v, enum value_type type,
           uint32_t count)
{
    if (count > left(r) / (type == VALUE_MAP ? 2 : 1))
        return fail(r, "a count is larger than the bytes left");
    v->type = type;
    v->count = count;
    return true;
}

static void
set_int(struct value *v, int64_t num)
{
    v->type = num < 0 ? VALUE_INT : VALUE_UINT;
    v->negative = num; /* the same bits as `num` when it is not negative */
}

/* The sign is in the top bit of the `width` bytes. */
static int64_t
sign_extend(uint64_t num, unsigned width)
{
    assert(width >= 1 && width <= 8);
    unsigned shift = 64 - 8 * width;
    return (int64_t)(num << shift) >> shift;
}

/* JavaScript and Lua have only floats: 3.0 is the integer 3. */
static void
set_real(struct value *v, double real)
{
    v->type = VALUE_FLOAT;
    v->real = real;
    if (real >= 0 && real < 0x1p64 && (double)(uint64_t)real == real) {
        v->type = VALUE_UINT;
        v->num = (uint64_t)real;
    } else if (real < 0 && real >= -0x1p63 && (double)(int64_t)real == real) {
        set_int(v, (int64_t)real);
    }
}

static double
real_of(uint64_t bits, unsigned width)
{
    uint32_t half = (uint32_t)bits;
    float small;
    double real;

    if (width == 4) {
        memcpy(&small, &half, sizeof small);
        return (double)small;
    }
    memcpy(&real, &bits, sizeof real);
    return real;
}

static bool
read_number(struct reader *r, struct value *v, struct lead lead)
{
    uint64_t bits;

    if (!read_big(r, lead.width, &bits))
        return false;
    switch (lead.form) {
    case FORM_INT:
        set_int(v, sign_extend(bits, lead.width));
        return true;
    case FORM_FLOAT:
        set_real(v, real_of(bits, lead.width));
        return true;
    default:
        v->type = VALUE_UINT;
        v->num = bits;
        return true;
    }
}

static bool
read_sized(struct reader *r, struct value *v, struct lead lead)
{
    uint64_t bits;

    if (!read_big(r, lead.width, &bits))
        return false;
    uint32_t len = (uint32_t)bits; /* none has more than four bytes */
    switch (lead.form) {
    case FORM_BIN:
        return read_bytes(r, v, VALUE_BIN, len);
    case FORM_EXT:
        return read_ext(r, v, len);
    case FORM_ARRAY:
        return read_count(r, v, VALUE_ARRAY, len);
    case FORM_MAP:
        return read_count(r, v, VALUE_MAP, len);
    default:
        return read_bytes(r, v, VALUE_STR, len);
    }
}

/* The forms 0xc0 to 0xdf. */
static bool
read_form(struct reader *r, struct value *v, struct lead lead)
{
    switch (lead.form) {
    case FORM_NIL:
        v->type = VALUE_NIL;
        return true;
    case FORM_FALSE:
    case FORM_TRUE:
        v->type = VALUE_BOOL;
        v->yes = lead.form == FORM_TRUE;
        return true;
    case FORM_UINT:
    case FORM_INT:
    case FORM_FLOAT:
        return read_number(r, v, lead);
    case FORM_FIXEXT:
        return read_ext(r, v, lead.width);
    case FORM_NONE:
        return fail(r, "the byte c1 begins no value");
    default:
        return read_sized(r, v, lead);
    }
}

bool
reader_next(struct reader *r, struct value *v)
{
    if (r->fault)
        return false;
    if (r->at == r->end)
        return fail(r, "the bytes end too early");

    uint8_t first = *r->at++;
    if (first >= 0xa0 && first < 0xc0)
        return read_bytes(r, v, VALUE_STR, first & 0x1f);
    if (first < 0x80 || first >= 0xe0) {
        set_int(v, (int8_t)first);
        return true;
    }
    if (first >= 0xc0)
        return read_form(r, v, leads[first - 0xc0]);
    if (first >= 0x90)
        return read_count(r, v, VALUE_ARRAY, first & 0x0f);
    return read_count(r, v, VALUE_MAP, first & 0x0f);
}

static bool skip_many(struct reader *r, uint64_t count, unsigned depth,
                      bool ext);

static bool
skip_one(struct reader *r, unsigned depth, bool ext)
{
    struct value v;

    if (!reader_next(r, &v))
        return false;
    switch (v.type) {
    case VALUE_STR:
        return utf8_valid(v.bytes) || fail(r, "a string is not valid UTF-8");
    case VALUE_EXT:
        return ext || fail(r, "an ext type is only allowed in data");
    case VALUE_ARRAY:
        return skip_many(r, v.count, depth, ext);
    case VALUE_MAP:
        return skip_many(r, (uint64_t)v.count * 2, depth, ext);
    default:
        return true;
    }
}

static bool
skip_many(struct reader *r, uint64_t count, unsigned depth, bool ext)
{
    if (depth == 0)
        return fail(r, "it nests too deep");
    for (uint64_t i = 0; i < count; i++)
        if (!skip_one(r, depth - 1, ext))
            return false;
    return true;
}

bool
reader_skip(struct reader *r, unsigned depth, bool ext, struct slice *raw)
{
    const uint8_t *start = r->at;

    if (!skip_one(r, depth, ext))
        return false;
    if (raw)
        *raw = slice_of(start, (size_t)(r->at - start));
    return true;
}

bool
reader_pass(struct reader *r)
{
    struct value v;

    for (uint64_t open = 1; open > 0; open--) {
        if (!reader_next(r, &v))
            return false;
        if (v.type == VALUE_ARRAY)
            open += v.count;
        else if (v.type == VALUE_MAP)
            open += (uint64_t)v.count * 2;
    }
    return true;
}

bool
reader_array(struct reader *r, uint32_t *count)
{
    struct value v;

    if (!reader_next(r, &v))
        return false;
    if (v.type != VALUE_ARRAY)
        return fail(r, "it is not an array");
    *count = v.count;
    return true;
}

bool
reader_map(struct reader *r, uint32_t *count)
{
    struct value v;

    if (!reader_next(r, &v))
        return false;
    if (v.type != VALUE_MAP)
        return fail(r, "it is not a map");
    *count = v.count;
    return true;
}

bool
reader_str(struct reader *r, struct slice *text)
{
    struct value v;

    if (!reader_next(r, &v))
        return false;
    if (v.type != VALUE_STR)
        return fail(r, "it is not a string");
    if (!utf8_valid(v.bytes))
        return fail(r, "a string is not valid UTF-8");
    *text = v.bytes;
    return true;
}

bool
reader_uint(struct reader *r, uint64_t *num)
{
    struct value v;

    if (!reader_next(r, &v))
        return false;
    if (v.type != VALUE_UINT || v.num > WIRE_INT_MAX)
        return fail(r, "it is not an integer in 0 ... 2^53-1");
    *num = v.num;
    return true;
}
