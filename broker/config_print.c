/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_print: the whole configuration as a file.
 *
 * Each key stands there with its help and its range as a comment, so that the
 * file explains itself; one that has no value is a comment itself. What is
 * printed can be read again and is the same then.
 */
#include <string.h>

#include "config.h"

const char *
config_value_text(const struct config *config, const struct config_row *row,
                  char text[static CONFIG_TEXT])
{
    const char *field = (const char *)config + row->offset;
    const char *word;
    char quantity[QUANTITY_TEXT];
    uint64_t number;
    if (row->text) {
        memcpy(text, field, CONFIG_TEXT);
        return text;
    }
    memcpy(&number, field, sizeof number);
    if (row->type == CONFIG_ENUM) {
        word = row->names[number];
    } else if (row->type == CONFIG_BOOL) {
        word = number ? "yes" : "no";
    } else {
        word = quantity_print(config_quantity(row), number, quantity);
    }
    (void)snprintf(text, CONFIG_TEXT, "%s", word);
    return text;
}

static void
print_value(const struct config *config, const struct config_row *row,
            FILE *file)
{
    char text[CONFIG_TEXT];
    const char *quote = row->text ? "\"" : "";
    fprintf(file, "%s%s%s\n", quote, config_value_text(config, row, text),
            quote);
}

static void
print_range(const struct config_row *row, FILE *file)
{
    if (config_is_number(row)) {
        enum quantity kind = config_quantity(row);
        char least[QUANTITY_TEXT], most[QUANTITY_TEXT];
        fprintf(file, " %s to %s.", quantity_print(kind, row->least, least),
                quantity_print(kind, row->most, most));
    }
    for (size_t i = 0; row->type == CONFIG_ENUM && row->names[i]; i++) {
        fprintf(file, "%s%s", i ? ", " : " One of: ", row->names[i]);
    }
    fputs(row->reloads ? " (SIGHUP reloads it.)\n" : "\n", file);
}

/* It has no value that could be written. */
static bool
is_unset(const struct config *config, const struct config_row *row)
{
    return row->text && !*((const char *)config + row->offset);
}

void
config_print(const struct config *config, FILE *file)
{
    size_t count, list_count, section = 0; /* bytes of its name */
    const struct config_row *rows = config_rows(&count);
    const struct config_list *lists = config_lists(&list_count);
    for (size_t i = 0; i < count; i++) {
        const char *slash = strchr(rows[i].key, '/');
        size_t len = slash ? (size_t)(slash - rows[i].key) : 0;
        if (len && (len != section ||
                    strncmp(rows[i].key, rows[i - 1].key, len) != 0)) {
            fprintf(file, "\n%.*s\n", (int)len, rows[i].key);
        }
        section = len;
        const char *indent = len ? "    " : "";
        fprintf(file, "%s# %s", indent, rows[i].help);
        print_range(&rows[i], file);
        fprintf(file, "%s%s%s = ", indent,
                is_unset(config, &rows[i]) ? "# " : "",
                slash ? slash + 1 : rows[i].key);
        print_value(config, &rows[i], file);
    }
    for (size_t i = 0; i < list_count; i++) {
        fprintf(file, "\n%s\n%s", lists[i].section, lists[i].help);
        lists[i].print(config, file);
    }
}
