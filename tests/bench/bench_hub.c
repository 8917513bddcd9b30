/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The hub alone: what a message costs between the sockets. Ten peers say 100
 * messages a frame into one room; the sink throws everything away. Nanoseconds
 * per message for decode, record, place, commit, room frame and ok together.
 */
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "broker/hash.h"
#include "broker/hub.h"
#include "load.h"

enum { PEERS = 10, BATCH = 100, TURNS = 2000, ROUNDS = 7, TEXT = 128 };

struct rig {
    struct hub *hub;
    struct peer *peers[PEERS];
    struct now now;
    uint64_t n;
    uint64_t published;
};

static enum sent
take(void *self, void *link, struct slice frame)
{
    (void)self, (void)link, (void)frame;
    return SENT_OK;
}

static void
publish(void *self, struct slice frame)
{
    ((struct rig *)self)->published += frame.len;
}

static void
kick(void *self, void *link)
{
    (void)self, (void)link;
    fail("the hub kicked a peer");
}

static void
input(struct rig *rig, unsigned peer, struct message *m, unsigned count)
{
    static uint8_t bytes[LIMIT_FRAME];
    struct buffer out = {.data = bytes, .cap = sizeof bytes};
    out.len = FRAME_HEADER;
    for (unsigned i = 0; i < count; i++, m->n++)
        if (!message_write(&out, SIDE_CLIENT, m))
            fail("a frame too large");
    frame_close(bytes, count);
    hub_input(rig->hub, rig->peers[peer], slice_of(bytes, out.len), 1,
              rig->now);
}

static void
hello(struct rig *rig, unsigned peer)
{
    char id[16];
    snprintf(id, sizeof id, "p%u", peer);
    struct message m = {.op = OP_HELLO, .v = 1, .id = slice_str(id)};
    m.lane = slice_str("bench");
    m.has = MESSAGE_BIT(FIELD_V) | MESSAGE_BIT(FIELD_ID) |
            MESSAGE_BIT(FIELD_LANE);
    rig->peers[peer] = hub_connect(rig->hub, rig, NULL, rig->now);
    input(rig, peer, &m, 1);
    hub_turn(rig->hub, rig->now);
}

static double
round_of_turns(struct rig *rig)
{
    char text[TEXT];
    memset(text, 'x', sizeof text);
    struct message say = {.op = OP_SAY, .room = slice_str("lobby")};
    say.text = slice_of(text, sizeof text);
    say.has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TEXT) |
              MESSAGE_BIT(FIELD_N);
    double start = seconds();
    for (unsigned turn = 0; turn < TURNS; turn++) {
        for (unsigned peer = 0; peer < PEERS; peer++) {
            say.n = rig->n + 1;
            input(rig, peer, &say, BATCH);
        }
        rig->n += BATCH;
        hub_turn(rig->hub, rig->now);
    }
    return (seconds() - start) * 1e9 / (TURNS * PEERS * BATCH);
}

int
main(void)
{
    static struct rig rig;
    uint8_t key[16] = {0};
    hash_seed(key);
    struct hub_options options;
    hub_defaults(&options);
    options.sink = (struct sink){
        .self = &rig, .send = take, .publish = publish, .kick = kick};
    options.log = log_memory_new(64 << 20, 1);
    options.pub = "tcp://*:1";
    options.random = randombytes_buf;
    rig.now = (struct now){.mono = 1, .wall = 1};
    rig.hub = hub_new(&options, rig.now);
    for (unsigned i = 0; i < PEERS; i++)
        hello(&rig, i);
    double figures[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++)
        figures[i] = round_of_turns(&rig);
    printf("hub alone: %.0f ns per message (%.2f M/s), writing it included\n",
           median(figures, ROUNDS), 1e3 / median(figures, ROUNDS));
    hub_free(&rig.hub);
    return 0;
}
