/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_hub: any conversation, of several connections, with any clock.
 *
 * The input is a list of things that happen: a connection comes, goes or takes
 * nothing any more, a frame arrives (any bytes, or messages that nearly make
 * sense), time passes, the turn ends. The first byte chooses the engine, the
 * memory log with its least bound or the late one, and whether some are there
 * from the beginning. watch.c looks at all that
 * comes out; here it is held that what waits inside stays within its bounds,
 * and that when all have gone nothing of them is left.
 */
#include <stdlib.h>

#include "agree.h"
#include "broker/core.h"
#include "broker/xmem.h"
#include "speech.h"
#include "tests/scenes/log_late.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum mode { MODE_TAKES, MODE_AGAIN, MODE_GONE };

struct wire {
    struct world *world;
    struct peer *peer; /* NULL: not connected */
    enum mode mode;
};

struct world {
    struct hub *hub;
    struct log *late; /* NULL: the memory engine */
    struct now now;
    struct wire wires[WATCH_PEERS];
    struct watch watch;
    uint8_t frame[LIMIT_FRAME];
    uint64_t chance;
};

enum { MEMORY_BOUND = LOG_MEMORY_LEAST, SETTLE_TURNS = 8, FLOOD = 16 };

/* --- the sink --- */

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

static void
check_peers(const struct hub *hub)
{
    unsigned sessions = 0;
    unsigned blocked = 0;
    uint32_t at = 0;
    for (const struct peer *p; (p = peer_each(hub, &at));) {
        size_t most = p->blocked ? PEER_WAITING + PEER_BULK : LIMIT_FRAME;
        MUST(p->out.bytes <= most);
        MUST(!p->session || p->session->flight_count <= LIMIT_MAIL);
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
    MUST(hub->room_roll.count == hub->stats.rooms);
    const struct room *room;
    for (room = hub->rooms; room; room = room->hh.next) {
        MUST(room->head <= room->placed);
        MUST(room->first <= room->head || room->first == 0);
        MUST(room->direct_count <= room->members.count);
        MUST(!room->batch.first);
        MUST(room->members.count || room->first);
    }
}

static void
check_all(const struct world *w)
{
    MUST(hub_timeout(w->hub, w->now) >= 1);
    check_peers(w->hub);
    if (!w->late) {
        check_rooms(w->hub);
        MUST(w->hub->log->arena.bytes <= MEMORY_BOUND);
    }
}

/* --- what happens --- */

static void
turn(struct world *w)
{
    hub_turn(w->hub, w->now);
    check_all(w);
}

static void
do_connect(struct world *w, struct input *in)
{
    struct wire *wire = &w->wires[input_byte(in) % WATCH_PEERS];
    if (wire->peer)
        return;
    wire->mode = MODE_TAKES;
    watch_connect(&w->watch, wire_index(wire));
    wire->peer = hub_connect(w->hub, wire, NULL, w->now);
}

static void
do_disconnect(struct world *w, struct input *in)
{
    struct wire *wire = &w->wires[input_byte(in) % WATCH_PEERS];
    struct peer *peer = wire->peer;
    wire->peer = NULL;
    if (peer)
        hub_disconnect(w->hub, peer);
}

static void
do_mode(struct world *w, struct input *in)
{
    uint8_t byte = input_byte(in);
    w->wires[byte % WATCH_PEERS].mode = (enum mode)(byte / 16 % 3);
}

static struct wire *
some_wire(struct world *w, struct input *in)
{
    struct input copy = *in;
    struct wire *wire = &w->wires[input_byte(in) % WATCH_PEERS];
    if (!wire->peer)
        do_connect(w, &copy);
    return wire;
}

/* In a block of its exact size, which is gone when the call is over. */
static void
feed(struct world *w, struct wire *wire, struct slice frame, unsigned parts)
{
    uint8_t *copy = xmalloc(frame.len);
    if (frame.len)
        memcpy(copy, frame.data, frame.len);
    hub_input(w->hub, wire->peer, slice_of(copy, frame.len), parts, w->now);
    free(copy);
}

static void
do_raw(struct world *w, struct input *in)
{
    struct wire *wire = some_wire(w, in);
    size_t len = input_byte(in);
    unsigned parts = input_byte(in) == 255 ? 2 : 1;
    if (len > (size_t)(in->end - in->at))
        len = (size_t)(in->end - in->at);
    struct slice frame = slice_of(in->at, len);
    in->at += len;
    feed(w, wire, frame, parts);
}

static void
do_speak(struct world *w, struct input *in)
{
    struct wire *wire = some_wire(w, in);
    feed(w, wire, speech_frame(in, &w->watch, wire_index(wire), w->frame), 1);
}

/* The same again, many times: bounds are reached. */
static void
do_flood(struct world *w, struct input *in)
{
    struct wire *wire = some_wire(w, in);
    struct input from = *in;
    for (unsigned i = 0; i < FLOOD && wire->peer; i++) {
        *in = from;
        feed(w, wire, speech_frame(in, &w->watch, wire_index(wire), w->frame),
             1);
    }
}

static void
do_time(struct world *w, struct input *in)
{
    static const unsigned steps[] = {1, 10, 50, 250, 700, 2000, 10000, 40000};
    unsigned step = steps[input_byte(in) % 8];
    w->now.mono += step;
    w->now.wall += step;
    hub_sweep(w->hub, w->now);
    turn(w);
}

static void
do_turn(struct world *w, struct input *in)
{
    (void)in;
    turn(w);
}

static void (*const deeds[])(struct world *, struct input *) = {
    do_speak, do_speak, do_speak, do_turn,       do_turn, do_connect,
    do_raw,   do_mode,  do_time,  do_speak,      do_turn, do_speak,
    do_speak, do_flood, do_time,  do_disconnect,
};

/* --- beginning and end --- */

static struct world *
world_new(bool late)
{
    struct world *w = xcalloc(1, sizeof *w);
    the_world = w;
    w->now = (struct now){.mono = 1, .wall = 1700000000000};
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
                                 .kick = sink_kick};
    options.pub = "tcp://127.0.0.1:7481";
    options.random = some_bytes;
    options.joined = WATCH_ROOMS - 1;
    options.sessions = WATCH_PEERS - 1;
    w->hub = hub_new(&options, w->now);
    return w;
}

/* Some are there already, and in rooms. */
static void
open_conversation(struct world *w)
{
    static const unsigned ids[] = {0, 1, 3};
    for (unsigned i = 0; i < 3; i++) {
        struct wire *wire = &w->wires[i];
        wire->peer = hub_connect(w->hub, wire, NULL, w->now);
        feed(w, wire, speech_hello(ids[i], w->frame), 1);
        for (unsigned t = 0; t < SETTLE_TURNS; t++)
            turn(w);
        feed(w, wire, speech_join(0, i < 2, w->frame), 1);
        feed(w, wire, speech_join(1, i == 2, w->frame), 1);
    }
    turn(w);
}

/* All go; when the grace is over nobody is anywhere. */
static void
world_end(struct world *w)
{
    for (unsigned i = 0; i < WATCH_PEERS; i++) {
        struct peer *peer = w->wires[i].peer;
        w->wires[i].peer = NULL;
        if (peer)
            hub_disconnect(w->hub, peer);
    }
    for (unsigned i = 0; i < SETTLE_TURNS; i++) {
        w->now.mono += w->hub->options.grace;
        hub_sweep(w->hub, w->now);
        turn(w);
    }
    MUST(w->hub->stats.sessions == 0 && w->hub->peers.live == 0);
    MUST(w->hub->present.count == 0 && !w->hub->graces);
    hub_free(&w->hub);
    free(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t key[16] = {1};
    hash_seed(key);
    struct input in = {.at = data, .end = data + len};
    uint8_t begin = input_byte(&in);
    struct world *w = world_new(begin & 1);
    if (begin & 2)
        open_conversation(w);
    while (in.at < in.end)
        deeds[input_byte(&in) % 16](w, &in);
    turn(w);
    world_end(w);
    return 0;
}
