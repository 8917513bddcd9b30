/* SPDX-License-Identifier: MPL-2.0 */
/*
 * json_pack: JSON to MessagePack, and base64.
 *
 * Written through msgpack-c's packer into a buffer of the caller's, so that a
 * line of any length costs what the buffer holds and no more. What a message
 * may hold is not checked here: message_read does that from the one table.
 */
#include <msgpack.h>
#include <stdlib.h>

#include "json.h"

static int
buffer_append(void *context, const char *bytes, size_t len)
{
    struct buffer *out = context;
    if (len > out->cap - out->len) {
        out->overflow = true;
        return -1;
    }
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
    return 0;
}

static void
pack_text(msgpack_packer *pk, const char *text, size_t len)
{
    msgpack_pack_str(pk, len);
    msgpack_pack_str_body(pk, text, len);
}

static void pack_value(msgpack_packer *pk, json_t *value, unsigned depth);

static void
pack_object(msgpack_packer *pk, json_t *object, unsigned depth)
{
    const char *key = NULL;
    json_t *value = NULL;
    msgpack_pack_map(pk, json_object_size(object));
    json_object_foreach(object, key, value)
    {
        pack_text(pk, key, strlen(key));
        pack_value(pk, value, depth);
    }
}

static void
pack_array(msgpack_packer *pk, json_t *array, unsigned depth)
{
    size_t count = json_array_size(array);
    msgpack_pack_array(pk, count);
    for (size_t i = 0; i < count; i++)
        pack_value(pk, json_array_get(array, i), depth);
}

/* Deeper than `depth` becomes nil: json_to_message has refused it before. */
static void
pack_value(msgpack_packer *pk, json_t *value, unsigned depth)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        if (depth) {
            pack_object(pk, value, depth - 1);
            return;
        }
        break;
    case JSON_ARRAY:
        if (depth) {
            pack_array(pk, value, depth - 1);
            return;
        }
        break;
    case JSON_STRING:
        pack_text(pk, json_string_value(value), json_string_length(value));
        return;
    case JSON_INTEGER:
        msgpack_pack_int64(pk, json_integer_value(value));
        return;
    case JSON_REAL:
        msgpack_pack_double(pk, json_real_value(value));
        return;
    case JSON_TRUE:
        msgpack_pack_true(pk);
        return;
    case JSON_FALSE:
        msgpack_pack_false(pk);
        return;
    case JSON_NULL:
        break;
    }
    msgpack_pack_nil(pk);
}

/* How many levels of arrays and objects the value has, up to `most` + 1. */
static unsigned
depth_of(json_t *value, unsigned most)
{
    unsigned deepest = 0;
    const char *key = NULL;
    json_t *item = NULL;
    size_t i = 0;
    if (!json_is_object(value) && !json_is_array(value))
        return 0;
    if (most == 0)
        return 1;
    json_object_foreach(value, key, item)
    {
        unsigned depth = depth_of(item, most - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    json_array_foreach(value, i, item)
    {
        unsigned depth = depth_of(item, most - 1);
        deepest = depth > deepest ? depth : deepest;
    }
    return deepest + 1;
}

/* Writes the bytes behind base64 as a `bin` or, `verbatim`, as they are. */
static const char *
pack_base64(msgpack_packer *pk, struct buffer *out, json_t *value,
            bool verbatim)
{
    size_t text_len = json_string_length(value);
    uint8_t *bytes = malloc(text_len / 4 * 3 + 1);
    size_t len = 0;
    const char *fault = bytes ? NULL : "no memory";
    if (!fault &&
        (!json_is_string(value) ||
         !base64_decode(json_string_value(value), text_len, bytes, &len)))
        fault = "data64 and msgpack64 are strings in base64";
    if (!fault && verbatim) {
        struct reader r = reader_open(slice_of(bytes, len));
        if (!reader_skip(&r, LIMIT_DEPTH, true, NULL) || !reader_done(&r))
            fault = "msgpack64 is not one MessagePack value";
        else
            buffer_append(out, (const char *)bytes, len);
    } else if (!fault) {
        msgpack_pack_bin(pk, len);
        msgpack_pack_bin_body(pk, bytes, len);
    }
    free(bytes);
    return fault;
}

static const char *
pack_pair(msgpack_packer *pk, struct buffer *out, const char *key,
          json_t *value)
{
    bool bin = strcmp(key, "data64") == 0;
    if (bin || strcmp(key, "msgpack64") == 0) {
        pack_text(pk, "data", 4);
        return pack_base64(pk, out, value, !bin);
    }
    pack_text(pk, key, strlen(key));
    pack_value(pk, value, LIMIT_DEPTH);
    return NULL;
}

const char *
json_to_message(json_t *object, struct buffer *out)
{
    if (!json_is_object(object))
        return "not an object";
    if (depth_of(object, LIMIT_DEPTH) > LIMIT_DEPTH)
        return "nested deeper than 8 levels";
    msgpack_packer pk;
    msgpack_packer_init(&pk, out, buffer_append);
    msgpack_pack_map(&pk, json_object_size(object));
    const char *key = NULL;
    json_t *value = NULL;
    json_object_foreach(object, key, value)
    {
        const char *fault = pack_pair(&pk, out, key, value);
        if (fault)
            return fault;
    }
    return out->overflow ? "larger than a frame may be" : NULL;
}

static const char digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

size_t
base64_encode(struct slice bytes, char *text)
{
    char *at = text;
    for (size_t i = 0; i < bytes.len; i += 3) {
        size_t left = bytes.len - i;
        uint32_t group = (uint32_t)bytes.data[i] << 16;
        group |= left > 1 ? (uint32_t)bytes.data[i + 1] << 8 : 0;
        group |= left > 2 ? bytes.data[i + 2] : 0;
        *at++ = digits[group >> 18];
        *at++ = digits[group >> 12 & 63];
        *at++ = left > 1 ? digits[group >> 6 & 63] : '=';
        *at++ = left > 2 ? digits[group & 63] : '=';
    }
    *at = '\0';
    return (size_t)(at - text);
}

bool
base64_decode(const char *text, size_t text_len, uint8_t *bytes, size_t *len)
{
    *len = 0;
    if (text_len % 4)
        return false;
    for (size_t i = 0; i < text_len; i += 4) {
        bool last = i + 4 == text_len;
        size_t pad = !last                                      ? 0
                     : text[i + 2] == '=' && text[i + 3] == '=' ? 2
                     : text[i + 3] == '='                       ? 1
                                                                : 0;
        uint32_t group = 0;
        for (size_t k = 0; k < 4 - pad; k++) {
            const char *digit = text[i + k] ? strchr(digits, text[i + k])
                                            : NULL;
            if (!digit)
                return false;
            group |= (uint32_t)(digit - digits) << (18 - 6 * k);
        }
        bytes[(*len)++] = (uint8_t)(group >> 16);
        if (pad < 2)
            bytes[(*len)++] = (uint8_t)(group >> 8);
        if (pad < 1)
            bytes[(*len)++] = (uint8_t)group;
    }
    return true;
}
