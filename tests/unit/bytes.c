/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bytes: hex, files and JSON for the tests of the codec.
 *
 * JSON becomes MessagePack here through msgpack-c alone, so that the tests
 * compare confab's bytes with somebody else's. Blocks are allocated with their
 * exact size: reading one byte behind them is seen by AddressSanitizer.
 */
#include "tests/unit/bytes.h"

#include <msgpack.h>
#include <stdio.h>
#include <stdlib.h>

_Noreturn static void
stop(const char *what, const char *which)
{
    fprintf(stderr, "tests: %s: %s\n", what, which);
    exit(1);
}

static struct bytes
bytes_new(size_t len)
{
    struct bytes bytes = {.data = malloc(len ? len : 1), .len = len};

    if (!bytes.data)
        stop("no memory", "bytes_new");
    return bytes;
}

static unsigned
nibble(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    if (!at)
        stop("not hex", (char[]){c, '\0'});
    return (unsigned)(at - digits);
}

struct bytes
bytes_of_hex(const char *hex)
{
    size_t digits = 0;
    struct bytes bytes;

    for (const char *c = hex; *c; c++)
        digits += *c != ' ';
    if (digits % 2)
        stop("half a byte", hex);
    bytes = bytes_new(digits / 2);
    for (size_t i = 0; *hex; hex++) {
        if (*hex == ' ')
            continue;
        unsigned high = nibble(hex[0]);
        bytes.data[i++] = (uint8_t)(high << 4 | nibble(*++hex));
    }
    return bytes;
}

struct bytes
bytes_of_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    long size;

    if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
        stop("cannot read", path);
    rewind(file);
    struct bytes bytes = bytes_new((size_t)size + 1);
    bytes.len = fread(bytes.data, 1, (size_t)size, file);
    bytes.data[bytes.len] = '\0';
    fclose(file);
    return bytes;
}

static void pack_object(msgpack_packer *pk, const json_t *object);

static void
pack_json(msgpack_packer *pk, const json_t *value)
{
    size_t i, len;

    switch (json_typeof(value)) {
    case JSON_OBJECT:
        pack_object(pk, value);
        break;
    case JSON_ARRAY:
        len = json_array_size(value);
        msgpack_pack_array(pk, len);
        for (i = 0; i < len; i++)
            pack_json(pk, json_array_get(value, i));
        break;
    case JSON_STRING:
        msgpack_pack_str_with_body(pk, json_string_value(value),
                                   json_string_length(value));
        break;
    case JSON_INTEGER:
        msgpack_pack_int64(pk, json_integer_value(value));
        break;
    case JSON_REAL:
        msgpack_pack_double(pk, json_real_value(value));
        break;
    case JSON_TRUE:
        msgpack_pack_true(pk);
        break;
    case JSON_FALSE:
        msgpack_pack_false(pk);
        break;
    case JSON_NULL:
        msgpack_pack_nil(pk);
        break;
    }
}

static void
pack_object(msgpack_packer *pk, const json_t *object)
{
    const char *key;
    json_t *value;

    msgpack_pack_map(pk, json_object_size(object));
    json_object_foreach((json_t *)object, key, value)
    {
        msgpack_pack_str_with_body(pk, key, strlen(key));
        pack_json(pk, value);
    }
}

struct bytes
bytes_of_json(const json_t *value)
{
    msgpack_sbuffer sbuffer;
    msgpack_packer pk;

    msgpack_sbuffer_init(&sbuffer);
    msgpack_packer_init(&pk, &sbuffer, msgpack_sbuffer_write);
    pack_json(&pk, value);
    struct bytes bytes = bytes_new(sbuffer.size);
    memcpy(bytes.data, sbuffer.data, sbuffer.size);
    msgpack_sbuffer_destroy(&sbuffer);
    return bytes;
}

struct bytes
bytes_of_base64(const char *text)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    struct bytes bytes = bytes_new(strlen(text) / 4 * 3);
    unsigned bits = 0, have = 0;

    bytes.len = 0;
    for (; *text && *text != '='; text++) {
        const char *at = strchr(digits, *text);
        if (!at)
            stop("not base64", text);
        bits = bits << 6 | (unsigned)(at - digits);
        have += 6;
        if (have >= 8) {
            have -= 8;
            bytes.data[bytes.len++] = (uint8_t)(bits >> have);
        }
    }
    return bytes;
}

void
bytes_free(struct bytes *bytes)
{
    free(bytes->data);
    *bytes = (struct bytes){0};
}

json_t *
vectors_load(const char *path)
{
    json_error_t error;
    json_t *rows = json_load_file(path, 0, &error);

    if (!rows || !json_is_array(rows))
        stop(path, rows ? "not an array" : error.text);
    return rows;
}
