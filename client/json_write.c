/* SPDX-License-Identifier: MPL-2.0 */
/*
 * json_write: messages written as lines of JSON.
 *
 * A listener prints hundreds of thousands of them, and nearly all they hold is
 * strings and numbers. These are written straight from the encoded bytes; only
 * what is nested goes through a tree of jansson's.
 */
#include <stdlib.h>
#include <utf8proc.h>

#include "cmd_text.h"
#include "json.h"

/* The bytes up to the first one that a JSON string cannot have as it is, or
 * that a terminal should not see. */
static size_t
plain_run(struct slice text)
{
    size_t at = 0;
    while (at < text.len) {
        uint8_t byte = text.data[at];
        utf8proc_int32_t point = byte;
        if (byte == '"' || byte == '\\')
            break;
        if (byte >= 0x20 && byte < 0x7f) {
            at++;
            continue;
        }
        utf8proc_ssize_t n = utf8proc_iterate(
            text.data + at, (utf8proc_ssize_t)(text.len - at), &point);
        if (byte < 0x20 || n <= 0 || text_is_harmful(point))
            break;
        at += (size_t)n;
    }
    return at;
}

static void
write_string(FILE *out, struct slice text)
{
    putc('"', out);
    while (text.len) {
        size_t run = plain_run(text);
        fwrite(text.data, 1, run, out);
        text = slice_of(text.data + run, text.len - run);
        if (!text.len)
            break;
        utf8proc_int32_t point = 0xfffd;
        utf8proc_ssize_t n =
            utf8proc_iterate(text.data, (utf8proc_ssize_t)text.len, &point);
        if (*text.data == '"' || *text.data == '\\')
            fprintf(out, "\\%c", *text.data);
        else
            fprintf(out, "\\u%04x", n > 0 ? (unsigned)point : 0xfffdU);
        n = n > 0 ? n : 1;
        text = slice_of(text.data + n, text.len - (size_t)n);
    }
    putc('"', out);
}

static void
write_tree(FILE *out, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    text_clean_str(out, text ? text : "null");
    free(text);
}

void
json_line(FILE *out, const json_t *value)
{
    write_tree(out, value);
    putc('\n', out);
}

static void
write_key(FILE *out, struct slice key)
{
    write_string(out, key);
    putc(':', out);
}

static void
write_base64(FILE *out, const char *key, struct slice bytes)
{
    char *text = malloc(BASE64_ROOM(bytes.len));
    write_key(out, slice_str(key));
    if (text)
        base64_encode(bytes, text);
    fprintf(out, "\"%s\"", text ? text : "");
    free(text);
}

/* What needs no tree; false: it does. */
static bool
write_scalar(FILE *out, struct slice key, const struct value *v)
{
    if (v->type != VALUE_STR && v->type != VALUE_BOOL &&
        (v->type != VALUE_UINT || v->num > INT64_MAX))
        return false;
    write_key(out, key);
    if (v->type == VALUE_STR)
        write_string(out, v->bytes);
    else if (v->type == VALUE_BOOL)
        fputs(v->yes ? "true" : "false", out);
    else
        fprintf(out, "%llu", (unsigned long long)v->num);
    return true;
}

/* `data` that JSON cannot hold has another key; other keys then have null. */
static void
write_pair(FILE *out, struct slice key, struct slice raw)
{
    struct reader r = reader_open(raw);
    struct value v = {0};
    if (!reader_next(&r, &v) || write_scalar(out, key, &v))
        return;
    json_t *tree = json_from_value(raw);
    if (tree || !slice_eq(key, slice_str("data"))) {
        write_key(out, key);
        write_tree(out, tree);
    } else if (v.type == VALUE_BIN) {
        write_base64(out, "data64", v.bytes);
    } else {
        write_base64(out, "msgpack64", raw);
    }
    json_decref(tree);
}

static void write_message(FILE *out, struct reader *r, const json_t *ref);

static void
write_messages(FILE *out, struct slice key, struct slice raw)
{
    struct reader r = reader_open(raw);
    uint32_t count = 0;
    write_key(out, key);
    putc('[', out);
    if (!reader_array(&r, &count))
        count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            putc(',', out);
        write_message(out, &r, NULL);
    }
    putc(']', out);
}

/* True for the keys that do not come out: see json_message. */
static bool
is_hidden(struct slice key)
{
    return slice_eq(key, slice_str("ref")) || slice_eq(key, slice_str("n")) ||
           slice_eq(key, slice_str("resume"));
}

static void
write_message(FILE *out, struct reader *r, const json_t *ref)
{
    uint32_t count = 0;
    struct slice key = {0};
    struct slice raw = {0};
    const char *before = "{";
    if (!reader_map(r, &count))
        count = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (!reader_str(r, &key) || !reader_skip(r, LIMIT_DEPTH, true, &raw))
            break;
        if (is_hidden(key))
            continue;
        fputs(before, out);
        before = ",";
        if (slice_eq(key, slice_str("messages")))
            write_messages(out, key, raw);
        else
            write_pair(out, key, raw);
        if (ref) {
            fputs(",\"ref\":", out);
            write_tree(out, ref);
            ref = NULL;
        }
    }
    fputs(*before == '{' ? "{}" : "}", out);
}

/* All of it can be followed, and it is a map with strings for keys. */
static bool
is_readable(struct slice raw)
{
    struct reader r = reader_open(raw);
    struct slice key = {0};
    uint32_t count = 0;
    if (!reader_map(&r, &count))
        return false;
    while (count && reader_str(&r, &key) &&
           reader_skip(&r, LIMIT_DEPTH, true, NULL))
        count--;
    return count == 0;
}

bool
json_message(FILE *out, struct slice raw, const json_t *ref)
{
    struct reader r = reader_open(raw);
    if (!is_readable(raw))
        return false;
    write_message(out, &r, ref);
    putc('\n', out);
    return true;
}
