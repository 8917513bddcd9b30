/* SPDX-License-Identifier: MPL-2.0 */
/*
 * guard: see guard.h.
 *
 * An asker's queue is first in, first out. If it held complete messages when it
 * became a suspect, the rounds since took at least one of them. What has been
 * read of a message without end, or not been handed over by libzmq's threads
 * yet, is far less than GUARD_AHEAD.
 * What its own ZMTP commands (heartbeats) sent is explained and forgiven at a
 * moment when everything complete was handed on and only little is left. A
 * message that came in that moment is forgiven, too, and seen as such when it
 * is handed on: then more is explained than was received.
 */
#include "guard.h"

#include "proto/os.h"

static const char *const words[GUARD_VERDICTS] = {
    [GUARD_FINE] = "fine",        [GUARD_ENDLESS] = "endless-message",
    [GUARD_FLOOD] = "flood",      [GUARD_TOPICS] = "too-many-subscriptions",
    [GUARD_DEAF] = "not-reading", [GUARD_MUTE] = "said-nothing",
};

const char *
guard_word(enum guard_verdict verdict)
{
    return words[verdict];
}

bool
guard_count(int fd, struct guard_counts *counts)
{
    struct os_counts told;
    if (!os_counts(fd, &told)) {
        return false;
    }
    *counts = (struct guard_counts){
        .received = told.received,
        .acked = told.acked,
        .unsent = told.unsent,
    };
    /* Asked for only where it matters: it is a system call more. */
    if (counts->received > GUARD_REST) {
        counts->unread = os_unread(fd);
    }
    return true;
}

static uint64_t
largest(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

/* a - b, or 0. */
static uint64_t
above(uint64_t a, uint64_t b)
{
    return a > b ? a - b : 0;
}

bool
guard_is_due(const struct guard *guard, uint64_t rounds)
{
    return guard->suspect && guard->delivered == guard->before &&
           rounds - guard->rounds >= GUARD_ROUNDS;
}

enum guard_verdict
guard_asker(struct guard *guard, const struct guard_counts *counts,
            uint64_t rounds, bool drained)
{
    uint64_t rest = above(counts->received, guard->delivered);
    guard->forgiven = guard->forgiven < rest ? guard->forgiven : rest;
    uint64_t ahead = above(rest, guard->forgiven + counts->unread);
    bool moves = guard->delivered != guard->before;
    if (ahead > GUARD_QUEUE) {
        return GUARD_FLOOD;
    }
    if (ahead > GUARD_AHEAD && guard_is_due(guard, rounds)) {
        return GUARD_ENDLESS;
    }
    if (moves || !guard->suspect) {
        guard->rounds = rounds;
    }
    guard->before = guard->delivered;
    guard->suspect = ahead > GUARD_AHEAD;
    if (moves && drained && ahead <= GUARD_REST) {
        guard->forgiven += ahead;
    }
    return GUARD_FINE;
}

/* One that has nothing to listen to says nothing more, and may stay. */
static bool
is_through(const struct guard *guard, const struct guard_counts *counts)
{
    return guard->heard || (guard->curve ? counts->acked >= GUARD_ADMITTED
                                         : counts->received >= GUARD_GREETED);
}

enum guard_verdict
guard_listener(struct guard *guard, const struct guard_counts *counts,
               unsigned topics, uint64_t since, uint64_t now)
{
    uint64_t burst = largest(GUARD_BURST, (uint64_t)topics * GUARD_TOPIC);
    uint64_t budget = burst + (now - since) / 1000 * GUARD_REFILL;
    if (counts->received > budget ||
        counts->received > largest(GUARD_LIFETIME, 2 * burst)) {
        return GUARD_TOPICS;
    }
    if (now - since >= GUARD_SHAKE && !is_through(guard, counts)) {
        return GUARD_MUTE;
    }
    if (!guard->waiting || counts->acked != guard->acked) {
        guard->moved = now;
    }
    guard->acked = counts->acked;
    guard->waiting = counts->unsent > 0;
    return guard->waiting && now - guard->moved >= GUARD_STUCK ? GUARD_DEAF
                                                               : GUARD_FINE;
}

unsigned
guard_looks(int64_t *seen, int64_t used)
{
    if (used <= *seen) {
        return 0;
    }
    int64_t looks = (used - *seen) / GUARD_LOOK_EACH;
    *seen = used;
    return looks < GUARD_LOOKS ? (unsigned)looks : GUARD_LOOKS;
}
