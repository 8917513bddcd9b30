/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_schema: what needs nothing but the table of keys: finding one, the
 * defaults, and the key that somebody who mistyped probably meant.
 */
#include "config.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

#include "proto/near.h"

const struct config_row *
config_find(const char *key)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        if (!strcmp(rows[i].key, key)) {
            return &rows[i];
        }
    }
    return NULL;
}

size_t
config_bytes(const struct config_row *row)
{
    return row->text ? (size_t)CONFIG_TEXT : sizeof(uint64_t);
}

void
config_defaults(struct config *config)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    memset(config, 0, sizeof *config);
    for (size_t i = 0; i < count; i++) {
        char *field = (char *)config + rows[i].offset;
        if (rows[i].text) {
            memcpy(field, rows[i].text, strlen(rows[i].text) + 1);
        } else {
            memcpy(field, &rows[i].number, sizeof rows[i].number);
        }
    }
}

void
config_fail(struct config_error *error, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(error->text, sizeof error->text, format, args);
    va_end(args);
}

bool
config_is_number(const struct config_row *row)
{
    return row->type == CONFIG_INT || row->type == CONFIG_DURATION ||
           row->type == CONFIG_SIZE;
}

enum quantity
config_quantity(const struct config_row *row)
{
    static const enum quantity quantities[] = {
        [CONFIG_DURATION] = QUANTITY_DURATION,
        [CONFIG_SIZE] = QUANTITY_SIZE,
        [CONFIG_INT] = QUANTITY_COUNT,
    };
    assert(config_is_number(row));
    return quantities[row->type];
}

/* What follows the section. */
static const char *
last_part(const char *key)
{
    const char *slash = strrchr(key, '/');
    return slash ? slash + 1 : key;
}

/* A known word and how far it is. */
struct nearest {
    const char *word;
    size_t distance;
};

static void
consider(struct nearest *nearest, const char *key, const char *word)
{
    size_t whole = near_distance(slice_str(key), slice_str(word));
    size_t part =
        near_distance(slice_str(last_part(key)), slice_str(last_part(word)));
    size_t far = whole < part ? whole : part;
    if (far < nearest->distance) {
        *nearest = (struct nearest){word, far};
    }
}

const char *
config_nearest(const char *key)
{
    size_t count, list_count;
    const struct config_row *rows = config_rows(&count);
    const struct config_list *lists = config_lists(&list_count);
    /* further away is no likeness */
    struct nearest nearest = {NULL, strlen(last_part(key)) / 2 + 1};
    for (size_t i = 0; i < count; i++) {
        consider(&nearest, key, rows[i].key);
    }
    for (size_t i = 0; i < list_count; i++) {
        consider(&nearest, key, lists[i].section);
    }
    return nearest.word;
}
