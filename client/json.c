/* SPDX-License-Identifier: MPL-2.0 */
/*
 * json: MessagePack to JSON, by the bounded reader of proto/ and jansson.
 *
 * The bytes come from the broker through libconfab, which has read them before;
 * still nothing is believed: a fault of the reader gives NULL. Nesting is
 * bounded, so the recursion is, too. What JSON cannot hold is found by trying:
 * a value either becomes JSON whole or not at all.
 */
#include "json.h"

#include <math.h>
#include <stdlib.h>

#include "cmd_text.h"

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

static json_t *
json_base64(struct slice bytes)
{
    char *text = malloc(BASE64_ROOM(bytes.len));
    if (!text)
        return NULL;
    size_t len = base64_encode(bytes, text);
    json_t *value = json_stringn_nocheck(text, len);
    free(text);
    return value;
}

/* `data` in the first of its three forms that can hold it. */
static bool
put_data(json_t *object, struct slice raw)
{
    json_t *plain = json_from_value(raw);
    if (plain)
        return !json_object_set_new_nocheck(object, "data", plain);
    struct reader r = reader_open(raw);
    struct value v = {0};
    if (!reader_next(&r, &v))
        return false;
    bool bin = v.type == VALUE_BIN;
    json_t *text = json_base64(bin ? v.bytes : raw);
    return text && !json_object_set_new_nocheck(
                       object, bin ? "data64" : "msgpack64", text);
}

static json_t *json_message(struct reader *r, json_t *ref);

static json_t *
json_messages(struct slice raw)
{
    struct reader r = reader_open(raw);
    uint32_t count = 0;
    json_t *array = reader_array(&r, &count) ? json_array() : NULL;
    for (uint32_t i = 0; array && i < count; i++) {
        json_t *item = json_message(&r, NULL);
        if (!item || json_array_append_new(array, item)) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static bool
put_pair(json_t *object, struct slice key, struct slice raw)
{
    if (slice_eq(key, slice_str("data")))
        return put_data(object, raw);
    if (slice_eq(key, slice_str("messages")))
        return object_put(object, key, json_messages(raw));
    return object_put(object, key, json_from_value(raw));
}

/* True for the keys that do not come out: see json_from_message. */
static bool
is_hidden(struct slice key)
{
    return slice_eq(key, slice_str("ref")) || slice_eq(key, slice_str("n")) ||
           slice_eq(key, slice_str("resume"));
}

static bool
put_pairs(json_t *object, struct reader *r, uint32_t count, json_t *ref)
{
    for (uint32_t i = 0; i < count; i++) {
        struct slice key = {0};
        struct slice raw = {0};
        if (!reader_str(r, &key) || !reader_skip(r, LIMIT_DEPTH, true, &raw))
            return false;
        if (!is_hidden(key) && !put_pair(object, key, raw))
            return false;
        if (i == 0 && ref && json_object_set_nocheck(object, "ref", ref))
            return false;
    }
    return true;
}

static json_t *
json_message(struct reader *r, json_t *ref)
{
    uint32_t count = 0;
    json_t *object = reader_map(r, &count) ? json_object() : NULL;
    if (object && put_pairs(object, r, count, ref))
        return object;
    json_decref(object);
    return NULL;
}

json_t *
json_from_message(struct slice raw, json_t *ref)
{
    struct reader r = reader_open(raw);
    return json_message(&r, ref);
}

void
json_line(FILE *out, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    if (!text)
        return;
    text_clean(out, slice_str(text));
    fputc('\n', out);
    free(text);
}
