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

#include "peer.h"

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

/* --- the crowd --- */

static void
crowd_subscribe(struct crowd *crowd, const char *endpoint)
{
    crowd->ctx = zmq_ctx_new();
    zmq_ctx_set(crowd->ctx, ZMQ_MAX_SOCKETS, 1000);
    for (unsigned i = 0; i < MEMBERS; i++) {
        crowd->subs[i] = peer_open(crowd->ctx, ZMQ_SUB, endpoint);
        zmq_setsockopt(crowd->subs[i], ZMQ_SUBSCRIBE, "lobby ", 6);
    }
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

static void *
join(struct crowd *crowd, const char *bind, unsigned number)
{
    char id[32];
    snprintf(id, sizeof id, "%s%u", number < MEMBERS ? "m" : "s", number);
    void *s = peer_open(crowd->ctx, ZMQ_DEALER, bind);
    peer_hello(s, id, number < MEMBERS);
    if (number < MEMBERS) {
        struct message m = {.op = OP_JOIN, .room = slice_str("lobby")};
        m.has = MESSAGE_BIT(FIELD_ROOM);
        peer_send(s, &m, 1);
        peer_await(s, OP_JOINED);
    }
    return s;
}

/* --- counting --- */

static uint64_t
frame_messages(const uint8_t *bytes, size_t len)
{
    struct slice room, frame;
    struct reader r;
    if (!frame_split(slice_of(bytes, len), &room, &frame))
        fail("a broken frame on the topic");
    return peer_read(frame, &r);
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
            acks += peer_read(slice_of(bytes, (size_t)len), &r);
        }
        if (acks)
            peer_send(s, &say[i], acks);
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
    struct broker broker;
    broker_start(&broker, confabd, "memory:");
    crowd_subscribe(crowd, broker.pub);
    char text[TEXT];
    memset(text, 'x', sizeof text);
    struct message say[SENDERS];
    for (unsigned i = 0; i < MEMBERS + SENDERS; i++)
        crowd->deals[crowd->dealers++] = join(crowd, broker.bind, i);
    for (unsigned i = 0; i < SENDERS; i++) {
        say[i] = (struct message){.op = OP_SAY, .room = slice_str("lobby")};
        say[i].text = slice_of(text, sizeof text);
        say[i].n = 1;
        say[i].has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TEXT) |
                     MESSAGE_BIT(FIELD_N);
        peer_send(crowd->deals[MEMBERS + i], &say[i], WINDOW);
    }
    double figure = measure(crowd, &broker.program, say);
    crowd_close(crowd);
    program_stop(&broker.program);
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
