/* SPDX-License-Identifier: MPL-2.0 */
/*
 * retention: see retention.h.
 *
 * Nothing an operator wrote is quietly without effect: a pattern that no room
 * can match is refused, and so is a rule that an earlier one always hides.
 */
#include "retention.h"

#include <stddef.h>
#include <string.h>

#include "pattern.h"
#include "proto/name.h"
#include "quantity.h"

enum { WORD_MAX = 256 };

static const char mail[] = "@";

static const struct bound {
    const char *name;
    enum quantity quantity;
    size_t offset; /* in struct retention_rule */
    uint64_t least, most;
    const char *example;
} bounds[] = {
    {"age", QUANTITY_DURATION, offsetof(struct retention_rule, age_ms), 1000,
     UINT64_C(3650) * 24 * 3600 * 1000, "age=30d"},
    {"count", QUANTITY_COUNT, offsetof(struct retention_rule, count), 1,
     UINT64_C(1000000000000), "count=100000"},
    {"bytes", QUANTITY_SIZE, offsetof(struct retention_rule, bytes),
     UINT64_C(64) << 10, UINT64_C(1) << 50, "bytes=1G"},
};

enum { BOUNDS = sizeof bounds / sizeof *bounds };

static uint64_t
bound_get(const struct retention_rule *rule, const struct bound *bound)
{
    uint64_t number;
    memcpy(&number, (const char *)rule + bound->offset, sizeof number);
    return number;
}

static bool
match(const struct retention_rule *rule, struct slice name)
{
    return pattern_match(PATTERN_MARKS, slice_str(rule->pattern), name);
}

static bool
is_mail(const struct retention_rule *rule)
{
    return !strcmp(rule->pattern, mail);
}

/* Whatever `rule` matches, `earlier` does. Where `earlier` has only stars, the
 * other's stars and marks are theirs if its text is; where it has marks this
 * says no unless they are equal. */
static bool
hides(const struct retention_rule *earlier, const struct retention_rule *rule)
{
    if (!strcmp(earlier->pattern, rule->pattern)) {
        return true;
    }
    return !is_mail(rule) && !strchr(earlier->pattern, '?') &&
           match(earlier, slice_str(rule->pattern));
}

/* Takes the next word, up to a blank. False: there is none. */
static bool
next_word(const char **text, char word[static WORD_MAX])
{
    const char *start = *text + strspn(*text, " \t");
    size_t len = strcspn(start, " \t");
    if (len >= WORD_MAX) {
        len = WORD_MAX - 1;
    }
    memcpy(word, start, len);
    word[len] = 0;
    *text = start + len;
    return len > 0;
}

static bool
take_pattern(struct retention_rule *rule, const char *word,
             struct config_error *error)
{
    const char *fault = name_fault(slice_str(word));
    if (fault && strcmp(word, mail) != 0) {
        config_fail(error,
                    "'%s' matches no room: a name that %s is none (@ alone "
                    "stands for all direct messages)",
                    word, fault);
        return false;
    }
    size_t len = strnlen(word, sizeof rule->pattern - 1); /* a name: it fits */
    memcpy(rule->pattern, word, len);
    rule->pattern[len] = '\0';
    return true;
}

static bool
take_number(struct retention_rule *rule, const struct bound *bound,
            const char *text, struct config_error *error)
{
    char least[QUANTITY_TEXT], most[QUANTITY_TEXT];
    uint64_t number;
    if (bound_get(rule, bound)) {
        config_fail(error, "%s stands there twice", bound->name);
        return false;
    }
    if (!quantity_read(bound->quantity, text, &number)) {
        config_fail(error, "'%s=%s' is no bound: write %s", bound->name, text,
                    bound->example);
        return false;
    }
    if (number < bound->least || number > bound->most) {
        config_fail(error, "'%s=%s' is out of range: %s to %s", bound->name,
                    text, quantity_print(bound->quantity, bound->least, least),
                    quantity_print(bound->quantity, bound->most, most));
        return false;
    }
    memcpy((char *)rule + bound->offset, &number, sizeof number);
    return true;
}

static bool
take_bound(struct retention_rule *rule, const char *word,
           struct config_error *error)
{
    size_t len = strcspn(word, "=");
    for (size_t i = 0; i < BOUNDS && word[len]; i++) {
        if (strlen(bounds[i].name) == len &&
            !memcmp(word, bounds[i].name, len)) {
            return take_number(rule, &bounds[i], word + len + 1, error);
        }
    }
    config_fail(error,
                "'%s' is no bound: age=30d, count=100000 or bytes=1G, behind "
                "the pattern",
                word);
    return false;
}

/* The rule alone, without those before it. */
static bool
read_rule(struct retention_rule *rule, const char *value,
          struct config_error *error)
{
    char word[WORD_MAX];
    unsigned count = 0;
    if (!next_word(&value, word)) {
        config_fail(error, "it has no value");
        return false;
    }
    if (!take_pattern(rule, word, error)) {
        return false;
    }
    for (; next_word(&value, word); count++) {
        if (!take_bound(rule, word, error)) {
            return false;
        }
    }
    if (count == 0) {
        config_fail(error,
                    "'%s' has no bound: write \"%s age=30d count=100000 "
                    "bytes=1G\", at least one of the three",
                    rule->pattern, rule->pattern);
    }
    return count > 0;
}

bool
retention_add(struct retention *retention, const char *label, const char *value,
              struct config_error *error)
{
    struct retention_rule rule = {0};
    if (retention->count == RETENTION_RULES) {
        config_fail(error, "more than %d rules", RETENTION_RULES);
        return false;
    }
    if (strlen(label) >= sizeof rule.label) {
        config_fail(error, "a label has at most %d bytes", RETENTION_LABEL - 1);
        return false;
    }
    if (!read_rule(&rule, value, error)) {
        return false;
    }
    for (unsigned i = 0; i < retention->count; i++) {
        const struct retention_rule *earlier = &retention->rules[i];
        if (hides(earlier, &rule)) {
            config_fail(error,
                        "it would never be used: '%s' before it (%s) matches "
                        "all that '%s' does",
                        earlier->pattern, earlier->label, rule.pattern);
            return false;
        }
    }
    (void)snprintf(rule.label, sizeof rule.label, "%s", label);
    retention->rules[retention->count++] = rule;
    return true;
}

const struct retention_rule *
retention_find(const struct retention *retention, struct slice room)
{
    for (unsigned i = 0; i < retention->count; i++) {
        if (match(&retention->rules[i], room)) {
            return &retention->rules[i];
        }
    }
    return NULL;
}

const struct retention_rule *
retention_mail(const struct retention *retention)
{
    for (unsigned i = 0; i < retention->count; i++) {
        if (is_mail(&retention->rules[i])) {
            return &retention->rules[i];
        }
    }
    return NULL;
}

void
retention_print(const struct retention_rule *rule, FILE *file)
{
    char text[QUANTITY_TEXT];
    fputs(rule->pattern, file);
    for (size_t i = 0; i < BOUNDS; i++) {
        uint64_t number = bound_get(rule, &bounds[i]);
        if (number) {
            fprintf(file, " %s=%s", bounds[i].name,
                    quantity_print(bounds[i].quantity, number, text));
        }
    }
}
