/* SPDX-License-Identifier: MPL-2.0 */
/*
 * reload_say: what a reload has changed, in the log.
 *
 * Whoever reads the log later should see who was given which right and when,
 * so each user that is different has a line of his own; keys and passwords
 * themselves are not told. (Of very many at once the logger tells the number.)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reload.h"

static void
say_key(struct logger *logger, const struct config_row *row,
        const struct config *from, const struct config *to)
{
    char before[CONFIG_TEXT], after[CONFIG_TEXT];
    if (!row->reloads) {
        LOG(logger, LOG_WARN, "config.needs-restart",
            LOG_TEXT("key", row->key));
        return;
    }
    LOG(logger, LOG_INFO, "config.changed", LOG_TEXT("key", row->key),
        LOG_TEXT("from", config_value_text(from, row, before)),
        LOG_TEXT("to", config_value_text(to, row, after)));
}

/* As it would stand in a file; to be freed. */
static char *
list_text(const struct config_list *list, const struct config *config)
{
    char *text = NULL;
    size_t len;
    FILE *file = open_memstream(&text, &len);
    if (file) {
        list->print(config, file);
        (void)fclose(file);
    }
    return text;
}

static size_t
lines_of(const char *text)
{
    size_t count = 0;
    for (; text && *text; text++) {
        count += *text == '\n';
    }
    return count;
}

static void
say_list(struct logger *logger, const struct config_list *list,
         const struct config *from, const struct config *to)
{
    char event[64];
    char *before = list_text(list, from), *after = list_text(list, to);
    if (!before || !after || strcmp(before, after) != 0) {
        (void)snprintf(event, sizeof event, "%s.changed", list->section);
        LOG(logger, LOG_INFO, event, LOG_NUM("lines", lines_of(after)));
    }
    free(before);
    free(after);
}

void
reload_say_config(struct logger *logger, const struct config *from,
                  const struct config *to)
{
    size_t count;
    const struct config_row *rows = config_rows(&count);
    for (size_t i = 0; i < count; i++) {
        size_t at = rows[i].offset;
        if (memcmp((const char *)from + at, (const char *)to + at,
                   config_bytes(&rows[i])) != 0) {
            say_key(logger, &rows[i], from, to);
        }
    }
    const struct config_list *lists = config_lists(&count);
    for (size_t i = 0; i < count; i++) {
        say_list(logger, &lists[i], from, to);
    }
}

static bool
same_secrets(const struct user *a, const struct user *b)
{
    for (unsigned i = 0; i < a->key_count && i < b->key_count; i++) {
        if (strcmp(a->keys[i], b->keys[i]) != 0) {
            return false;
        }
    }
    return a->key_count == b->key_count && !strcmp(a->hash, b->hash);
}

static void
say_user(struct logger *logger, const struct user *was, const struct user *is)
{
    if (!was) {
        LOG(logger, LOG_INFO, "users.added", LOG_SLICE("id", is->id),
            LOG_TEXT("role", role_word(is->role)));
        return;
    }
    if (was->role != is->role) {
        LOG(logger, LOG_INFO, "users.role", LOG_SLICE("id", is->id),
            LOG_TEXT("from", role_word(was->role)),
            LOG_TEXT("to", role_word(is->role)));
    }
    if (!same_secrets(was, is)) {
        LOG(logger, LOG_INFO, "users.keys", LOG_SLICE("id", is->id),
            LOG_NUM("keys", is->key_count),
            LOG_TEXT("password", is->hash[0] ? "yes" : "no"));
    }
}

void
reload_say_users(struct logger *logger, const struct users *from,
                 const struct users *to)
{
    const struct user *user = NULL;
    while ((user = users_next(from, user))) {
        if (!users_find(to, user->id)) {
            LOG(logger, LOG_INFO, "users.removed", LOG_SLICE("id", user->id));
        }
    }
    while ((user = users_next(to, user))) {
        say_user(logger, users_find(from, user->id), user);
    }
}
