/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bench_curve: what encryption costs the broker.
 *
 * The same load against one broker that encrypts and one that does not, taking
 * turns: a room in which ten senders keep a hundred messages each in flight,
 * with 10 and with 100 subscribers; and ten pairs that tell each other, a
 * hundred in flight. Counted is the broker's CPU alone, per million deliveries.
 *
 * libzmq seals every frame for every subscriber anew, so there is a floor that
 * no batching lowers: what libsodium takes for so many bytes. It is measured
 * and printed beside. Ends with 1 when the load with a mark costs more than
 * MARK times what it costs plain. (With 100 subscribers a delivery that is not
 * encrypted costs less than sealing it, so there the floor alone is above 2.)
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <sodium.h>
#include <zmq.h>

#include "peer.h"

enum {
    MEMBERS_MOST = 100,
    SENDERS = 10,
    WINDOW = 100,
    TEXT = 128,
    ROUNDS = 5,
    SEALED = 2000,
};
#define MARK 2.0
#define WARM 1.0    /* seconds before counting */
#define MEASURE 2.0 /* seconds counted */

struct load {
    const char *name;
    unsigned members; /* of the room; 0: pairs */
    bool marked;
};

static const struct load loads[] = {{"10 subscribers", 10, true},
                                    {"100 subscribers", 100, false},
                                    {"10 pairs", 0, false}};

enum { LOADS = sizeof loads / sizeof *loads };

struct crowd {
    void *ctx;
    const struct broker *broker;
    void *subs[MEMBERS_MOST];
    unsigned members;
    void *senders[SENDERS], *receivers[SENDERS];
    struct message say[SENDERS];
    char names[SENDERS][16];
    uint64_t delivered, frames, bytes;
};

static char text[TEXT];

static void *
open_dealer(struct crowd *crowd, const char *id, bool inbox)
{
    const struct broker *b = crowd->broker;
    void *s = peer_open_to(crowd->ctx, ZMQ_DEALER, b->bind, b->key);
    peer_hello(s, id, inbox);
    return s;
}

static void
crowd_open(struct crowd *crowd, const struct load *load)
{
    const struct broker *b = crowd->broker;
    crowd->ctx = zmq_ctx_new();
    crowd->members = load->members;
    for (unsigned i = 0; i < load->members; i++) {
        crowd->subs[i] = peer_open_to(crowd->ctx, ZMQ_SUB, b->pub, b->key);
        zmq_setsockopt(crowd->subs[i], ZMQ_SUBSCRIBE, "lobby ", 6);
    }
    for (unsigned i = 0; i < SENDERS; i++) {
        char id[16];
        snprintf(id, sizeof id, "sender%u", i);
        snprintf(crowd->names[i], sizeof crowd->names[i], "receiver%u", i);
        crowd->senders[i] = open_dealer(crowd, id, false);
        if (!load->members)
            crowd->receivers[i] = open_dealer(crowd, crowd->names[i], true);
    }
}

static void
crowd_close(struct crowd *crowd)
{
    for (unsigned i = 0; i < crowd->members; i++)
        zmq_close(crowd->subs[i]);
    for (unsigned i = 0; i < SENDERS; i++) {
        zmq_close(crowd->senders[i]);
        if (crowd->receivers[i])
            zmq_close(crowd->receivers[i]);
    }
    zmq_ctx_term(crowd->ctx);
}

/* The first WINDOW messages of each. Those of pairs are not kept: a mailbox
 * would fill. */
static void
crowd_begin(struct crowd *crowd)
{
    for (unsigned i = 0; i < SENDERS; i++) {
        struct message *say = &crowd->say[i];
        *say =
            (struct message){.op = OP_TELL, .to = slice_str(crowd->names[i])};
        say->has = MESSAGE_BIT(FIELD_TO) | MESSAGE_BIT(FIELD_KEEP) |
                   MESSAGE_BIT(FIELD_REF) | MESSAGE_BIT(FIELD_TEXT);
        if (crowd->members) {
            *say = (struct message){.op = OP_SAY, .room = slice_str("lobby")};
            say->has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TEXT) |
                       MESSAGE_BIT(FIELD_N);
        }
        say->text = slice_of(text, sizeof text);
        say->n = 1;
        peer_send(crowd->senders[i], say, WINDOW);
    }
}

static void
drain_subs(struct crowd *crowd)
{
    static uint8_t bytes[LIMIT_FRAME];
    for (unsigned i = 0; i < crowd->members; i++) {
        int len;
        for (unsigned most = 64;
             most > 0 && (len = zmq_recv(crowd->subs[i], bytes, sizeof bytes,
                                         ZMQ_DONTWAIT)) >= 0;
             most--) {
            struct slice room, frame;
            struct reader r;
            if (!frame_split(slice_of(bytes, (size_t)len), &room, &frame))
                fail("a broken frame on the topic");
            crowd->delivered += peer_read(frame, &r);
            crowd->frames++;
            crowd->bytes += (uint64_t)len;
        }
    }
}

static unsigned
drain(void *s)
{
    static uint8_t bytes[LIMIT_FRAME];
    unsigned count = 0;
    int len;
    while ((len = zmq_recv(s, bytes, sizeof bytes, ZMQ_DONTWAIT)) >= 0) {
        struct reader r;
        count += peer_read(slice_of(bytes, (size_t)len), &r);
    }
    return count;
}

/* Every ok makes room for another message of its sender. */
static void
drain_dealers(struct crowd *crowd)
{
    for (unsigned i = 0; i < SENDERS; i++) {
        unsigned acks = drain(crowd->senders[i]);
        if (acks)
            peer_send(crowd->senders[i], &crowd->say[i], acks);
        if (crowd->receivers[i])
            crowd->delivered += drain(crowd->receivers[i]);
    }
}

/* CPU seconds that sealing them takes, per million deliveries. */
static double
floor_of(const struct crowd *crowd)
{
    static uint8_t in[LIMIT_FRAME], out[LIMIT_FRAME + crypto_box_MACBYTES];
    const uint8_t nonce[crypto_box_NONCEBYTES] = {0};
    const uint8_t key[crypto_box_BEFORENMBYTES] = {1};
    if (!crowd->frames)
        return 0;
    size_t size = (size_t)(crowd->bytes / crowd->frames);
    clock_t before = clock();
    for (unsigned i = 0; i < SEALED; i++)
        crypto_box_easy_afternm(out, in, size, nonce, key);
    double each = (double)(clock() - before) / CLOCKS_PER_SEC / SEALED;
    return each * (double)crowd->frames / (double)crowd->delivered * 1e6;
}

/* CPU seconds per million deliveries. */
static double
measure(struct crowd *crowd, const struct load *load)
{
    const struct program *p = &crowd->broker->program;
    double start = seconds(), cpu = 0;
    uint64_t before = 0, frames = 0;
    bool counting = false;
    while (seconds() < start + WARM + MEASURE) {
        drain_subs(crowd);
        drain_dealers(crowd);
        if (!counting && seconds() >= start + WARM) {
            counting = true;
            before = crowd->delivered;
            frames = crowd->frames;
            cpu = program_cpu(p);
        }
    }
    double used = program_cpu(p) - cpu;
    double done = (double)(crowd->delivered - before);
    double batch = done / (double)(crowd->frames - frames + 1);
    printf("  %-16s %-6s %6.2f M deliveries/s  %6.3f CPU s/M  %4.0f a frame",
           load->name, *crowd->broker->key ? "CURVE" : "plain",
           done / MEASURE / 1e6, used / (done / 1e6),
           load->members ? batch : 0);
    if (*crowd->broker->key && load->members)
        printf("  floor %.3f", floor_of(crowd));
    putchar('\n');
    return used / (done / 1e6);
}

static double
round_of(const char *confabd, const struct load *load, const char *file)
{
    struct crowd *crowd = calloc(1, sizeof *crowd);
    struct broker broker;
    broker_start_with(&broker, confabd, file);
    crowd->broker = &broker;
    crowd_open(crowd, load);
    crowd_begin(crowd);
    double figure = measure(crowd, load);
    crowd_close(crowd);
    program_stop(&broker.program);
    free(crowd);
    return figure;
}

static void
write_config(const char *path, const char *folder, const char *access)
{
    FILE *file = fopen(path, "w");
    if (!file)
        fail("cannot write %s", path);
    fprintf(file,
            "access = %s\n"
            "bind = \"tcp://127.0.0.1:*\"\n"
            "pub = \"tcp://127.0.0.1:*\"\n"
            "log = \"memory:\"\n"
            "key = \"%s/server.key\"\n"
            "users = \"%s/users\"\n"
            "rates\n    say = 0\n    ask = 0\n    change = 0\n",
            access, folder, folder);
    fclose(file);
}

static double
compare(const char *confabd, const struct load *load, const char *folder)
{
    char plain[64], curve[64];
    double figures[2][ROUNDS];
    snprintf(plain, sizeof plain, "%s/plain", folder);
    snprintf(curve, sizeof curve, "%s/curve", folder);
    write_config(plain, folder, "open");
    write_config(curve, folder, "claim");
    for (unsigned i = 0; i < ROUNDS; i++) {
        figures[0][i] = round_of(confabd, load, plain);
        figures[1][i] = round_of(confabd, load, curve);
    }
    unlink(plain);
    unlink(curve);
    return median(figures[1], ROUNDS) / median(figures[0], ROUNDS);
}

int
main(int argc, char **argv)
{
    char folder[] = "/tmp/confab-bench-XXXXXX", key[64];
    double ratios[LOADS];
    bool good = true;
    (void)argc;
    signal(SIGPIPE, SIG_IGN);
    setvbuf(stdout, NULL, _IOLBF, 0);
    memset(text, 'x', sizeof text);
    if (sodium_init() < 0 || !mkdtemp(folder))
        fail("no folder");
    setenv("XDG_RUNTIME_DIR", folder, 1);
    printf("curve: %d senders, %d in flight, %d bytes\n", SENDERS, WINDOW,
           TEXT);
    for (unsigned i = 0; i < LOADS; i++) {
        ratios[i] = compare(confabd_path(argv[0]), &loads[i], folder);
        good = good && (!loads[i].marked || ratios[i] <= MARK);
    }
    snprintf(key, sizeof key, "%s/server.key", folder);
    unlink(key);
    snprintf(key, sizeof key, "%s/confab", folder);
    rmdir(key);
    rmdir(folder);
    for (unsigned i = 0; i < LOADS; i++)
        printf("broker's CPU per delivery, CURVE / plain, %s: %.2f\n",
               loads[i].name, ratios[i]);
    return !good;
}
