/* SPDX-License-Identifier: MPL-2.0 */
/*
 * bench_durable: acknowledged messages through a running confabd.
 *
 *     bench_durable load ROOMS LOG   10 senders with 100 in flight, 128 bytes
 *     bench_durable single LOG       one say and its ok at a time, 1,000/s
 *     bench_durable disk DIR         an append of 4 KiB and fdatasync
 *
 * One line each: messages per second, the broker's CPU seconds per million of
 * them, and how long a message waited for its ok, in microseconds. LOG is what
 * `confabd --log` takes. tests/bench/durable.py runs these and compares.
 *
 * A sender answers every ok with a message, in one frame for all the oks of
 * one: that is what a client library would send. Nobody listens to the rooms.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "peer.h"

enum {
    SENDERS = 10,
    WINDOW = 100,
    TEXT = 128,
    ROOMS_MOST = 1000,
    RATE = 1000,
    APPENDS = 500,
    BLOCK = 4096,
};
#define WARM 1.0    /* seconds before counting */
#define MEASURE 3.0 /* seconds counted */

struct sender {
    void *socket;
    struct message say;
    uint64_t answered;   /* the highest n */
    double sent[WINDOW]; /* by n */
};

struct load {
    struct broker broker;
    void *ctx;
    struct sender senders[SENDERS];
    unsigned rooms, next;
    bool counting;
    struct times times;
};

static struct slice
room_name(struct load *load)
{
    static char names[ROOMS_MOST][16];
    unsigned room = load->next++ * 7919 % load->rooms;
    if (!names[room][0])
        snprintf(names[room], sizeof names[room], "room%u", room);
    return slice_str(names[room]);
}

static void
sender_open(struct load *load, unsigned number)
{
    static char text[TEXT];
    char id[16];
    struct sender *s = &load->senders[number];
    snprintf(id, sizeof id, "s%u", number);
    s->socket = peer_open(load->ctx, ZMQ_DEALER, load->broker.bind);
    peer_hello(s->socket, id, false);
    memset(text, 'x', sizeof text);
    s->say = (struct message){.op = OP_SAY, .n = 1};
    s->say.text = slice_of(text, sizeof text);
    s->say.has = MESSAGE_BIT(FIELD_ROOM) | MESSAGE_BIT(FIELD_TEXT) |
                 MESSAGE_BIT(FIELD_N);
}

static void
sender_say(struct load *load, struct sender *s, unsigned count)
{
    static struct outgoing o;
    double now = seconds();
    outgoing_begin(&o);
    for (unsigned i = 0; i < count; i++) {
        s->say.room = room_name(load);
        outgoing_add(&o, &s->say);
        s->sent[s->say.n++ % WINDOW] = now;
    }
    outgoing_send(&o, s->socket);
}

/* Takes the oks of one frame: how many. */
static unsigned
sender_answers(struct load *load, struct sender *s, struct slice frame)
{
    struct reader r;
    struct fault fault;
    double now = seconds();
    unsigned count = peer_read(frame, &r);
    for (unsigned i = 0; i < count; i++) {
        struct message m;
        if (message_read(&r, SIDE_BROKER, &m, &fault))
            fail("a broken answer: %s", fault.text);
        if (m.op != OP_OK || m.n != s->answered + 1)
            fail("no ok for message %llu", (unsigned long long)s->answered + 1);
        s->answered = m.n;
        if (load->counting)
            times_add(&load->times, now - s->sent[m.n % WINDOW]);
    }
    return count;
}

static void
load_turn(struct load *load)
{
    static uint8_t bytes[LIMIT_FRAME];
    zmq_pollitem_t items[SENDERS];
    for (unsigned i = 0; i < SENDERS; i++)
        items[i] = (zmq_pollitem_t){.socket = load->senders[i].socket,
                                    .events = ZMQ_POLLIN};
    if (zmq_poll(items, SENDERS, 5000) <= 0)
        fail("no answers for 5 s");
    for (unsigned i = 0; i < SENDERS; i++) {
        struct sender *s = &load->senders[i];
        unsigned count = 0;
        int len;
        while ((len = zmq_recv(s->socket, bytes, sizeof bytes, ZMQ_DONTWAIT)) >=
               0)
            count += sender_answers(load, s, slice_of(bytes, (size_t)len));
        sender_say(load, s, count);
    }
}

static void
load_open(struct load *load, unsigned senders, const char *self,
          const char *log)
{
    broker_start(&load->broker, confabd_path(self), log);
    load->ctx = zmq_ctx_new();
    for (unsigned i = 0; i < senders; i++)
        sender_open(load, i);
}

static void
load_close(struct load *load)
{
    for (unsigned i = 0; i < SENDERS && load->senders[i].socket; i++)
        zmq_close(load->senders[i].socket);
    zmq_ctx_term(load->ctx);
    program_stop(&load->broker.program);
}

static void
run_load(struct load *load)
{
    for (unsigned i = 0; i < SENDERS; i++)
        sender_say(load, &load->senders[i], WINDOW);
    for (double end = seconds() + WARM; seconds() < end;)
        load_turn(load);
    double cpu = program_cpu(&load->broker.program);
    double start = seconds();
    load->counting = true;
    while (seconds() < start + MEASURE)
        load_turn(load);
    times_print(&load->times, seconds() - start,
                program_cpu(&load->broker.program) - cpu);
}

/* --- one at a time --- */

static void
sleep_until(double at)
{
    struct timespec t = {.tv_sec = (time_t)at};
    t.tv_nsec = (long)((at - (double)t.tv_sec) * 1e9);
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

/* A message that is late because the one before it was, has waited since it
 * was due. */
static void
run_single(struct load *load)
{
    static uint8_t bytes[LIMIT_FRAME];
    struct sender *s = &load->senders[0];
    double start = seconds();
    double cpu = program_cpu(&load->broker.program);
    for (unsigned i = 0; i < (unsigned)((WARM + MEASURE) * RATE); i++) {
        double due = start + i * (1.0 / RATE);
        bool late = seconds() > due;
        sleep_until(due);
        load->counting = i >= (unsigned)(WARM * RATE);
        sender_say(load, s, 1);
        if (late)
            s->sent[(s->say.n - 1) % WINDOW] = due;
        int len = zmq_recv(s->socket, bytes, sizeof bytes, 0);
        if (len < 0 ||
            sender_answers(load, s, slice_of(bytes, (size_t)len)) != 1)
            fail("no ok");
    }
    times_print(&load->times, MEASURE,
                (program_cpu(&load->broker.program) - cpu) * MEASURE /
                    (WARM + MEASURE));
}

/* --- the disk --- */

static void
run_disk(const char *dir)
{
    static char block[BLOCK];
    static struct times times;
    char path[4096];
    snprintf(path, sizeof path, "%s/append", dir);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (fd < 0)
        fail("cannot make %s", path);
    memset(block, 'x', sizeof block);
    double begin = seconds();
    for (unsigned i = 0; i < APPENDS; i++) {
        double start = seconds();
        if (write(fd, block, sizeof block) != BLOCK || fdatasync(fd))
            fail("cannot write %s", path);
        times_add(&times, seconds() - start);
    }
    times_print(&times, seconds() - begin, 0);
    close(fd);
    unlink(path);
}

int
main(int argc, char **argv)
{
    static struct load load;
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_TIMERSLACK, 1);
    if (argc == 3 && !strcmp(argv[1], "disk")) {
        run_disk(argv[2]);
        return 0;
    }
    bool single = argc == 3 && !strcmp(argv[1], "single");
    if (!single && (argc != 4 || strcmp(argv[1], "load") != 0))
        fail("load ROOMS LOG, single LOG or disk DIR");
    load.rooms = single ? 1 : (unsigned)strtoul(argv[2], NULL, 10);
    if (load.rooms < 1 || load.rooms > ROOMS_MOST)
        fail("not so many rooms");
    load_open(&load, single ? 1 : SENDERS, argv[0], argv[argc - 1]);
    if (single)
        run_single(&load);
    else
        run_load(&load);
    load_close(&load);
    return 0;
}
