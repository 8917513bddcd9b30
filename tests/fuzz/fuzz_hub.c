/* SPDX-License-Identifier: MPL-2.0 */
/*
 * fuzz_hub: any conversation, of several connections, with any clock.
 *
 * The input is a list of things that happen: a connection comes, goes or takes
 * nothing any more, a frame arrives (any bytes, or messages that nearly make
 * sense), time passes, the turn ends, a password was looked at, the operator
 * has changed his mind. The first byte chooses the engine (the memory log with
 * its least bound, or the late one), whether some are there from the beginning,
 * and the access mode. watch.c looks at all that comes out; stage.c at what is
 * inside: that what waits stays within its bounds, that everybody is who he has
 * proven to be and where he may be, and that when all have gone nothing of them
 * is left.
 */
#include "agree.h"
#include "speech.h"
#include "stage.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

enum { SETTLE_TURNS = 8, FLOOD = 16, LATER = 192 };

static void
do_connect(struct world *w, struct input *in)
{
    struct wire *wire = &w->wires[input_byte(in) % WATCH_PEERS];
    stage_connect(wire, w->access ? law_caller(in) : (struct caller){0});
}

static void
do_disconnect(struct world *w, struct input *in)
{
    stage_disconnect(&w->wires[input_byte(in) % WATCH_PEERS]);
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
    stage_feed(wire, frame, parts);
}

static void
do_speak(struct world *w, struct input *in)
{
    struct wire *wire = some_wire(w, in);
    unsigned index = (unsigned)(wire - w->wires);
    stage_feed(wire, speech_frame(in, &w->watch, index, w->frame), 1);
}

/* The same again, many times: bounds are reached. */
static void
do_flood(struct world *w, struct input *in)
{
    struct wire *wire = some_wire(w, in);
    unsigned index = (unsigned)(wire - w->wires);
    struct input from = *in;
    for (unsigned i = 0; i < FLOOD && wire->peer; i++) {
        *in = from;
        stage_feed(wire, speech_frame(in, &w->watch, index, w->frame), 1);
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
    stage_turn(w);
}

static void
do_turn(struct world *w, struct input *in)
{
    (void)in;
    stage_turn(w);
}

static void
do_verify(struct world *w, struct input *in)
{
    (void)in;
    stage_verify(w);
}

static void
do_access(struct world *w, struct input *in)
{
    stage_access(w, input_byte(in));
    stage_turn(w);
}

static void
do_reload(struct world *w, struct input *in)
{
    uint8_t byte = input_byte(in);
    if (byte & 1)
        stage_access(w, byte >> 1);
    hub_reloaded(w->hub, byte & 1 ? NULL : "line 7", w->now);
}

typedef void deed(struct world *w, struct input *in);

static deed *const deeds[] = {
    do_speak, do_speak, do_speak, do_turn,       do_turn, do_connect,
    do_raw,   do_mode,  do_time,  do_speak,      do_turn, do_speak,
    do_speak, do_flood, do_time,  do_disconnect,
};

/* From LATER on. */
static deed *const later[] = {
    do_verify, do_access, do_reload, do_speak,
    do_speak,  do_turn,   do_verify, do_connect,
};

static deed *
some_deed(struct input *in)
{
    uint8_t byte = input_byte(in);
    return byte < LATER ? deeds[byte % 16] : later[byte % 8];
}

/* Some are there already, and in rooms. */
static void
open_conversation(struct world *w)
{
    static const unsigned ids[] = {0, 1, 3};
    for (unsigned i = 0; i < 3; i++) {
        struct wire *wire = &w->wires[i];
        struct caller caller = {.key = slice_str(law_keys[i]),
                                .address = slice_str(law_addresses[i]),
                                .confidential = true};
        stage_connect(wire, caller);
        stage_feed(wire, speech_hello(ids[i], w->frame), 1);
        for (unsigned t = 0; t < SETTLE_TURNS; t++)
            stage_turn(w);
        stage_feed(wire, speech_join(0, i < 2, w->frame), 1);
        stage_feed(wire, speech_join(1, i == 2, w->frame), 1);
    }
    stage_turn(w);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static const uint8_t key[16] = {1};
    hash_seed(key);
    struct input in = {.at = data, .end = data + len};
    uint8_t begin = input_byte(&in);
    struct world *w = stage_new(begin & 1, begin >> 2);
    if (begin & 2)
        open_conversation(w);
    while (in.at < in.end)
        some_deed (&in)(w, &in);
    stage_turn(w);
    stage_free(w);
    return 0;
}
