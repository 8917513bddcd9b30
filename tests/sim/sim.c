/* SPDX-License-Identifier: MPL-2.0 */
/*
 * sim: the library's clients and the broker's hub against each other, on a bad
 * network, a bad disk and in no time.
 *
 *     sim [--seeds N] [--seconds S] [--from K] [--twice] [--long] [--all]
 *     sim SEED...          these alone
 *     sim --trace SEED     one, with all that happens
 *
 * The first seed that shows something is made short and printed, `--long`:
 * without making it short; `--all`: one line for each such seed. Ends with `N
 * passed, N failed`.
 */
#include <stdlib.h>
#include <string.h>

#include "trial.h"

enum { SEEDS_MAX = 256 };

struct options {
    uint64_t seeds, seconds, from;
    uint64_t traced[SEEDS_MAX];
    unsigned count;
    bool trace, twice, whole, all;
};

static uint64_t
number(const char *text)
{
    char *end;
    unsigned long long value = text ? strtoull(text, &end, 10) : 0;
    if (!text || !*text || *end) {
        fprintf(stderr, "sim: a number is wanted, not `%s`\n",
                text ? text : "nothing");
        exit(2);
    }
    return value;
}

static void
parse(struct options *o, char **argv)
{
    for (; *argv; argv++) {
        if (!strcmp(*argv, "--seeds"))
            o->seeds = number(*++argv);
        else if (!strcmp(*argv, "--seconds"))
            o->seconds = number(*++argv);
        else if (!strcmp(*argv, "--from"))
            o->from = number(*++argv);
        else if (!strcmp(*argv, "--trace"))
            o->trace = true;
        else if (!strcmp(*argv, "--twice"))
            o->twice = true;
        else if (!strcmp(*argv, "--long"))
            o->whole = true;
        else if (!strcmp(*argv, "--all"))
            o->all = true;
        else if (o->count < SEEDS_MAX)
            o->traced[o->count++] = number(*argv);
    }
}

static void
print(const struct script *script)
{
    script_print_setup(stdout, &script->setup);
    for (unsigned i = 0; i < script->count; i++)
        script_print_act(stdout, &script->setup, &script->acts[i]);
}

static void
report(const struct batch *b, bool whole)
{
    static struct script script;
    struct finding f = b->finding;
    printf("seed %llu: %s: %s\n", (unsigned long long)b->seed, f.code, f.text);
    fflush(stdout);
    script_make(&script, b->seed);
    if (!whole)
        trial_shrink(&script, &f);
    f = trial_run(&script);
    printf("The shortest history that shows it (%u steps):\n", script.count);
    print(&script);
    printf("=> %s: %s\n", f.code, f.text);
    printf("All that happens in it:\n");
    fflush(stdout);
    (void)world_run(&script, stdout, NULL);
}

static bool
play(struct batch *b, const struct options *o)
{
    b->twice = o->twice;
    trial_batch(b);
    if (b->finding.found && o->all)
        printf("seed %llu: %s: %s\n", (unsigned long long)b->seed,
               b->finding.code, b->finding.text);
    else if (b->finding.found)
        report(b, o->whole);
    return !b->finding.found;
}

static int
trace(const struct options *o)
{
    static struct script script;
    for (unsigned i = 0; i < o->count; i++) {
        script_make(&script, o->traced[i]);
        print(&script);
        (void)world_run(&script, stdout, NULL);
    }
    return 0;
}

int
main(int argc, char **argv)
{
    struct options o = {.seeds = 1000, .from = 1};
    uint64_t passed = 0;
    uint64_t failed = 0;
    (void)argc;
    parse(&o, argv + 1);
    if (o.trace)
        return trace(&o);
    for (unsigned i = 0; i < o.count; i++) {
        struct batch b = {.from = o.traced[i], .seeds = 1};
        bool good = play(&b, &o);
        passed += good;
        failed += !good;
    }
    struct batch b = {.seed = o.from - 1, .seconds = o.seconds};
    while (!o.count && b.seed + 1 < o.from + o.seeds && (!failed || o.all)) {
        uint64_t done = b.seed + 1 - o.from;
        b = (struct batch){.from = o.from + done,
                           .seeds = o.seeds - done,
                           .seconds = o.seconds};
        bool good = play(&b, &o);
        passed += b.played - !good;
        failed += !good;
        if (good)
            break;
    }
    printf("%llu passed, %llu failed\n", (unsigned long long)passed,
           (unsigned long long)failed);
    return failed ? 1 : 0;
}
