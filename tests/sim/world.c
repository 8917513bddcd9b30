/* SPDX-License-Identifier: MPL-2.0 */
/*
 * A step goes to the next moment at which anything is due and does all that is
 * due then, always in the same order. The script ends with healing: every fault
 * is over, everybody comes back, and after some quiet seconds the judge looks
 * at what is left.
 */
#include "world.h"

#include <stdlib.h>

#include "broker.h"
#include "disk.h"
#include "judge.h"
#include "network.h"
#include "person.h"

#define CLOCK_BEGIN UINT64_C(1700000000000)

enum {
    QUIET = 30000, /* ms: beyond every beat, grace and repair */
    ASKING = 1500, /* ms for the answers to the last questions */
    STEPS_MAX = 400000,
    STUCK_MAX = 5000, /* steps without any time passing */
};

/* --- saying what happens --- */

static void
print_mix(struct world *w, const char *text)
{
    for (; *text; text++)
        w->print = (w->print ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    w->print ^= w->now << 20;
}

void
world_note(struct world *w, const char *format, ...)
{
    char text[256];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    print_mix(w, text);
    if (w->trace)
        fprintf(w->trace, "%8llu     %s\n", (unsigned long long)w->now, text);
}

void
world_fail(struct world *w, const char *code, const char *format, ...)
{
    struct finding *f = &w->finding;
    char text[FAULT_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (w->trace)
        fprintf(w->trace, "%8llu ***** %s: %s\n", (unsigned long long)w->now,
                code, text);
    if (f->found)
        return;
    f->found = true;
    snprintf(f->code, sizeof f->code, "%s", code);
    snprintf(f->text, sizeof f->text, "%s", text);
}

/* --- acts of the world itself --- */

static void
do_crash(struct world *w, const struct act *act)
{
    broker_crash(w->broker, act->a);
}

static void
do_stop(struct world *w, const struct act *act)
{
    broker_stop(w->broker, act->a);
}

static void
do_clock(struct world *w, const struct act *act)
{
    w->clock = act->b ? w->clock - act->a : w->clock + act->a;
}

static void
do_freeze(struct world *w, const struct act *act)
{
    broker_freeze(w->broker, act->a);
}

static void
do_full(struct world *w, const struct act *act)
{
    w->disk->full_until = w->now + act->a;
    w->disk->full_err = act->b % 2 ? ERR_FULL : ERR_INTERNAL;
}

static void
do_late(struct world *w, const struct act *act)
{
    w->disk->late_until = w->now + act->a;
    w->disk->late = act->b;
}

static void
do_save(struct world *w, const struct act *act)
{
    w->disk->save = act->a;
}

static void
do_cut(struct world *w, const struct act *act)
{
    network_cut(w->network, act->who, act->a);
}

static void
do_subcut(struct world *w, const struct act *act)
{
    network_sub_cut(w->network, act->who, act->a);
}

static void
do_drop(struct world *w, const struct act *act)
{
    network_drop(w->network, act->who, act->a, act->b);
}

static void
do_slow(struct world *w, const struct act *act)
{
    network_slow(w->network, act->who, act->a, act->b);
}

static void
do_stall(struct world *w, const struct act *act)
{
    network_stall(w->network, act->who, act->a);
}

static void
do_clog(struct world *w, const struct act *act)
{
    network_clog(w->network, act->who, act->a);
}

static void
do_act(struct world *w, const struct act *act)
{
    static void (*const doing[ACT_COUNT])(struct world *,
                                          const struct act *) = {
        [ACT_CUT] = do_cut,     [ACT_SUBCUT] = do_subcut, [ACT_DROP] = do_drop,
        [ACT_SLOW] = do_slow,   [ACT_STALL] = do_stall,   [ACT_CLOG] = do_clog,
        [ACT_CRASH] = do_crash, [ACT_FREEZE] = do_freeze, [ACT_FULL] = do_full,
        [ACT_LATE] = do_late,   [ACT_SAVE] = do_save,     [ACT_STOP] = do_stop,
        [ACT_CLOCK] = do_clock,
    };
    if (w->trace)
        script_print_act(w->trace, w->setup, act);
    if (doing[act->kind])
        doing[act->kind](w, act);
    else
        person_do(w->persons[act->who], act);
}

/* --- time --- */

static uint64_t
least(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

/* When the next thing is due. */
static uint64_t
next(const struct world *w)
{
    uint64_t at =
        least(network_deadline(w->network), broker_deadline(w->broker));
    for (unsigned i = 0; i < w->setup->persons; i++)
        at = least(at, person_deadline(w->persons[i]));
    return at > w->now ? at : w->now;
}

/* All that is due now. */
static void
step(struct world *w)
{
    w->steps++;
    broker_start_if_due(w->broker);
    network_links(w->network);
    network_deliver_up(w->network);
    broker_turn(w->broker);
    network_deliver_down(w->network);
    for (unsigned i = 0; i < w->setup->persons; i++)
        person_tick(w->persons[i]);
}

/* Until `until`, or until something is found. */
static void
pass(struct world *w, uint64_t until)
{
    unsigned stuck = 0;
    for (;;) {
        uint64_t at = next(w);
        if (at > until || w->finding.found)
            break;
        stuck = at > w->now ? 0 : stuck + 1;
        if (stuck > STUCK_MAX || w->steps > STEPS_MAX) {
            world_fail(w, "busy", "%s", "the world does not come to rest");
            break;
        }
        w->now = at;
        step(w);
    }
    w->now = until;
}

static void
play(struct world *w)
{
    for (unsigned i = 0; i < w->script->count; i++) {
        const struct act *act = &w->script->acts[i];
        if (act->at > w->now)
            pass(w, act->at);
        if (w->finding.found)
            return;
        do_act(w, act);
    }
}

static void
heal(struct world *w)
{
    w->healing = true;
    world_note(w, "no more faults");
    broker_heal(w->broker);
    network_heal(w->network);
    for (unsigned i = 0; i < w->setup->persons; i++)
        person_heal(w->persons[i]);
    pass(w, w->now + QUIET);
    for (unsigned i = 0; i < w->setup->persons; i++)
        person_heal(w->persons[i]);
    for (unsigned i = 0; i < w->setup->persons; i++)
        person_ask_all(w->persons[i]);
    pass(w, w->now + ASKING);
}

struct finding
world_run(const struct script *script, FILE *trace, uint64_t *print)
{
    struct disk disk = {.count = 0};
    struct world w = {
        .script = script,
        .setup = &script->setup,
        .clock = CLOCK_BEGIN,
        .trace = trace,
    };
    w.disk = &disk;
    judge_new(&w);
    network_new(&w);
    broker_new(&w);
    for (unsigned i = 0; i < w.setup->persons; i++)
        w.persons[i] = person_new(&w, i);
    play(&w);
    if (!w.finding.found)
        heal(&w);
    if (!w.finding.found)
        judge_end(&w);
    for (unsigned i = 0; i < w.setup->persons; i++)
        person_free(w.persons[i]);
    broker_free(w.broker);
    network_free(w.network);
    judge_free(w.judge);
    disk_fini(&disk);
    if (print)
        *print = w.print;
    return w.finding;
}
