/* SPDX-License-Identifier: MPL-2.0 */
/*
 * rules: see rules.h.
 *
 * Nothing an operator wrote is quietly without effect: an act or a role that
 * does not exist is refused, and so is a pattern that no name can match.
 *
 * A rule is asked in the order in which it is cheap: the act, then whom it is
 * about, then the pattern. Without rules nothing is asked at all.
 */
#include "rules.h"

#include <string.h>

#include "pattern.h"
#include "proto/name.h"

/* The words of a rule, in their order. */
enum { VERDICT, WHOM, WHAT, WHERE, WORDS };

static const char *const act_words[ACTS] = {
    [ACT_JOIN] = "join", [ACT_SAY] = "say",       [ACT_READ] = "read",
    [ACT_TELL] = "tell", [ACT_CREATE] = "create",
};

static const char id_prefix[] = "id:";

static bool
is_word(struct slice word, const char *text)
{
    return slice_eq(word, slice_str(text));
}

/* Up to `most` words, divided by blanks; gives how many there are, or more than
 * `most`. */
static unsigned
split(const char *text, struct slice *words, unsigned most)
{
    static const char blanks[] = " \t";
    unsigned count = 0;
    for (text += strspn(text, blanks); *text && count <= most; count++) {
        size_t len = strcspn(text, blanks);
        if (count < most) {
            words[count] = slice_of(text, len);
        }
        text += len;
        text += strspn(text, blanks);
    }
    return count;
}

static bool
take_verdict(struct rule *rule, struct slice word, struct config_error *error)
{
    rule->deny = is_word(word, "deny");
    if (!rule->deny && !is_word(word, "allow")) {
        config_fail(error, "'%.*s' is neither allow nor deny", SLICE_ARG(word));
        return false;
    }
    return true;
}

static bool
take_id(struct rule *rule, struct slice id, struct config_error *error)
{
    const char *fault = name_fault(id);
    if (fault) {
        config_fail(error, "'%s%.*s' is about nobody: an id that %s is none",
                    id_prefix, SLICE_ARG(id), fault);
        return false;
    }
    memcpy(rule->id, id.data, id.len); /* a name: it fits */
    return true;
}

static bool
take_whom(struct rule *rule, struct slice word, struct config_error *error)
{
    size_t prefix = sizeof id_prefix - 1;
    if (word.len >= prefix && !memcmp(word.data, id_prefix, prefix)) {
        return take_id(rule, slice_of(word.data + prefix, word.len - prefix),
                       error);
    }
    if (!role_find(word, &rule->role)) {
        config_fail(error,
                    "'%.*s' is no role: member, moderator, admin, or id:ID for "
                    "one person",
                    SLICE_ARG(word));
        return false;
    }
    return true;
}

static bool
take_act(struct rule *rule, struct slice word, struct config_error *error)
{
    for (unsigned act = 0; act < ACTS; act++) {
        if (is_word(word, act_words[act])) {
            rule->acts |= 1U << act;
            return true;
        }
    }
    config_fail(error,
                "'%.*s' is no act: join, say, read, tell, create, divided by "
                "commas",
                SLICE_ARG(word));
    return false;
}

static bool
take_acts(struct rule *rule, struct slice word, struct config_error *error)
{
    while (true) {
        const uint8_t *comma = memchr(word.data, ',', word.len);
        size_t len = comma ? (size_t)(comma - word.data) : word.len;
        if (!take_act(rule, slice_of(word.data, len), error)) {
            return false;
        }
        if (!comma) {
            return true;
        }
        word = slice_of(comma + 1, word.len - len - 1);
    }
}

static bool
take_pattern(char pattern[static RULE_PATTERN], struct slice word,
             struct config_error *error)
{
    const char *fault = name_fault(word);
    if (fault) {
        config_fail(error, "'%.*s' matches nothing: a name that %s is none",
                    SLICE_ARG(word), fault);
        return false;
    }
    memcpy(pattern, word.data, word.len);
    pattern[word.len] = 0;
    return true;
}

static bool
take_label(char label[static RULE_LABEL], const char *text,
           struct config_error *error)
{
    size_t len = strlen(text);
    if (len >= RULE_LABEL) {
        config_fail(error, "a label has at most %d bytes", RULE_LABEL - 1);
        return false;
    }
    memcpy(label, text, len + 1);
    return true;
}

bool
rules_add(struct rules *rules, const char *label, const char *value,
          struct config_error *error)
{
    struct rule rule = {0};
    struct slice words[WORDS];
    if (rules->count == RULES_MAX) {
        config_fail(error, "more than %d rules", RULES_MAX);
        return false;
    }
    if (split(value, words, WORDS) != WORDS) {
        config_fail(error,
                    "'%s' is not a rule: write \"allow ROLE ACTS PATTERN\" or "
                    "\"deny ROLE ACTS PATTERN\", as in \"deny member say "
                    "news-*\"",
                    value);
        return false;
    }
    if (!take_label(rule.label, label, error) ||
        !take_verdict(&rule, words[VERDICT], error) ||
        !take_whom(&rule, words[WHOM], error) ||
        !take_acts(&rule, words[WHAT], error) ||
        !take_pattern(rule.pattern, words[WHERE], error)) {
        return false;
    }
    rules->rules[rules->count++] = rule;
    return true;
}

bool
rules_add_closed(struct rules *rules, const char *label, const char *value,
                 struct config_error *error)
{
    struct closed closed = {0};
    struct slice word;
    if (rules->closed_count == CLOSED_MAX) {
        config_fail(error, "more than %d patterns of closed rooms", CLOSED_MAX);
        return false;
    }
    if (split(value, &word, 1) != 1) {
        config_fail(error,
                    "'%s' is not a pattern of room names: write one, as in "
                    "\"staff-*\"",
                    value);
        return false;
    }
    if (!take_label(closed.label, label, error) ||
        !take_pattern(closed.pattern, word, error)) {
        return false;
    }
    rules->closed[rules->closed_count++] = closed;
    return true;
}

static bool
is_covered(const struct rules *rules, struct slice pattern)
{
    for (unsigned i = 0; i < rules->closed_count; i++) {
        if (pattern_covers(slice_str(rules->closed[i].pattern), pattern)) {
            return true;
        }
    }
    return false;
}

bool
rules_check(const struct rules *rules, struct config_error *error)
{
    static const unsigned kept_out = 1U << ACT_JOIN | 1U << ACT_READ;
    for (unsigned i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        if (rule->acts & kept_out &&
            !is_covered(rules, slice_str(rule->pattern))) {
            config_fail(error,
                        "rules/%s is about who may %s %s, but whoever can "
                        "connect can read what is published, whatever a rule "
                        "says. Close these rooms (%s = \"%s\" under 'closed'), "
                        "or let the rule be about say and create only",
                        rule->label,
                        rule->acts & 1U << ACT_JOIN ? "join" : "read",
                        rule->pattern, rule->label, rule->pattern);
            return false;
        }
    }
    return true;
}

static bool
is_about(const struct rule *rule, enum role role, struct slice id)
{
    if (rule->id[0]) {
        return is_word(id, rule->id);
    }
    return rule->deny ? role <= rule->role : role >= rule->role;
}

bool
rules_may(const struct rules *rules, enum role role, struct slice id,
          enum act act, struct slice name)
{
    bool named = false, allowed = false;
    for (unsigned i = 0; i < rules->count; i++) {
        const struct rule *rule = &rules->rules[i];
        bool about = is_about(rule, role, id);
        bool counts = rule->deny ? about : !allowed;
        if (!(rule->acts & 1U << act) || !counts ||
            !pattern_match(PATTERN_STARS, slice_str(rule->pattern), name)) {
            continue;
        }
        if (rule->deny) {
            return false;
        }
        named = true;
        allowed = about;
    }
    return !named || allowed;
}

bool
rules_is_closed(const struct rules *rules, struct slice room)
{
    for (unsigned i = 0; i < rules->closed_count; i++) {
        if (pattern_match(PATTERN_STARS, slice_str(rules->closed[i].pattern),
                          room)) {
            return true;
        }
    }
    return false;
}

void
rule_print(const struct rule *rule, FILE *file)
{
    const char *comma = "";
    fprintf(file, "%s %s%s ", rule->deny ? "deny" : "allow",
            rule->id[0] ? id_prefix : "",
            rule->id[0] ? rule->id : role_word(rule->role));
    for (unsigned act = 0; act < ACTS; act++) {
        if (rule->acts & 1U << act) {
            fprintf(file, "%s%s", comma, act_words[act]);
            comma = ",";
        }
    }
    fprintf(file, " %s", rule->pattern);
}
