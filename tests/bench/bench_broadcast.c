/* SPDX-License-Identifier: MPL-2.0 */
/*
 * Broadcast: one room, 100 members, 10 senders with 100 in flight, 128-byte
 * texts, memory log; against a bare libzmq PUB that sends 128-byte events one
 * by one to as many subscribers. Figure: deliveries per second of CPU of the
 * sending process. Both take turns in one run, so that a noisy machine disturbs
 * both; the medians are compared.
 *
 * The bare PUB waits for its subscribers (ZMQ_XPUB_NODROP): it spends nothing
 * on messages that nobody gets. confabd gets no such help: only what the
 * subscribers received counts. Exit status 1 when confabd delivers less than
 * MARK times what the bare PUB does.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "load.h"
#include "proto/message.h"

enum {
    MEMBERS = 100,
    SENDERS = 10,
    WINDOW = 100,
    TEXT = 128,
    ROUNDS = 5,
};
#define MARK 1.5
#define WARM 0.5    /* seconds before counting */
#define MEASURE 2.0 /* seconds counted */

struct crowd {
    void *ctx;
    void *subs[MEMBERS];
    void *deals[MEMBERS + SENDERS]; /* the members', then the senders' */
    unsigned dealers;
    uint64_t delivered;
    uint64_t acked;
};

/* --- sockets --- */

static void *
open_socket(void *ctx, int type, const char *endpoint)
{
    void *s = zmq_socket(ctx, type);
    int hwm = 100000;
    int linger = 0;
    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    if (type == ZMQ_SUB) {
        zmq_setsockopt(s, ZMQ_RCVHWM, &hwm, sizeof hwm);
        zmq_setsockopt(s, ZMQ_SUBSCRIBE, "lobby ", 6);
    }
    if (zmq_connect(s, endpoint))
        fail("cannot connect to %s", endpoint);
    return s;
}

static void
crowd_subscribe(struct crowd *crowd, const char *endpoint)
{
    crowd->ctx = zmq_ctx_new();
    zmq_ctx_set(crowd->ctx, ZMQ_MAX_SOCKETS, 1000);
    for (unsigned i = 0; i < MEMBERS; i++)
        crowd->subs[i] = open_socket(crowd->ctx, ZMQ_SUB, endpoint);
}

static void
crowd_close(struct crowd *crowd)
{
    for (unsigned i = 0; i < MEMBERS; i++)
        zmq_close(crowd->subs[i]);
    for (unsigned i = 0; i < crowd->dealers; i++)
        zmq_close(crowd->deals[i]);
    zmq_ctx_term(crowd->ctx);
}

/* --- the wire --- */

static void
send_messages(void *s, struct message *m, unsigned count)
{
    static uint8_t bytes[LIMIT_FRAME];
    struct buffer out = {.data = bytes, .cap = sizeof bytes};
    out.len = FRAME_HEADER;
    for (unsigned i = 0; i < count; i++) {
        if (!message_write(&out, SIDE_CLIENT, m))
            fail("a frame too large");
        m->n++;
    }
    frame_close(bytes, count);
    zmq_send(s, bytes, out.len, 0);
}

/* Waits for an answer `op`; others on the way are skipped. */
static void
await(void *s, enum op op)
{
    uint8_t bytes[LIMIT_FRAME];
    for (;;) {
        int len = zmq_recv(s, bytes, sizeof bytes, 0);
        struct reader r;
        struct fault fault;
        uint32_t count = 0;
        if (len < 0 ||
            frame_open(slice_of(bytes, (size_t)len), &r, &count, &fault))
            fail("no answer");
        for (struct message m; count > 0; count--)
            if (!message_read(&r, SIDE_BROKER, &m, &fault) && m.op == op)
                return;
    }
}

static void *
join(struct crowd *crowd, const char *bind, unsigned number)
{
    char id[32];
    snprintf(id, sizeof id, "%s%u", number < MEMBERS ? "m" : "s", number);
    void *s = open_socket(crowd->ctx, ZMQ_DEALER, bind);
    struct message m = {.op = OP_HELLO, .v = 1, .id = slice_str(id)};
    m.beat = 60000;
    m.lane = slice_str("bench");
    m.inbox = number < MEMBERS;
    m.has = MESSAGE_BIT(FIELD_V) | MESSAGE_BIT(FIELD_ID) |
            MESSAGE_BIT(FIELD_BEAT) | MESSAGE_BIT(FIELD_LANE) |
            MESSAGE_BIT(FIELD_INBOX);
    send_messages(s, &m, 1);
    await(s, OP_WELCOME);
    if (number < MEMBERS) {
        m = (struct message){.op = OP_JOIN, .room = slice_str("lobby")};
        m.has = MESSAGE_BIT(FIELD_ROOM);
        send_messages(s, &m, 1);
        await(s, OP_JOINED);
    }
    return s;
}

/* --- counting --- */

static uint64_t
frame_messages(const uint8_t *bytes, size_t len)
{
    struct slice room, frame;
    struct reader r;
    struct fault fault;
    uint32_t count = 0;
    if (!frame_split(slice_of(bytes, len), &room, &frame) ||
        frame_open(frame, &r, &count, &fault))
        fail("a broken frame on the topic");
    return count;
}

static void
drain_subs(struct crowd *crowd, bool plain)
{
    static uint8_t bytes[LIMIT_FRAME];
    for (unsigned i = 0; i < MEMBERS; i++) {
        int len;
        for (unsigned most = 64;
             most > 0 && (len = zmq_recv(crowd->subs[i], bytes, sizeof bytes,
                                         ZMQ_DONTWAIT)) >= 0;
             most--)
            crowd->delivered += plain ? 1 : frame_messages(bytes, (size_t)len);
    }
}

/* Every ok makes room for another message of its sender. */
static void
drain_acks(struct crowd *crowd, struct message say[SENDERS])
{
    uint8_t bytes[LIMIT_FRAME];
    for (unsigned i = 0; i < SENDERS; i++) {
        unsigned acks = 0;
        int len;
        void *s = crowd->deals[MEMBERS + i];
        while ((len = zmq_recv(s, bytes, sizeof bytes, ZMQ_DONTWAIT)) >= 0) {
            struct reader r;
            struct fault fault;
            uint32_t count = 0;
            if (frame_open(slice_of(bytes, (size_t)len), &r, &count, &fault))
                fail("a broken answer");
            acks += count;
        }
        if (acks)
            send_messages(s, &say[i], acks);
        crowd->acked += acks;
    }
}

static double
measure(struct crowd *crowd, const struct program *p, struct message *say)
{
    double start = seconds();
    double cpu = 0;
    uint64_t before = 0;
    bool counting = false;
    while (seconds() < start + WARM + MEASURE) {
        drain_subs(crowd, !say);
        if (say)
            drain_acks(crowd, say);
        if (!counting && seconds() >= start + WARM) {
            counting = true;
            before = crowd->delivered;
            cpu = program_cpu(p);
        }
    }
    double used = program_cpu(p) - cpu;
    double done = (double)(crowd->delivered - before);
    printf("  %-8s %6.2f M deliveries/s  %6.3f CPU s/M  %7.2f M per CPU s\n",
           say ? "confabd" : "bare PUB", done / MEASURE / 1e6,
           used / (done / 1e6), done / 1e6 / used);
    return done / used;
}

/* --- the two rounds --- */

static void
bare_main(int fd)
{
    void *ctx = zmq_ctx_new();
    void *pub = zmq_socket(ctx, ZMQ_PUB);
    int one = 1;
    zmq_setsockopt(pub, ZMQ_XPUB_NODROP, &one, sizeof one);
    if (zmq_bind(pub, "tcp://127.0.0.1:*"))
        fail("cannot bind");
    char line[256];
    size_t size = sizeof line - 1;
    zmq_getsockopt(pub, ZMQ_LAST_ENDPOINT, line, &size);
    dprintf(fd, "%s\n", line);
    char event[TEXT] = "lobby ";
    memset(event + 6, 'x', sizeof event - 6);
    for (;;)
        zmq_send(pub, event, sizeof event, 0);
}

static double
round_bare(void)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);
    struct program p = program_fork(bare_main);
    char endpoint[256];
    program_line(&p, endpoint, sizeof endpoint);
    crowd_subscribe(crowd, endpoint);
    double figure = measure(crowd, &p, NULL);
    crowd_close(crowd);
    program_stop(&p);
    free(crowd);
    return figure;
}

static double
round_confab(const char *confabd)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);
    const char *argv[] = {confabd,  "-q",
                          "--log",  "memory:",
                          "--bind", "tcp://127.0.0.1:*",
                          "--pub",  "tcp://127.0.0.1:*",
                          NULL};
    struct program p = program_start(argv);
    char line[512], bind[200], pub[200];
    program_line(&p, line, sizeof line);
    if (sscanf(line, "ready bind=%199s pub=%199s", bind, pub) != 2)
        fail("not ready: %s", line);
    crowd_subscribe(crowd, pub);
    char text[TEXT];
    memset(text, 'x', sizeof text);
    struct message say[SENDERS];
    for (unsigned i = 0; i < MEMBERS + SENDERS; i++)
        crowd->deals[crowd->dealers++] = join(crowd, bind, i);
    for (unsigned i = 0; i < SENDERS; i++) {
        say[i] = (struct message){.op = OP_SAY, .room = slice_str("lobby")};
        say[i].text = slice_of(text, sizeof text);
        say[i].n = 1;
        say[i].has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TEXT) |
                     MESSAGE_BIT(FIELD_N);
        send_messages(crowd->deals[MEMBERS + i], &say[i], WINDOW);
    }
    double figure = measure(crowd, &p, say);
    crowd_close(crowd);
    program_stop(&p);
    free(crowd);
    return figure;
}

int
main(int argc, char **argv)
{
    (void)argc;
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    printf("broadcast: %d members, %d senders, %d in flight, %d bytes\n",
           MEMBERS, SENDERS, WINDOW, TEXT);
    double bare[ROUNDS], confab[ROUNDS];
    for (unsigned i = 0; i < ROUNDS; i++) {
        bare[i] = round_bare();
        confab[i] = round_confab(confabd_path(argv[0]));
    }
    double ratio = median(confab, ROUNDS) / median(bare, ROUNDS);
    printf("deliveries per CPU second, confabd / bare PUB: %.2f (mark: %.1f)\n",
           ratio, MARK);
    return ratio < MARK;
}
