/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Lines become steps in two passes: first the lines that go on with the one
 * before are joined to it, then each is taken apart from its left end, by what
 * it begins with. Nothing is guessed: what no rule takes is an error.
 */
#include "scene.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/access.h"
#include "broker/xmem.h"

enum { STEPS_MAX = 1000, FILE_MAX = 1 << 20 };

struct parse {
    struct scene *scene;
    struct pool *pool;
    unsigned line;
    char *fault;
};

static bool
complain(const struct parse *p, const char *what, const char *text)
{
    snprintf(p->fault, 200, "%s:%u: %s: %.80s", p->scene->path, p->line, what,
             text);
    return false;
}

static const char *
skip_space(const char *text)
{
    while (*text == ' ')
        text++;
    return text;
}

/* What stands behind `word` and a space; NULL when the text does not begin so.
 */
static const char *
after_word(const char *text, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(text, word, len) != 0 || (text[len] && text[len] != ' '))
        return NULL;
    return skip_space(text + len);
}

/* "3s", "200ms": milliseconds; false when it is neither. */
static bool
parse_span(const char *text, uint64_t *ms)
{
    char *unit;
    if (!isdigit((unsigned char)*text))
        return false;
    *ms = strtoull(text, &unit, 10);
    if (!strcmp(unit, "s"))
        *ms *= 1000;
    else if (strcmp(unit, "ms") != 0)
        return false;
    return true;
}

/* A number, or one of the words that stand for one. `*end` is behind it. */
static uint64_t
option_value(const char *text, const char **end)
{
    static const char *const words[] = {[ACCESS_OPEN] = "open",
                                        [ACCESS_CLAIM] = "claim",
                                        [ACCESS_KEYS] = "keys"};
    size_t len = strcspn(text, " ");
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (strlen(words[i]) != len || strncmp(words[i], text, len) != 0)
            continue;
        *end = text + len;
        return i;
    }
    char *behind;
    uint64_t value = strtoull(text, &behind, 10);
    *end = behind;
    return value;
}

static bool
parse_options(struct parse *p, const char *text)
{
    struct scene *scene = p->scene;
    while (*text) {
        const char *equal = strchr(text, '=');
        if (!equal || scene->option_count == 16)
            return complain(p, "not an option", text);
        const char *end;
        struct option *option = &scene->options[scene->option_count++];
        option->key = pool_text(p->pool, text, (size_t)(equal - text));
        option->value = option_value(equal + 1, &end);
        if (end == equal + 1 || (*end && *end != ' '))
            return complain(p, "not a number", equal + 1);
        text = skip_space(end);
    }
    return true;
}

static struct step *
step_add(struct parse *p)
{
    struct scene *scene = p->scene;
    if (scene->count == STEPS_MAX)
        return NULL;
    struct step *step = &scene->steps[scene->count++];
    *step = (struct step){.line = p->line, .times = 1};
    return step;
}

/* `within SPAN` at the end of an expectation is cut off. */
static bool
cut_within(struct parse *p, struct step *step)
{
    static const char word[] = " within ";
    const char *found = NULL;
    for (const char *at = step->text; (at = strstr(at, word)); at++)
        found = at;
    if (!found || strchr(found, '"'))
        return true;
    if (!parse_span(found + sizeof word - 1, &step->ms))
        return complain(p, "not a span of time", found);
    step->text = pool_text(p->pool, step->text, (size_t)(found - step->text));
    return true;
}

static bool
parse_expect(struct parse *p, struct step *step, const char *text)
{
    step->kind = STEP_EXPECT;
    if (*text == '*' || *text == '!') {
        step->pick = *text == '*' ? PICK_ANY : PICK_NONE;
        text++;
    }
    step->text = skip_space(text);
    if (!*step->text)
        return complain(p, "expects what?", text);
    if (!cut_within(p, step))
        return false;
    static const struct {
        const char *text;
        enum step_kind kind;
    } special[] = {
        {"nothing", STEP_NOTHING},
        {"...", STEP_FORGET},
        {"closed", STEP_CLOSED},
    };
    for (size_t i = 0; i < sizeof special / sizeof *special; i++)
        if (!strcmp(step->text, special[i].text))
            step->kind = special[i].kind;
    return true;
}

static bool
parse_send(struct parse *p, struct step *step, const char *text)
{
    text = skip_space(text);
    step->kind = strstr(step->actor, "@far") ? STEP_FAR : STEP_SEND;
    step->text = text;
    const char *rest;
    if ((rest = after_word(text, "raw"))) {
        step->kind = STEP_RAW;
        step->text = rest;
    } else if ((rest = after_word(text, "sub"))) {
        step->kind = STEP_SUB;
        step->text = rest;
    } else if (!*text) {
        return complain(p, "sends what?", text);
    }
    return true;
}

/* ACTOR: what it sends, or ACTOR< what it gets. */
static bool
parse_actor(struct parse *p, const char *text)
{
    struct step *step = step_add(p);
    if (!step)
        return complain(p, "too many steps", text);
    char *end;
    unsigned long times = strtoul(text, &end, 10);
    if (isdigit((unsigned char)*text) && *end == 'x') {
        step->times = (unsigned)times;
        text = skip_space(end + 1);
    }
    if (*text == '+') {
        step->at_once = true;
        text++;
    }
    size_t len = strcspn(text, ":< ");
    if (!len || !text[len] || text[len] == ' ')
        return complain(p, "no rule for this line", text);
    step->actor = pool_text(p->pool, text, len);
    if (text[len] == '<')
        return parse_expect(p, step, text + len + 1);
    return parse_send(p, step, text + len + 1);
}

static const struct {
    const char *word;
    enum step_kind kind;
} commands[] = {
    {"drop", STEP_DROP},   {"vanish", STEP_VANISH},
    {"stall", STEP_STALL}, {"unstall", STEP_UNSTALL},
    {"wait", STEP_WAIT},   {"restart", STEP_RESTART},
    {"key", STEP_KEY},     {"from", STEP_FROM},
};

/* Most are about an actor, some also about something he gets. */
static bool
parse_command(struct parse *p, struct step *step, const char *text)
{
    size_t len = strcspn(text, " ");
    bool two = step->kind == STEP_KEY || step->kind == STEP_FROM;
    step->actor = pool_text(p->pool, text, len);
    step->text = skip_space(text + len);
    if (two != (*step->text != '\0'))
        return complain(p, "too much or too little", text);
    if (step->kind == STEP_WAIT && !parse_span(step->actor, &step->ms))
        return complain(p, "not a span of time", text);
    return true;
}

static bool
parse_line(struct parse *p, const char *text)
{
    const char *rest;
    if ((rest = after_word(text, "option")))
        return parse_options(p, rest);
    if ((rest = after_word(text, "only"))) {
        if (!strchr(rest, ':'))
            return complain(p, "only says no reason", text);
        p->scene->only =
            pool_text(p->pool, rest, (size_t)(strchr(rest, ':') - rest));
        return true;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        rest = after_word(text, commands[i].word);
        if (!rest)
            continue;
        struct step *step = step_add(p);
        if (!step)
            return complain(p, "too many steps", text);
        step->kind = commands[i].kind;
        return parse_command(p, step, rest);
    }
    return parse_actor(p, text);
}

/* Reads one logical line from `*at`; NULL at the end. Comments are skipped. */
static char *
next_line(struct parse *p, const char **at, unsigned *next)
{
    while (**at == '#' || **at == '\n') {
        *at += strcspn(*at, "\n");
        *at += **at == '\n';
        ++*next;
    }
    if (!**at)
        return NULL;
    p->line = *next;
    char *line = pool_text(p->pool, "", 0);
    do {
        size_t len = strcspn(*at, "\n");
        size_t had = strlen(line);
        char *longer = pool_alloc(p->pool, had + len + 1);
        memcpy(longer, line, had);
        memcpy(longer + had, *at, len);
        line = longer;
        *at += len;
        *at += **at == '\n';
        ++*next;
    } while (**at == ' ');
    return line;
}

static char *
read_file(struct pool *pool, const char *path)
{
    FILE *file = fopen(path, "r");
    if (!file)
        return NULL;
    char *text = pool_alloc(pool, FILE_MAX + 1);
    size_t len = fread(text, 1, FILE_MAX, file);
    text[len] = '\0';
    fclose(file);
    return text;
}

static const char *
base_name(struct pool *pool, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash ? slash + 1 : path;
    return pool_text(pool, name, strcspn(name, "."));
}

bool
scene_read(struct scene *scene, struct pool *pool, const char *path,
           char fault[static 200])
{
    *scene = (struct scene){.path = path, .name = base_name(pool, path)};
    scene->steps = pool_alloc(pool, STEPS_MAX * sizeof *scene->steps);
    struct parse p = {.scene = scene, .pool = pool, .fault = fault};
    const char *text = read_file(pool, path);
    if (!text)
        return complain(&p, "cannot be read", path);
    unsigned next = 1;
    char *line;
    while ((line = next_line(&p, &text, &next)))
        if (!parse_line(&p, line))
            return false;
    return scene->count ? true : complain(&p, "has no steps", path);
}

uint64_t
scene_option(const struct scene *scene, const char *key, uint64_t preset)
{
    for (unsigned i = 0; i < scene->option_count; i++)
        if (!strcmp(scene->options[i].key, key))
            return scene->options[i].value;
    return preset;
}

/* What real sockets do not do: come from elsewhere, and tell why they were
 * shut, or not let in. */
static bool
has_stage_craft(const struct scene *scene)
{
    for (unsigned i = 0; i < scene->count; i++) {
        const struct step *step = &scene->steps[i];
        bool bare = step->kind == STEP_KEY && !strcmp(step->text, "none");
        bool shut = step->kind == STEP_CLOSED &&
                    scene_option(scene, "rights", 0);
        if (bare || shut || step->kind == STEP_FROM)
            return true;
    }
    return false;
}

bool
scene_is_for(const struct scene *scene, const char *driver)
{
    if (!strcmp(driver, "tcp") && has_stage_craft(scene))
        return false;
    return !scene->only || strstr(scene->only, driver);
}
