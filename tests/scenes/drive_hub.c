/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The hub in this process: a connection is an actor, the sink is his tray, and
 * the clock goes where the scene wants it. A driver per engine.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "broker/hub.h"
#include "broker/log_sqlite.h"
#include "broker/xmem.h"
#include "cast.h"
#include "drive.h"
#include "far.h"

enum {
    BEGIN_WALL_S = 1700000000, /* some day */
    QUIET_TURNS = 3,           /* without a frame: all has been dealt with */
    TURNS_MAX = 10000,         /* more than any scene has a reason for */
};

struct local {
    struct stage *stage;
    struct hub *hub;
    enum engine { MEMORY, LATE, SQLITE, PAGED } engine;
    struct log *late; /* NULL: another engine */
    char folder[64];  /* of a log on disk */
    struct access access;
    struct now now;
    uint64_t frames; /* that came out */
};

/* One per connection; in a list, since actors come back with another. */
struct wire {
    struct actor *actor;
    struct peer *peer; /* NULL: the hub has let it go */
    bool stalled, vanished;
};

static enum sent
sink_send(void *self, void *link, struct slice frame)
{
    struct local *l = self;
    struct wire *wire = link;
    if (wire->vanished) {
        wire->peer = NULL;
        return SENT_GONE;
    }
    if (wire->stalled)
        return SENT_AGAIN;
    l->frames++;
    stage_receive(l->stage, wire->actor, frame, false);
    return SENT_OK;
}

static void
sink_publish(void *self, struct slice frame)
{
    struct local *l = self;
    l->frames++;
    for (unsigned i = 0; i < l->stage->actor_count; i++) {
        struct actor *actor = &l->stage->actors[i];
        for (unsigned t = 0; t < actor->topic_count; t++) {
            struct slice topic = actor->topics[t];
            if (frame.len >= topic.len &&
                !memcmp(frame.data, topic.data, topic.len))
                stage_receive(l->stage, actor, frame, true);
        }
    }
}

static void
sink_kick(void *self, void *link)
{
    struct local *l = self;
    struct wire *wire = link;
    l->frames++;
    wire->peer = NULL;
    wire->actor->closed = true;
    wire->actor->open = false;
}

/* --- the log --- */

static struct log *
disk_log(struct local *l, uint64_t begin)
{
    char path[sizeof l->folder + 16];
    char fault[LOG_FAULT];
    (void)snprintf(path, sizeof path, "%s/confab.db", l->folder);
    const struct log_sqlite_options options = {
        .path = path, .sync = LOG_SYNC_OFF, .now_us = begin};
    struct log *log = log_sqlite_new(&options, fault);
    if (!log)
        stage_fail(l->stage, "log: %s", fault);
    else if (l->engine == PAGED)
        log_sqlite_bounds(log, 0, 0);
    int fd;
    if (log && !log_sqlite_search(log, false, &fd, fault))
        stage_fail(l->stage, "search: %s", fault);
    return log;
}

static struct log *
make_log(struct local *l)
{
    const struct scene *scene = l->stage->scene;
    uint64_t begin = l->now.wall * 1000;
    if (l->engine == MEMORY)
        return log_memory_new((size_t)scene_option(scene, "log", 64 << 20),
                              begin);
    if (l->engine == LATE)
        return l->late = log_late_new(begin, scene_option(scene, "noise", 1));
    return disk_log(l, begin);
}

static void
remove_folder(const struct local *l)
{
    static const char *const names[] = {"", "-wal", "-shm", ".lock", ".search"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char path[sizeof l->folder + 32];
        (void)snprintf(path, sizeof path, "%s/confab.db%s", l->folder,
                       names[i]);
        (void)unlink(path);
    }
    (void)rmdir(l->folder);
}

static void
make_folder(struct local *l)
{
    const char *tmp = getenv("TMPDIR");
    (void)snprintf(l->folder, sizeof l->folder, "%.40s/scene-XXXXXX",
                   tmp ? tmp : "/tmp");
    if (!mkdtemp(l->folder))
        abort();
}

/* --- the hub --- */

static void
start_hub(struct local *l)
{
    const struct scene *scene = l->stage->scene;
    struct hub_options options;
    hub_defaults(&options);
    options.beat = (unsigned)scene_option(scene, "beat", options.beat);
    options.sessions =
        (unsigned)scene_option(scene, "sessions", options.sessions);
    options.rooms = (unsigned)scene_option(scene, "rooms", options.rooms);
    options.joined = (unsigned)scene_option(scene, "joined", options.joined);
    options.ids = (unsigned)scene_option(scene, "ids", options.ids);
    options.mail.messages = scene_option(scene, "mail", options.mail.messages);
    options.expire = scene_option(scene, "expire", options.expire);
    options.sink = (struct sink){.self = l,
                                 .send = sink_send,
                                 .publish = sink_publish,
                                 .kick = sink_kick};
    options.pub = "tcp://127.0.0.1:7481";
    options.random = randombytes_buf;
    options.access = &l->access;
    options.log = make_log(l);
    l->hub = options.log ? hub_new(&options, l->now) : NULL;
    if (options.log && !l->hub)
        stage_fail(l->stage, "log: %s", options.log->fault);
}

static void *
local_open(struct stage *stage, enum engine engine)
{
    struct local *l = xcalloc(1, sizeof *l);
    l->stage = stage;
    l->engine = engine;
    l->now = (struct now){.mono = 1000, .wall = (uint64_t)BEGIN_WALL_S * 1000};
    cast_access((enum access_mode)scene_option(stage->scene, "rights", 0),
                &l->access);
    if (engine >= SQLITE)
        make_folder(l);
    start_hub(l);
    return l;
}

static void *
memory_open(struct stage *stage)
{
    return local_open(stage, MEMORY);
}

static void *
late_open(struct stage *stage)
{
    return local_open(stage, LATE);
}

static void *
disk_open(struct stage *stage)
{
    return local_open(stage, SQLITE);
}

static void *
paged_open(struct stage *stage)
{
    return local_open(stage, PAGED);
}

static void
local_close(void *self)
{
    struct local *l = self;
    hub_free(&l->hub);
    users_free(&l->access.users);
    if (l->engine >= SQLITE)
        remove_folder(l);
    free(l);
}

static void
local_restart(void *self)
{
    struct local *l = self;
    hub_free(&l->hub);
    l->now.mono += 1000;
    l->now.wall += 1000;
    start_hub(l);
}

static void
local_connect(void *self, struct actor *actor)
{
    struct local *l = self;
    struct wire *wire = pool_alloc(&l->stage->pool, sizeof *wire);
    wire->actor = actor;
    actor->link = wire;
    struct cast_key key = {.open = ""};
    bool keyed = l->access.mode != ACCESS_OPEN &&
                 strcmp(actor->key, "none") != 0;
    if (keyed)
        cast_key(actor->key[0] ? actor->key : actor->name, &key);
    const struct caller caller = {.key = slice_str(key.open),
                                  .address = slice_str(actor->address),
                                  .confidential = true};
    if (hub_admits(l->hub, caller.key, caller.address))
        wire->peer = hub_connect(l->hub, wire, &caller, l->now);
    else
        sink_kick(l, wire);
}

static void
local_subscribe(void *self, struct actor *actor, struct slice topic)
{
    (void)self;
    (void)actor;
    (void)topic;
}

/* The hub may look at a frame only during the call: it gets a copy of its own,
 * so that the sanitizer sees when it does later. */
static void
local_send(void *self, struct actor *actor, const struct slice *parts,
           unsigned count)
{
    struct local *l = self;
    struct wire *wire = actor->link;
    if (!wire->peer)
        return;
    uint8_t *copy = xmalloc(parts[0].len);
    if (parts[0].len)
        memcpy(copy, parts[0].data, parts[0].len);
    hub_input(l->hub, wire->peer, slice_of(copy, parts[0].len), count, l->now);
    free(copy);
}

static void
local_settle(void *self)
{
    struct local *l = self;
    unsigned quiet = 0;
    for (unsigned turns = 0; quiet < QUIET_TURNS; turns++) {
        uint64_t before = l->frames;
        hub_turn(l->hub, l->now);
        bool busy = l->late && log_late_busy(l->late);
        quiet = busy || before != l->frames ? 0 : quiet + 1;
        if (turns < TURNS_MAX)
            continue;
        stage_fail(l->stage, "the hub does not come to rest");
        return;
    }
}

static void
local_quiet(void *self, struct actor *actor)
{
    (void)actor;
    local_settle(self);
}

static uint64_t
local_pass(void *self, uint64_t most)
{
    struct local *l = self;
    uint64_t step = (uint64_t)hub_timeout(l->hub, l->now);
    if (step > most)
        step = most;
    l->now.mono += step;
    l->now.wall += step;
    hub_sweep(l->hub, l->now);
    local_settle(l);
    return step;
}

static void
local_drop(void *self, struct actor *actor, bool hidden)
{
    struct local *l = self;
    struct wire *wire = actor->link;
    wire->vanished = true;
    if (hidden || !wire->peer)
        return;
    hub_disconnect(l->hub, wire->peer);
    wire->peer = NULL;
}

static void
local_stall(void *self, struct actor *actor, bool stalled)
{
    (void)self;
    ((struct wire *)actor->link)->stalled = stalled;
}

static void
late_far(void *self, const char *who, const struct words *words,
         const struct sentence *s)
{
    struct local *l = self;
    struct far far = {
        .from = slice_str(who), .keep = true, .time = l->now.wall};
    if (far_read(&far, words, s))
        log_late_far(l->late, &far);
    else
        stage_fail(l->stage, "the other broker does not know how to %s", s->op);
}

#define LOCAL                                                                  \
    .close = local_close, .connect = local_connect,                            \
    .subscribe = local_subscribe, .send = local_send, .settle = local_settle,  \
    .quiet = local_quiet, .pass = local_pass, .drop = local_drop,              \
    .stall = local_stall

const struct driver drive_memory = {
    LOCAL,
    .name = "memory",
    .open = memory_open,
};

const struct driver drive_late = {
    LOCAL,
    .name = "late",
    .open = late_open,
    .far = late_far,
};

const struct driver drive_sqlite = {
    LOCAL,
    .name = "sqlite",
    .open = disk_open,
    .restart = local_restart,
};

const struct driver drive_paged = {
    LOCAL,
    .name = "paged",
    .open = paged_open,
    .restart = local_restart,
};
