/* SPDX-License-Identifier: MPL-2.0 */
/*
 * json: a value of MessagePack as JSON, by the bounded reader of proto/.
 *
 * The bytes come from the broker through libconfab, which has read them before;
 * still nothing is believed: a fault of the reader gives NULL. Nesting is
 * bounded, so the recursion is, too. What JSON cannot hold is found by trying:
 * a value either becomes JSON whole or not at all.
 */
#include "json.h"

#include <math.h>
#include <stdlib.h>

static json_t *json_value(struct reader *r, unsigned depth);

static json_t *
json_array_of(struct reader *r, uint32_t count, unsigned depth)
{
    json_t *array = json_array();
    for (uint32_t i = 0; array && i < count; i++) {
        json_t *item = json_value(r, depth);
        if (!item || json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

/* A key as a C string, or NULL when it holds a NUL or there is no memory. */
static char *
key_of(struct slice key)
{
    if (key.len && memchr(key.data, 0, key.len))
        return NULL;
    char *copy = malloc(key.len + 1);
    if (!copy)
        return NULL;
    if (key.len)
        memcpy(copy, key.data, key.len);
    copy[key.len] = '\0';
    return copy;
}

/* Takes `value`; false when there is none, the key stands twice, or cannot be
 * a key. */
static bool
object_put(json_t *object, struct slice key, json_t *value)
{
    char *name = value ? key_of(key) : NULL;
    bool put = name && !json_object_get(object, name) &&
               !json_object_set_new_nocheck(object, name, json_incref(value));
    free(name);
    json_decref(value);
    return put;
}

static json_t *
json_object_of(struct reader *r, uint32_t count, unsigned depth)
{
    json_t *object = json_object();
    for (uint32_t i = 0; object && i < count; i++) {
        struct slice key = {0};
        if (!reader_str(r, &key) ||
            !object_put(object, key, json_value(r, depth))) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

static json_t *
json_number(const struct value *v)
{
    if (v->type == VALUE_FLOAT)
        return isfinite(v->real) ? json_real(v->real) : NULL;
    if (v->type == VALUE_INT)
        return json_integer(v->negative);
    return v->num <= INT64_MAX ? json_integer((json_int_t)v->num) : NULL;
}

static json_t *
json_value(struct reader *r, unsigned depth)
{
    struct value v = {0};
    if (!reader_next(r, &v))
        return NULL;
    switch (v.type) {
    case VALUE_NIL:
        return json_null();
    case VALUE_BOOL:
        return json_boolean(v.yes);
    case VALUE_UINT:
    case VALUE_INT:
    case VALUE_FLOAT:
        return json_number(&v);
    case VALUE_STR:
        return json_stringn((const char *)v.bytes.data, v.bytes.len);
    case VALUE_ARRAY:
        return depth ? json_array_of(r, v.count, depth - 1) : NULL;
    case VALUE_MAP:
        return depth ? json_object_of(r, v.count, depth - 1) : NULL;
    case VALUE_BIN:
    case VALUE_EXT:
        break;
    }
    return NULL;
}

json_t *
json_from_value(struct slice raw)
{
    struct reader r = reader_open(raw);
    json_t *value = json_value(&r, LIMIT_DEPTH);
    if (value && reader_done(&r))
        return value;
    json_decref(value);
    return NULL;
}
