/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_schema: what needs nothing but the table of keys: finding one, the
 * defaults, and the key that somebody who mistyped probably meant.
 */
#include "config.h"

#include <assert.h>
#include <stdarg.h>
#include <string.h>

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

static size_t
least_of(size_t a, size_t b, size_t c)
{
    size_t least = a < b ? a : b;
    return least < c ? least : c;
}

/* Letters to insert, delete or exchange to get from one to the other. */
static size_t
distance(const char *from, const char *to)
{
    enum { LONGEST = 32 }; /* no key is longer */
    size_t row[LONGEST + 1];
    size_t from_len = strlen(from), to_len = strlen(to);
    if (from_len > LONGEST || to_len > LONGEST) {
        return LONGEST;
    }
    for (size_t j = 0; j <= to_len; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= from_len; i++) {
        size_t corner = row[0];
        row[0] = i;
        for (size_t j = 1; j <= to_len; j++) {
            size_t same = corner + (from[i - 1] != to[j - 1]);
            corner = row[j];
            row[j] = least_of(same, row[j] + 1, row[j - 1] + 1);
        }
    }
    return row[to_len];
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
    size_t whole = distance(key, word);
    size_t part = distance(last_part(key), last_part(word));
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
