/* SPDX-License-Identifier: MPL-2.0 */
/*
 * cmd_job_env: the environment that a process of `confab run` gets.
 *
 * Ours, with a variable for each part that the message has. What it has not is
 * taken out, so that a run inside a run does not see the outer message. The
 * broker and the id are there as well: `confab say "$CONFAB_ROOM"` in a script
 * then speaks to the same broker, as the same id.
 */
#define _GNU_SOURCE /* asprintf, environ */
#include <stdarg.h>
#include <stdlib.h>
#include <unistd.h>

#include "cmd_job.h"

static const char *const names[] = {
    "CONFAB_ROOM", "CONFAB_FROM",   "CONFAB_TO",
    "CONFAB_TEXT", "CONFAB_SEQ",    "CONFAB_TIME",
    "CONFAB_KIND", "CONFAB_RE",     "CONFAB_TEXT_TRUNCATED",
    "CONFAB_ID",   "CONFAB_BROKER",
};
enum { NAMES = sizeof names / sizeof *names };

static bool
is_ours(const char *pair)
{
    for (size_t i = 0; i < NAMES; i++) {
        size_t n = strlen(names[i]);
        if (strncmp(pair, names[i], n) == 0 && pair[n] == '=')
            return true;
    }
    return false;
}

struct list {
    char **rows;
    size_t count;
    bool failed;
};

static void
add(struct list *list, const char *name, const char *value)
{
    char *pair = NULL;
    if (!value)
        return;
    if (asprintf(&pair, "%s=%s", name, value) < 0)
        list->failed = true;
    else
        list->rows[list->count++] = pair;
}

static void
add_number(struct list *list, const char *name, uint64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%llu", (unsigned long long)value);
    add(list, name, value ? text : NULL);
}

char **
job_env(const struct cmd *cmd, const confab_event *message, bool whole)
{
    size_t had = 0;
    while (environ[had])
        had++;
    struct list list = {.rows = calloc(had + NAMES + 1, sizeof *list.rows)};
    if (!list.rows)
        return NULL;
    for (size_t i = 0; i < had; i++) {
        char *copy = is_ours(environ[i]) ? NULL : strdup(environ[i]);
        if (copy)
            list.rows[list.count++] = copy;
    }
    add(&list, "CONFAB_ROOM", message->room);
    add(&list, "CONFAB_FROM", message->from);
    add(&list, "CONFAB_TO", message->to);
    add(&list, "CONFAB_TEXT", whole ? message->text : NULL);
    add(&list, "CONFAB_TEXT_TRUNCATED", whole ? NULL : "1");
    add(&list, "CONFAB_KIND", message->kind);
    add_number(&list, "CONFAB_SEQ", message->seq);
    add_number(&list, "CONFAB_RE", message->re);
    add_number(&list, "CONFAB_TIME", message->time);
    add(&list, "CONFAB_BROKER", cmd->args->broker);
    add(&list, "CONFAB_ID", cmd->id);
    if (!list.failed)
        return list.rows;
    job_env_free(list.rows);
    return NULL;
}

void
job_env_free(char **env)
{
    for (char **pair = env; env && *pair; pair++)
        free(*pair);
    free(env);
}
