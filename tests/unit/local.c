/* SPDX-License-Identifier: MPL-2.0 */
/*
 * The memory engine below, a sink that counts above.
 */
#include "local.h"

#include <sodium.h>
#include <stdlib.h>

#include "broker/xmem.h"

enum { LOG_BYTES = 16 << 20 };

/* What a test relies on without testing it. */
#define MUST(fact)                                                             \
    do {                                                                       \
        if (!(fact))                                                           \
            abort();                                                           \
    } while (0)

static void
box_take(struct box *box, struct slice frame)
{
    MUST(frame.len <= sizeof box->bytes);
    memcpy(box->bytes, frame.data, frame.len);
    struct slice copy = slice_of(box->bytes, frame.len);
    struct slice room;
    if (box->bytes[0] < 0x80)
        MUST(frame_split(copy, &room, &copy));
    box->frames++;
    if (box->longest < frame.len)
        box->longest = frame.len;
    struct reader r;
    uint32_t count;
    struct fault fault;
    MUST(!frame_open(copy, &r, &count, &fault));
    for (; count; count--) {
        MUST(!message_read(&r, SIDE_BROKER, &box->last, &fault));
        box->ops[box->last.op]++;
    }
}

static enum sent
sink_send(void *self, void *link, struct slice frame)
{
    (void)self;
    struct box *box = link;
    if (box->reply == SENT_OK)
        box_take(box, frame);
    if (box->reply == SENT_GONE)
        box->peer = NULL;
    return box->reply;
}

static void
sink_publish(void *self, struct slice frame)
{
    struct local *l = self;
    box_take(&l->boxes[LOCAL_PUB], frame);
}

static void
sink_kick(void *self, void *link)
{
    (void)self;
    struct box *box = link;
    box->kicked = true;
    box->peer = NULL;
}

struct local *
local_new(struct hub_options options)
{
    struct local *l = xcalloc(1, sizeof *l);
    l->now = (struct now){.mono = 1000, .wall = 1700000000000};
    options.sink = (struct sink){.self = l,
                                 .send = sink_send,
                                 .publish = sink_publish,
                                 .kick = sink_kick};
    options.log = log_memory_new(LOG_BYTES, l->now.wall * 1000);
    options.pub = "tcp://127.0.0.1:7481";
    options.random = randombytes_buf;
    l->hub = hub_new(&options, l->now);
    return l;
}

void
local_free(struct local *l)
{
    hub_free(&l->hub);
    free(l);
}

void
local_feed(struct local *l, unsigned i, const struct message *m)
{
    static uint8_t bytes[LIMIT_FRAME];
    struct buffer body = {.data = bytes + FRAME_HEADER,
                          .cap = sizeof bytes - FRAME_HEADER};
    MUST(message_write(&body, SIDE_CLIENT, m));
    frame_close(bytes, 1);
    hub_input(l->hub, l->boxes[i].peer,
              slice_of(bytes, FRAME_HEADER + body.len), 1, l->now);
}

void
local_turn(struct local *l)
{
    hub_turn(l->hub, l->now);
}

void
local_pass(struct local *l, unsigned ms)
{
    l->now.mono += ms;
    l->now.wall += ms;
    hub_sweep(l->hub, l->now);
    local_turn(l);
}

void
local_clear(struct local *l)
{
    for (unsigned i = 0; i <= LOCAL_BOXES; i++) {
        struct box *box = &l->boxes[i];
        box->frames = 0;
        box->longest = 0;
        memset(box->ops, 0, sizeof box->ops);
        box->last = (struct message){.op = OP_NONE};
    }
}

void
local_call(struct local *l, unsigned i, const struct caller *caller)
{
    struct box *box = &l->boxes[i];
    box->peer = hub_connect(l->hub, box, caller, l->now);
    box->reply = SENT_OK;
    box->kicked = false;
}

void
local_hello(struct local *l, unsigned i, const char *id)
{
    struct message hello = {.op = OP_HELLO};
    WITH(&hello, FIELD_V, v, PROTOCOL_VERSION);
    WITH(&hello, FIELD_ID, id, slice_str(id));
    local_feed(l, i, &hello);
    local_turn(l);
}

void
local_connect(struct local *l, unsigned i, const char *id)
{
    local_call(l, i, NULL);
    if (!id)
        return;
    local_hello(l, i, id);
    MUST(l->boxes[i].last.op == OP_WELCOME);
    local_clear(l);
}

void
local_join(struct local *l, unsigned i, const char *room, bool direct)
{
    struct message join = {.op = OP_JOIN};
    WITH(&join, FIELD_ROOM, room, slice_str(room));
    WITH(&join, FIELD_DIRECT, direct, direct);
    local_feed(l, i, &join);
    local_turn(l);
    local_clear(l);
}

void
local_say(struct local *l, unsigned i, const char *room, const char *text)
{
    struct message say = {.op = OP_SAY};
    WITH(&say, FIELD_ROOM, room, slice_str(room));
    WITH(&say, FIELD_TEXT, text, slice_str(text));
    local_feed(l, i, &say);
}
