/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Delta debugging: leaves out ever smaller pieces of the script; a piece stays
 * out when what is left still breaks the same rule. Then the numbers of what is
 * left are made smaller: fewer messages, shorter faults. Whatever goes moves
 * the rest a little, so each time some other luck on the way is tried, too.
 */
#include "trial.h"

enum { LUCKS = 6, TRIALS_MAX = 8000 };

static unsigned trials;

/* The script keeps the luck with which it did. */
static bool
still(struct script *script, const struct finding *finding)
{
    uint64_t was = script->setup.luck;
    for (uint64_t i = 0; i < LUCKS && trials < TRIALS_MAX; i++, trials++) {
        script->setup.luck = was + i;
        struct finding f = trial_run(script);
        if (f.found && !strcmp(f.code, finding->code))
            return true;
    }
    script->setup.luck = was;
    return false;
}

static void
cut(struct script *to, const struct script *from, unsigned at, unsigned len)
{
    *to = *from;
    to->count = 0;
    for (unsigned i = 0; i < from->count; i++)
        if (i < at || i >= at + len)
            to->acts[to->count++] = from->acts[i];
}

/* True when something could be left out. */
static bool
shrink_by(struct script *script, unsigned len, const struct finding *finding)
{
    static struct script shorter;
    bool any = false;
    for (unsigned at = 0; at < script->count;) {
        cut(&shorter, script, at, len);
        if (still(&shorter, finding)) {
            *script = shorter;
            any = true;
        } else {
            at += len;
        }
    }
    return any;
}

static void
shrink_number(struct script *script, unsigned *number,
              const struct finding *finding)
{
    while (*number > 1) {
        unsigned was = *number;
        *number = was / 2;
        if (still(script, finding))
            continue;
        *number = was;
        return;
    }
}

void
trial_shrink(struct script *script, const struct finding *finding)
{
    if (!still(script, finding))
        return; /* it needs the runs before it */
    for (unsigned len = script->count / 2; len > 0; len /= 2)
        (void)shrink_by(script, len, finding);
    while (shrink_by(script, 1, finding))
        continue;
    for (unsigned i = 0; i < script->count; i++) {
        struct act *act = &script->acts[i];
        bool many = act->kind == ACT_SAY || act->kind == ACT_TELL ||
                    act->kind == ACT_FLEETING || act->kind == ACT_TELL_FLEETING;
        if (many)
            shrink_number(script, &act->b, finding);
        else if (act->kind >= ACT_BYE && act->kind != ACT_SAVE)
            shrink_number(script, &act->a, finding);
    }
}
