/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Sockets and frames of the load; see peer.h.
 */
#include "peer.h"

#include <stdio.h>
#include <zmq.h>

static void
broker_run(struct broker *broker, const char *const argv[])
{
    char line[1024];
    broker->program = program_start(argv);
    program_line(&broker->program, line, sizeof line);
    broker->key[0] = 0;
    if (sscanf(line, "ready bind=%199s pub=%199s key=%40s", broker->bind,
               broker->pub, broker->key) < 2)
        fail("not ready: %s", line);
}

void
broker_start(struct broker *broker, const char *confabd, const char *log)
{
    const char *argv[] = {confabd,  "-q",
                          "--log",  log,
                          "--bind", "tcp://127.0.0.1:*",
                          "--pub",  "tcp://127.0.0.1:*",
                          NULL};
    broker_run(broker, argv);
}

void
broker_start_with(struct broker *broker, const char *confabd, const char *file)
{
    const char *argv[] = {confabd, "-q", "-c", file, NULL};
    broker_run(broker, argv);
}

void *
peer_open(void *ctx, int type, const char *endpoint)
{
    return peer_open_to(ctx, type, endpoint, "");
}

void *
peer_open_to(void *ctx, int type, const char *endpoint, const char *key)
{
    void *s = zmq_socket(ctx, type);
    char public_key[41], secret_key[41];
    if (*key && (zmq_curve_keypair(public_key, secret_key) ||
                 zmq_setsockopt(s, ZMQ_CURVE_PUBLICKEY, public_key, 41) ||
                 zmq_setsockopt(s, ZMQ_CURVE_SECRETKEY, secret_key, 41) ||
                 zmq_setsockopt(s, ZMQ_CURVE_SERVERKEY, key, 41)))
        fail("no keys");
    int linger = 0;
    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    if (type == ZMQ_SUB) {
        int hwm = 100000;
        zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof hwm);
    }
    if (zmq_connect(s, endpoint))
        fail("cannot connect to %s", endpoint);
    return s;
}

unsigned
peer_read(struct slice frame, struct reader *r)
{
    struct fault fault;
    uint32_t count = 0;
    if (frame_open(frame, r, &count, &fault))
        fail("a broken frame: %s", fault.text);
    return count;
}

void
peer_await(void *s, enum op op)
{
    uint8_t bytes[LIMIT_FRAME];
    for (;;) {
        int len = zmq_recv(s, bytes, sizeof bytes, 0);
        struct reader r;
        struct fault fault;
        if (len < 0)
            fail("no answer");
        unsigned count = peer_read(slice_of(bytes, (size_t)len), &r);
        for (struct message m; count > 0; count--)
            if (!message_read(&r, SIDE_BROKER, &m, &fault) && m.op == op)
                return;
    }
}

void
outgoing_begin(struct outgoing *o)
{
    o->count = 0;
    o->out = (struct buffer){.data = o->bytes, .cap = sizeof o->bytes};
    o->out.len = FRAME_HEADER;
}

void
outgoing_add(struct outgoing *o, const struct message *m)
{
    if (!message_write(&o->out, SIDE_CLIENT, m))
        fail("a frame too large");
    o->count++;
}

void
outgoing_send(struct outgoing *o, void *s)
{
    if (!o->count)
        return;
    frame_close(o->bytes, o->count);
    zmq_send(s, o->bytes, o->out.len, 0);
}

void
peer_send(void *s, struct message *m, unsigned count)
{
    static struct outgoing o;
    outgoing_begin(&o);
    for (unsigned i = 0; i < count; i++) {
        outgoing_add(&o, m);
        m->n++;
    }
    outgoing_send(&o, s);
}

void
peer_hello(void *s, const char *id, bool inbox)
{
    struct message m = {.op = OP_HELLO, .v = 1, .id = slice_str(id)};
    m.beat = 60000;
    m.lane = slice_str("bench");
    m.inbox = inbox;
    m.has = MESSAGE_BIT(FIELD_V) | MESSAGE_BIT(FIELD_ID) |
            MESSAGE_BIT(FIELD_BEAT) | MESSAGE_BIT(FIELD_LANE) |
            MESSAGE_BIT(FIELD_INBOX);
    peer_send(s, &m, 1);
    peer_await(s, OP_WELCOME);
}
