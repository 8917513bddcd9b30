/* SPDX-License-Identifier: MPL-2.0 */
/*
 * What broker/net.c and broker/main.c are to the real one: frames in, a turn
 * when there are no more, a sweep when it is time.
 */
#include "broker.h"

#include <stdlib.h>

#include "broker/hash.h"
#include "broker/hub.h"
#include "broker/xmem.h"
#include "entry.h"
#include "judge.h"
#include "log_sim.h"
#include "network.h"

enum { DICE_BROKER = 100, DICE_DISK = 101 };

struct broker {
    struct world *world;
    struct hub *hub;
    struct log *log;
    struct access *access;
    bool dirty;
    uint64_t wake_at;
    uint64_t frozen_until, back_at;
};

/* The hub asks for chance without saying who it is. */
static struct dice hub_dice;

static void
hub_random(void *bytes, size_t len)
{
    uint8_t *at = bytes;
    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)dice_next(&hub_dice);
}

static struct now
hub_now(const struct broker *b)
{
    return (struct now){.mono = b->world->now + 1,
                        .wall = world_wall(b->world)};
}

static enum sent
sink_send(void *self, void *link, struct slice frame)
{
    struct broker *b = self;
    switch (network_send_down(b->world->network, link, frame)) {
    case DOWN_STALLED:
        return SENT_AGAIN;
    case DOWN_GONE:
        return SENT_GONE;
    default:
        return SENT_OK;
    }
}

static void
sink_publish(void *self, struct slice frame)
{
    struct broker *b = self;
    struct slice topic, messages;
    if (frame_split(frame, &topic, &messages) &&
        script_is_closed(b->world->setup, judge_find_room(topic)))
        world_fail(b->world, "published", "%.*s is closed", SLICE_ARG(topic));
    network_publish(b->world->network, frame);
}

static void
sink_kick(void *self, void *link)
{
    struct broker *b = self;
    network_kick(b->world->network, link);
}

/* --- who may come --- */

/* In Z85; each id has one. */
static void
key_of(const char *id, char key[static LIMIT_KEY + 1])
{
    memset(key, '0', LIMIT_KEY);
    key[LIMIT_KEY] = '\0';
    memcpy(key, id, strlen(id));
}

static bool
is_first(const struct setup *setup, unsigned person)
{
    for (unsigned i = 0; i < person; i++)
        if (!strcmp(setup->parts[i].id, setup->parts[person].id))
            return false;
    return true;
}

/* With claims only the moderator is listed. */
static struct access *
make_access(const struct setup *setup)
{
    char text[1024] = "";
    size_t len = 0;
    for (unsigned i = 0; i < setup->persons; i++) {
        char key[LIMIT_KEY + 1];
        key_of(setup->parts[i].id, key);
        if (is_first(setup, i) && (setup->entry == ENTRY_KEYS || i == 0))
            len += (size_t)snprintf(text + len, sizeof text - len,
                                    "%s role=%s key=%s\n", setup->parts[i].id,
                                    i ? "member" : "moderator", key);
    }
    return entry_new(setup->entry, text, script_room(CLOSED_ROOM));
}

static void
start(struct broker *b)
{
    struct world *w = b->world;
    struct hub_options options;
    hub_defaults(&options);
    w->disk->now = w->now;
    b->log = log_sim_new(w->disk, world_wall(w));
    options.sink = (struct sink){.self = b,
                                 .send = sink_send,
                                 .publish = sink_publish,
                                 .kick = sink_kick};
    options.log = b->log;
    options.pub = "sim://pub";
    options.mail.messages = w->setup->quota;
    options.access = b->access;
    options.random = hub_random;
    b->hub = hub_new(&options, hub_now(b));
    b->wake_at = w->now;
    world_note(w, "broker: starts, %zu records, replays from %zu",
               w->disk->count, w->disk->replay_from);
    network_broker_up(w->network);
}

struct broker *
broker_new(struct world *w)
{
    static const uint8_t key[16] = "the same always";
    struct broker *b = xcalloc(1, sizeof *b);
    b->world = w;
    w->broker = b;
    hash_seed(key);
    hub_dice = dice_of(w->setup->luck, DICE_BROKER);
    w->disk->dice = dice_of(w->setup->luck, DICE_DISK);
    w->disk->one_step = w->setup->one_step;
    w->disk->save_before = w->setup->save_before;
    b->access = make_access(w->setup);
    start(b);
    return b;
}

void
broker_free(struct broker *b)
{
    hub_free(&b->hub);
    entry_free(b->access);
    free(b);
}

void
broker_crash(struct broker *b, unsigned back)
{
    if (!b->hub)
        return;
    b->world->disk->now = b->world->now;
    log_sim_crash(b->log);
    hub_free(&b->hub);
    b->back_at = b->world->now + back;
    b->frozen_until = 0;
    network_broker_down(b->world->network);
}

void
broker_stop(struct broker *b, unsigned back)
{
    struct world *w = b->world;
    if (!broker_takes(b))
        return;
    w->disk->now = w->now;
    hub_stop(b->hub, back, hub_now(b));
    log_sim_crash(b->log);
    hub_free(&b->hub);
    b->back_at = w->now + back;
    network_broker_ends(w->network);
}

void
broker_freeze(struct broker *b, unsigned ms)
{
    b->frozen_until = b->world->now + ms;
}

bool
broker_is_up(const struct broker *b)
{
    return b->hub != NULL;
}

bool
broker_takes(const struct broker *b)
{
    return b->hub && b->frozen_until <= b->world->now;
}

void
broker_heal(struct broker *b)
{
    struct disk *disk = b->world->disk;
    b->frozen_until = 0;
    b->back_at = b->world->now;
    disk->full_until = disk->late_until = 0;
}

struct peer *
broker_connect(struct broker *b, void *link, unsigned person)
{
    char key[LIMIT_KEY + 1] = "";
    if (b->world->setup->entry != ENTRY_OPEN)
        key_of(b->world->setup->parts[person].id, key);
    const struct caller caller = {.key = slice_str(key), .confidential = true};
    b->dirty = true;
    return hub_connect(b->hub, link, &caller, hub_now(b));
}

void
broker_disconnect(struct broker *b, struct peer *peer)
{
    b->dirty = true;
    hub_disconnect(b->hub, peer);
}

void
broker_input(struct broker *b, struct peer *peer, struct slice frame)
{
    b->dirty = true;
    hub_input(b->hub, peer, frame, 1, hub_now(b));
}

void
broker_wake(struct broker *b)
{
    b->dirty = true;
}

void
broker_start_if_due(struct broker *b)
{
    if (!b->hub && b->back_at <= b->world->now)
        start(b);
}

void
broker_turn(struct broker *b)
{
    struct world *w = b->world;
    if (!broker_takes(b))
        return;
    w->disk->now = w->now;
    if (log_sim_lookup_at(b->log) <= w->now) {
        hub_found(b->hub, hub_now(b));
        b->dirty = true;
    }
    if (!b->dirty && b->wake_at > w->now && log_sim_deadline(b->log) > w->now)
        return;
    hub_sweep(b->hub, hub_now(b));
    hub_turn(b->hub, hub_now(b));
    b->dirty = false;
    b->wake_at = w->now + (uint64_t)hub_timeout(b->hub, hub_now(b));
}

uint64_t
broker_deadline(const struct broker *b)
{
    if (!b->hub)
        return b->back_at;
    if (b->frozen_until > b->world->now)
        return b->frozen_until;
    if (b->dirty)
        return b->world->now;
    uint64_t log = log_sim_deadline(b->log);
    uint64_t lookup = log_sim_lookup_at(b->log);
    uint64_t at = log < b->wake_at ? log : b->wake_at;
    return lookup < at ? lookup : at;
}
