/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The window is four words of bits that move up as `high` grows. The marks (seq
 * and time of what was accepted) start small and double while the lane is used:
 * a script that sends three messages does not pay for 256.
 */
#include "lane.h"

#include <stdlib.h>
#include <utlist.h>

#include "core.h"
#include "xmem.h"

enum { MARKS_LEAST = 16 };

struct lane *
lane_find(const struct client *c, struct slice name)
{
    struct lane *lane;
    DL_FOREACH (c->lanes, lane)
        if (slice_eq(name, slice_of(lane->name, lane->name_len)))
            return lane;
    return NULL;
}

static void
lane_unlist(struct hub *hub, struct lane *lane)
{
    if (!lane->live)
        DL_DELETE2(hub->idle_lanes, lane, idle_prev, idle_next);
}

void
lane_forget(struct hub *hub, struct lane *lane)
{
    struct client *c = lane->client;
    state_lane_gone(hub, lane);
    lane_unlist(hub, lane);
    if (lane->live)
        lane->live->lane = NULL;
    DL_DELETE(c->lanes, lane);
    c->lane_count--;
    hub->stats.lanes--;
    free(lane->marks);
    free(lane);
    client_touch(hub, c);
}

static void
lane_make_room(struct hub *hub, struct client *c)
{
    if (c->lane_count >= LANES_PER_ID) {
        struct lane *lane;
        DL_FOREACH (c->lanes, lane)
            if (!lane->live)
                break;
        if (lane)
            lane_forget(hub, lane);
    }
    if (hub->stats.lanes >= LANES_MAX && hub->idle_lanes)
        lane_forget(hub, hub->idle_lanes);
}

struct lane *
lane_get(struct hub *hub, struct client *c, struct slice name)
{
    struct lane *lane = lane_find(c, name);
    if (lane)
        return lane;
    lane_make_room(hub, c);
    lane = xcalloc(1, sizeof *lane);
    lane->client = c;
    lane->name_len = (uint8_t)name.len;
    memcpy(lane->name, name.data, name.len);
    lane->used = hub->now.wall;
    DL_APPEND(c->lanes, lane);
    DL_APPEND2(hub->idle_lanes, lane, idle_prev, idle_next);
    c->lane_count++;
    hub->stats.lanes++;
    client_touch(hub, c);
    return lane;
}

void
lane_use(struct hub *hub, struct lane *lane, struct session *session)
{
    lane_unlist(hub, lane);
    lane->live = session;
    lane->used = hub->now.wall;
    if (lane->high)
        state_lane(hub, lane);
    if (!session)
        DL_APPEND2(hub->idle_lanes, lane, idle_prev, idle_next);
}

static void
marks_grow(struct lane *lane)
{
    uint32_t cap = lane->cap ? 2 * lane->cap : MARKS_LEAST;
    struct lane_mark *marks = xcalloc(cap, sizeof *marks);
    for (uint64_t n = lane->high; n && n + lane->cap > lane->high; n--)
        marks[n % cap] = lane->marks[n % lane->cap];
    free(lane->marks);
    lane->marks = marks;
    lane->cap = cap;
}

/* Moves the window up so that `n` is its highest. */
static void
window_raise(struct lane *lane, uint64_t n)
{
    enum { WORDS = LIMIT_WINDOW / 64 };
    uint64_t by = n - lane->high;
    uint64_t old[WORDS];
    memcpy(old, lane->accepted, sizeof old);
    memset(lane->accepted, 0, sizeof lane->accepted);
    for (unsigned i = 0; by < LIMIT_WINDOW && i < WORDS; i++) {
        unsigned to = i + (unsigned)(by / 64);
        unsigned bits = by % 64;
        if (to < WORDS)
            lane->accepted[to] |= old[i] << bits;
        if (bits && to + 1 < WORDS)
            lane->accepted[to + 1] |= old[i] >> (64 - bits);
    }
    lane->high = n;
}

enum verdict
lane_place(struct lane *lane, uint64_t n, uint64_t *seq, uint64_t *time)
{
    if (n + LIMIT_WINDOW <= lane->high)
        return VERDICT_STALE;
    if (lane->cap < LIMIT_WINDOW && n > lane->cap)
        marks_grow(lane);
    if (n > lane->high)
        window_raise(lane, n);
    uint64_t back = lane->high - n;
    uint64_t bit = UINT64_C(1) << (back % 64);
    struct lane_mark *mark = &lane->marks[n % lane->cap];
    if (!(lane->accepted[back / 64] & bit)) {
        lane->accepted[back / 64] |= bit;
        if (back < lane->cap)
            *mark = (struct lane_mark){.seq = *seq, .time = *time};
        return VERDICT_NEW;
    }
    bool known = back < lane->cap;
    *seq = known ? mark->seq : 0;
    *time = known ? mark->time : 0;
    return VERDICT_REPEAT;
}

void
lane_accept(struct lane *lane, uint64_t n, uint64_t seq, uint64_t time)
{
    uint64_t was_seq = seq;
    uint64_t was_time = time;
    if (lane_place(lane, n, &was_seq, &was_time) == VERDICT_REPEAT &&
        lane->high - n < lane->cap)
        lane->marks[n % lane->cap] = (struct lane_mark){seq, time};
}

void
lane_revoke(struct lane *lane, uint64_t n)
{
    uint64_t back = lane->high - n;
    if (n > lane->high || back >= LIMIT_WINDOW)
        return;
    lane->accepted[back / 64] &= ~(UINT64_C(1) << (back % 64));
    if (back < lane->cap)
        lane->marks[n % lane->cap] = (struct lane_mark){0};
}

void
lane_sweep(struct hub *hub)
{
    while (hub->idle_lanes && hub->idle_lanes->used + LANE_IDLE < hub->now.wall)
        lane_forget(hub, hub->idle_lanes);
}
