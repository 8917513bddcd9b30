/* SPDX-License-Identifier: MPL-2.0 */
/*
 * config_list: the sections whose keys are labels of the operator's own.
 *
 * What stands under them are lists, in the order of the file: how long messages
 * stay, which rooms are closed, who may do what. Each section is a row here;
 * what a line of it means is known by whoever uses the list.
 */
#include <string.h>

#include "config.h"

static bool
add_retention(struct config *config, const char *label, const char *value,
              struct config_error *error)
{
    return retention_add(&config->retention, label, value, error);
}

static bool
add_closed(struct config *config, const char *label, const char *value,
           struct config_error *error)
{
    return rules_add_closed(&config->rules, label, value, error);
}

static bool
add_rule(struct config *config, const char *label, const char *value,
         struct config_error *error)
{
    return rules_add(&config->rules, label, value, error);
}

static void
print_retention(const struct config *config, FILE *file)
{
    for (unsigned i = 0; i < config->retention.count; i++) {
        const struct retention_rule *rule = &config->retention.rules[i];
        fprintf(file, "    %s = \"", rule->label);
        retention_print(rule, file);
        fputs("\"\n", file);
    }
}

static void
print_closed(const struct config *config, FILE *file)
{
    for (unsigned i = 0; i < config->rules.closed_count; i++) {
        const struct closed *closed = &config->rules.closed[i];
        fprintf(file, "    %s = \"%s\"\n", closed->label, closed->pattern);
    }
}

static void
print_rules(const struct config *config, FILE *file)
{
    for (unsigned i = 0; i < config->rules.count; i++) {
        const struct rule *rule = &config->rules.rules[i];
        fprintf(file, "    %s = \"", rule->label);
        rule_print(rule, file);
        fputs("\"\n", file);
    }
}

static const struct config_list lists[] = {
    {"retention",
     "    # How long messages stay, each rule under a label of yours:\n"
     "    #     LABEL = \"PATTERN age=30d count=100000 bytes=1G\"\n"
     "    # with at least one of the three bounds. The first rule whose\n"
     "    # pattern matches a room is the room's; a room without a rule is\n"
     "    # kept for ever. In a pattern * is any text and ? one character;\n"
     "    # @ alone stands for all direct messages. (SIGHUP reloads it.)\n",
     add_retention, print_retention},
    {"closed",
     "    # Rooms for those on their list, who are invited; never published.\n"
     "    # Each pattern of their names under a label of yours:\n"
     "    #     LABEL = \"staff-*\"\n"
     "    # in which * is any text. (SIGHUP reloads it.)\n",
     add_closed, print_closed},
    {"rules",
     "    # Who may do what where, each rule under a label of yours:\n"
     "    #     LABEL = \"allow moderator say,create news-*\"\n"
     "    #     LABEL = \"deny id:bob say,tell *\"\n"
     "    # allow is for a role and those above it, deny for it and those\n"
     "    # below; id:ID is one person. Acts: join, say, read, tell (the\n"
     "    # pattern is of the receiver's id), create. A deny that matches\n"
     "    # wins; where allow rules are about an act in a room, one of them\n"
     "    # must match; where no rule speaks, everybody may. Rules on join\n"
     "    # and read need closed rooms. (SIGHUP reloads it.)\n",
     add_rule, print_rules},
};

const struct config_list *
config_lists(size_t *count)
{
    *count = sizeof lists / sizeof *lists;
    return lists;
}

const struct config_list *
config_list_of(const char *key)
{
    size_t len = strcspn(key, "/");
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        if (!strncmp(lists[i].section, key, len) && !lists[i].section[len]) {
            return &lists[i];
        }
    }
    return NULL;
}

bool
config_add(struct config *config, const char *key, const char *value,
           struct config_error *error)
{
    const struct config_list *list = config_list_of(key);
    return config_text_check(value, error) &&
           list->add(config, strchr(key, '/') + 1, value, error);
}
