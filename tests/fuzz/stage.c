/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What the broker's main and net do, without sockets; and the promises that can
 * be looked at from inside the hub at the end of a turn.
 */
#include "stage.h"

#include <stdlib.h>

#include "agree.h"
#include "broker/rights.h"
#include "broker/xmem.h"
#include "tests/scenes/log_late.h"

enum { MEMORY_BOUND = LOG_MEMORY_LEAST, SETTLE_TURNS = 8 };

/* --- the sink and the host --- */

static unsigned
wire_index(const struct wire *wire)
{
    return (unsigned)(wire - wire->world->wires);
}

static enum sent
sink_send(void *self, void *link, struct slice frame)
{
    struct world *w = self;
    struct wire *wire = link;
    MUST(wire->peer);
    if (wire->mode == MODE_AGAIN)
        return SENT_AGAIN;
    if (wire->mode == MODE_GONE) {
        wire->peer = NULL;
        return SENT_GONE;
    }
    watch_sent(&w->watch, wire_index(wire), frame);
    return SENT_OK;
}

static void
sink_publish(void *self, struct slice frame)
{
    struct world *w = self;
    struct slice room, inner;
    MUST(frame_split(frame, &room, &inner));
    MUST(!w->access || !access_is_closed(w->access, room));
    watch_published(&w->watch, frame);
}

static void
sink_kick(void *self, void *link)
{
    (void)self;
    struct wire *wire = link;
    MUST(wire->peer);
    wire->peer = NULL;
}

static void
sink_review(void *self)
{
    struct world *w = self;
    w->reviews = true;
}

static bool
host_verify(void *self, uint64_t handle, struct slice hash,
            struct slice password)
{
    struct world *w = self;
    if (w->check_count == STAGE_CHECKS)
        return false;
    w->checks[w->check_count].handle = handle;
    w->checks[w->check_count++].right =
        hash.len && slice_eq(password, slice_str(LAW_PASSWORD));
    return true;
}

static void
host_reload(void *self)
{
    (void)self; /* answered by a deed */
}

void
stage_verify(struct world *w)
{
    if (!w->check_count)
        return;
    uint64_t handle = w->checks[0].handle;
    bool right = w->checks[0].right;
    w->check_count--;
    memmove(w->checks, w->checks + 1, w->check_count * sizeof *w->checks);
    struct peer *peer = peer_find(w->hub, handle);
    if (peer && !peer->gone && right)
        ((struct wire *)peer->link)->verified = true;
    hub_verified(w->hub, handle, right, w->now);
}

/* Secrets must differ, and be the same in every run. */
static struct world *the_world;

static void
some_bytes(void *bytes, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        the_world->chance = the_world->chance * 6364136223846793005u + 1;
        ((uint8_t *)bytes)[i] = (uint8_t)(the_world->chance >> 56);
    }
}

/* --- what must always be so --- */

/* Nobody is who he has not proven to be. */
static void
check_session(const struct world *w, const struct peer *p)
{
    const struct session *s = p->session;
    const struct wire *wire = p->link;
    struct slice id = s->client->id;
    MUST(s->flight_count <= LIMIT_MAIL);
    if (!w->access || w->access->mode == ACCESS_OPEN || s->ending || p->gone)
        return;
    MUST(law_is(w->access, id, wire->caller.key, wire->verified));
    MUST(s->role == access_role(w->access, id));
    const struct ruling *claim =
        ruling_find(w->hub, RULING_CLAIM, slice_of(NULL, 0), id);
    MUST(users_find(&w->access->users, id) ||
         (claim && slice_eq(claim->value, wire->caller.key)));
}

/* Nobody is in a room that he may not be in. */
static void
check_memberships(const struct world *w, const struct session *s)
{
    for (unsigned i = 0; w->access && i < s->client->room_count; i++) {
        const struct membership *ms = s->client->rooms[i];
        const struct room *room = ms->room;
        if (!room->closed || ms->left_by) /* who is gone hears nothing */
            continue;
        MUST(ruling_is_listed(w->hub, room->name, s->client->id));
        MUST(!ruling_ban_of(w->hub, room->name, s->client->id));
    }
}

static void
check_peers(const struct world *w)
{
    const struct hub *hub = w->hub;
    unsigned sessions = 0;
    unsigned blocked = 0;
    uint32_t at = 0;
    for (const struct peer *p; (p = peer_each(hub, &at));) {
        size_t most = p->blocked ? PEER_WAITING + PEER_BULK : LIMIT_FRAME;
        MUST(p->out.bytes <= most);
        if (p->session)
            check_session(w, p);
        if (p->session && p->session->inbox && !p->session->ending && !w->late)
            check_memberships(w, p->session);
        sessions += p->session != NULL;
        blocked += p->blocked;
    }
    MUST(sessions == hub->stats.sessions);
    MUST(blocked == hub->stats.blocked);
}

static void
check_rooms(const struct hub *hub)
{
    MUST(HASH_COUNT(hub->rooms) == hub->stats.rooms);
    MUST(hub->open_rooms.count + hub->closed_rooms.count == hub->stats.rooms);
    const struct room *room;
    for (room = hub->rooms; room; room = room->hh.next) {
        MUST(room->head <= room->placed);
        MUST(room->first <= room->head || room->first == 0);
        MUST(room->direct_count <= room->members.count);
        MUST(!room->batch.first);
        /* A subject that nothing else holds is being lifted. */
        MUST(room->members.count || room_is_made(room) || room->about);
    }
}

static void
check_all(const struct world *w)
{
    MUST(hub_timeout(w->hub, w->now) >= 1);
    check_peers(w);
    if (!w->late) {
        check_rooms(w->hub);
        MUST(w->hub->log->arena.bytes <= MEMORY_BOUND);
    }
}

/* --- what happens --- */

static bool
is_admitted(const struct wire *wire)
{
    return hub_admits(wire->world->hub, wire->caller.key, wire->caller.address);
}

static void
review(struct world *w)
{
    w->reviews = false;
    for (unsigned i = 0; i < WATCH_PEERS; i++)
        if (w->wires[i].peer && !is_admitted(&w->wires[i]))
            stage_disconnect(&w->wires[i]);
}

void
stage_turn(struct world *w)
{
    hub_turn(w->hub, w->now);
    if (w->reviews) {
        review(w);
        hub_turn(w->hub, w->now);
    }
    check_all(w);
}

void
stage_connect(struct wire *wire, struct caller caller)
{
    struct world *w = wire->world;
    if (wire->peer)
        return;
    wire->caller = caller;
    wire->verified = false;
    if (w->access && !is_admitted(wire))
        return;
    wire->mode = MODE_TAKES;
    watch_connect(&w->watch, wire_index(wire));
    wire->peer =
        hub_connect(w->hub, wire, w->access ? &wire->caller : NULL, w->now);
}

void
stage_disconnect(struct wire *wire)
{
    struct peer *peer = wire->peer;
    wire->peer = NULL;
    if (peer)
        hub_disconnect(wire->world->hub, peer);
}

void
stage_feed(struct wire *wire, struct slice frame, unsigned parts)
{
    struct world *w = wire->world;
    if (!wire->peer)
        return;
    uint8_t *copy = xmalloc(frame.len);
    if (frame.len)
        memcpy(copy, frame.data, frame.len);
    hub_input(w->hub, wire->peer, slice_of(copy, frame.len), parts, w->now);
    free(copy);
}

void
stage_access(struct world *w, unsigned variant)
{
    if (!w->access)
        return;
    w->access = law_access(w->law, variant);
    hub_access(w->hub, w->access, w->now);
}

/* --- beginning and end --- */

struct world *
stage_new(bool late, unsigned law)
{
    struct world *w = xcalloc(1, sizeof *w);
    the_world = w;
    w->now = (struct now){.mono = 1, .wall = 1700000000000};
    w->law = law;
    w->access = law_access(law, 0);
    for (unsigned i = 0; i < WATCH_PEERS; i++)
        w->wires[i].world = w;
    uint64_t begin = w->now.wall * 1000;
    w->late = late ? log_late_new(begin, true) : NULL;
    struct hub_options options;
    hub_defaults(&options);
    options.log = late ? w->late : log_memory_new(MEMORY_BOUND, begin);
    options.sink = (struct sink){.self = w,
                                 .send = sink_send,
                                 .publish = sink_publish,
                                 .kick = sink_kick,
                                 .review = sink_review};
    options.host =
        (struct host){.self = w, .verify = host_verify, .reload = host_reload};
    if (w->access)
        options.access = w->access;
    options.pub = "tcp://127.0.0.1:7481";
    options.random = some_bytes;
    options.joined = WATCH_ROOMS - 1;
    options.sessions = WATCH_PEERS - 1;
    w->hub = hub_new(&options, w->now);
    return w;
}

void
stage_free(struct world *w)
{
    for (unsigned i = 0; i < WATCH_PEERS; i++)
        stage_disconnect(&w->wires[i]);
    for (unsigned i = 0; i < SETTLE_TURNS; i++) {
        w->now.mono += w->hub->options.grace;
        hub_sweep(w->hub, w->now);
        stage_turn(w);
    }
    MUST(w->hub->stats.sessions == 0 && w->hub->peers.live == 0);
    MUST(w->hub->present.count == 0 && !w->hub->graces);
    hub_free(&w->hub);
    free(w);
}
