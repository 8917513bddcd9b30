/* SPDX-License-Identifier: MPL-2.0 */
/*
 * args_value: what is given to an option, read and checked by its type.
 *
 * One function per type, each of which fills the field or says what is wrong,
 * in words that complete `--count: "many" ...`.
 */
#define _GNU_SOURCE /* strptime, timegm */
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <utf8proc.h>

#include "args.h"
#include "proto/limits.h"
#include "proto/name.h"

enum { SECONDS_MAX = INT_MAX / 1000 };

static bool
read_uint(const char *text, uint64_t max, uint64_t *value)
{
    char *end = NULL;
    errno = 0;
    unsigned long long n = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || n > max)
        return false;
    *value = n;
    return true;
}

static const char *
put_count(const char *text, void *field)
{
    uint64_t n = 0;
    if (!read_uint(text, WIRE_INT_MAX, &n) || n == 0)
        return "is not a number from 1 on";
    *(uint64_t *)field = n;
    return NULL;
}

static const char *
put_seq(const char *text, void *field)
{
    if (!read_uint(text, WIRE_INT_MAX, field))
        return "is not a number from 0 to 9007199254740991";
    return NULL;
}

static const char *
put_seconds(const char *text, void *field)
{
    char *end = NULL;
    double seconds = strtod(text, &end);
    if (end == text || *end || !isfinite(seconds) || seconds <= 0 ||
        seconds > SECONDS_MAX)
        return "is not a number of seconds above 0";
    *(unsigned *)field = (unsigned)ceil(seconds * 1000);
    return NULL;
}

/* "auto, always or never" of "auto|always|never". */
static void
write_choices(char *out, size_t size, const char *values)
{
    size_t len = 0;
    for (const char *at = values; *at && len < size;) {
        int n = (int)strcspn(at, "|");
        const char *next = at + n + (at[n] == '|');
        const char *before = at == values ? "" : *next ? ", " : " or ";
        len += (size_t)snprintf(out + len, size - len, "%s%.*s", before, n, at);
        at = next;
    }
}

static const char *
put_choice(struct args *args, const char *values, const char *text, void *field)
{
    unsigned index = 0;
    for (const char *at = values; *text; index++) {
        size_t n = strcspn(at, "|");
        if (strlen(text) == n && strncmp(at, text, n) == 0) {
            *(unsigned *)field = index;
            return NULL;
        }
        if (!at[n])
            break;
        at += n + 1;
    }
    size_t len = (size_t)snprintf(args->fault, sizeof args->fault, "is not ");
    write_choices(args->fault + len, sizeof args->fault - len, values);
    return args->fault;
}

/* Adds a number and its unit, "10m", to *ms; NULL, or what comes behind it. */
static const char *
add_span(const char *text, uint64_t *ms)
{
    static const struct {
        char letter;
        uint64_t ms;
    } units[] = {{'s', 1000}, {'m', 60000}, {'h', 3600000}, {'d', 86400000}};
    char *end = NULL;
    unsigned long long n = strtoull(text, &end, 10);
    if (*text < '0' || *text > '9' || n > UINT32_MAX)
        return NULL;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        if (units[i].letter == *end) {
            *ms += n * units[i].ms;
            return end + 1;
        }
    }
    return NULL;
}

bool
args_span(const char *text, uint64_t *ms)
{
    enum { PARTS_MAX = 4 }; /* one of each unit */
    uint64_t sum = 0;
    for (int i = 0; text && i < PARTS_MAX; i++) {
        text = add_span(text, &sum);
        if (text && !*text) {
            *ms = sum;
            return true;
        }
    }
    return false;
}

static const char *
put_span(const char *text, void *field)
{
    struct span *span = field;
    span->given = args_span(text, &span->ms) && span->ms > 0;
    return span->given ? NULL : "is not a time like 30s, 10m, 2h or 7d";
}

/* "+01:00", "-0330", "+05" or "Z": seconds east of Greenwich. */
static bool
read_zone(const char *text, long *east)
{
    uint64_t hours = 0;
    uint64_t minutes = 0;
    char two[3] = {0};
    *east = 0;
    if (strcmp(text, "Z") == 0)
        return true;
    if ((*text != '+' && *text != '-') || strlen(text) < 3)
        return false;
    snprintf(two, sizeof two, "%s", text + 1);
    const char *rest = text + 3 + (text[3] == ':');
    bool fits = read_uint(two, 14, &hours) &&
                (text[3] == '\0' ||
                 (strlen(rest) == 2 && read_uint(rest, 59, &minutes)));
    *east = (long)(hours * 3600 + minutes * 60) * (*text == '-' ? -1 : 1);
    return fits;
}

/* "2026-11-22T10:00", with seconds or without a time, too: local time, as it is
 * at that place on that day, or with a zone behind it. */
static bool
read_moment(const char *text, uint64_t *ms)
{
    static const char *const forms[] = {"%Y-%m-%dT%H:%M:%S",
                                        "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M",
                                        "%Y-%m-%d %H:%M", "%Y-%m-%d"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        struct tm tm = {.tm_isdst = -1};
        long east = 0;
        const char *rest = strptime(text, forms[i], &tm);
        if (!rest || (*rest && !read_zone(rest, &east)))
            continue;
        int day = tm.tm_mday;
        time_t at = *rest ? timegm(&tm) : mktime(&tm);
        at -= east;
        *ms = (uint64_t)at * 1000;
        return at > 0 && tm.tm_mday == day; /* no 31st of February */
    }
    return false;
}

static const char *
put_since(const char *text, void *field)
{
    struct since *since = field;
    uint64_t n = 0;
    if (strcmp(text, "begin") == 0)
        *since = (struct since){.type = SINCE_SEQ, .value = 0};
    else if (*text == '-' && read_uint(text + 1, WIRE_INT_MAX, &n) && n > 0)
        *since = (struct since){.type = SINCE_NEWEST, .value = n};
    else if (read_uint(text, WIRE_INT_MAX, &n))
        *since = (struct since){.type = SINCE_SEQ, .value = n};
    else if (args_span(text, &n))
        *since = (struct since){.type = SINCE_AGO, .value = n};
    else if (read_moment(text, &n))
        *since = (struct since){.type = SINCE_AT, .value = n};
    else
        return "is not a seq, -N, 10m, 2026-11-22T10:00, or begin";
    return NULL;
}

const char *
args_copy(struct args *args, const char *text)
{
    size_t size = strlen(text) + 1;
    struct made *made = malloc(sizeof *made + size);
    if (!made)
        return NULL;
    made->next = args->made;
    args->made = made;
    return memcpy(made->text, text, size);
}

const char *
args_name(struct args *args, const char *name)
{
    char *nfc = (char *)utf8proc_NFC((const utf8proc_uint8_t *)name);
    const char *copy = nfc && strcmp(nfc, name) != 0 ? args_copy(args, nfc)
                                                     : NULL;
    free(nfc);
    return copy ? copy : name;
}

static const char *
put_name(struct args *args, const char *text, void *field)
{
    const char *name = args_name(args, text);
    *(const char **)field = name;
    return name_fault(slice_str(name));
}

const char *
args_put(struct args *args, const struct arg_option *row, const char *text)
{
    void *field = (char *)args + row->offset;
    switch (row->type) {
    case ARG_TRUE:
    case ARG_FALSE:
        *(bool *)field = row->type == ARG_TRUE;
        return NULL;
    case ARG_TEXT:
        *(const char **)field = text;
        return NULL;
    case ARG_NAME:
        return put_name(args, text, field);
    case ARG_COUNT:
        return put_count(text, field);
    case ARG_SEQ:
        return put_seq(text, field);
    case ARG_SECONDS:
        return put_seconds(text, field);
    case ARG_CHOICE:
        return put_choice(args, row->value, text, field);
    case ARG_SINCE:
        return put_since(text, field);
    case ARG_SPAN:
        return put_span(text, field);
    }
    return "cannot be read";
}
