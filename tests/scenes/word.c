/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Taking a written message apart. Everything is checked: a scene with a word
 * that means nothing fails instead of expecting less than its author thought.
 */
#include "word.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
    const char *op, *subject[2], *list;
} ops[] = {
    {"hello", {"id"}, NULL},
    {"join", {"room"}, NULL},
    {"leave", {"room"}, NULL},
    {"say", {"room"}, NULL},
    {"tell", {"to"}, NULL},
    {"ack", {"seq"}, NULL},
    {"history", {"room"}, "messages"},
    {"sync", {"room"}, NULL},
    {"who", {"room"}, "members"},
    {"rooms", {NULL}, "rooms"},
    {"bye", {"why"}, NULL},
    {"welcome", {"id"}, NULL},
    {"joined", {"room"}, "members"},
    {"error", {"code"}, NULL},
    {"receipt", {"to"}, NULL},
    {"enter", {"room", "id"}, NULL},
    {"exit", {"room", "id"}, NULL},
    {"tick", {"room"}, NULL},
    {"invite", {"room", "id"}, NULL},
    {"kick", {"id"}, NULL},
    {"ban", {"id"}, NULL},
    {"mute", {"id"}, NULL},
    {"redact", {"room", "seq"}, NULL},
    {"about", {"room"}, NULL},
    {"rulings", {"kind"}, "rulings"},
    {"reload", {NULL}, NULL},
    {"invited", {"room"}, NULL},
    {"search", {"text"}, NULL},
    {"found", {NULL}, "messages"},
    {"stats", {NULL}, NULL},
};

enum { OPS = sizeof ops / sizeof *ops };

const char *
op_subject(const char *op, unsigned which)
{
    for (size_t i = 0; i < OPS; i++)
        if (!strcmp(ops[i].op, op))
            return which < 2 ? ops[i].subject[which] : NULL;
    return NULL;
}

const char *
op_list(const char *op)
{
    for (size_t i = 0; i < OPS; i++)
        if (!strcmp(ops[i].op, op))
            return ops[i].list;
    return NULL;
}

/* Behind a quoted text that begins at `text`. */
static const char *
quote_end(const char *text)
{
    for (text++; *text && *text != '"'; text++)
        if (*text == '\\' && text[1])
            text++;
    return *text ? text + 1 : text;
}

static const char *
word_end(const char *text)
{
    while (*text && *text != ' ') {
        if (*text == '"')
            text = quote_end(text);
        else if (*text == '[')
            text += strcspn(text, "]");
        else
            text++;
    }
    return text;
}

const char *
message_end(const char *text)
{
    unsigned depth = 0;
    while (*text && !(depth == 0 && !strncmp(text, " / ", 3))) {
        depth += *text == '[';
        depth -= *text == ']' && depth;
        text = *text == '"' ? quote_end(text) : text + 1;
    }
    return text;
}

/* --- sentences --- */

/* KEY and a test in front of a value; none when the word is a value alone. */
static size_t
key_len(const char *word)
{
    size_t len = strcspn(word, "=<>!\" ");
    bool test = word[len] && strchr("=<>!", word[len]);
    return test && len ? len : 0;
}

static bool
word_keyed(struct pool *pool, const char *text, size_t key, size_t len,
           struct word *word)
{
    word->key = pool_text(pool, text, key);
    word->test = text[key];
    size_t skip = key + 1;
    if (word->test == '!' && text[skip++] != '=')
        return false;
    if (skip >= len)
        return false;
    word->value = pool_text(pool, text + skip, len - skip);
    return true;
}

bool
sentence_read(struct pool *pool, const char *text, struct sentence *s,
              const char **fault)
{
    *s = (struct sentence){.count = 0};
    unsigned bare = 0;
    while (*text) {
        const char *end = word_end(text);
        size_t len = (size_t)(end - text);
        size_t key = key_len(text);
        struct word *word = &s->words[s->count];
        *fault = text;
        if (!s->op) {
            s->op = pool_text(pool, text, len);
        } else if (s->count == WORDS_MAX) {
            return false;
        } else if (key) {
            if (!word_keyed(pool, text, key, len, word))
                return false;
            s->count++;
        } else {
            word->key = *text == '"' ? "text" : op_subject(s->op, bare++);
            word->test = '=';
            word->value = pool_text(pool, text, len);
            if (!word->key)
                return false;
            s->count++;
        }
        text = end + strspn(end, " ");
    }
    return s->op != NULL;
}

/* --- values --- */

static unsigned
hex_digit(char c)
{
    if (isdigit((unsigned char)c))
        return (unsigned)(c - '0');
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10 : 16;
}

bool
hex_read(struct pool *pool, const char *text, size_t len, struct slice *bytes)
{
    uint8_t *out = pool_alloc(pool, len / 2 + 1);
    *bytes = slice_of(out, len / 2);
    for (size_t i = 0; i < len / 2; i++) {
        unsigned high = hex_digit(text[2 * i]);
        unsigned low = hex_digit(text[2 * i + 1]);
        if (high > 15 || low > 15)
            return false;
        out[i] = (uint8_t)(high << 4 | low);
    }
    return len % 2 == 0;
}

/* One character behind a backslash; `*at` stands on it. */
static char
unescape(const char **at)
{
    char c = *(*at)++;
    if (c == 'n')
        return '\n';
    if (c != 'x' || hex_digit((*at)[0]) > 15 || hex_digit((*at)[1]) > 15)
        return c;
    unsigned code = hex_digit((*at)[0]) << 4 | hex_digit((*at)[1]);
    *at += 2;
    return (char)code;
}

enum { TURN_DIGITS = 10 };

/* What stands between the quotes, with $i counted; NULL when it does not end.
 * `*text` moves behind it. */
static char *
quote_read(const struct words *w, const char **text, size_t *len)
{
    char *once = pool_alloc(w->pool, strlen(*text) * TURN_DIGITS);
    const char *at = *text + 1;
    *len = 0;
    while (*at && *at != '"') {
        if (at[0] == '$' && at[1] == 'i') {
            *len +=
                (size_t)snprintf(once + *len, TURN_DIGITS + 1, "%u", w->turn);
            at += 2;
            continue;
        }
        char c = *at++;
        once[(*len)++] = c == '\\' && *at ? unescape(&at) : c;
    }
    *text = at + 1;
    return *at ? once : NULL;
}

static bool
text_read(const struct words *w, const char *text, struct worth *worth)
{
    size_t len;
    const char *at = text;
    const char *once = quote_read(w, &at, &len);
    if (!once)
        return false;
    char *end = (char *)(uintptr_t)at;
    size_t times = *at == '*' ? strtoul(at + 1, &end, 10) : 1;
    char *all = pool_alloc(w->pool, len * times + 1);
    for (size_t i = 0; i < times; i++)
        memcpy(all + i * len, once, len);
    worth->kind = WORTH_TEXT;
    worth->bytes = slice_of(all, len * times);
    return *end == '\0';
}

void
vars_set(struct vars *vars, const char *name, const struct worth *worth)
{
    if (vars->count == VARS_MAX)
        abort();
    vars->all[vars->count].name = name;
    vars->all[vars->count++].worth = *worth;
}

const struct worth *
vars_find(const struct vars *vars, const char *name, size_t len)
{
    for (unsigned i = 0; i < vars->count; i++)
        if (strlen(vars->all[i].name) == len &&
            !memcmp(vars->all[i].name, name, len))
            return &vars->all[i].worth;
    return NULL;
}

/* $name, $name+1, $name-1; $i is the repetition. */
static bool
name_read(const struct words *w, const char *text, struct worth *worth)
{
    size_t len = strcspn(text, "+-");
    const struct worth *found = vars_find(w->vars, text, len);
    if (len == 1 && *text == 'i')
        *worth = (struct worth){.kind = WORTH_NUM, .num = w->turn};
    else if (found)
        *worth = *found;
    else
        *worth = (struct worth){.kind = WORTH_UNSET,
                                .name = pool_text(w->pool, text, len)};
    if (!text[len])
        return true;
    char *end;
    uint64_t more = strtoull(text + len + 1, &end, 10);
    worth->num += text[len] == '+' ? more : -more;
    return worth->kind == WORTH_NUM && *end == '\0';
}

static bool
special_read(const char *text, struct worth *worth)
{
    static const struct {
        const char *text;
        struct worth worth;
    } special[] = {
        {"true", {.kind = WORTH_BOOL, .yes = true}},
        {"false", {.kind = WORTH_BOOL}},
        {"nil", {.kind = WORTH_NIL}},
        {"*", {.kind = WORTH_THERE}},
        {"-", {.kind = WORTH_ABSENT}},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++) {
        if (strcmp(special[i].text, text) != 0)
            continue;
        *worth = special[i].worth;
        return true;
    }
    return false;
}

bool
worth_read(const struct words *w, const char *text, struct worth *worth)
{
    *worth = (struct worth){.kind = WORTH_TEXT};
    if (*text == '"')
        return text_read(w, text, worth);
    if (*text == '$')
        return name_read(w, text + 1, worth);
    if (special_read(text, worth))
        return true;
    if (*text == '@') {
        worth->kind = WORTH_RAW;
        return hex_read(w->pool, text + 1, strlen(text + 1), &worth->bytes);
    }
    if (*text == '[') {
        worth->kind = WORTH_LIST;
        worth->bytes = slice_of(text + 1, strcspn(text + 1, "]"));
        return true;
    }
    worth->bytes = slice_str(text);
    if (strspn(text, "0123456789") == strlen(text)) {
        worth->kind = WORTH_NUM;
        worth->num = strtoull(text, NULL, 10);
    }
    return *text != '\0';
}
