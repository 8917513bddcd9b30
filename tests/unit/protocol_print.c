/* SPDX-License-Identifier: MPL-2.0 */
/*
 * protocol_print: a block of PROTOCOL.md for each op and sender, and the tables
 * of errors, limits and fields.
 *
 * All of it is Markdown made from the rows that the codec itself reads and
 * writes by, so the document cannot say something else than the code does. The
 * example of an op is its first vector in proto/vectors/, which test_message
 * holds against the code; its bytes are shown pair by pair.
 */
#include "tests/unit/protocol_print.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/bytes.h"

enum { HEX_COLUMN = 16 }; /* bytes in a line of an example */

static const char *const side_names[SIDE_COUNT] = {"client", "broker"};
static json_t *vectors[SIDE_COUNT];

static const char *
type_words(enum field_type type)
{
    static const char *const words[] = {
        [TYPE_UINT] = "integer",
        [TYPE_BOOL] = "boolean",
        [TYPE_NAME] = "name",
        [TYPE_STR] = "string",
        [TYPE_REF] = "integer or string",
        [TYPE_DATA] = "any value",
        [TYPE_ARRAY] = "array",
        [TYPE_MAP] = "map",
    };
    return words[type];
}

static void
print_limit(FILE *out, const struct field_row *row)
{
    if (row->type == TYPE_DATA)
        fprintf(out, "%zu bytes with `text`", row->max);
    else if (row->max > 0)
        fprintf(out, "%zu bytes", row->max);
}

static void
print_preset(FILE *out, const struct field_row *row)
{
    if (row->type == TYPE_BOOL)
        fprintf(out, "%s", row->preset ? "true" : "false");
    else if (row->preset > 0)
        fprintf(out, "%llu", (unsigned long long)row->preset);
}

static void
print_shape(FILE *out, const struct shape *shape)
{
    fprintf(out, "| key | type | must | at most | when absent |\n"
                 "|---|---|---|---|---|\n");
    for (unsigned i = 0; i < shape->count; i++) {
        const struct field_row *row = &field_rows[shape->fields[i].field];
        bool required = shape->fields[i].required;
        fprintf(out, "| `%s` | %s | %s | ", row->key, type_words(row->type),
                required ? "yes" : "");
        print_limit(out, row);
        fprintf(out, " | ");
        if (!required)
            print_preset(out, row);
        fprintf(out, " |\n");
    }
}

/* Lines of hex; the words stand beside the first. */
static void
print_hex(FILE *out, struct slice bytes, const char *words)
{
    const int width = HEX_COLUMN * 3;
    char line[HEX_COLUMN * 3 + 1];

    for (size_t i = 0; i < bytes.len; i += HEX_COLUMN) {
        size_t count = bytes.len - i < HEX_COLUMN ? bytes.len - i : HEX_COLUMN;
        for (size_t j = 0; j < count; j++)
            snprintf(line + 3 * j, 4, "%02x ", bytes.data[i + j]);
        line[3 * count - 1] = '\0';
        if (i == 0)
            fprintf(out, "%-*s%s\n", width, line, words);
        else
            fprintf(out, "%s\n", line);
    }
}

/* The words beside a pair: its key, and its value where that is short. */
static void
describe(char words[static 64], struct slice key, const json_t *message)
{
    char name[32];
    char *value;

    snprintf(name, sizeof name, "%.*s", SLICE_ARG(key));
    value = json_dumps(json_object_get(message, name),
                       JSON_ENCODE_ANY | JSON_COMPACT);
    if (value && strlen(value) <= 24)
        snprintf(words, 64, "%s: %s", name, value);
    else
        snprintf(words, 64, "%s", name);
    free(value);
}

static void
print_pairs(FILE *out, struct slice bytes, const json_t *message)
{
    struct reader r = reader_open(bytes);
    char words[64];
    uint32_t pairs = 0;

    if (!reader_map(&r, &pairs))
        return;
    snprintf(words, sizeof words, "a map of %u", (unsigned)pairs);
    print_hex(out, slice_of(bytes.data, (size_t)(r.at - bytes.data)), words);
    while (pairs-- > 0) {
        const uint8_t *start = r.at;
        struct slice key;
        if (!reader_str(&r, &key) || !reader_pass(&r))
            return;
        describe(words, key, message);
        print_hex(out, slice_of(start, (size_t)(r.at - start)), words);
    }
}

static void
print_example(FILE *out, enum side side, enum op op)
{
    size_t i;
    json_t *row;

    json_array_foreach(vectors[side], i, row)
    {
        const json_t *message = json_object_get(row, "message");
        const char *name = json_string_value(json_object_get(message, "op"));
        if (!name || strcmp(name, op_name(op)) != 0)
            continue;
        struct bytes raw =
            bytes_of_hex(json_string_value(json_object_get(row, "hex")));
        fprintf(out, "\n```\n");
        print_pairs(out, slice_of(raw.data, raw.len), message);
        fprintf(out, "```\n");
        bytes_free(&raw);
        return;
    }
    fprintf(stderr, "proto/vectors has no %s from the %s\n", op_name(op),
            side_names[side]);
    exit(1);
}

static void
print_errors(FILE *out)
{
    fprintf(out, "| code | meaning |\n|---|---|\n");
    for (unsigned i = ERR_NONE + 1; i < ERR_COUNT; i++)
        fprintf(out, "| `%s` | %s |\n", err_name((enum err)i),
                err_meaning((enum err)i));
}

static void
print_limits(FILE *out)
{
    fprintf(out, "| limit | value | of what |\n|---|---|---|\n");
#define PRINT_LIMIT(name, wire, value, meaning)                                \
    fprintf(out, "| `%s` | %d | %s |\n", wire, value, meaning);
    LIMIT_TABLE(PRINT_LIMIT)
#undef PRINT_LIMIT
}

static void
print_users(FILE *out, enum side side, unsigned field)
{
    for (unsigned op = 1; op < OP_COUNT; op++)
        if (message_shape(side, (enum op)op)->takes &
            MESSAGE_BIT((enum field)field))
            fprintf(out, "`%s` ", op_name((enum op)op));
}

static void
print_fields(FILE *out)
{
    fprintf(out, "| key | type | at most | from the client | from the broker "
                 "|\n|---|---|---|---|---|\n");
    for (unsigned field = 0; field < FIELD_COUNT; field++) {
        const struct field_row *row = &field_rows[field];
        fprintf(out, "| `%s` | %s | ", row->key, type_words(row->type));
        print_limit(out, row);
        fprintf(out, " | ");
        print_users(out, SIDE_CLIENT, field);
        fprintf(out, "| ");
        print_users(out, SIDE_BROKER, field);
        fprintf(out, "|\n");
    }
}

enum { BLOCKS_MAX = SIDE_COUNT * OP_COUNT + 3 };
static struct block blocks[BLOCKS_MAX];
static unsigned block_count;

static FILE *
block_open(const char *prefix, const char *name, size_t *len)
{
    struct block *block = &blocks[block_count++];

    snprintf(block->name, sizeof block->name, "%s%s", prefix, name);
    FILE *out = open_memstream(&block->text, len);
    if (!out) {
        perror("protocol_tables");
        exit(1);
    }
    return out;
}

static void
block_shape(enum side side, enum op op)
{
    char prefix[16];
    size_t len;

    snprintf(prefix, sizeof prefix, "%s-", side_names[side]);
    FILE *out = block_open(prefix, op_name(op), &len);
    print_shape(out, message_shape(side, op));
    print_example(out, side, op);
    fclose(out);
}

struct block *
blocks_make(unsigned *count)
{
    static const struct {
        const char *name;
        void (*print)(FILE *out);
    } plain[] = {{"errors", print_errors},
                 {"limits", print_limits},
                 {"fields", print_fields}};
    size_t len;

    vectors[SIDE_CLIENT] = vectors_load("proto/vectors/client.json");
    vectors[SIDE_BROKER] = vectors_load("proto/vectors/broker.json");
    for (unsigned side = 0; side < SIDE_COUNT; side++)
        for (unsigned op = 1; op < OP_COUNT; op++)
            if (message_shape((enum side)side, (enum op)op)->count > 0)
                block_shape((enum side)side, (enum op)op);
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        FILE *out = block_open("", plain[i].name, &len);
        plain[i].print(out);
        fclose(out);
    }
    *count = block_count;
    return blocks;
}
