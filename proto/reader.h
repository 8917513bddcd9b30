/* SPDX-License-Identifier: MPL-2.0 */
/*
 * reader: a bounded cursor over MessagePack.
 *
 * It never allocates, never looks past the end, and believes no count: before
 * an array of n elements or a map of n pairs is entered, n (2n) bytes must be
 * left, since every value takes at least one. Any valid encoding is accepted,
 * also a longer one than needed. Once a read has failed the reader is failed
 * and every further read fails, so a caller may check once at the end.
 */
#ifndef CONFAB_READER_H
#define CONFAB_READER_H

#include "slice.h"

struct reader {
    const uint8_t *at;
    const uint8_t *end;
    const char *fault; /* why it failed, static text; NULL while all is well */
};

enum value_type {
    VALUE_NIL,
    VALUE_BOOL,
    VALUE_UINT,  /* an integer in 0 ... 2^64-1, also from an integral float */
    VALUE_INT,   /* a negative integer */
    VALUE_FLOAT, /* a float that is no integer */
    VALUE_STR,
    VALUE_BIN,
    VALUE_ARRAY, /* `count` elements follow */
    VALUE_MAP,   /* `count` pairs follow */
    VALUE_EXT,
};

struct value {
    enum value_type type;
    union {
        bool yes;
        uint64_t num;       /* VALUE_UINT */
        int64_t negative;   /* VALUE_INT */
        double real;        /* VALUE_FLOAT */
        struct slice bytes; /* VALUE_STR, VALUE_BIN, VALUE_EXT */
        uint32_t count;     /* VALUE_ARRAY, VALUE_MAP */
    };
    int8_t ext; /* VALUE_EXT: its type */
};

static inline struct reader
reader_open(struct slice bytes)
{
    const uint8_t *end = bytes.len > 0 ? bytes.data + bytes.len : bytes.data;
    return (struct reader){.at = bytes.data, .end = end};
}

static inline bool
reader_done(const struct reader *r)
{
    return r->at == r->end;
}

/* Reads one value, or the header of an array or map. False: see r->fault. A
 * VALUE_STR is not checked for UTF-8 here (utf8_valid does that). */
[[nodiscard]] bool reader_next(struct reader *r, struct value *v);

/* Steps over one whole value of at most `depth` nested levels (a scalar is 0
 * levels); strings in it are checked for UTF-8. `ext` allows ext types in it.
 * The value's own encoded bytes are put to `raw` unless that is NULL. */
[[nodiscard]] bool reader_skip(struct reader *r, unsigned depth, bool ext,
                               struct slice *raw);

/* Steps over one whole value of any depth and checks nothing but that its bytes
 * are there: to get behind a value that was found faulty. */
[[nodiscard]] bool reader_pass(struct reader *r);

/* The header of an array or map; false and a fault when it is none. */
[[nodiscard]] bool reader_array(struct reader *r, uint32_t *count);
[[nodiscard]] bool reader_map(struct reader *r, uint32_t *count);
/* A string (valid UTF-8), an integer of the wire (0 ... 2^53-1). */
[[nodiscard]] bool reader_str(struct reader *r, struct slice *text);
[[nodiscard]] bool reader_uint(struct reader *r, uint64_t *num);

/* True when all of less than 8 bytes are ASCII; two words, which may overlap,
 * cover 4 to 7 of them. */
static inline bool
ascii_short(struct slice text)
{
    uint32_t first, last;
    unsigned all = 0;

    if (text.len >= sizeof first) {
        memcpy(&first, text.data, sizeof first);
        memcpy(&last, text.data + text.len - sizeof last, sizeof last);
        return !((first | last) & UINT32_C(0x80808080));
    }
    for (size_t i = 0; i < text.len; i++)
        all |= text.data[i];
    return all < 0x80;
}

/* True for well-formed UTF-8 (no surrogates, nothing overlong). Pure ASCII is
 * tested eight bytes at a time. */
bool utf8_valid(struct slice text);

#endif
