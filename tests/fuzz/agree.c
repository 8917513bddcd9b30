/* SPDX-License-Identifier: MPL-2.0 */
/*
 * agree: confab's reader held against msgpack-c's, its UTF-8 and its names
 * against utf8proc.
 *
 * msgpack-c is only asked about bytes whose counts our reader has found to be
 * true: it reserves memory for whatever a header claims. It unpacks 32 levels
 * at most; frames that we accept have far less.
 */
#include "tests/fuzz/agree.h"

#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

#include "proto/name.h"

void
must_fail(const char *fact, const char *file, int line)
{
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, fact);
    abort();
}

static bool
is_same_bytes(struct slice ours, const char *data, uint32_t len)
{
    return slice_eq(ours, slice_of(data, len));
}

static void
agree_number(const struct value *v, const msgpack_object *theirs)
{
    double real = 0;

    switch (theirs->type) {
    case MSGPACK_OBJECT_POSITIVE_INTEGER:
        MUST(v->type == VALUE_UINT && v->num == theirs->via.u64);
        return;
    case MSGPACK_OBJECT_NEGATIVE_INTEGER:
        MUST(v->type == VALUE_INT && v->negative == theirs->via.i64);
        return;
    case MSGPACK_OBJECT_FLOAT32:
    case MSGPACK_OBJECT_FLOAT64:
        real = theirs->via.f64;
        break;
    default:
        must_fail("theirs is a number", __FILE__, __LINE__);
    }
    if (v->type == VALUE_UINT)
        MUST((double)v->num == real);
    else if (v->type == VALUE_INT)
        MUST((double)v->negative == real);
    else
        MUST(v->real == real || (v->real != v->real && real != real));
}

static void agree_value(struct reader *r, const msgpack_object *theirs);

static void
agree_inner(struct reader *r, const struct value *v,
            const msgpack_object *theirs)
{
    if (v->type == VALUE_ARRAY) {
        MUST(theirs->type == MSGPACK_OBJECT_ARRAY);
        MUST(theirs->via.array.size == v->count);
        for (uint32_t i = 0; i < v->count; i++)
            agree_value(r, &theirs->via.array.ptr[i]);
        return;
    }
    MUST(theirs->type == MSGPACK_OBJECT_MAP);
    MUST(theirs->via.map.size == v->count);
    for (uint32_t i = 0; i < v->count; i++) {
        agree_value(r, &theirs->via.map.ptr[i].key);
        agree_value(r, &theirs->via.map.ptr[i].val);
    }
}

static void
agree_value(struct reader *r, const msgpack_object *theirs)
{
    struct value v;

    MUST(reader_next(r, &v));
    switch (v.type) {
    case VALUE_NIL:
        MUST(theirs->type == MSGPACK_OBJECT_NIL);
        break;
    case VALUE_BOOL:
        MUST(theirs->type == MSGPACK_OBJECT_BOOLEAN);
        MUST(theirs->via.boolean == v.yes);
        break;
    case VALUE_UINT:
    case VALUE_INT:
    case VALUE_FLOAT:
        agree_number(&v, theirs);
        break;
    case VALUE_STR:
        MUST(theirs->type == MSGPACK_OBJECT_STR);
        MUST(is_same_bytes(v.bytes, theirs->via.str.ptr, theirs->via.str.size));
        break;
    case VALUE_BIN:
        MUST(theirs->type == MSGPACK_OBJECT_BIN);
        MUST(is_same_bytes(v.bytes, theirs->via.bin.ptr, theirs->via.bin.size));
        break;
    case VALUE_EXT:
        MUST(theirs->type == MSGPACK_OBJECT_EXT);
        MUST(theirs->via.ext.type == v.ext);
        MUST(is_same_bytes(v.bytes, theirs->via.ext.ptr, theirs->via.ext.size));
        break;
    case VALUE_ARRAY:
    case VALUE_MAP:
        agree_inner(r, &v, theirs);
        break;
    }
}

void
agree_with_msgpack(struct slice bytes)
{
    struct reader r = reader_open(bytes);
    msgpack_unpacked theirs;
    size_t at = 0;

    msgpack_unpacked_init(&theirs);
    MUST(msgpack_unpack_next(&theirs, (const char *)bytes.data, bytes.len,
                             &at) == MSGPACK_UNPACK_SUCCESS);
    MUST(at == bytes.len);
    agree_value(&r, &theirs.data);
    MUST(reader_done(&r));
    msgpack_unpacked_destroy(&theirs);
}

static bool
is_utf8(struct slice text)
{
    while (text.len > 0) {
        utf8proc_int32_t c;
        utf8proc_ssize_t size =
            utf8proc_iterate(text.data, (utf8proc_ssize_t)text.len, &c);
        if (size <= 0)
            return false;
        text = slice_of(text.data + size, text.len - (size_t)size);
    }
    return true;
}

void
agree_with_utf8proc(struct slice text)
{
    uint8_t fold[NAME_FOLD_MAX];
    utf8proc_uint8_t *nfc = NULL;

    MUST(utf8_valid(text) == is_utf8(text));
    if (name_fault(text))
        return;
    utf8proc_ssize_t len = utf8proc_map(text.data, (utf8proc_ssize_t)text.len,
                                        &nfc,
                                        UTF8PROC_STABLE | UTF8PROC_COMPOSE);
    MUST(len >= 0 && slice_eq(text, slice_of(nfc, (size_t)len)));
    free(nfc);
    MUST(name_fold(text, fold) <= NAME_FOLD_MAX);
}
