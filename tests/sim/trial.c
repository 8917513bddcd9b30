/* SPDX-License-Identifier: MPL-2.0 */
/* What the child finds it leaves in memory that both share. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include "trial.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { RUN_SECONDS = 20, CODE_FOUND = 3 };

static uint64_t
now_ms(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void *
shared(size_t size)
{
    void *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED)
        abort();
    return at;
}

/* How the child ended, when it did not say itself. */
static void
note_end(struct finding *f, int status)
{
    if (f->found || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        return;
    f->found = true;
    snprintf(f->code, sizeof f->code, "crash");
    if (WIFSIGNALED(status))
        snprintf(f->text, sizeof f->text, "killed by signal %d",
                 WTERMSIG(status));
    else
        snprintf(f->text, sizeof f->text, "exit code %d (leaks?)",
                 WEXITSTATUS(status));
}

/* In the child: gives 0. */
static pid_t
child(void)
{
    fflush(NULL);
    pid_t pid = fork();
    if (pid < 0)
        abort();
    return pid;
}

struct finding
trial_run(const struct script *script)
{
    struct finding *f = shared(sizeof *f);
    pid_t pid = child();
    if (!pid) {
        if (!freopen("/dev/null", "w", stderr))
            exit(CODE_FOUND);
        alarm(RUN_SECONDS);
        *f = world_run(script, NULL, NULL);
        exit(f->found ? CODE_FOUND : 0);
    }
    int status;
    waitpid(pid, &status, 0);
    note_end(f, status);
    struct finding found = *f;
    munmap(f, sizeof *f);
    return found;
}

static void
play_again(struct batch *b, const struct script *script, uint64_t print)
{
    uint64_t second;
    (void)world_run(script, NULL, &second);
    if (second == print || b->finding.found)
        return;
    b->finding.found = true;
    snprintf(b->finding.code, sizeof b->finding.code, "differs");
    snprintf(b->finding.text, sizeof b->finding.text,
             "played twice, the seed went differently");
}

static void
play_all(struct batch *b)
{
    static struct script script;
    uint64_t end = now_ms() + b->seconds * 1000;
    for (; b->played < b->seeds && !b->finding.found; b->played++) {
        uint64_t print;
        if (b->seconds && now_ms() >= end)
            return;
        alarm(RUN_SECONDS);
        b->seed = b->from + b->played;
        script_make(&script, b->seed);
        b->finding = world_run(&script, NULL, &print);
        if (b->twice)
            play_again(b, &script, print);
    }
}

void
trial_batch(struct batch *batch)
{
    struct batch *b = shared(sizeof *b);
    *b = *batch;
    pid_t pid = child();
    if (!pid) {
        play_all(b);
        exit(b->finding.found ? CODE_FOUND : 0);
    }
    int status;
    waitpid(pid, &status, 0);
    note_end(&b->finding, status);
    *batch = *b;
    munmap(b, sizeof *b);
}
