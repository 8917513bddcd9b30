/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config: reading the file.
 *
 * czmq's zconfig reads ZPL, but forgivingly: it takes unknown keys, lets the
 * first of two equal keys win, cuts a value at an unquoted #, and forgets which
 * line anything came from. So the lines are looked at first: what zconfig would
 * bend is refused, and the number of every line that makes an item is kept. The
 * items of zconfig's tree, walked in order, are these lines in order; that is
 * how an error finds its line.
 *
 * zconfig_reload is not used: it leaves dangling pointers. A reload reads the
 * file into a fresh struct config.
 */
#include "config.h"

#include <czmq.h>
#include <errno.h>
#include <string.h>

enum {
    ITEMS_MAX = 512, /* items of a file: more than all lists together */
    PART_MAX = 64,
    INDENT = 4,
    NESTING = 2, /* a section and its keys */
    KEY_MAX = NESTING * (PART_MAX + 1),
};

/* A file as it is being read. `level` and `line` are an item's. */
struct reading {
    struct config *config;
    struct config_error *error;
    const char *path;
    bool failed;
    unsigned items, walked;
    unsigned lines[ITEMS_MAX];
    char keys[ITEMS_MAX][KEY_MAX];
    char section[PART_MAX + 1];
};

__attribute__((format(printf, 3, 4))) static bool
fail_at(struct reading *reading, unsigned line, const char *format, ...)
{
    char what[512];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(what, sizeof what, format, args);
    va_end(args);
    config_fail(reading->error, "%s:%u: %s", reading->path, line, what);
    reading->failed = true;
    return false;
}

/* The value is quoted and closed, or has nothing that zconfig would cut. */
static bool
check_value(struct reading *reading, unsigned line, const char *value)
{
    value += strspn(value, " \t");
    if (*value == '"' || *value == '\'') {
        const char *close = strchr(value + 1, *value);
        if (!close) {
            return fail_at(reading, line, "a quote is not closed");
        }
        close += 1 + strspn(close + 1, " \t");
        return *close == 0 || *close == '#' ||
               fail_at(reading, line, "something follows the closing quote");
    }
    const char *hash = strchr(value, '#');
    return !hash || hash == value || hash[-1] == ' ' || hash[-1] == '\t' ||
           fail_at(reading, line,
                   "a # begins a comment: quote the value to keep it");
}

/* zconfig takes some of them for spaces. */
static bool
has_control(const char *text)
{
    for (; *text; text++) {
        bool ends = *text == '\r' && !text[1];
        if ((unsigned char)*text < ' ' && *text != '\t' && !ends) {
            return true;
        }
    }
    return false;
}

/* One line without its end. Blank ones and comments make no item. */
static bool
scan_line(struct reading *reading, unsigned line, const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "$-_@.&+/";
    size_t indent = strspn(text, " ");
    const char *name = text + indent;
    if (name[strspn(name, "\t\r")] == 0 || *name == '#') {
        return true;
    }
    if (has_control(text)) {
        return fail_at(reading, line, "a control character");
    }
    if (*name == '\t' || indent % INDENT || indent >= INDENT * NESTING ||
        (indent > 0 && reading->items == 0)) {
        return fail_at(reading, line,
                       "bad indent: none, or %d spaces under a section",
                       INDENT);
    }
    size_t len = strspn(name, letters);
    const char *rest = name + len + strspn(name + len, " \t");
    bool divides = *name == '/' || (len > 0 && name[len - 1] == '/');
    if (len == 0 || len > PART_MAX || divides ||
        (*rest && *rest != '=' && *rest != '#')) {
        return fail_at(reading, line, "not of the form 'key = value'");
    }
    if (reading->items == ITEMS_MAX) {
        return fail_at(reading, line, "more than %d items", ITEMS_MAX);
    }
    reading->lines[reading->items++] = line;
    return *rest != '=' || check_value(reading, line, rest + 1);
}

/* Lines that make no item become empty: zconfig minds how they are indented. */
static bool
scan_lines(struct reading *reading, char *text)
{
    char copy[CONFIG_LINE_MAX + 1];
    for (unsigned line = 1; *text; line++) {
        size_t len = strcspn(text, "\n");
        if (len > CONFIG_LINE_MAX) {
            return fail_at(reading, line, "longer than %d bytes",
                           CONFIG_LINE_MAX);
        }
        unsigned before = reading->items;
        memcpy(copy, text, len);
        copy[len] = 0;
        if (!scan_line(reading, line, copy)) {
            return false;
        }
        if (reading->items == before) {
            memset(text, '\n', len);
        }
        text += len + (text[len] == '\n');
    }
    return true;
}

static bool
is_section(const char *key)
{
    size_t count, len = strlen(key);
    const struct config_row *rows = config_rows(&count);
    if (config_list_of(key) && !strchr(key, '/')) {
        return true;
    }
    for (size_t i = 0; i < count; i++) {
        if (!strncmp(rows[i].key, key, len) && rows[i].key[len] == '/') {
            return true;
        }
    }
    return false;
}

static bool
fail_unknown(struct reading *reading, unsigned line, const char *key)
{
    const char *nearest = config_nearest(key);
    return fail_at(reading, line, "unknown key '%s'%s%s%s", key,
                   nearest ? ": did you mean '" : "", nearest ? nearest : "",
                   nearest ? "'?" : "");
}

static bool
take_value(struct reading *reading, unsigned line, const char *key,
           const char *value)
{
    struct config_error why;
    const struct config_row *row = config_find(key);
    if (!row && !config_list_of(key)) {
        return fail_unknown(reading, line, key);
    }
    if (row ? config_set(reading->config, row, value, &why)
            : config_add(reading->config, key, value, &why)) {
        return true;
    }
    return fail_at(reading, line, "%s: %s", key, why.text);
}

/* zconfig_execute calls it for each item in the order of the lines, the root
 * first with level 0; -1 stops the walk. */
static int
take_item(zconfig_t *item, void *arg, int level)
{
    struct reading *reading = arg;
    if (level == 0) {
        return 0;
    }
    unsigned at = reading->walked++;
    unsigned line = reading->lines[at];
    char *key = reading->keys[at];
    const char *value = zconfig_value(item);
    (void)snprintf(key, KEY_MAX, "%s%s%s", level > 1 ? reading->section : "",
                   level > 1 ? "/" : "", zconfig_name(item));
    for (unsigned i = 0; i < at; i++) {
        if (!strcmp(reading->keys[i], key)) {
            (void)fail_at(reading, line, "'%s' stands in line %u already", key,
                          reading->lines[i]);
            return -1;
        }
    }
    if (level == 1) {
        (void)snprintf(reading->section, sizeof reading->section, "%s",
                       zconfig_name(item));
    }
    if (is_section(key)) {
        return !*value || fail_at(reading, line,
                                  "'%s' is a section: keys stand "
                                  "under it, %d spaces in",
                                  key, INDENT)
                   ? 0
                   : -1;
    }
    return take_value(reading, line, key, value) ? 0 : -1;
}

/* The file's text, to be freed; NULL: `error` says why. */
static char *
read_text(const char *path, struct config_error *error)
{
    FILE *file = fopen(path, "re");
    char *text = calloc(1, CONFIG_FILE_MAX + 2);
    size_t len = 0;
    bool done = false;
    if (!file || !text) {
        config_fail(error, "%s: %s", path, strerror(errno));
        goto out;
    }
    len = fread(text, 1, CONFIG_FILE_MAX + 1, file);
    if (ferror(file)) {
        config_fail(error, "%s: %s", path, strerror(errno));
    } else if (len > CONFIG_FILE_MAX) {
        config_fail(error, "%s: larger than %d bytes", path, CONFIG_FILE_MAX);
    } else if (strlen(text) != len) {
        config_fail(error, "%s: not a text", path);
    } else {
        done = true;
    }
out:
    if (file) {
        (void)fclose(file);
    }
    if (!done) {
        free(text);
        text = NULL;
    }
    return text;
}

bool
config_load(struct config *config, const char *path, struct config_error *error)
{
    struct reading *reading = calloc(1, sizeof *reading);
    char *text = read_text(path, error);
    zconfig_t *root = NULL;
    bool done = false;
    if (!reading || !text) {
        goto out;
    }
    reading->config = config;
    reading->error = error;
    reading->path = path;
    if (!scan_lines(reading, text)) {
        goto out;
    }
    root = zconfig_str_load(text);
    if (!root) {
        config_fail(error, "%s: not a ZPL file", path);
        goto out;
    }
    (void)zconfig_execute(root, take_item, reading);
    done = !reading->failed;
out:
    zconfig_destroy(&root);
    free(text);
    free(reading);
    return done;
}
