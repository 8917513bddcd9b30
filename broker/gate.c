/* SPDX-License-Identifier: MPL-2.0 */
/*
 * gate: see gate.h.
 *
 * All answers wait equally long, so those that wait are a queue. It is bounded:
 * a question beyond that gets no answer, and the connection ends as one that
 * says nothing. The asker may be gone when its answer comes; the ROUTER then
 * drops it.
 */
#include "gate.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <sodium.h>
#include <zmq.h>

#include "xmem.h"

enum {
    GATE_TURN = 256,    /* questions taken at once */
    ASKER_MOST = 16,    /* bytes of what libzmq calls the asker */
    METADATA_MOST = 64, /* bytes */
    QUEUE_LEAST = 64,
    COUNTED = 9, /* bytes of an id up to the end of its number */
};

static const char place[] = "inproc://zeromq.zap.01";
static const char version[] = "1.0";

/* A question that waits for its answer. */
struct asker {
    uint64_t due; /* ms */
    uint8_t name[ASKER_MOST];
    uint8_t number[GATE_NUMBER];
    uint8_t name_len, number_len;
    bool admitted;
    char key[Z85_KEY + 1];
};

struct gate {
    void *socket;
    gate_judge *judge;
    void *self;
    struct asker *queue; /* a ring of `size`, a power of two */
    size_t size, first, count;
    uint32_t ids; /* given */
};

/* A message as it comes. */
struct incoming {
    zmq_msg_t parts[GATE_FRAMES + 1]; /* behind the asker's name */
    uint8_t name[ASKER_MOST];
    size_t name_len;
    unsigned count; /* more than there is room for: too many */
};

/* --- reading --- */

bool
gate_read(const struct slice *frames, unsigned count,
          struct gate_question *question)
{
    enum { VERSION, NUMBER, DOMAIN, ADDRESS, IDENTITY, MECHANISM, KEY };
    *question = (struct gate_question){.key = ""};
    if (count <= MECHANISM || count > KEY + 1 ||
        !slice_eq(frames[VERSION], slice_str(version)) ||
        frames[NUMBER].len > GATE_NUMBER) {
        return false;
    }
    question->number = frames[NUMBER];
    question->address = frames[ADDRESS];
    if (!slice_eq(frames[DOMAIN], slice_str(GATE_DOMAIN))) {
        return false;
    }
    if (slice_eq(frames[MECHANISM], slice_str("NULL"))) {
        return count == MECHANISM + 1;
    }
    if (!slice_eq(frames[MECHANISM], slice_str("CURVE")) || count != KEY + 1 ||
        frames[KEY].len != KEY_BYTES) {
        return false;
    }
    z85_encode(frames[KEY].data, question->key);
    return true;
}

/* --- routing ids --- */

static void
id_make(struct gate *gate, char id[static GATE_ID + 1])
{
    uint64_t chance;
    randombytes_buf(&chance, sizeof chance);
    (void)snprintf(id, GATE_ID + 1, "c%08x%016llx", gate->ids++,
                   (unsigned long long)chance);
}

bool
gate_is_id(struct slice id)
{
    return id.len == GATE_ID && id.data[0] == 'c';
}

/* Their numbers, or where those have begun anew, the distance between them. */
bool
gate_is_older(struct slice id, struct slice than)
{
    uint32_t numbers[2] = {0, 0};
    const struct slice ids[2] = {id, than};
    assert(gate_is_id(id) && gate_is_id(than));
    for (int n = 0; n < 2; n++) {
        for (int i = 1; i < COUNTED; i++) {
            uint8_t digit = ids[n].data[i];
            uint32_t value = digit <= '9' ? digit : digit + 10U - 'a';
            numbers[n] = numbers[n] << 4 | (value & 15);
        }
    }
    return (int32_t)(numbers[0] - numbers[1]) < 0;
}

/* --- life --- */

struct gate *
gate_new(void *context, gate_judge *judge, void *self)
{
    int none = 0;
    struct gate *gate = xcalloc(1, sizeof *gate);
    gate->judge = judge;
    gate->self = self;
    gate->ids = randombytes_random();
    gate->socket = zmq_socket(context, ZMQ_ROUTER);
    if (!gate->socket ||
        zmq_setsockopt(gate->socket, ZMQ_LINGER, &none, sizeof none) != 0 ||
        zmq_bind(gate->socket, place) != 0) {
        int code = errno;
        gate_free(&gate);
        errno = code;
    }
    return gate;
}

void
gate_free(struct gate **gate_at)
{
    struct gate *gate = *gate_at;
    if (!gate) {
        return;
    }
    if (gate->socket) {
        zmq_close(gate->socket);
    }
    free(gate->queue);
    free(gate);
    *gate_at = NULL;
}

int
gate_fd(const struct gate *gate)
{
    int fd = -1;
    size_t len = sizeof fd;
    (void)zmq_getsockopt(gate->socket, ZMQ_FD, &fd, &len);
    return fd;
}

/* --- answering --- */

static size_t
put_property(uint8_t *to, const char *name, const char *value)
{
    size_t name_len = strlen(name), len = strlen(value);
    assert(1 + name_len + 4 + len <= METADATA_MOST);
    to[0] = (uint8_t)name_len;
    memcpy(to + 1, name, name_len);
    memset(to + 1 + name_len, 0, 3);
    to[4 + name_len] = (uint8_t)len;
    memcpy(to + 5 + name_len, value, len);
    return 5 + name_len + len;
}

static void
send_part(struct gate *gate, struct slice part, bool more)
{
    (void)zmq_send(gate->socket, part.data, part.len,
                   ZMQ_DONTWAIT | (more ? ZMQ_SNDMORE : 0));
}

static void
answer(struct gate *gate, const struct asker *asker)
{
    uint8_t metadata[METADATA_MOST];
    char id[GATE_ID + 1];
    size_t len = 0;
    if (asker->admitted && asker->key[0]) {
        id_make(gate, id);
        len = put_property(metadata, "Identity", id);
    }
    const struct slice parts[] = {
        slice_of(asker->name, asker->name_len),
        slice_str(""),
        slice_str(version),
        slice_of(asker->number, asker->number_len),
        slice_str(asker->admitted ? "200" : "400"),
        slice_str(asker->admitted ? "OK" : "not admitted"),
        slice_str(asker->admitted ? asker->key : ""),
        slice_of(metadata, len),
    };
    enum { PARTS = sizeof parts / sizeof *parts };
    for (int i = 0; i < PARTS; i++) {
        send_part(gate, parts[i], i + 1 < PARTS);
    }
}

static void
answer_due(struct gate *gate, uint64_t now)
{
    while (gate->count > 0 && gate->queue[gate->first].due <= now) {
        answer(gate, &gate->queue[gate->first]);
        gate->first = (gate->first + 1) & (gate->size - 1);
        gate->count--;
    }
}

uint64_t
gate_due(const struct gate *gate)
{
    return gate->count > 0 ? gate->queue[gate->first].due : UINT64_MAX;
}

/* --- taking --- */

static void
queue_grow(struct gate *gate)
{
    size_t size = gate->size ? 2 * gate->size : QUEUE_LEAST;
    struct asker *queue = xcalloc(size, sizeof *queue);
    for (size_t i = 0; i < gate->count; i++) {
        queue[i] = gate->queue[(gate->first + i) & (gate->size - 1)];
    }
    free(gate->queue);
    gate->queue = queue;
    gate->size = size;
    gate->first = 0;
}

static void
enqueue(struct gate *gate, const struct incoming *in,
        const struct gate_question *question, struct asker asker)
{
    if (gate->count == gate->size) {
        queue_grow(gate);
    }
    memcpy(asker.name, in->name, in->name_len);
    asker.name_len = (uint8_t)in->name_len;
    if (question->number.len > 0) {
        memcpy(asker.number, question->number.data, question->number.len);
    }
    asker.number_len = (uint8_t)question->number.len;
    memcpy(asker.key, question->key, sizeof asker.key);
    gate->queue[(gate->first + gate->count++) & (gate->size - 1)] = asker;
}

/* Takes all parts of one message. False: the socket is empty. */
static bool
receive(struct gate *gate, struct incoming *in)
{
    zmq_msg_t spare;
    bool more = true;
    int len = zmq_recv(gate->socket, in->name, sizeof in->name, ZMQ_DONTWAIT);
    in->count = 0;
    if (len < 0) {
        return false;
    }
    in->name_len = (size_t)len;
    zmq_msg_init(&spare);
    while (more) {
        zmq_msg_t *part = in->count <= GATE_FRAMES ? &in->parts[in->count]
                                                   : &spare;
        if (zmq_msg_recv(part, gate->socket, ZMQ_DONTWAIT) < 0) {
            break;
        }
        more = zmq_msg_more(part);
        in->count++;
    }
    zmq_msg_close(&spare);
    return true;
}

static void
take(struct gate *gate, struct incoming *in, unsigned most, uint64_t now)
{
    struct slice frames[GATE_FRAMES];
    struct gate_question question;
    if (in->name_len > sizeof in->name || in->count < 2 ||
        in->count > GATE_FRAMES + 1 || gate->count >= most) {
        return;
    }
    for (unsigned i = 1; i < in->count; i++) {
        frames[i - 1] =
            slice_of(zmq_msg_data(&in->parts[i]), zmq_msg_size(&in->parts[i]));
    }
    bool ours = gate_read(frames, in->count - 1, &question) &&
                zmq_msg_size(&in->parts[0]) == 0;
    if (ours || question.number.len > 0) {
        bool admitted = ours && gate->judge(gate->self, &question);
        enqueue(gate, in, &question,
                (struct asker){.due = now + GATE_HOLD, .admitted = admitted});
    }
}

bool
gate_run(struct gate *gate, unsigned most, uint64_t now)
{
    struct incoming in;
    int taken = 0;
    answer_due(gate, now);
    for (int i = 0; i <= GATE_FRAMES; i++) {
        zmq_msg_init(&in.parts[i]);
    }
    while (taken < GATE_TURN && receive(gate, &in)) {
        take(gate, &in, most, now);
        taken++;
    }
    for (int i = 0; i <= GATE_FRAMES; i++) {
        zmq_msg_close(&in.parts[i]);
    }
    return taken < GATE_TURN;
}
