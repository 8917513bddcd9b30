/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_print: the whole configuration as a file.
 *
 * Each key stands there with its help and its range as a comment, so that the
 * file explains itself; one that has no value is a comment itself. What is
 * printed can be read again and is the same then. The file to begin with, which
 * is installed, is the same with every value a comment: what the operator sets
 * stands out, and a default that changes with a new version holds for him.
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

/* A comment that is being written. */
struct comment {
    FILE *file;
    const char *indent;
    size_t column; /* 0: nothing is written yet */
};

/* Words, as many to a line as there is room for. */
static void
comment_add(struct comment *comment, const char *words)
{
    enum { WIDTH = 78 };
    while (*words) {
        size_t len = strcspn(words, " ");
        if (comment->column == 0 || comment->column + 1 + len > WIDTH) {
            fprintf(comment->file, "%s%s#", comment->column ? "\n" : "",
                    comment->indent);
            comment->column = strlen(comment->indent) + 1;
        }
        fprintf(comment->file, " %.*s", (int)len, words);
        comment->column += 1 + len;
        words += len + (words[len] == ' ');
    }
}

static void
comment_range(struct comment *comment, const struct config_row *row)
{
    char text[2 * QUANTITY_TEXT + sizeof " to ."];
    if (config_is_number(row)) {
        enum quantity kind = config_quantity(row);
        char least[QUANTITY_TEXT], most[QUANTITY_TEXT];
        (void)snprintf(text, sizeof text, "%s to %s.",
                       quantity_print(kind, row->least, least),
                       quantity_print(kind, row->most, most));
        comment_add(comment, text);
    }
    for (size_t i = 0; row->type == CONFIG_ENUM && row->names[i]; i++) {
        (void)snprintf(text, sizeof text, "%s%s%s",
                       i ? "" : "One of: ", row->names[i],
                       row->names[i + 1] ? "," : ".");
        comment_add(comment, text);
    }
    if (row->reloads) {
        comment_add(comment, "(SIGHUP reloads it.)");
    }
}

/* It has no value that could be written. */
static bool
is_unset(const struct config *config, const struct config_row *row)
{
    return row->text && !*((const char *)config + row->offset);
}

/* The name of its section, when it is the first of it; else 0 bytes. */
static int
section_begins(const struct config_row *rows, size_t i)
{
    size_t len = strcspn(rows[i].key, "/");
    if (!rows[i].key[len] ||
        (i > 0 && !strncmp(rows[i].key, rows[i - 1].key, len + 1))) {
        return 0;
    }
    return (int)len;
}

/* `mark` stands before a value that is only told. */
static void
print_row(const struct config *config, const struct config_row *row,
          const char *mark, FILE *file)
{
    const char *slash = strchr(row->key, '/');
    const char *indent = slash ? "    " : "";
    struct comment comment = {.file = file, .indent = indent};
    comment_add(&comment, row->help);
    comment_range(&comment, row);
    fprintf(file, "\n%s%s%s = ", indent, is_unset(config, row) ? "# " : mark,
            slash ? slash + 1 : row->key);
    print_value(config, row, file);
}

static void
print_rows(const struct config *config, const char *mark, FILE *file)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        int begins = section_begins(rows, i);
        if (begins) {
            fprintf(file, "\n%.*s\n", begins, rows[i].key);
        }
        print_row(config, &rows[i], mark, file);
    }
}

void
config_print(const struct config *config, FILE *file)
{
    size_t count;
    const struct config_list *lists = config_lists(&count);
    print_rows(config, "", file);
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "\n%s\n%s", lists[i].section, lists[i].help);
        lists[i].print(config, file);
    }
}

void
config_print_default(FILE *file)
{
    struct config config;
    size_t count;
    const struct config_list *lists = config_lists(&count);
    config_defaults(&config);
    fputs("# The configuration of confabd: see confab.conf(5).\n"
          "#\n"
          "# Each key stands here with what it is for and, as a comment, its\n"
          "# default: take the # away that stands right before a key to set "
          "it.\n"
          "# What has no default has a blank behind the #, and a value to "
          "fill in.\n"
          "# confabd --check-config -c FILE tells whether all is right. "
          "SIGHUP\n"
          "# (systemctl reload confabd) has the file read again; a key that "
          "does\n"
          "# not say so needs a restart.\n\n",
          file);
    print_rows(&config, "#", file);
    for (size_t i = 0; i < count; i++) {
        fprintf(file, "\n%s\n%s", lists[i].section, lists[i].help);
    }
}
