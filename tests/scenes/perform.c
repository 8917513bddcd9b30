/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Steps, one by one. Before a step the last one has been dealt with, so that a
 * scene means the same everywhere; a step with a + does not wait for that.
 */
#include "perform.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "compose.h"
#include "match.h"

struct play {
    struct stage stage;
    const struct driver *driver;
    void *self;
    const struct step *step;
    struct words words;
};

/* --- sending --- */

static struct actor *
open_actor(struct play *p, const char *name)
{
    struct actor *actor = stage_actor(&p->stage, name);
    if (!actor->open && !actor->subscriber) {
        actor->open = true;
        actor->closed = false;
        actor->echo = 0;
        actor->id[0] = '\0';
        p->driver->connect(p->self, actor);
    }
    return actor;
}

static void
do_send(struct play *p)
{
    struct actor *actor = open_actor(p, p->step->actor);
    const char *text = p->step->text;
    while (*text && !p->stage.failed) {
        struct slice frame;
        const char *fault = text;
        bool hello = !strncmp(text, "hello", 5);
        if (!compose_frame(&p->words, actor->name, &text, &frame, &fault)) {
            stage_fail(&p->stage, "makes no sense: %.80s", fault);
            return;
        }
        if (hello)
            actor->sends_only = strstr(p->step->text, "inbox=") != NULL;
        p->driver->send(p->self, actor, &frame, 1);
        actor->sent = true;
        if (hello && *text)
            p->driver->settle(p->self);
    }
}

static void
do_raw(struct play *p)
{
    struct slice parts[PARTS_MAX];
    unsigned count;
    if (!compose_raw(&p->stage.pool, p->step->text, parts, &count)) {
        stage_fail(&p->stage, "not hex: %.80s", p->step->text);
        return;
    }
    struct actor *actor = open_actor(p, p->step->actor);
    p->driver->send(p->self, actor, parts, count);
    actor->sent = true;
}

static void
do_sub(struct play *p)
{
    struct actor *actor = stage_actor(&p->stage, p->step->actor);
    actor->subscriber = true;
    const char *at = p->step->text;
    while (*at) {
        size_t len = strcspn(at, " ");
        if (actor->topic_count == TOPICS_MAX) {
            stage_fail(&p->stage, "too many topics");
            return;
        }
        char *topic = pool_alloc(&p->stage.pool, len + 2);
        memcpy(topic, at, len);
        topic[len] = ' ';
        struct slice bytes = slice_of(topic, len + 1);
        actor->topics[actor->topic_count++] = bytes;
        p->driver->subscribe(p->self, actor, bytes);
        at += len + strspn(at + len, " ");
    }
}

static void
do_far(struct play *p)
{
    const char *text = p->step->text;
    for (const char *end;; text = end + 3) {
        end = message_end(text);
        struct sentence s;
        const char *fault = text;
        const char *one = pool_text(&p->stage.pool, text, (size_t)(end - text));
        char *who = pool_text(&p->stage.pool, p->step->actor,
                              strcspn(p->step->actor, "@"));
        if (!p->driver->far)
            stage_fail(&p->stage, "there is no other broker here");
        else if (!sentence_read(&p->stage.pool, one, &s, &fault))
            stage_fail(&p->stage, "makes no sense: %.80s", fault);
        else
            p->driver->far(p->self, who, &p->words, &s);
        if (!*end || p->stage.failed)
            return;
    }
}

/* --- expecting --- */

/* "expected ...; came ..." */
static void
fail_expected(struct play *p, const struct actor *actor)
{
    char came[1024];
    FILE *out = fmemopen(came, sizeof came, "w");
    if (!out)
        abort();
    for (const struct letter *l = actor->tray; l; l = l->next) {
        match_show(out, &l->message);
        if (l->next)
            fputs(" / ", out);
    }
    if (!actor->tray)
        fputs("nothing", out);
    fclose(out);
    came[sizeof came - 1] = '\0';
    static const char *const how[] = {
        [PICK_NEXT] = "", [PICK_ANY] = "* ", [PICK_NONE] = "! "};
    stage_fail(&p->stage, "%s< %sexpected: %.300s; came: %s", actor->name,
               how[p->step->pick], p->step->text, came);
}

static void
take_letter(struct actor *actor, struct letter **at)
{
    struct letter *letter = *at;
    *at = letter->next;
    if (!letter->next)
        actor->tray_end = at;
}

/* Tries to find it among what has come so far. */
static bool
try_expect(struct play *p, struct actor *actor, const struct sentence *s)
{
    for (struct letter **at = &actor->tray; *at; at = &(*at)->next) {
        if (match_message(&p->words, s, &(*at)->message)) {
            take_letter(actor, at);
            return true;
        }
        if (p->step->pick == PICK_NEXT)
            return false;
    }
    return false;
}

static void
do_expect(struct play *p)
{
    struct actor *actor = stage_actor(&p->stage, p->step->actor);
    struct sentence s;
    const char *fault;
    if (!sentence_read(&p->stage.pool, p->step->text, &s, &fault)) {
        stage_fail(&p->stage, "makes no sense: %.80s", fault);
        return;
    }
    if (p->step->pick == PICK_NONE) {
        p->driver->quiet(p->self, actor);
        if (try_expect(p, actor, &s))
            stage_fail(&p->stage, "%s<! came: %.300s", actor->name,
                       p->step->text);
        return;
    }
    uint64_t left = p->step->ms + p->driver->patience;
    while (!p->stage.failed && !try_expect(p, actor, &s)) {
        bool wrong = actor->tray && p->step->pick == PICK_NEXT;
        if (!left || wrong) {
            fail_expected(p, actor);
            return;
        }
        uint64_t passed = p->driver->pass(p->self, left);
        left -= passed < left ? passed : left;
    }
}

static void
do_nothing(struct play *p)
{
    struct actor *actor = stage_actor(&p->stage, p->step->actor);
    p->driver->quiet(p->self, actor);
    if (actor->tray)
        fail_expected(p, actor);
}

static void
do_forget(struct play *p)
{
    struct actor *actor = stage_actor(&p->stage, p->step->actor);
    p->driver->quiet(p->self, actor);
    stage_clear(actor);
}

static void
do_closed(struct play *p)
{
    const struct actor *actor = stage_actor(&p->stage, p->step->actor);
    uint64_t left = p->step->ms + p->driver->patience;
    while (left && !actor->closed) {
        uint64_t passed = p->driver->pass(p->self, left);
        left -= passed < left ? passed : left;
    }
    if (!actor->closed)
        stage_fail(&p->stage, "%s is still connected", actor->name);
}

/* --- time and connections --- */

static void
do_wait(struct play *p)
{
    uint64_t left = p->step->ms;
    while (left && !p->stage.failed) {
        uint64_t passed = p->driver->pass(p->self, left);
        left -= passed < left ? passed : left;
    }
}

static void
do_drop(struct play *p)
{
    struct actor *actor = stage_actor(&p->stage, p->step->actor);
    if (!actor->open) {
        stage_fail(&p->stage, "%s is not connected", actor->name);
        return;
    }
    actor->open = false;
    p->driver->drop(p->self, actor, p->step->kind == STEP_VANISH);
}

static void
do_stall(struct play *p)
{
    struct actor *actor = stage_actor(&p->stage, p->step->actor);
    if (!p->driver->stall)
        stage_fail(&p->stage, "connections cannot be stalled here");
    else
        p->driver->stall(p->self, actor, p->step->kind == STEP_STALL);
}

/* The broker is killed and comes back; nobody is connected to it. */
static void
do_restart(struct play *p)
{
    if (!p->driver->restart) {
        stage_fail(&p->stage, "nothing would be left after a restart");
        return;
    }
    for (unsigned i = 0; i < p->stage.actor_count; i++)
        p->stage.actors[i].open = p->stage.actors[i].subscriber;
    p->driver->restart(p->self);
}

/* What its next connection brings. */
static void
do_dress(struct play *p)
{
    struct actor *actor = stage_actor(&p->stage, p->step->actor);
    bool key = p->step->kind == STEP_KEY;
    snprintf(key ? actor->key : actor->address,
             key ? sizeof actor->key : sizeof actor->address, "%s",
             p->step->text);
}

static void (*const deeds[])(struct play *) = {
    [STEP_SEND] = do_send,     [STEP_RAW] = do_raw,
    [STEP_SUB] = do_sub,       [STEP_EXPECT] = do_expect,
    [STEP_FORGET] = do_forget, [STEP_NOTHING] = do_nothing,
    [STEP_CLOSED] = do_closed, [STEP_WAIT] = do_wait,
    [STEP_DROP] = do_drop,     [STEP_VANISH] = do_drop,
    [STEP_STALL] = do_stall,   [STEP_UNSTALL] = do_stall,
    [STEP_FAR] = do_far,       [STEP_RESTART] = do_restart,
    [STEP_KEY] = do_dress,     [STEP_FROM] = do_dress,
};

static void
play_step(struct play *p, const struct step *step)
{
    p->step = step;
    for (unsigned i = 1; i <= step->times && !p->stage.failed; i++) {
        p->words.turn = i;
        if (!step->at_once)
            p->driver->settle(p->self);
        if (!p->stage.failed)
            deeds[step->kind](p);
    }
}

bool
perform(const struct scene *scene, const struct driver *driver)
{
    struct play p = {.driver = driver};
    stage_init(&p.stage, scene);
    p.words = (struct words){.pool = &p.stage.pool, .vars = &p.stage.vars};
    p.self = driver->open(&p.stage);
    if (!p.self)
        stage_fail(&p.stage, "could not start");
    for (unsigned i = 0; i < scene->count && !p.stage.failed; i++)
        play_step(&p, &scene->steps[i]);
    if (p.self && !p.stage.failed)
        driver->settle(p.self);
    if (p.self)
        driver->close(p.self);
    bool good = !p.stage.failed;
    if (!good)
        printf("%s:%u: %s: %s\n", scene->path, p.step ? p.step->line : 0,
               driver->name, p.stage.fault);
    stage_fini(&p.stage);
    return good;
}
