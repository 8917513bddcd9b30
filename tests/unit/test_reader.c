/* SPDX-License-Identifier: MPL-2.0 */
/*
 * test_reader: the cursor over MessagePack, row by row.
 *
 * Every form of every type, at its smallest and at its ends; every way for
 * bytes to end too early or to promise too much; UTF-8 at the borders of its
 * ranges. The bytes of a row stand in a block of their exact size, so that one
 * byte too far is seen by AddressSanitizer.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "proto/limits.h"
#include "proto/reader.h"
#include "tests/unit/bytes.h"

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

/* One scalar, and what it must be. */
static const struct {
    const char *hex;
    enum value_type type;
    uint64_t num; /* the number; of strings and the like the length */
} scalars[] = {
    {"c0", VALUE_NIL, 0},
    {"c2", VALUE_BOOL, 0},
    {"c3", VALUE_BOOL, 1},
    {"00", VALUE_UINT, 0},
    {"7f", VALUE_UINT, 127},
    {"cc 00", VALUE_UINT, 0},
    {"cc ff", VALUE_UINT, 255},
    {"cd 0001", VALUE_UINT, 1},
    {"cd ffff", VALUE_UINT, 65535},
    {"ce ffffffff", VALUE_UINT, UINT32_MAX},
    {"cf 001fffffffffffff", VALUE_UINT, WIRE_INT_MAX},
    {"cf ffffffffffffffff", VALUE_UINT, UINT64_MAX},
    {"ff", VALUE_INT, (uint64_t)-1},
    {"e0", VALUE_INT, (uint64_t)-32},
    {"d0 7f", VALUE_UINT, 127},
    {"d0 80", VALUE_INT, (uint64_t)-128},
    {"d1 8000", VALUE_INT, (uint64_t)INT16_MIN},
    {"d1 7fff", VALUE_UINT, INT16_MAX},
    {"d2 80000000", VALUE_INT, (uint64_t)INT32_MIN},
    {"d3 8000000000000000", VALUE_INT, (uint64_t)INT64_MIN},
    {"d3 0000000000000005", VALUE_UINT, 5},
    {"ca 00000000", VALUE_UINT, 0},
    {"ca 80000000", VALUE_UINT, 0},           /* -0.0 */
    {"ca 40400000", VALUE_UINT, 3},           /* 3.0 */
    {"ca bf800000", VALUE_INT, (uint64_t)-1}, /* -1.0 */
    {"ca 3fc00000", VALUE_FLOAT, 0},          /* 1.5 */
    {"cb 433fffffffffffff", VALUE_UINT, UINT64_C(0x1fffffffffffff)},
    {"cb 43efffffffffffff", VALUE_UINT, UINT64_C(0xfffffffffffff800)},
    {"cb 43f0000000000000", VALUE_FLOAT, 0}, /* 2^64 */
    {"cb c3e0000000000000", VALUE_INT, (uint64_t)INT64_MIN},
    {"cb c3e0000000000001", VALUE_FLOAT, 0}, /* below -2^63 */
    {"cb 7ff0000000000000", VALUE_FLOAT, 0}, /* infinity */
    {"cb fff0000000000000", VALUE_FLOAT, 0},
    {"cb 7ff8000000000000", VALUE_FLOAT, 0}, /* not a number */
    {"a0", VALUE_STR, 0},
    {"a2 6869", VALUE_STR, 2},
    {"d9 02 6869", VALUE_STR, 2},
    {"da 0002 6869", VALUE_STR, 2},
    {"db 00000002 6869", VALUE_STR, 2},
    {"c4 02 ff00", VALUE_BIN, 2},
    {"c5 0002 ff00", VALUE_BIN, 2},
    {"c6 00000000", VALUE_BIN, 0},
    {"90", VALUE_ARRAY, 0},
    {"dc 0000", VALUE_ARRAY, 0},
    {"dd 00000000", VALUE_ARRAY, 0},
    {"80", VALUE_MAP, 0},
    {"de 0000", VALUE_MAP, 0},
    {"df 00000000", VALUE_MAP, 0},
    {"d4 ff 01", VALUE_EXT, 1},
    {"d5 05 0102", VALUE_EXT, 2},
    {"d6 05 01020304", VALUE_EXT, 4},
    {"d7 05 0102030405060708", VALUE_EXT, 8},
    {"d8 05 0102030405060708090a0b0c0d0e0f10", VALUE_EXT, 16},
    {"c7 00 05", VALUE_EXT, 0},
    {"c8 0001 05 ff", VALUE_EXT, 1},
    {"c9 00000001 80 ff", VALUE_EXT, 1},
};

static uint64_t
number_of(const struct value *v)
{
    switch (v->type) {
    case VALUE_BOOL:
        return v->yes;
    case VALUE_UINT:
        return v->num;
    case VALUE_INT:
        return (uint64_t)v->negative;
    case VALUE_STR:
    case VALUE_BIN:
    case VALUE_EXT:
        return v->bytes.len;
    case VALUE_ARRAY:
    case VALUE_MAP:
        return v->count;
    default:
        return 0;
    }
}

static void
test_scalars(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scalars); i++) {
        struct bytes bytes = bytes_of_hex(scalars[i].hex);
        struct reader r = reader_open(bytes_slice(&bytes));
        struct value v;
        if (!reader_next(&r, &v) || v.type != scalars[i].type ||
            number_of(&v) != scalars[i].num || !reader_done(&r))
            fail_msg("%s: type %d, number %llu, %s", scalars[i].hex,
                     (int)v.type, (unsigned long long)number_of(&v),
                     r.fault ? r.fault : "no fault");
        bytes_free(&bytes);
    }
}

/* Every scalar, cut at each byte: never accepted, never read past. */
static void
test_cut(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(scalars); i++) {
        struct bytes whole = bytes_of_hex(scalars[i].hex);
        for (size_t len = 0; len < whole.len; len++) {
            uint8_t *part = malloc(len ? len : 1);
            memcpy(part, whole.data, len);
            struct reader r = reader_open(slice_of(part, len));
            struct value v;
            assert_false(reader_next(&r, &v));
            assert_non_null(r.fault);
            assert_false(reader_next(&r, &v)); /* failed stays failed */
            assert_false(reader_pass(&r));
            free(part);
        }
        bytes_free(&whole);
    }
}

/* One value to be stepped over at a depth: does it go? */
static const struct {
    const char *hex;
    unsigned depth;
    bool ext, good;
} skips[] = {
    {"07", 0, false, true},
    {"90", 0, false, false},
    {"90", 1, false, true},
    {"80", 0, false, false},
    {"80", 1, false, true},
    {"91 90", 1, false, false},
    {"91 90", 2, false, true},
    {"81 a161 81 01 90", 2, false, false},
    {"81 a161 81 01 90", 3, false, true},
    {"91919191919191 90", 8, false, true},
    {"9191919191919191 90", 8, false, false},
    {"d4 05 00", 0, false, false},
    {"d4 05 00", 0, true, true},
    {"91 d4 05 00", 1, false, false},
    {"91 d4 05 00", 1, true, true},
    {"a1 ff", 0, false, false},
    {"91 a1 ff", 1, false, false},
    {"81 a1ff 01", 1, false, false},
    {"c4 01 ff", 0, false, true},
    {"c1", 0, true, false},
    {"91 c1", 1, true, false},
    {"91", 1, false, false},          /* one promised, none there */
    {"92 01", 1, false, false},       /* two promised, one there */
    {"82 01 02 03", 1, false, false}, /* two pairs, three values */
    {"dd ffffffff", 8, false, false},
    {"df ffffffff 01 02", 8, false, false},
    {"df 80000000 01 02", 8, false, false}, /* twice this is 0 in 32 bits */
    {"db ffffffff 61", 0, false, false},
    {"c6 ffffffff 61", 0, false, false},
    {"c9 ffffffff 05 61", 0, true, false},
};

static void
test_skip(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(skips); i++) {
        struct bytes bytes = bytes_of_hex(skips[i].hex);
        struct reader r = reader_open(bytes_slice(&bytes));
        struct slice raw;
        if (reader_skip(&r, skips[i].depth, skips[i].ext, &raw) !=
            skips[i].good)
            fail_msg("%s at depth %u: %s", skips[i].hex, skips[i].depth,
                     r.fault ? r.fault : "accepted");
        if (skips[i].good)
            assert_true(slice_eq(raw, bytes_slice(&bytes)));
        bytes_free(&bytes);
    }
}

/* reader_pass goes over any depth, by memory of a constant size. */
static void
test_pass(void **state)
{
    enum { DEEP = 60000 };
    uint8_t *deep = malloc(DEEP);
    struct reader r = reader_open(slice_of(deep, DEEP));
    (void)state;

    memset(deep, 0x91, DEEP - 1);
    deep[DEEP - 1] = 0x07;
    assert_true(reader_pass(&r));
    assert_true(reader_done(&r));
    r = reader_open(slice_of(deep, DEEP - 1));
    assert_false(reader_pass(&r));
    free(deep);
}

static const struct {
    const char *hex;
    bool array, map, str, num;
} kinds[] = {
    {"91 01", true, false, false, false},
    {"81 01 02", false, true, false, false},
    {"a3 e4bda0", false, false, true, false},
    {"a1 80", false, false, false, false},
    {"cf 001fffffffffffff", false, false, false, true},
    {"cf 0020000000000000", false, false, false, false},
    {"cb 4008000000000000", false, false, false, true},
    {"ff", false, false, false, false},
    {"c0", false, false, false, false},
    {"c3", false, false, false, false},
};

static void
test_kinds(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(kinds); i++) {
        struct bytes bytes = bytes_of_hex(kinds[i].hex);
        const struct reader start = reader_open(bytes_slice(&bytes));
        struct reader r;
        struct slice text;
        uint32_t count;
        uint64_t num;
        assert_int_equal((r = start, reader_array(&r, &count)), kinds[i].array);
        assert_int_equal((r = start, reader_map(&r, &count)), kinds[i].map);
        assert_int_equal((r = start, reader_str(&r, &text)), kinds[i].str);
        assert_int_equal((r = start, reader_uint(&r, &num)), kinds[i].num);
        bytes_free(&bytes);
    }
}

static const struct {
    const char *hex;
    bool good;
} texts[] = {
    {"", true},
    {"00", true},
    {"7f", true},
    {"80", false},
    {"bf", false},
    {"c0 80", false}, /* overlong */
    {"c1 bf", false}, /* overlong */
    {"c2 80", true},  /* U+0080 */
    {"c2", false},
    {"c2 41", false},
    {"df bf", true},     /* U+07FF */
    {"e0 9f bf", false}, /* overlong */
    {"e0 a0 80", true},  /* U+0800 */
    {"ed 9f bf", true},  /* U+D7FF */
    {"ed a0 80", false}, /* a surrogate */
    {"ee 80 80", true},  /* U+E000 */
    {"ef bf bf", true},  /* U+FFFF */
    {"e4 bd", false},
    {"e4 bd 41", false},
    {"f0 8f bf bf", false}, /* overlong */
    {"f0 90 80 80", true},  /* U+10000 */
    {"f4 8f bf bf", true},  /* U+10FFFF */
    {"f4 90 80 80", false}, /* above */
    {"f5 80 80 80", false},
    {"f0 9f 98", false},
    {"fe", false},
    {"ff", false},
};

/* `bytes` among ASCII, in a block of its own size. */
static bool
valid_among(const struct bytes *bytes, size_t before, size_t after)
{
    size_t len = before + bytes->len + after;
    uint8_t *text = malloc(len ? len : 1);

    memset(text, 'x', len);
    memcpy(text + before, bytes->data, bytes->len);
    bool valid = utf8_valid(slice_of(text, len));
    free(text);
    return valid;
}

/* Each row alone, and at every place among ASCII of 0 to 40 bytes. */
static void
test_utf8(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(texts) * 41; i++) {
        struct bytes bytes = bytes_of_hex(texts[i / 41].hex);
        size_t before = i % 41;
        for (size_t after = 0; after <= 40; after += 5)
            if (valid_among(&bytes, before, after) != texts[i / 41].good)
                fail_msg("%s behind %zu, before %zu", texts[i / 41].hex, before,
                         after);
        bytes_free(&bytes);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scalars), cmocka_unit_test(test_cut),
        cmocka_unit_test(test_skip),    cmocka_unit_test(test_pass),
        cmocka_unit_test(test_kinds),   cmocka_unit_test(test_utf8),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
